//! Encodes chunks of video from real masters and checks the frames.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, missing_docs)]

mod encode_support;

use std::{fs, path::Path};

use domain::{facts::FieldOrder, plan::Plan};
use encode_support::{
    Clips, DIGITS, HEIGHT, WIDTH, boxes, encode_chunk, encode_damaged_chunk, encode_film, frame_times,
    grey_frames, h264, inside, number, numbered, numbers, plan, probe, run, sample_times, set_rungs, source,
    u32_at, video,
};
use media::MediaError;

fn assert_shows_expected(clips: &Clips, clip: &Path, rate: (i64, i64), frames: u64) {
    let source = source(clip);
    let times = frame_times(clip);
    let first = number(&grey_frames(clip, WIDTH, HEIGHT)[0], WIDTH, HEIGHT);
    let expected: Vec<u64> =
        source.expected_numbers(&times, rate, frames).iter().map(|index| index + first).collect();
    let film = encode_film(clip, &plan(source, rate, frames)).unwrap();
    for (name, width, height) in [("v64", WIDTH, HEIGHT), ("v32", WIDTH / 2, HEIGHT / 2)] {
        assert_eq!(numbers(clips, &film.renditions[name], width, height), expected, "{name}");
    }
}

fn real_clip() -> (&'static Path, Plan) {
    let clip = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../media/bbb_720p25_5s.mp4"));
    let mut plan = plan(source(clip), (25, 1), 132);
    set_rungs(&mut plan, &[("v180", 320, 180), ("v90", 160, 90)]);
    (clip, plan)
}

#[test]
fn chunks_join_without_gaps_and_all_rungs_are_cut_at_the_same_places() {
    let clips = Clips::new();
    let (clip, plan) = real_clip();
    let film = encode_film(clip, &plan).unwrap();
    for (name, rendition) in &film.renditions {
        assert!(rendition.codecs.starts_with("avc1.64"), "{}", rendition.codecs);
        let cuts: Vec<_> = rendition.segments.iter().map(|(number, ticks, _)| (*number, *ticks)).collect();
        // Decode times run two frames ahead, so the first segment ends two frames early and the last lasts two frames longer.
        let frames = |count: u64| u64::from(plan.timeline.frame_ticks) * count;
        let (first, whole, last) = (frames(18), frames(20), frames(14));
        assert_eq!(cuts, [(1, first), (2, whole), (3, whole), (4, whole), (5, whole), (6, whole), (7, last)]);

        let timeline = &plan.timeline;
        let mdhd = inside(&rendition.init, &["moov", "trak", "mdia", "mdhd"]);
        assert_eq!(u32_at(mdhd, 12), timeline.timescale);

        let ticks = i64::from(timeline.frame_ticks);
        let every_frame: Vec<i64> = (0..132).map(|frame| frame * ticks).collect();
        let samples: Vec<_> =
            rendition.segments.iter().flat_map(|(_, _, bytes)| sample_times(bytes)).collect();
        let decode_times: Vec<i64> = samples.iter().map(|sample| sample.0).collect();
        let planned: Vec<i64> = (0..132).map(|frame| timeline.decode_ticks(frame).cast_signed()).collect();
        assert_eq!(decode_times, planned);
        assert_eq!(planned[..5], [0, ticks - 2, ticks - 1, ticks, 2 * ticks]);
        for pair in samples.windows(2) {
            assert_eq!(pair[0].0 + pair[0].2, pair[1].0, "decode times are continuous");
        }
        assert!(samples.iter().all(|sample| sample.1 >= sample.0), "no frame is shown before it is decoded");
        let mut times: Vec<i64> = samples.iter().map(|sample| sample.1).collect();
        times.sort_unstable();
        assert_eq!(times, every_frame, "every frame is shown once");
        let keys: Vec<i64> =
            samples.iter().filter(|sample| sample.3).map(|sample| sample.1 / ticks).collect();
        assert_eq!(keys, (0..132).step_by(10).collect::<Vec<_>>());
        for (number, _, bytes) in &rendition.segments {
            let shown: Vec<_> = sample_times(bytes).iter().map(|sample| (sample.1, sample.3)).collect();
            let start = i64::from(number - 1) * 20 * ticks;
            assert_eq!(shown[0], (start, true), "a segment begins with a key frame that is shown first");
            assert_eq!(shown.iter().map(|sample| sample.0).min(), Some(start));
        }
        assert!(
            !rendition.init.windows(4).any(|name| name == b"edts"),
            "VLC and GStreamer ignore edit lists"
        );

        let path = clips.path(&format!("{name}.mp4"));
        rendition.write(&path);
        assert_eq!(probe(&path, "v:0", "frame=pict_type").len(), 132, "every frame can be decoded");
    }
}

