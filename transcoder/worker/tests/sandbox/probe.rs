//! Real clips through the real sandboxed child: what a master is, as facts.

use domain::{
    facts::{FieldOrder, VideoFacts},
    ratio::Ratio,
};

use super::support::{Folder, clip, probe};

super::tests! {
    a_real_clip_is_described_whole,
    a_turned_phone_clip_says_its_turn,
    a_variable_rate_is_seen_in_every_container,
    even_rates_are_exact_in_every_container,
    woven_fields_are_seen_with_their_order,
    the_films_zero_is_the_first_picture_shown,
    sound_tracks_keep_channels_language_and_title,
    colour_aspect_and_depth_are_kept,
    cover_pictures_and_subtitles_are_told_apart_from_the_film,
    a_film_without_declared_duration_is_measured,
}

fn ratio(num: i64, den: i64) -> Ratio {
    Ratio::new(num, den).unwrap()
}

#[track_caller]
fn near(what: u64, expected: u64, by: u64) {
    assert!(what.abs_diff(expected) <= by, "{what} is not {expected} ± {by}");
}

const PICTURE: &str = "-f lavfi -i testsrc2=s=320x180:r=25:d=4";
const SOUND: &str = "-f lavfi -i sine=440:r=48000:d=4";
const H264: &str = "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p";

async fn a_real_clip_is_described_whole() {
    let facts = probe(&clip()).await.unwrap();
    assert_eq!(facts.container, "mov,mp4,m4a,3gp,3g2,mj2");
    assert_eq!(facts.size_bytes, 1_055_736);
    let [video] = &facts.video[..] else { panic!("{facts:?}") };
    assert_eq!((video.codec.as_str(), video.width, video.height), ("h264", 1280, 720));
    assert_eq!((video.frame_rate, video.variable_frame_rate), (ratio(25, 1), false));
    assert_eq!((video.field_order, video.rotation_degrees), (FieldOrder::Progressive, 0));
    assert_eq!((video.pixel_format.as_str(), video.bit_depth), ("yuv420p", 8));
    assert_eq!(video.sample_aspect, ratio(1, 1));
    near(video.duration_ms, 5000, 1000);
    near(facts.duration_ms, video.duration_ms, 300);
}

async fn a_turned_phone_clip_says_its_turn() {
    let folder = Folder::new();
    let upright = folder.ffmpeg(&format!("{PICTURE} {H264}"), "up.mp4");
    // ffmpeg's `rotate` turns to the left, the facts' turn is to the right: what ffmpeg itself shows of the first of
    // these equals `transpose=cclock`.
    for (to_the_left, to_the_right) in [(90, 270), (180, 180), (270, 90)] {
        let copy = format!("-i {} -c copy -metadata:s:v:0 rotate={to_the_left}", upright.display());
        let facts = probe(&folder.ffmpeg(&copy, "turned.mp4")).await.unwrap();
        assert_eq!(facts.video[0].rotation_degrees, to_the_right);
        assert_eq!((facts.video[0].width, facts.video[0].height), (320, 180));
    }
}

async fn a_variable_rate_is_seen_in_every_container() {
    let folder = Folder::new();
    // Like a phone in the dark: 30 pictures a second, then 15, then 30 again.
    let uneven = "-vf select='if(between(t,1,3),not(mod(n,2)),1)' -fps_mode vfr -enc_time_base 1/600";
    for name in ["v.mp4", "v.mkv", "v.mov"] {
        let path = folder.ffmpeg(&format!("-f lavfi -i testsrc2=s=320x180:r=30:d=6 {uneven} {H264}"), name);
        let facts = probe(&path).await.unwrap();
        let video = &facts.video[0];
        assert!(video.variable_frame_rate, "{name}: {video:?}");
        assert!((24.0..26.0).contains(&video.frame_rate.to_f64()), "{name}: {video:?}");
        near(video.duration_ms, 6000, 70);
    }
}

