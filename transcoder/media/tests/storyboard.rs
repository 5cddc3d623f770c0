//! Makes sprite sheets of the storyboard from real masters and compares them with frames that the ffmpeg command line extracts.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_precision_loss, missing_docs)]

mod encode_support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use domain::{plan::Plan, planner, profile::Profile, storyboard::Storyboard};
use encode_support::{
    Clips, HEIGHT, Parts, WIDTH, encode_chunk, encode_film, h264, number, numbered, numbers, open, plan,
    probe, run, set_rungs, source, video,
};
use media::{MediaError, ffmpeg};

/// Thumbnails of 96×32, one every eight frames, so five for each chunk of forty frames.
const NUMBERED: Storyboard = Storyboard {
    interval_frames: 8,
    tile_width: WIDTH / 2,
    tile_height: HEIGHT / 2,
    columns: 3,
    rows: 2,
    quantizer: 2,
    sheet_bytes: 100_000,
};

/// Minimum PSNR in decibels, over all samples in RGB. It proves shape, rotation and colours; other tests identify the frames by their
/// numbers.
const MIN_PSNR: f64 = 28.0;

fn planned(clip: &Path) -> (Plan, Storyboard) {
    let facts = ffmpeg::probe::probe(open(clip)).unwrap();
    let mut plan = planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap();
    // The two smallest rungs are enough.
    let video = video(&mut plan);
    let surplus = video.pictures.len().saturating_sub(2);
    video.pictures.drain(..surplus);
    video.encodes.drain(..surplus);
    for (picture, encode) in (0..).zip(&mut video.encodes) {
        encode.picture = picture;
    }
    let storyboard = video.storyboard.unwrap();
    (plan, storyboard)
}

/// Returns the first frame that the ffmpeg command line makes of `input` with this filter, in 8-bit RGB.
fn rgb(input: &Path, filter: &str) -> Vec<u8> {
    run(Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-i"]).arg(input).args([
        "-an",
        "-vf",
        filter,
        "-frames:v",
        "1",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ]))
}

/// Returns the thumbnail in this cell of a sheet.
fn tile(sheet: &Path, storyboard: &Storyboard, cell: u32) -> Vec<u8> {
    let (x, y) = storyboard.cell_position(cell);
    let (width, height) = (storyboard.tile_width, storyboard.tile_height);
    rgb(sheet, &format!("format=rgb24,crop={width}:{height}:{x}:{y}"))
}

fn psnr(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let squares: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    10.0 * (255.0_f64.powi(2) * a.len() as f64 / squares.max(1) as f64).log10()
}

/// Returns the means of red, green and blue.
fn means(image: &[u8]) -> [f64; 3] {
    [0, 1, 2].map(|channel| {
        let samples = image.iter().skip(channel).step_by(3);
        samples.clone().map(|sample| f64::from(*sample)).sum::<f64>() / samples.count() as f64
    })
}

/// Asserts that each thumbnail of the film's sheets shows the frame that the ffmpeg command line extracts from the master, whose
/// colours have this matrix.
fn assert_shows_the_master(clips: &Clips, clip: &Path, matrix: &str, plan: &Plan, film: &Parts) {
    let storyboard = &plan.video.as_ref().unwrap().storyboard.unwrap();
    assert_eq!(film.sheets.len(), storyboard.sheets(&plan.timeline).count());
    for (sheet, bytes) in storyboard.sheets(&plan.timeline).zip(&film.sheets) {
        let path = write(clips, bytes);
        for (cell, thumbnail) in (0..sheet.thumbnails).zip(sheet.first_thumbnail..) {
            let frame = storyboard.frame_of(thumbnail);
            let size = format!("{}:{}", storyboard.tile_width, storyboard.tile_height);
            let filter =
                format!("select=eq(n\\,{frame}),scale={size}:in_color_matrix={matrix}:flags=bicubic");
            let expected = rgb(clip, &filter);
            let found = tile(&path, storyboard, cell);
            let psnr = psnr(&expected, &found);
            assert!(psnr >= MIN_PSNR, "thumbnail {thumbnail} differs from frame {frame}: {psnr:.1} dB");
            for (expected, found) in means(&expected).iter().zip(means(&found)) {
                assert!(
                    (expected - found).abs() < 2.5,
                    "colours of thumbnail {thumbnail}: {expected} {found}"
                );
            }
        }
    }
}