#[test]
fn a_chunk_encoded_twice_has_the_same_bytes() {
    let (clip, mut plan) = real_clip();
    h264(&mut plan, 0).threads = 3;
    assert!(encode_chunk(clip, &plan, 1).unwrap() == encode_chunk(clip, &plan, 1).unwrap());
}

#[test]
fn segment_numbers_continue_across_chunks_and_each_segment_is_one_fragment() {
    let (clip, plan) = real_clip();
    let chunk = encode_chunk(clip, &plan, 2).unwrap();
    let (number, _, bytes) = &chunk.renditions["v180"].segments[0];
    assert_eq!(*number, 5);
    let boxes = boxes(bytes);
    let names: Vec<&str> = boxes.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.iter().filter(|name| **name == "moof").count(), 1, "{names:?}");
    assert_eq!(names.last(), Some(&"mdat"), "{names:?}");
    let moof = boxes.iter().find(|(name, _)| *name == "moof").unwrap().1;
    assert_eq!(u32_at(inside(moof, &["mfhd"]), 4), 5, "fragments have the numbers of their segments");
}

#[test]
fn the_same_frames_are_selected_wherever_decoding_began() {
    let clips = Clips::new();
    // Key frames are further apart than chunks; those of an open GOP have leading frames that cannot be decoded after a seek.
    for (name, arguments) in [
        ("closed.mp4", "-c:v libx264 -preset veryfast -qp 12 -g 75 -bf 3"),
        (
            "open.ts",
            "-c:v libx264 -preset veryfast -qp 12 -x264-params keyint=30:min-keyint=30:open-gop=1:bframes=3:scenecut=0",
        ),
        ("one_key.ts", "-c:v libx264 -preset veryfast -qp 12 -g 250 -bf 2"),
        ("refresh.mkv", "-c:v libx264 -preset veryfast -qp 12 -x264-params keyint=40:intra-refresh=1"),
        ("mpeg2.mpg", "-c:v mpeg2video -q:v 2 -g 15 -bf 2"),
        ("all_intra.mov", "-c:v prores_ks"),
        ("no_times.avi", "-c:v mpeg4 -q:v 2 -bf 2 -g 30"),
    ] {
        let clip = clips.make(name, &format!("{} {arguments}", numbered("25", 10.0)));
        assert_shows_expected(&clips, &clip, (25, 1), 250);
    }
}

#[test]
fn chunks_show_exactly_what_decoding_the_whole_film_shows() {
    let clips = Clips::new();
    let real = concat!(env!("CARGO_MANIFEST_DIR"), "/../../media/bbb_720p25_5s.mp4");
    for (name, arguments) in [
        ("closed.mp4", "-c:v libx264 -preset veryfast -g 250 -bf 3"),
        (
            "open.ts",
            "-c:v libx264 -preset veryfast -x264-params keyint=30:min-keyint=30:open-gop=1:bframes=3:scenecut=0",
        ),
        ("refresh.mkv", "-c:v libx264 -preset veryfast -x264-params keyint=20:intra-refresh=1"),
        ("mpeg2.mpg", "-c:v mpeg2video -q:v 4 -g 15 -bf 2"),
        ("hevc.mkv", "-c:v libx265 -preset ultrafast -x265-params keyint=25:open-gop=1:log-level=none"),
    ] {
        let clip = clips.make(name, &format!("-i {real} -an -vf scale=160:90 {arguments}"));
        let mut plan = plan(source(&clip), (25, 1), 132);
        plan.timeline.chunk_segments = 1;
        set_rungs(&mut plan, &[("v90", 160, 90)]);
        h264(&mut plan, 0).crf = 0.0;
        "high444".clone_into(&mut h264(&mut plan, 0).profile);
        let film = encode_film(&clip, &plan).unwrap();
        let path = clips.path("chunks.mp4");
        film.renditions["v90"].write(&path);
        let (chunks, whole) = (grey_frames(&path, 160, 90), grey_frames(&clip, 160, 90));
        assert_eq!(chunks.len(), 132, "{name}");
        let wrong: Vec<usize> = (0..132).filter(|frame| chunks[*frame] != whole[*frame]).collect();
        assert!(wrong.is_empty(), "{name}: frames {wrong:?} differ");
    }
}

