//! The facts that the real sandboxed child finds in real clips.

use domain::{
    facts::{FieldOrder, VideoFacts},
    ratio::Ratio,
};

use super::support::{Folder, clip, probe};

super::tests! {
    a_real_clip_has_the_right_facts,
    a_rotated_phone_clip_has_its_rotation,
    a_variable_rate_is_detected_in_every_container,
    constant_rates_are_exact_in_every_container,
    interlaced_fields_are_detected_with_their_order,
    time_zero_is_the_first_displayed_frame,
    audio_tracks_keep_channels_language_and_title,
    colour_aspect_and_depth_are_kept,
    cover_images_and_subtitles_are_not_video_tracks,
    a_film_without_declared_duration_is_measured,
    chapters_are_read_with_their_titles,
}

fn ratio(num: i64, den: i64) -> Ratio {
    Ratio::new(num, den).unwrap()
}

#[track_caller]
fn expect_near(value: u64, expected: u64, tolerance: u64) {
    assert!(value.abs_diff(expected) <= tolerance, "{value} is not {expected} ± {tolerance}");
}

const VIDEO: &str = "-f lavfi -i testsrc2=s=320x180:r=25:d=4";
const AUDIO: &str = "-f lavfi -i sine=440:r=48000:d=4";
const H264: &str = "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p";

async fn a_real_clip_has_the_right_facts() {
    let facts = probe(&clip()).await.unwrap();
    assert_eq!(facts.container, "mov,mp4,m4a,3gp,3g2,mj2");
    assert_eq!(facts.size_bytes, 1_055_736);
    let [video] = &facts.video[..] else { panic!("{facts:?}") };
    assert_eq!((video.codec.as_str(), video.width, video.height), ("h264", 1280, 720));
    assert_eq!((video.frame_rate, video.variable_frame_rate), (ratio(25, 1), false));
    assert_eq!((video.field_order, video.rotation_degrees), (FieldOrder::Progressive, 0));
    assert_eq!((video.pixel_format.as_str(), video.bit_depth), ("yuv420p", 8));
    assert_eq!(video.sample_aspect, ratio(1, 1));
    expect_near(video.duration_ms, 5000, 1000);
    expect_near(facts.duration_ms, video.duration_ms, 300);
}

async fn a_rotated_phone_clip_has_its_rotation() {
    let folder = Folder::new();
    let upright = folder.ffmpeg(&format!("{VIDEO} {H264}"), "up.mp4");
    // ffmpeg's `rotate` is counterclockwise, the facts' rotation is clockwise: ffmpeg itself displays the first of these like
    // `transpose=cclock`.
    for (counterclockwise, clockwise) in [(90, 270), (180, 180), (270, 90)] {
        let copy = format!("-i {} -c copy -metadata:s:v:0 rotate={counterclockwise}", upright.display());
        let facts = probe(&folder.ffmpeg(&copy, "rotated.mp4")).await.unwrap();
        assert_eq!(facts.video[0].rotation_degrees, clockwise);
        assert_eq!((facts.video[0].width, facts.video[0].height), (320, 180));
    }
}

async fn a_variable_rate_is_detected_in_every_container() {
    let folder = Folder::new();
    // Like a phone in the dark: 30 frames per second, then 15, then 30 again.
    let variable = "-vf select='if(between(t,1,3),not(mod(n,2)),1)' -fps_mode vfr -enc_time_base 1/600";
    for name in ["v.mp4", "v.mkv", "v.mov"] {
        let path = folder.ffmpeg(&format!("-f lavfi -i testsrc2=s=320x180:r=30:d=6 {variable} {H264}"), name);
        let facts = probe(&path).await.unwrap();
        let video = &facts.video[0];
        assert!(video.variable_frame_rate, "{name}: {video:?}");
        assert_eq!(video.frame_rate, ratio(30, 1), "{name}: {video:?}");
        expect_near(video.duration_ms, 6000, 70);
    }
}

async fn constant_rates_are_exact_in_every_container() {
    let folder = Folder::new();
    for name in ["r.mp4", "r.mkv", "r.ts", "r.mov", "r.avi", "r.mxf", "r.mpg"] {
        for (rate, num, den) in [("24000/1001", 24_000, 1001), ("25", 25, 1), ("30000/1001", 30_000, 1001)] {
            let codec =
                if name == "r.mxf" || name == "r.mpg" { "-c:v mpeg2video -g 12 -bf 2 -q:v 4" } else { H264 };
            let path = folder.ffmpeg(&format!("-f lavfi -i testsrc2=s=720x576:r={rate}:d=4 {codec}"), name);
            let video = &probe(&path).await.unwrap().video[0];
            assert_eq!((video.frame_rate, video.variable_frame_rate), (ratio(num, den), false), "{name}");
            expect_near(video.duration_ms, 4000, 60);
        }
    }
}