async fn even_rates_are_exact_in_every_container() {
    let folder = Folder::new();
    for name in ["r.mp4", "r.mkv", "r.ts", "r.mov", "r.avi", "r.mxf", "r.mpg"] {
        for (rate, num, den) in [("24000/1001", 24_000, 1001), ("25", 25, 1), ("30000/1001", 30_000, 1001)] {
            let codec =
                if name == "r.mxf" || name == "r.mpg" { "-c:v mpeg2video -g 12 -bf 2 -q:v 4" } else { H264 };
            let path = folder.ffmpeg(&format!("-f lavfi -i testsrc2=s=720x576:r={rate}:d=4 {codec}"), name);
            let video = &probe(&path).await.unwrap().video[0];
            assert_eq!((video.frame_rate, video.variable_frame_rate), (ratio(num, den), false), "{name}");
            near(video.duration_ms, 4000, 60);
        }
    }
}

async fn woven_fields_are_seen_with_their_order() {
    let folder = Folder::new();
    let source = "-f lavfi -i testsrc2=s=720x576:r=50:d=2";
    for (name, weave, codec, order) in [
        ("t.mpg", "interleave_top", "-c:v mpeg2video -flags +ildct+ilme -top 1", FieldOrder::TopFirst),
        ("b.mpg", "interleave_bottom", "-c:v mpeg2video -flags +ildct+ilme -top 0", FieldOrder::BottomFirst),
        (
            "t.mp4",
            "interleave_top",
            "-c:v libx264 -preset ultrafast -x264-params tff=1",
            FieldOrder::TopFirst,
        ),
        ("t.mov", "interleave_top", "-c:v prores_ks -flags +ildct -top 1", FieldOrder::TopFirst),
        ("p.mov", "drop_even", "-c:v prores_ks", FieldOrder::Progressive),
    ] {
        let path = folder.ffmpeg(&format!("{source} -vf tinterlace={weave} {codec}"), name);
        let video = &probe(&path).await.unwrap().video[0];
        assert_eq!(video.field_order, order, "{name}");
        assert_eq!(video.frame_rate, ratio(25, 1), "{name}");
    }
}

async fn the_films_zero_is_the_first_picture_shown() {
    let folder = Folder::new();
    // A transport stream begins where the broadcast was.
    let path = folder.ffmpeg(
        &format!("{PICTURE} {SOUND} {H264} -bf 2 -c:a aac -output_ts_offset 100 -muxdelay 0 -muxpreload 0"),
        "offset.ts",
    );
    let facts = probe(&path).await.unwrap();
    let video = &facts.video[0];
    assert_eq!(shown_first(&path), video.first_pts);
    near(ms(video), 100_080, 100);
    near(video.duration_ms, 4000, 45);
    near(facts.audio[0].start_ms.unsigned_abs(), 0, 60);

    // An edit list cuts the first second away, in the middle of a GOP.
    let whole = folder.ffmpeg(&format!("{PICTURE} {SOUND} {H264} -g 100 -bf 2 -c:a aac"), "whole.mp4");
    let path = folder.ffmpeg(&format!("-ss 1.5 -i {} -c copy", whole.display()), "edit.mp4");
    let facts = probe(&path).await.unwrap();
    let video = &facts.video[0];
    assert_eq!(shown_first(&path), video.first_pts);
    near(video.duration_ms, 2500, 45);

    // Sound that begins later than the picture.
    let path = folder.ffmpeg(&format!("{PICTURE} -itsoffset 0.5 {SOUND} {H264} -c:a pcm_s16le"), "late.mov");
    let facts = probe(&path).await.unwrap();
    near(facts.audio[0].start_ms.unsigned_abs(), 500, 2);
    assert!(facts.audio[0].start_ms > 0);
    near(facts.duration_ms, 4500, 5);
}

fn ms(video: &VideoFacts) -> u64 {
    let ticks = u64::try_from(video.first_pts * video.time_base.num * 1000).unwrap();
    ticks / u64::try_from(video.time_base.den).unwrap()
}