#[test]
fn a_varying_frame_rate_becomes_a_constant_one() {
    let clips = Clips::new();
    // Every third frame is missing, and for two seconds only every tenth frame exists.
    let select = "-vf select='if(between(t,2,4),not(mod(n,10)),mod(n,3))'";
    let clip = clips.make(
        "vfr.mkv",
        &format!("{} {select} -vsync vfr -c:v libx264 -preset veryfast -qp 12", numbered("30", 6.0)),
    );
    let source = source(&clip);
    let shown: Vec<u64> =
        grey_frames(&clip, WIDTH, HEIGHT).iter().map(|frame| number(frame, WIDTH, HEIGHT)).collect();
    let times = frame_times(&clip);
    assert!(times.len() < 120, "the clip has few frames");
    let expected: Vec<u64> =
        source.expected_numbers(&times, (30, 1), 180).iter().map(|index| shown[*index as usize]).collect();
    let film = encode_film(&clip, &plan(source, (30, 1), 180)).unwrap();
    assert_eq!(numbers(&clips, &film.renditions["v64"], WIDTH, HEIGHT), expected);
}

#[test]
fn soft_telecine_gives_each_film_frame_once() {
    let clips = Clips::new();
    // Each frame is shown for two or three fields in turn, as in a stream with 3:2 pulldown.
    let pulldown = "-vf settb=1/60000,setpts='floor((N*5)/2)*1001' -vsync passthrough -enc_time_base 1/60000";
    let clip = clips.make(
        "telecine.mkv",
        &format!("{} {pulldown} -c:v libx264 -preset veryfast -qp 12", numbered("24000/1001", 4.0)),
    );
    let film = encode_film(&clip, &plan(source(&clip), (24_000, 1001), 95)).unwrap();
    assert_eq!(numbers(&clips, &film.renditions["v64"], WIDTH, HEIGHT), (0..95).collect::<Vec<_>>());
}

#[test]
fn a_film_begins_at_its_first_frame_for_any_start_time_of_the_container() {
    let clips = Clips::new();
    let late = clips.make(
        "late.ts",
        &format!("{} -c:v libx264 -preset veryfast -qp 12 -output_ts_offset 3600", numbered("25", 4.0)),
    );
    assert!(source(&late).start.ticks > 90_000 * 3_600);
    assert_shows_expected(&clips, &late, (25, 1), 100);

    // A copy cut between key frames: an edit list hides the frames before the cut.
    let whole = clips.make(
        "whole.mp4",
        &format!("{} -c:v libx264 -preset veryfast -qp 12 -g 50 -bf 2", numbered("25", 8.0)),
    );
    let cut = clips.make("cut.mp4", &format!("-ss 3.2 -i {} -c copy", whole.display()));
    let first = number(&grey_frames(&cut, WIDTH, HEIGHT)[0], WIDTH, HEIGHT);
    assert!((78..=80).contains(&first), "the clip begins in the middle of a GOP: {first}");
    assert_shows_expected(&clips, &cut, (25, 1), 110);
}