async fn interlaced_fields_are_detected_with_their_order() {
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

async fn time_zero_is_the_first_displayed_frame() {
    let folder = Folder::new();
    // The timestamps of a transport stream start at the current time of the broadcast.
    let path = folder.ffmpeg(
        &format!("{VIDEO} {AUDIO} {H264} -bf 2 -c:a aac -output_ts_offset 100 -muxdelay 0 -muxpreload 0"),
        "offset.ts",
    );
    let facts = probe(&path).await.unwrap();
    let video = &facts.video[0];
    assert_eq!(first_displayed(&path), video.first_pts);
    expect_near(ms(video), 100_080, 100);
    expect_near(video.duration_ms, 4000, 45);
    expect_near(facts.audio[0].start_ms.unsigned_abs(), 0, 60);

    // An edit list removes the start, up to the middle of a GOP.
    let whole = folder.ffmpeg(&format!("{VIDEO} {AUDIO} {H264} -g 100 -bf 2 -c:a aac"), "whole.mp4");
    let path = folder.ffmpeg(&format!("-ss 1.5 -i {} -c copy", whole.display()), "edit.mp4");
    let facts = probe(&path).await.unwrap();
    let video = &facts.video[0];
    assert_eq!(first_displayed(&path), video.first_pts);
    expect_near(video.duration_ms, 2500, 45);

    // Audio that starts later than the video.
    let path = folder.ffmpeg(&format!("{VIDEO} -itsoffset 0.5 {AUDIO} {H264} -c:a pcm_s16le"), "late.mov");
    let facts = probe(&path).await.unwrap();
    expect_near(facts.audio[0].start_ms.unsigned_abs(), 500, 2);
    assert!(facts.audio[0].start_ms > 0);
    expect_near(facts.duration_ms, 4500, 5);
}

fn ms(video: &VideoFacts) -> u64 {
    let ticks = u64::try_from(video.first_pts * video.time_base.num * 1000).unwrap();
    ticks / u64::try_from(video.time_base.den).unwrap()
}

/// Returns the timestamp of the first frame that ffprobe decodes.
fn first_displayed(path: &std::path::Path) -> i64 {
    let output = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp"])
        .args(["-of", "csv=p=0"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().next().unwrap().trim_matches(',').parse().unwrap()
}

async fn audio_tracks_keep_channels_language_and_title() {
    let folder = Folder::new();
    let path = folder.ffmpeg(
        &format!(
            "{VIDEO} -f lavfi -i anullsrc=cl=5.1:r=48000:d=4 -f lavfi -i anullsrc=cl=stereo:r=44100:d=4 \
             -map 0 -map 1 -map 2 {H264} -c:a:0 ac3 -c:a:1 aac -metadata:s:a:0 language=lao \
             -metadata:s:a:0 title=Original -metadata:s:a:1 language=fre -disposition:a:0 default -disposition:a:1 0 -t 4"
        ),
        "audio.mkv",
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
    expect_near(lao.duration_ms, 4000, 60);
}

async fn colour_aspect_and_depth_are_kept() {
    let folder = Folder::new();
    let path = folder.ffmpeg(
        &format!(
            "{VIDEO} -vf setsar=64/45 -c:v libx265 -x265-params log-level=error -preset ultrafast -pix_fmt yuv420p10le \
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

async fn cover_images_and_subtitles_are_not_video_tracks() {
    let folder = Folder::new();
    folder.ffmpeg("-f lavfi -i color=red:s=600x900 -frames:v 1", "cover.png");
    folder.write("s.srt", "1\n00:00:01,000 --> 00:00:02,000\nສະບາຍດີ\n");
    let path = folder.ffmpeg(
        &format!(
            "{VIDEO} -i cover.png -i s.srt -map 0 -map 1 -map 2 {H264} -c:v:1 copy -disposition:v:1 attached_pic \
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
    // Piped Matroska and fragmented MP4 do not know their duration when they start.
    let live = folder.ffmpeg(&format!("{VIDEO} {H264} -f matroska -live 1"), "live.mkv");
    expect_near(probe(&live).await.unwrap().video[0].duration_ms, 4000, 45);
    let fragmented = folder
        .ffmpeg(&format!("{VIDEO} {H264} -movflags +frag_keyframe+empty_moov+default_base_moof"), "f.mp4");
    expect_near(probe(&fragmented).await.unwrap().video[0].duration_ms, 4000, 45);
}

async fn chapters_are_read_with_their_titles() {
    let folder = Folder::new();
    folder.write(
        "chapters.txt",
        ";FFMETADATA1\n\
         [CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=ແມ່ນ້ຳ\n\
         [CHAPTER]\nTIMEBASE=1/1000\nSTART=1500\nEND=3000\ntitle=The market\n\
         [CHAPTER]\nTIMEBASE=1/1000\nSTART=3000\nEND=4000\n",
    );
    for name in ["c.mkv", "c.mp4", "c.mov"] {
        let arguments = format!("{VIDEO} -i chapters.txt -map_metadata 1 {H264}");
        let facts = probe(&folder.ffmpeg(&arguments, name)).await.unwrap();
        let found: Vec<_> =
            facts.chapters.iter().map(|chapter| (chapter.start_ms, chapter.title.as_deref())).collect();
        assert_eq!(found, [(0, Some("ແມ່ນ້ຳ")), (1500, Some("The market")), (3000, None)], "{name}");
    }
    let plain = probe(&folder.ffmpeg(&format!("{VIDEO} {H264}"), "plain.mkv")).await.unwrap();
    assert_eq!(plain.chapters, []);
}
