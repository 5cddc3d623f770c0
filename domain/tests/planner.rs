//! Which masters the planner refuses, and properties of all its plans.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use domain::{
    facts::{AudioFacts, DolbyVision, FieldOrder, MediaFacts, VideoFacts},
    plan::{Plan, VideoPlan},
    planner::plan,
    profile::Profile,
    ratio::Ratio,
    reason::{Reason, ReasonCode},
};
use proptest::prelude::*;

fn facts() -> MediaFacts {
    serde_json::from_str(include_str!("plans/1080p25.json")).unwrap()
}

fn default() -> &'static Profile {
    Profile::shipped("default").unwrap()
}

fn planned(change: impl FnOnce(&mut MediaFacts)) -> Result<Plan, Reason> {
    let mut facts = facts();
    change(&mut facts);
    plan(default(), &facts)
}

#[test]
fn masters_that_cannot_be_shown_correctly_are_refused() {
    type Change = fn(&mut MediaFacts);
    let cases: [(Change, &str); 25] = [
        (|f| f.video.clear(), "has audio (aac) but no video"),
        (|f| (f.video.clear(), f.audio.clear()).0, "no video and no audio"),
        (|f| f.video[0].duration_ms = 40, "is a still image"),
        (|f| f.container = "png_pipe".to_owned(), "is a still image"),
        (|f| f.container = "image2".to_owned(), "is a still image"),
        (|f| f.video[0].duration_ms = 0, "duration of the video is unknown"),
        (|f| f.video[0].duration_ms = 400, "lasts only 400 ms"),
        (|f| f.video[0].duration_ms = 90_000_000, "lasts 25 hours"),
        (|f| f.video[0].duration_ms = u64::MAX, "hours"),
        (|f| f.video[0].width = 8, "at least 16"),
        (|f| f.video[0].height = 0, "at least 16"),
        (|f| f.video[0].width = 16_384, "at most 8192"),
        (|f| f.video[0].sample_aspect = Ratio { num: 100, den: 1 }, "at most 8192"),
        (|f| f.video[0].sample_aspect = Ratio { num: i64::MAX, den: 1 }, "at most 8192"),
        (|f| (f.video[0].width, f.video[0].height) = (4096, 400), "more than 8 times"),
        (|f| f.video[0].rotation_degrees = 45, "rotated by 45°"),
        (|f| f.video[0].frame_rate = Ratio { num: 0, den: 1 }, "frame rate is unknown (the file states 0)"),
        (|f| f.video[0].time_base = Ratio { num: 0, den: 0 }, "timestamps are unreadable"),
        (|f| f.video[0].pixel_format = "bayer_rggb8".to_owned(), "pixel format (bayer_rggb8, from h264)"),
        (|f| f.video[0].pixel_format.clear(), "pixel format (unknown"),
        (
            |f| f.video[0].dolby_vision = Some(DolbyVision { profile: 5, compatibility: 0 }),
            "Dolby Vision profile 5",
        ),
        (|f| f.video[0].crop.left = 1910, "at least 16"),
        (|f| f.video[0].crop.top = 2000, "at least 16"),
        (|f| (f.audio[0].channels, f.audio[0].channel_layout) = (12, None), "Audio track 1 has 12 channels"),
        (|f| f.audio[0].channels = 0, "Audio track 1 (aac) cannot be decoded"),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        let refusal = planned(change).expect_err(&format!("case {index}: {expected}")).to_string();
        assert!(refusal.contains(expected), "{refusal:?} should say {expected:?}");
    }
}

#[test]
fn the_pixel_formats_of_real_masters_are_accepted() {
    for format in [
        "yuv420p",
        "yuvj420p",
        "yuv422p10le",
        "yuv444p12le",
        "yuva444p10le",
        "yuv410p",
        "yuv411p",
        "nv12",
        "p010le",
        "p210le",
        "gray",
        "gray10le",
        "rgb24",
        "bgr0",
        "bgra",
        "rgb48le",
        "gbrp",
        "gbrap12le",
        "argb",
        "pal8",
        "uyvy422",
        "yuyv422",
        "y210le",
        "monow",
    ] {
        assert!(planned(|f| format.clone_into(&mut f.video[0].pixel_format)).is_ok(), "{format}");
    }
    for format in ["vaapi", "cuda", "none", "vulkan"] {
        assert!(planned(|f| format.clone_into(&mut f.video[0].pixel_format)).is_err(), "{format}");
    }
}