#[test]
fn rotated_video_becomes_upright() {
    let clips = Clips::new();
    let clip =
        clips.make("turned.mp4", &format!("{} -c:v libx264 -preset veryfast -qp 12", numbered("25", 1.6)));
    for (rotation_degrees, digit_of_row) in [(90, [0, 1]), (270, [11, 10])] {
        let mut plan = plan(source(&clip), (25, 1), 40);
        video(&mut plan).source.rotation_degrees = rotation_degrees;
        set_rungs(&mut plan, &[("v64", HEIGHT, WIDTH), ("v32", HEIGHT / 2, WIDTH / 2)]);
        let film = encode_film(&clip, &plan).unwrap();
        let path = clips.path("upright.mp4");
        film.renditions["v64"].write(&path);
        let frames = grey_frames(&path, HEIGHT, WIDTH);
        assert_eq!(frames.len(), 40);
        for (index, frame) in frames.iter().enumerate() {
            let block = WIDTH as usize / DIGITS;
            for (row, digit) in digit_of_row.iter().enumerate() {
                let sample = frame[(row * block + block / 2) * HEIGHT as usize + HEIGHT as usize / 2];
                assert_eq!(
                    sample > 125,
                    index >> digit & 1 == 1,
                    "rotation by {rotation_degrees}°, frame {index}"
                );
            }
        }
    }
}

#[test]
fn interlaced_video_is_deinterlaced() {
    let clips = Clips::new();
    // A bar that moves eight samples between the fields of a frame.
    let clip = clips.make(
        "interlaced.ts",
        "-f lavfi -i nullsrc=s=192x64:r=50:d=3,format=gray,geq=lum='if(between(mod(X-8*N,192),0,40),235,16)',format=yuv420p \
         -vf tinterlace=interleave_top,setfield=tff -c:v mpeg2video -q:v 2 -flags +ilme+ildct -top 1",
    );
    let combing = |path: &Path| {
        let frames = grey_frames(path, WIDTH, HEIGHT);
        let rows = |frame: &[u8]| -> u64 {
            let rows: Vec<&[u8]> = frame.chunks(WIDTH as usize).collect();
            rows.windows(2)
                .flat_map(|pair| pair[0].iter().zip(pair[1]))
                .map(|(above, below)| u64::from(above.abs_diff(*below)))
                .sum()
        };
        frames.iter().map(|frame| rows(frame)).sum::<u64>() / frames.len() as u64
    };
    let mut source = source(&clip);
    source.video.deinterlace = Some(FieldOrder::TopFirst);
    let film = encode_film(&clip, &plan(source, (25, 1), 74)).unwrap();
    let path = clips.path("whole.mp4");
    film.renditions["v64"].write(&path);
    assert_eq!(grey_frames(&path, WIDTH, HEIGHT).len(), 74);
    let (before, after) = (combing(&clip), combing(&path));
    assert!(after * 5 < before, "rows differ by {before} before and {after} after");

    // The filter reads neighbouring frames; its result must not depend on where decoding began.
    let mut one_chunk = plan(encode_support::source(&clip), (25, 1), 74);
    video(&mut one_chunk).source.deinterlace = Some(FieldOrder::TopFirst);
    one_chunk.timeline.chunk_segments = 4;
    for index in 0..2 {
        let settings = h264(&mut one_chunk, index);
        (settings.crf, settings.profile) = (0.0, "high444".to_owned());
    }
    let mut chunks = one_chunk.clone();
    chunks.timeline.chunk_segments = 1;
    let frames = |plan: &Plan| {
        let film = encode_film(&clip, plan).unwrap();
        film.renditions["v64"].write(&path);
        grey_frames(&path, WIDTH, HEIGHT)
    };
    assert!(frames(&one_chunk) == frames(&chunks));
}

#[test]
fn a_video_that_ends_slightly_early_holds_its_last_frame_and_one_that_ends_much_too_early_is_damaged() {
    let clips = Clips::new();
    let clip =
        clips.make("short.mp4", &format!("{} -c:v libx264 -preset veryfast -qp 12", numbered("25", 4.0)));
    let held = encode_film(&clip, &plan(source(&clip), (25, 1), 110)).unwrap();
    let shown = numbers(&clips, &held.renditions["v64"], WIDTH, HEIGHT);
    assert_eq!(shown, (0..100).chain([99; 10]).collect::<Vec<_>>());

    // Chunks of 1.6 s: one that contains the end, one after it, and the last one, which is shorter.
    let plan = plan(source(&clip), (25, 1), 250);
    for (index, held) in [(1, None), (2, Some((4000, 800))), (3, Some((4800, 1600))), (6, Some((9600, 400)))]
    {
        let parts = encode_damaged_chunk(&clip, &plan, index).unwrap();
        let places: Vec<_> = parts.damage.iter().flat_map(|damage| &damage.places).collect();
        let found: Vec<_> = places.iter().map(|place| (place.from_ms, place.duration_ms)).collect();
        assert_eq!(found, Vec::from_iter(held), "chunk {index}");
        let shown = numbers(&clips, &parts.renditions["v64"], WIDTH, HEIGHT);
        assert!(index < 2 || shown.last() == Some(&99), "chunk {index} shows {shown:?}");
    }
}

