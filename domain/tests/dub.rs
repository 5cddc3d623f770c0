//! Plans of dubs: the length rule, the choice of the track, and offsets.

#![allow(clippy::unwrap_used)]

use domain::{
    facts::{AudioFacts, MediaFacts, VideoFacts},
    plan::{Plan, Timeline},
    planner::{
        self,
        dub::{misfit, plan, timeline_of, tolerance_ms},
    },
    presentation::{Role, TrackSettings},
    profile::Profile,
    ratio::Ratio,
};
use proptest::prelude::*;
use serde_json::json;

const MINUTE_MS: u64 = 60_000;

fn profile() -> &'static Profile {
    Profile::shipped("default").unwrap()
}

/// The timeline of a film at 25 frames per second.
fn film(duration_ms: u64) -> Timeline {
    Timeline {
        frame_rate: Ratio { num: 25, den: 1 },
        frames: duration_ms / 40,
        timescale: 12_800,
        frame_ticks: 512,
        gop_frames: 50,
        segment_frames: 150,
        chunk_segments: 10,
    }
}

fn audio(stream_index: u32, duration_ms: u64) -> AudioFacts {
    AudioFacts {
        stream_index,
        codec: "pcm_s16le".to_owned(),
        channels: 2,
        channel_layout: Some("stereo".to_owned()),
        sample_rate_hz: 48_000,
        language: None,
        title: None,
        start_ms: 0,
        duration_ms,
        default: false,
        speakers: vec![],
        role: Role::Main,
        programmes: vec![],
    }
}

fn wav(duration_ms: u64) -> MediaFacts {
    MediaFacts {
        container: "wav".to_owned(),
        size_bytes: 1,
        duration_ms,
        video: Vec::new(),
        audio: vec![audio(0, duration_ms)],
        subtitles: Vec::new(),
        other: Vec::new(),
        chapters: Vec::new(),
        clock: Vec::new(),
        notes: Vec::new(),
    }
}

fn with_video(first_pts: i64, time_base: Ratio, audio: Vec<AudioFacts>) -> MediaFacts {
    let film: MediaFacts = serde_json::from_str(include_str!("plans/1080p25.json")).unwrap();
    let video = film.video.into_iter().map(|video| VideoFacts { first_pts, time_base, ..video }).collect();
    MediaFacts { video, audio, ..wav(0) }
}

fn settings(shift_ms: i64) -> TrackSettings {
    TrackSettings { language: Some("lo".to_owned()), shift_ms, ..TrackSettings::default() }
}

fn planned(facts: &MediaFacts, film_ms: u64, shift_ms: i64) -> Result<Plan, String> {
    plan(profile(), facts, film(film_ms), &settings(shift_ms))
        .map(|dub| dub.plan)
        .map_err(|refusal| refusal.to_string())
}

#[test]
fn a_dub_has_the_timeline_of_its_film_and_the_name_that_the_editor_wants() {
    let film = film(90 * MINUTE_MS);
    let named = TrackSettings { label: Some("ພາກລາວ".to_owned()), ..settings(0) };
    let wav = wav(90 * MINUTE_MS);
    let dub = plan(profile(), &wav, film, &named).unwrap().plan;
    assert_eq!((dub.timeline, dub.video), (film, None));
    let [track] = &dub.audio[..] else { panic!("{:?}", dub.audio) };
    assert_eq!(
        (track.language.as_deref(), track.label.as_str(), track.default),
        (Some("lo"), "ພາກລາວ", true)
    );
    assert_eq!(track.name().unwrap().as_str(), "a1");
    assert_eq!(plan(profile(), &wav, film, &settings(0)).unwrap().plan.audio[0].label, "ລາວ");
}

#[test]
fn the_end_may_differ_by_two_seconds_or_a_hundredth_of_the_film() {
    for (film_ms, tolerated_ms) in [(MINUTE_MS, 2000), (200_000, 2000), (90 * MINUTE_MS, 54_000)] {
        assert_eq!(tolerance_ms(film_ms), tolerated_ms);
        for (length_ms, fits) in [
            (film_ms, true),
            (film_ms - tolerated_ms, true),
            (film_ms + tolerated_ms, true),
            (film_ms - tolerated_ms - 1, false),
            (film_ms + tolerated_ms + 1, false),
        ] {
            assert_eq!(planned(&wav(length_ms), film_ms, 0).is_ok(), fits, "{length_ms} in {film_ms}");
        }
    }
}