#[test]
fn ladders_have_the_sizes_of_the_master() {
    for (name, width, height, aspect, rotation, expected) in [
        ("1080", 1920, 1080, (1, 1), 0, "1920x1080 1280x720 960x540 768x432 640x360 416x234"),
        (
            "coded 1088 lines of HDV",
            1440,
            1080,
            (4, 3),
            0,
            "1920x1080 1280x720 960x540 768x432 640x360 416x234",
        ),
        ("UHD", 3840, 2160, (1, 1), 0, "1920x1080 1280x720 960x540 768x432 640x360 416x234"),
        ("scope in 4K", 4096, 1716, (1, 1), 0, "1920x804 1280x536 960x402 768x322 640x268 416x174"),
        ("flat in 2K", 1998, 1080, (1, 1), 0, "1920x1038 1280x692 960x518 768x416 640x346 416x224"),
        ("Academy", 1440, 1080, (1, 1), 0, "1440x1080 960x720 720x540 576x432 480x360 312x234"),
        ("portrait", 1080, 1920, (1, 1), 0, "1080x1920 720x1280 540x960 432x768 360x640 234x416"),
        (
            "portrait by rotation",
            1920,
            1080,
            (1, 1),
            270,
            "1080x1920 720x1280 540x960 432x768 360x640 234x416",
        ),
        ("upside down", 1280, 720, (1, 1), 180, "1280x720 960x540 768x432 640x360 416x234"),
        ("square", 1080, 1080, (1, 1), 0, "1080x1080 720x720 540x540 432x432 360x360 234x234"),
        ("between, near the rung below", 1366, 768, (1, 1), 0, "1366x768 960x540 768x432 640x360 416x234"),
        ("between, far from it", 1600, 900, (1, 1), 0, "1600x900 1280x720 960x540 768x432 640x360 416x234"),
        ("NTSC widescreen", 720, 480, (32, 27), 0, "854x480 768x432 640x360 416x234"),
        ("anamorphic and rotated", 720, 576, (64, 45), 90, "576x1024 432x768 360x640 234x416"),
        ("odd sides", 853, 479, (1, 1), 0, "854x480 768x432 640x360 416x234"),
        ("smaller than all rungs", 320, 180, (1, 1), 0, "320x180"),
        ("tiny", 16, 16, (1, 1), 0, "16x16"),
        ("a strip", 1024, 128, (1, 1), 0, "1024x128 768x96 640x80 416x52"),
        ("unknown aspect", 1280, 720, (0, 1), 0, "1280x720 960x540 768x432 640x360 416x234"),
    ] {
        let plan = planned(|f| {
            let video = &mut f.video[0];
            (video.width, video.height) = (width, height);
            video.sample_aspect = Ratio { num: aspect.0, den: aspect.1 };
            video.rotation_degrees = rotation;
        });
        let pictures = plan.unwrap().video.unwrap().pictures;
        let sizes: Vec<String> =
            pictures.iter().map(|picture| format!("{}x{}", picture.width, picture.height)).collect();
        assert_eq!(sizes.join(" "), expected, "{name}");
    }
}

fn track(language: Option<&str>, title: Option<&str>, default: bool) -> AudioFacts {
    let (language, title) = (language.map(str::to_owned), title.map(str::to_owned));
    AudioFacts { language, title, default, ..facts().audio[0].clone() }
}