#[test]
fn a_track_that_cannot_be_decoded_is_refused_with_the_time() {
    let clips = Clips::new();
    let clip =
        clips.make("whole.mp4", &format!("{} -c:v libx264 -preset veryfast -qp 12", numbered("25", 4.0)));
    let plan = plan(source(&clip), (25, 1), 100);
    let mut bytes = fs::read(&clip).unwrap();
    let data = bytes.windows(4).position(|name| name == b"mdat").unwrap();
    let end = bytes.windows(4).position(|name| name == b"moov").unwrap() - 4;
    bytes[data + 4..end].fill(0x55);
    let broken = clips.path("broken.mp4");
    fs::write(&broken, bytes).unwrap();
    let error = encode_chunk(&broken, &plan, 1).unwrap_err();
    assert!(
        matches!(&error, MediaError::Refused(reason) if reason.to_string().contains("00:00:01.600")),
        "{error}"
    );
}

#[test]
fn an_option_that_x264_does_not_know_is_an_error() {
    let (clip, plan) = real_clip();
    for params in ["scenecut=0:speed=9", "rc-lookahead=many"] {
        let mut plan = plan.clone();
        params.clone_into(&mut h264(&mut plan, 1).x264_params);
        let error = encode_chunk(clip, &plan, 0).unwrap_err();
        assert!(matches!(&error, MediaError::Plan(reason) if reason.contains(params)), "{error}");
    }
    let mut plan = plan.clone();
    "quick".clone_into(&mut h264(&mut plan, 0).preset);
    assert!(matches!(encode_chunk(clip, &plan, 0), Err(MediaError::Plan(_))));
}

#[test]
fn colours_are_described_and_full_range_becomes_limited() {
    let clips = Clips::new();
    let clip =
        clips.make("full.mov", "-f lavfi -i color=white:s=192x64:r=25:d=1,format=yuvj420p -c:v mjpeg -q:v 2");
    let film = encode_film(&clip, &plan(source(&clip), (25, 1), 25)).unwrap();
    for (name, width, height) in [("v64", WIDTH, HEIGHT), ("v32", WIDTH / 2, HEIGHT / 2)] {
        let path = clips.path("limited.mp4");
        film.renditions[name].write(&path);
        let entries = "stream=pix_fmt,color_range,color_space,color_transfer,color_primaries";
        let colors = probe(&path, "v:0", entries).remove(0);
        assert_eq!(colors[..2], ["yuv420p", "tv"], "{name}");
        assert!(!colors.contains(&"unknown".to_owned()), "{name}: {colors:?}");
        let bytes = run(std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(&path)
            .args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]));
        let middle = bytes[(width * height / 2) as usize];
        assert!(middle.abs_diff(235) <= 1, "{name}: white is {middle}");
    }
}

#[test]
fn a_plan_for_another_file_is_refused() {
    let (clip, plan) = real_clip();
    let mut wrong = plan.clone();
    video(&mut wrong).source.stream_index = 7;
    assert!(matches!(encode_chunk(clip, &wrong, 0), Err(MediaError::Plan(_))));
    let mut wrong = plan.clone();
    wrong.start.time_base.den += 1;
    assert!(matches!(encode_chunk(clip, &wrong, 0), Err(MediaError::Plan(_))));
    let mut wrong = plan;
    video(&mut wrong).encodes.clear();
    assert!(matches!(encode_chunk(clip, &wrong, 0), Err(MediaError::Plan(_))));
}