fn write(clips: &Clips, bytes: &[u8]) -> PathBuf {
    let path = clips.path("sheet.jpg");
    fs::write(&path, bytes).unwrap();
    path
}

/// Returns the numbers that the first thumbnails of a sheet show.
fn numbers_on(clips: &Clips, sheet: &[u8], thumbnails: u32) -> Vec<u64> {
    let path = write(clips, sheet);
    (0..thumbnails)
        .map(|cell| {
            let grey: Vec<u8> = tile(&path, &NUMBERED, cell).chunks(3).map(|sample| sample[1]).collect();
            number(&grey, NUMBERED.tile_width, NUMBERED.tile_height)
        })
        .collect()
}

#[test]
fn a_sheet_shows_the_frames_at_its_times() {
    let clips = Clips::new();
    let clip = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../media/bbb_720p25_5s.mp4"));
    let mut plan = plan(source(clip), (25, 1), 132);
    set_rungs(&mut plan, &[("v360", 640, 360), ("v234", 416, 234)]);
    // Chunks of 40 frames, the last of 12: sheets of five thumbnails, the last of two.
    let storyboard =
        Storyboard { tile_width: 160, tile_height: 90, sheet_bytes: 20_480, quantizer: 5, ..NUMBERED };
    video(&mut plan).storyboard = Some(storyboard);
    let film = encode_film(clip, &plan).unwrap();
    assert_shows_the_master(&clips, clip, "bt709", &plan, &film);
    for sheet in &film.sheets {
        assert!((2_000..=20_480).contains(&sheet.len()), "{} bytes", sheet.len());
        let described = probe(&write(&clips, sheet), "v:0", "stream=codec_name,width,height,pix_fmt");
        assert_eq!(described[0], ["mjpeg", "480", "180", "yuvj420p"]);
        assert_eq!(sheet[..4], [0xff, 0xd8, 0xff, 0xe0], "JFIF");
        assert!(!sheet.windows(4).any(|window| window == b"Lavc"), "the bytes do not contain a version");
    }
}

#[test]
fn the_same_chunk_gives_the_same_sheet() {
    let clip = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../media/bbb_720p25_5s.mp4"));
    let (mut plan, _) = planned(clip);
    h264(&mut plan, 0).threads = 3;
    let first = encode_chunk(clip, &plan, 0).unwrap();
    assert_eq!(first.sheets.len(), 1);
    assert!(first == encode_chunk(clip, &plan, 0).unwrap());
}

#[test]
fn the_frame_clock_selects_the_thumbnails_and_cells_without_one_are_black() {
    let clips = Clips::new();
    // Every third frame is missing, and for two seconds only every twentieth exists, so one frame fills two cells.
    let select = "-vf select='if(between(t,2,4),not(mod(n,20)),mod(n,3))'";
    for (name, arguments, rate, frames) in [
        (
            "even.mp4",
            format!("{} -c:v libx264 -preset veryfast -qp 12 -g 250 -bf 3", numbered("25", 6.0)),
            25,
            148,
        ),
        (
            "vfr.mkv",
            format!("{} {select} -vsync vfr -c:v libx264 -preset veryfast -qp 12", numbered("30", 6.0)),
            30,
            170,
        ),
    ] {
        let clip = clips.make(name, &arguments);
        let mut plan = plan(source(&clip), (rate, 1), frames);
        video(&mut plan).storyboard = Some(NUMBERED);
        let film = encode_film(&clip, &plan).unwrap();
        let shown = numbers(&clips, &film.renditions["v32"], WIDTH / 2, HEIGHT / 2);
        let expected: Vec<u64> = shown.into_iter().step_by(8).collect();
        let mut found = Vec::new();
        for (sheet, bytes) in NUMBERED.sheets(&plan.timeline).zip(&film.sheets) {
            found.extend(numbers_on(&clips, bytes, sheet.thumbnails));
            let path = write(&clips, bytes);
            for cell in sheet.thumbnails..6 {
                assert!(tile(&path, &NUMBERED, cell).iter().all(|sample| *sample < 24), "{name}");
            }
        }
        assert_eq!(found, expected, "{name}");
        assert_eq!(film.sheets.len(), frames.div_ceil(40) as usize);
    }
}