#[test]
fn audio_tracks_have_a_default_and_unique_labels() {
    let empty = AudioFacts { duration_ms: 0, channels: 0, ..track(Some("lao"), None, true) };
    for (tracks, expected) in [
        (vec![], vec![]),
        (vec![track(None, None, false)], vec![(None, "Track 1")]),
        (vec![empty, track(Some("tha"), None, false)], vec![(Some("th"), "ไทย")]),
        (
            vec![
                track(Some("eng"), None, false),
                track(Some("lao"), None, true),
                track(Some("lo"), None, true),
            ],
            vec![(Some("lo"), "ລາວ"), (Some("en"), "English"), (Some("lo"), "ລາວ 2")],
        ),
        (
            vec![
                track(Some("eng"), Some("English"), true),
                track(Some("eng"), Some("  Commentary\r\n"), false),
            ],
            vec![(Some("en"), "English"), (Some("en"), "English – Commentary")],
        ),
        (
            vec![
                track(None, Some("Mix"), false),
                track(None, Some("mix"), false),
                track(None, Some("Mix 2"), false),
            ],
            vec![(None, "Mix"), (None, "mix 2"), (None, "Mix 2 2")],
        ),
        (
            vec![track(None, Some("Evil\",URI=\"x\u{202e}\u{0}"), false), track(None, Some("\u{7}"), false)],
            vec![(None, "Evil”,URI=”x"), (None, "Track 2")],
        ),
    ] {
        let plan = planned(|f| f.audio = tracks).unwrap();
        let found: Vec<_> = plan.audio.iter().map(|t| (t.language.as_deref(), t.label.as_str())).collect();
        assert_eq!(found, expected);
        for (index, track) in plan.audio.iter().enumerate() {
            assert_eq!(track.name().unwrap().as_str(), format!("a{}", index + 1));
            assert_eq!(track.default, index == 0);
        }
    }
    assert_eq!(
        planned(|f| f.audio = vec![track(None, None, false); 33]),
        Err(ReasonCode::TooManyAudioTracks.with("count", 33).with("max", 32))
    );
}

#[test]
fn the_largest_video_track_is_encoded() {
    let plan = planned(|f| {
        let preview = VideoFacts { stream_index: 5, width: 320, height: 180, ..f.video[0].clone() };
        let second = VideoFacts { stream_index: 6, ..f.video[0].clone() };
        f.video.insert(0, preview);
        f.video.push(second);
    });
    assert_eq!(plan.unwrap().video.unwrap().source.stream_index, 0);
}

proptest! {
    /// For any facts: a refusal, or a plan that an encoder and a player accept.
    #[test]
    fn every_plan_can_be_executed(
        (width, height) in (0_u32..9000, 0_u32..9000),
        aspect in (-1_i64..200, -1_i64..200),
        rotation in prop_oneof![4 => Just(0_u32), 4 => Just(90), 1 => any::<u32>()],
        rate in prop_oneof![(-1_i64..200_000, -1_i64..2000), (any::<i64>(), any::<i64>())],
        time_base in (0_i64..2000, 0_i64..100_000),
        (variable, interlaced) in any::<(bool, bool)>(),
        duration_ms in prop_oneof![0_u64..20_000, any::<u64>(), Just(7_200_000)],
        titles in prop::collection::vec(any::<(Option<String>, Option<String>)>(), 0..5),
        name in prop_oneof![Just("default"), Just("fast")],
    ) {
        let profile = Profile::shipped(name).unwrap();
        let mut facts = facts();
        let video = &mut facts.video[0];
        (video.width, video.height, video.rotation_degrees) = (width, height, rotation);
        video.sample_aspect = Ratio { num: aspect.0, den: aspect.1 };
        video.frame_rate = Ratio { num: rate.0, den: rate.1 };
        video.time_base = Ratio { num: time_base.0, den: time_base.1 };
        (video.variable_frame_rate, video.duration_ms) = (variable, duration_ms);
        video.field_order = if interlaced { FieldOrder::TopFirst } else { FieldOrder::Progressive };
        facts.audio = titles.iter().map(|(l, t)| track(l.as_deref(), t.as_deref(), false)).collect();

        match plan(profile, &facts) {
            Err(refusal) => prop_assert!(refusal.is_complete(), "{refusal}"),
            Ok(plan) => check(profile, &facts, &plan),
        }
    }
}