#[test]
fn a_wrong_length_is_refused_with_both_lengths_and_what_to_do() {
    for (length_ms, shift_ms, expected) in [
        (
            80 * MINUTE_MS,
            0,
            "The dub lasts 01:20:00, and the film 01:30:00: the dub ends 600 s too early, and at most 54 s are accepted. Upload a dub \
             of the whole film. If it only begins later than the film, add it with that many seconds as shift.",
        ),
        (
            80 * MINUTE_MS,
            -1500,
            "The dub lasts 01:20:00, and the film 01:30:00; with the shift of -1.5 s: the dub ends 601.5 s too early, and at most 54 s are \
             accepted. Upload a dub of the whole film. If it only begins later than the film, add it with that many seconds as shift.",
        ),
        (
            100 * MINUTE_MS,
            0,
            "The dub lasts 01:40:00, and the film 01:30:00: the dub ends 600 s too late, and at most 54 s are accepted. Upload a dub of \
             this version of the film. If it has a leader before the film's first frame, add it with a negative shift.",
        ),
        (
            90 * MINUTE_MS * 24 / 25,
            0,
            "The dub lasts 01:26:24, and the film 01:30:00: their ends are 216 s apart, and at most 54 s are accepted. The lengths \
             differ as 25 and 24 frames per second do: export the dub at the speed of this film.",
        ),
    ] {
        assert_eq!(planned(&wav(length_ms), 90 * MINUTE_MS, shift_ms), Err(expected.to_owned()));
    }
}

#[test]
fn the_shift_counts() {
    let late = wav(85 * MINUTE_MS);
    assert!(planned(&late, 90 * MINUTE_MS, 0).is_err());
    assert!(planned(&late, 90 * MINUTE_MS, 5 * 60_000).is_ok());
    assert!(planned(&wav(95 * MINUTE_MS), 90 * MINUTE_MS, -5 * 60_000).is_ok());
    assert!(planned(&wav(MINUTE_MS), MINUTE_MS, i64::MIN).is_err());
    assert!(planned(&wav(MINUTE_MS), MINUTE_MS, i64::MAX).is_err());
}

#[test]
fn the_chosen_track_is_named() {
    let film_ms = MINUTE_MS;
    let chosen = |audio: Vec<AudioFacts>| {
        let facts = MediaFacts { audio, ..wav(film_ms) };
        let dub = plan(profile(), &facts, film(film_ms), &settings(0)).unwrap();
        (dub.plan.audio[0].stream_index(), dub.chosen.to_string())
    };
    let track = |index| audio(index, film_ms);
    assert_eq!(chosen(vec![track(0)]), (0, "The file's only audio track is used (stereo).".to_owned()));
    let thai = AudioFacts { language: Some("tha".to_owned()), ..track(2) };
    let lao = AudioFacts {
        language: Some("lao".to_owned()),
        title: Some("5.1".to_owned()),
        channels: 6,
        channel_layout: None,
        default: true,
        ..track(4)
    };
    assert_eq!(
        chosen(vec![track(1), thai.clone(), lao]),
        (
            4,
            "Audio track 3 of 3 is used (ລາວ, 5.1, 5.1), because the file marks it as the default."
                .to_owned()
        )
    );
    assert_eq!(
        chosen(vec![audio(1, 0), thai, track(3)]),
        (2, "Audio track 2 of 3 is used (ไทย, stereo), because it is the first and the file marks none as the default.".to_owned())
    );
}

#[test]
fn a_file_without_usable_audio_is_refused() {
    let refusal = |audio| planned(&MediaFacts { audio, ..wav(MINUTE_MS) }, MINUTE_MS, 0).unwrap_err();
    assert!(refusal(vec![]).starts_with("This file has no audio."));
    assert!(refusal(vec![audio(0, 0)]).starts_with("This file has no audio."));
    let silent = AudioFacts { channels: 0, ..audio(1, MINUTE_MS) };
    assert!(refusal(vec![silent]).starts_with("Audio track 1 (pcm_s16le) cannot be decoded"));
}