/// The timestamp of the first picture that ffprobe decodes.
fn shown_first(path: &std::path::Path) -> i64 {
    let output = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp"])
        .args(["-of", "csv=p=0"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().next().unwrap().trim_matches(',').parse().unwrap()
}

async fn sound_tracks_keep_channels_language_and_title() {
    let folder = Folder::new();
    let path = folder.ffmpeg(
        &format!(
            "{PICTURE} -f lavfi -i anullsrc=cl=5.1:r=48000:d=4 -f lavfi -i anullsrc=cl=stereo:r=44100:d=4 \
             -map 0 -map 1 -map 2 {H264} -c:a:0 ac3 -c:a:1 aac -metadata:s:a:0 language=lao \
             -metadata:s:a:0 title=Original -metadata:s:a:1 language=fre -disposition:a:0 default -disposition:a:1 0 -t 4"
        ),
        "sound.mkv",
    );
    let audio = probe(&path).await.unwrap().audio;
    let [lao, french] = &audio[..] else { panic!("{audio:?}") };
    assert_eq!((lao.codec.as_str(), lao.channels, lao.sample_rate_hz), ("ac3", 6, 48_000));
    assert_eq!(lao.channel_layout.as_deref(), Some("5.1(side)"));
    assert_eq!(
        (lao.language.as_deref(), lao.title.as_deref(), lao.default),
        (Some("lao"), Some("Original"), true)
    );
    assert_eq!((french.channels, french.sample_rate_hz, french.default), (2, 44_100, false));
    assert_eq!((french.language.as_deref(), french.title.as_deref()), (Some("fre"), None));
    near(lao.duration_ms, 4000, 60);
}

async fn colour_aspect_and_depth_are_kept() {
    let folder = Folder::new();
    let path = folder.ffmpeg(
        &format!(
            "{PICTURE} -vf setsar=64/45 -c:v libx265 -x265-params log-level=error -preset ultrafast -pix_fmt yuv420p10le \
             -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -color_range tv -tag:v hvc1"
        ),
        "hdr.mp4",
    );
    let video = &probe(&path).await.unwrap().video[0];
    assert_eq!(
        (video.codec.as_str(), video.bit_depth, video.pixel_format.as_str()),
        ("hevc", 10, "yuv420p10le")
    );
    assert_eq!(video.sample_aspect, ratio(64, 45));
    assert_eq!(video.color.primaries.as_deref(), Some("bt2020"));
    assert_eq!(video.color.transfer.as_deref(), Some("smpte2084"));
    assert_eq!(video.color.matrix.as_deref(), Some("bt2020nc"));
    assert_eq!(video.color.range.as_deref(), Some("tv"));
}

async fn cover_pictures_and_subtitles_are_told_apart_from_the_film() {
    let folder = Folder::new();
    folder.ffmpeg("-f lavfi -i color=red:s=600x900 -frames:v 1", "cover.png");
    folder.write("s.srt", "1\n00:00:01,000 --> 00:00:02,000\nສະບາຍດີ\n");
    let path = folder.ffmpeg(
        &format!(
            "{PICTURE} -i cover.png -i s.srt -map 0 -map 1 -map 2 {H264} -c:v:1 copy -disposition:v:1 attached_pic \
             -c:s mov_text -metadata:s:s:0 language=lao"
        ),
        "cover.mp4",
    );
    let facts = probe(&path).await.unwrap();
    assert_eq!(facts.video.len(), 1, "{facts:?}");
    assert_eq!(facts.video[0].width, 320);
    let [subtitle] = &facts.subtitles[..] else { panic!("{facts:?}") };
    assert_eq!((subtitle.codec.as_str(), subtitle.language.as_deref()), ("mov_text", Some("lao")));
}

async fn a_film_without_declared_duration_is_measured() {
    let folder = Folder::new();
    // Piped Matroska and fragmented MP4 cannot say how long they are when they begin.
    let live = folder.ffmpeg(&format!("{PICTURE} {H264} -f matroska -live 1"), "live.mkv");
    near(probe(&live).await.unwrap().video[0].duration_ms, 4000, 45);
    let fragmented = folder
        .ffmpeg(&format!("{PICTURE} {H264} -movflags +frag_keyframe+empty_moov+default_base_moof"), "f.mp4");
    near(probe(&fragmented).await.unwrap().video[0].duration_ms, 4000, 45);
}