fn check(profile: &Profile, facts: &MediaFacts, plan: &Plan) {
    let rate = plan.timeline.frame_rate;
    assert_eq!(
        u64::from(plan.timeline.timescale) * u64::try_from(rate.den).unwrap(),
        u64::from(plan.timeline.frame_ticks) * u64::try_from(rate.num).unwrap()
    );
    assert!(
        plan.timeline.timescale >= 10_000 && rate.num <= 60 * rate.den && rate.num >= 10 * rate.den,
        "{rate}"
    );
    assert!(
        plan.timeline.frames > 0 && plan.timeline.segment_frames.is_multiple_of(plan.timeline.gop_frames)
    );

    // Apple HLS authoring 7.7: no segment exceeds the target by half a second.
    let segment_s = f64::from(plan.timeline.segment_frames) / rate.to_f64();
    assert!((segment_s - f64::from(profile.segment_seconds)).abs() < 0.5, "{segment_s} {rate}");
    // The last segment is long enough for some AAC frames.
    let segment_frames = u64::from(plan.timeline.segment_frames);
    let last = plan.timeline.frames - (u64::from(plan.timeline.segment_count()) - 1) * segment_frames;
    assert!(
        last * u64::from(plan.timeline.frame_ticks) * 10 >= u64::from(plan.timeline.timescale),
        "{last} {rate}"
    );
    // The duration is the master's, except for rounding and the minimum length of the last segment.
    assert!(plan.timeline.duration_ms().abs_diff(facts.video[0].duration_ms) <= 200);

    // The chunks cover the film without gaps or overlaps.
    let chunks: Vec<_> =
        (0..plan.timeline.chunk_count().min(1000)).map(|index| plan.timeline.chunk(index).unwrap()).collect();
    for pair in chunks.windows(2) {
        assert_eq!(pair[0].first_frame + pair[0].frames, pair[1].first_frame);
        assert_eq!(pair[0].first_segment + pair[0].segments, pair[1].first_segment);
    }
    assert_eq!(plan.timeline.chunk(plan.timeline.chunk_count()), None);

    let video = &facts.video[0];
    let names: HashSet<_> = plan.rendition_names().collect();
    assert_eq!(names.len(), plan.rendition_names().count());
    let VideoPlan { pictures, encodes, storyboard, .. } = plan.video.as_ref().unwrap();
    assert_eq!((pictures.len(), plan.video_part_count()), (encodes.len(), plan.timeline.chunk_count()));
    assert!(encodes.iter().zip(0..).all(|(encode, index)| (encode.picture, encode.group) == (index, 0)));
    let upright = video.rotation_degrees.is_multiple_of(180);
    let lines = if upright { pictures[0].height } else { pictures[0].width };
    assert!(lines <= video.height + 1, "never upscaled");
    for rung in pictures {
        assert!(rung.width.is_multiple_of(2) && rung.height.is_multiple_of(2));
        assert!(rung.width >= 16 && rung.height >= 16, "{}×{}", rung.width, rung.height);
        assert!(rung.width.max(rung.height) <= 1920 && rung.width.min(rung.height) <= 1080);
    }
    assert!(encodes[0].max_bitrate_bps <= profile.rungs[0].max_bitrate_bps);
    for pair in pictures.windows(2) {
        assert!(pair[0].width > pair[1].width && pair[0].height > pair[1].height);
    }
    assert!(encodes.windows(2).all(|pair| pair[0].max_bitrate_bps > pair[1].max_bitrate_bps));
    let storyboard = storyboard.unwrap();
    let tile = [storyboard.tile_width, storyboard.tile_height];
    assert!(tile.iter().all(|side| side.is_multiple_of(2) && (2..=160).contains(side)), "{storyboard:?}");
    let smallest = pictures.last().unwrap();
    assert!(tile[0] <= smallest.width && tile[1] <= smallest.height, "{storyboard:?}");
    // Width and height of a JPEG have 16 bits.
    assert!(storyboard.columns * tile[0] < 65_500 && storyboard.rows * tile[1] < 65_500, "{storyboard:?}");
    let cells = storyboard.columns * storyboard.rows;
    assert!((1..=4 * 60).contains(&cells) && storyboard.frame_of(1) <= chunks[0].frames.max(600));
    let first = storyboard.sheet(chunks[0]).unwrap();
    assert!(chunks.iter().all(|chunk| storyboard.sheet(*chunk).unwrap().thumbnails <= first.thumbnails));
    assert!(first.thumbnails <= cells && cells - first.thumbnails < storyboard.columns, "{storyboard:?}");

    assert_eq!(plan.audio.iter().filter(|track| track.default).count(), usize::from(!plan.audio.is_empty()));
    let labels: HashSet<_> = plan.audio.iter().map(|track| track.label.to_lowercase()).collect();
    assert_eq!(labels.len(), plan.audio.len());
}