#[test]
fn chunks_without_a_thumbnail_have_no_sheet() {
    let clips = Clips::new();
    let clip =
        clips.make("even.mp4", &format!("{} -c:v libx264 -preset veryfast -qp 12", numbered("25", 5.0)));
    let mut plan = plan(source(&clip), (25, 1), 125);
    video(&mut plan).storyboard = Some(Storyboard { interval_frames: 100, ..NUMBERED });
    let sheets = |index| encode_chunk(&clip, &plan, index).unwrap().sheets;
    assert_eq!(numbers_on(&clips, &sheets(0)[0], 1), [0]);
    assert_eq!((sheets(1).len(), sheets(3).len()), (0, 0));
    assert_eq!(numbers_on(&clips, &sheets(2)[0], 1), [100]);
}

#[test]
fn thumbnails_are_upright_and_have_the_films_shape_and_colours() {
    let clips = Clips::new();
    let real = concat!(env!("CARGO_MANIFEST_DIR"), "/../../media/bbb_720p25_5s.mp4");
    let made = |name: &str, arguments: &str| {
        clips.make(name, &format!("-stream_loop 2 -i {real} -an -t 14 {arguments}"))
    };
    let wide = made(
        "wide.mp4",
        "-vf scale=640:360 -colorspace bt709 -color_primaries bt709 -color_trc bt709 -c:v libx264 -preset ultrafast -crf 12",
    );
    let turned = clips.make("turned.mp4", &format!("-i {} -c copy -metadata:s:v rotate=90", wide.display()));
    let anamorphic = made("pal.mpg", "-vf scale=720:576,setsar=16/15 -c:v mpeg2video -q:v 2");
    let full_range = made("full.mov", "-vf scale=640:360:out_range=full -pix_fmt yuvj420p -c:v mjpeg -q:v 2");
    for (clip, matrix, size, is_turned) in [
        (wide, "bt709", (160, 90), false),
        (turned, "bt709", (90, 160), true),
        (anamorphic, "bt601", (160, 120), false),
        (full_range, "bt601", (160, 90), false),
    ] {
        let (plan, storyboard) = planned(&clip);
        assert_eq!((storyboard.tile_width, storyboard.tile_height), size);
        assert_eq!(plan.video.as_ref().unwrap().source.rotation_degrees != 0, is_turned);
        let film = encode_film(&clip, &plan).unwrap();
        // Chunks of twelve seconds: two thumbnails in the first, one in the second.
        assert_eq!(film.sheets.len(), 2);
        assert_shows_the_master(&clips, &clip, matrix, &plan, &film);
    }
}

#[test]
fn a_noisy_film_has_coarser_thumbnails_and_not_larger_sheets() {
    let clips = Clips::new();
    let clip = clips.make(
        "noise.mp4",
        "-f lavfi -i testsrc2=s=640x360:r=25:d=4 -vf noise=alls=60:allf=t -pix_fmt yuv420p -c:v libx264 -preset ultrafast -crf 10",
    );
    let (plan, storyboard) = planned(&clip);
    let sheet = &encode_chunk(&clip, &plan, 0).unwrap().sheets[0];
    assert!(sheet.len() <= storyboard.sheet_bytes as usize);
}

#[test]
fn an_invalid_storyboard_is_refused() {
    let clip = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../media/bbb_720p25_5s.mp4"));
    let (plan, good) = planned(clip);
    for wrong in [
        Storyboard { tile_width: 0, ..good },
        Storyboard { tile_height: 89, ..good },
        Storyboard { columns: 0, ..good },
        Storyboard { interval_frames: 1, ..good },
        Storyboard { quantizer: 1, ..good },
        Storyboard { quantizer: 32, ..good },
    ] {
        let mut plan = plan.clone();
        video(&mut plan).storyboard = Some(wrong);
        assert!(matches!(encode_chunk(clip, &plan, 0), Err(MediaError::Plan(_))), "{wrong:?}");
    }
}