#[test]
fn time_zero_is_the_first_frame_or_the_first_sample() {
    let start = |facts: &MediaFacts, shift_ms| {
        let start = planned(facts, MINUTE_MS, shift_ms).unwrap().start;
        // In microseconds, which all of these are.
        start.ticks * start.time_base.num * 1_000_000 / start.time_base.den
    };
    // A transport stream's clock begins anywhere.
    let late = |index| AudioFacts { start_ms: 1400, ..audio(index, MINUTE_MS) };
    let stream = MediaFacts { audio: vec![late(0)], ..wav(MINUTE_MS) };
    assert_eq!(start(&stream, 0), 1_400_000);
    assert_eq!(start(&stream, 500), 900_000, "a later dub has an earlier zero");
    assert_eq!(start(&stream, -500), 1_900_000);
    // Tracks of one file keep their distance.
    let two = MediaFacts {
        audio: vec![audio(0, MINUTE_MS), AudioFacts { default: true, ..late(1) }],
        ..wav(MINUTE_MS)
    };
    assert_eq!(start(&two, 0), 0);

    let ninety_khz = Ratio { num: 1, den: 90_000 };
    let muxed = with_video(126_018, ninety_khz, vec![audio(1, MINUTE_MS)]);
    assert_eq!(start(&muxed, 0), 1_400_200, "exactly the first frame");
    assert_eq!(start(&muxed, 40), 1_360_000);
    // The audio of a film file that starts 200 ms after its video ends that much later.
    let offset = |start_ms, duration_ms| {
        with_video(0, ninety_khz, vec![AudioFacts { start_ms, ..audio(1, duration_ms) }])
    };
    assert!(planned(&offset(200, MINUTE_MS - 2100), MINUTE_MS, 0).is_ok());
    assert!(planned(&offset(0, MINUTE_MS - 2100), MINUTE_MS, 0).is_err());
}

#[test]
fn the_timeline_is_read_from_plans_of_every_format() {
    let film = film(90 * MINUTE_MS);
    let before = json!({
        "profile": "default", "frame_rate": {"num": 25, "den": 1}, "frames": 135_000, "timescale": 12_800, "frame_ticks": 512,
        "gop_frames": 50, "segment_frames": 150, "chunk_segments": 10, "rungs": [],
    });
    assert_eq!(timeline_of(&before), Some(film));
    let facts: MediaFacts = serde_json::from_str(include_str!("plans/1080p25.json")).unwrap();
    let now = planner::plan(profile(), &facts).unwrap();
    assert_eq!(timeline_of(&serde_json::to_value(&now).unwrap()), Some(now.timeline));
    for (field, value) in [
        ("frames", json!(0)),
        ("frames", json!(u64::MAX)),
        ("timescale", json!(0)),
        ("timescale", json!(1)),
        ("segment_frames", json!(0)),
        ("chunk_segments", json!(0)),
        ("frame_rate", json!({"num": 0, "den": 1})),
        ("frame_ticks", json!("512")),
    ] {
        let mut plan = before.clone();
        plan[field] = value;
        assert_eq!(timeline_of(&plan), None, "{field}");
    }
    assert_eq!(timeline_of(&json!({})), None);
    assert_eq!(timeline_of(&json!(null)), None);
}

#[test]
fn a_dub_that_no_longer_fits_its_film_says_so() {
    assert_eq!(misfit(90 * MINUTE_MS, 90 * MINUTE_MS + 54_000), None);
    let text = misfit(90 * MINUTE_MS, 80 * MINUTE_MS).unwrap();
    assert!(text.contains("01:30:00") && text.contains("01:20:00"), "{text}");
}

proptest! {
    #[test]
    fn every_file_is_planned_or_refused(
        film_ms in 500_u64..86_400_000, length_ms in 0_u64..1 << 43, start_ms in -(1_i64 << 43)..1 << 43,
        shift_ms in any::<i64>(), first_pts in any::<i64>(), num in 0_i64..1 << 31, den in 1_i64..1 << 31,
    ) {
        let track = AudioFacts { start_ms, ..audio(1, length_ms) };
        for facts in [
            MediaFacts { audio: vec![track.clone()], ..wav(length_ms) },
            with_video(first_pts, Ratio { num, den }, vec![track.clone()]),
        ] {
            if let Ok(plan) = planned(&facts, film_ms, shift_ms) {
                prop_assert_eq!(plan.timeline, film(film_ms));
            }
        }
    }
}
