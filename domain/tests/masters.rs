//! What the planner makes of unusual masters: tracks, roles, programmes, late video, colours.

#![allow(clippy::unwrap_used, missing_docs)]

use domain::{
    facts::{AudioFacts, LightFacts, MediaFacts, VideoFacts},
    plan::{Plan, Tone},
    planner::plan,
    presentation::Role,
    profile::Profile,
    reason::ReasonCode,
    speaker::Speaker::{self, BackLeft, BackRight, FrontLeft, FrontRight, LowFrequency},
    tone::Transform,
    unused::{Why, unused},
};

fn facts() -> MediaFacts {
    serde_json::from_str(include_str!("plans/1080p25.json")).unwrap()
}

fn planned(change: impl FnOnce(&mut MediaFacts)) -> Plan {
    let mut facts = facts();
    change(&mut facts);
    plan(Profile::shipped("default").unwrap(), &facts).unwrap()
}

/// Mono tracks that are alike.
fn monos(count: u32) -> Vec<AudioFacts> {
    let mono = AudioFacts { channels: 1, channel_layout: None, default: false, ..facts().audio[0].clone() };
    (1..=count).map(|stream_index| AudioFacts { stream_index, ..mono.clone() }).collect()
}

/// The streams of each planned track, and its number of channels in the best mix.
fn tracks(audio: Vec<AudioFacts>) -> Vec<(Vec<u32>, u32)> {
    let plan = planned(|facts| facts.audio = audio);
    let streams =
        |track: &domain::plan::AudioTrack| track.streams.iter().map(|one| one.stream_index).collect();
    let channels =
        |track: &domain::plan::AudioTrack| track.mixes.iter().map(|mix| mix.channels).max().unwrap();
    plan.audio.iter().map(|track| (streams(track), channels(track))).collect()
}

fn codes(plan: &Plan) -> Vec<ReasonCode> {
    plan.notes.iter().map(|note| note.reason.code).collect()
}

#[test]
fn mono_tracks_that_are_alike_are_one_mix() {
    assert_eq!(tracks(monos(1)), [(vec![1], 2)]);
    assert_eq!(tracks(monos(2)), [(vec![1, 2], 2)]);
    assert_eq!(tracks(monos(3)), [(vec![1, 2], 2), (vec![3], 2)]);
    assert_eq!(tracks(monos(4)), [(vec![1, 2], 2), (vec![3, 4], 2)]);
    assert_eq!(tracks(monos(6)), [(vec![1, 2, 3, 4, 5, 6], 6)]);
    assert_eq!(tracks(monos(8)), [(vec![1, 2, 3, 4, 5, 6], 6), (vec![7, 8], 2)]);
    assert_eq!(tracks(monos(32)), [(vec![1, 2], 2)]);
    let plan = planned(|facts| facts.audio = monos(32));
    assert_eq!(codes(&plan), [ReasonCode::NoteMonoTracksMixed, ReasonCode::NoteMonoTracksLeftOut]);
    let left_out = unused(&MediaFacts { audio: monos(32), ..facts() });
    assert!(left_out.len() == 30 && left_out.iter().all(|stream| stream.why == Why::UnnamedMono));
}

#[test]
fn mono_tracks_that_differ_stay_apart() {
    type Change = fn(&mut AudioFacts);
    let changes: [Change; 6] = [
        |track| track.language = Some("lao".to_owned()),
        |track| track.title = Some("Music and effects".to_owned()),
        |track| track.duration_ms /= 2,
        |track| track.start_ms = 400,
        |track| track.role = Role::Commentary,
        |track| track.codec = "pcm_s24le".to_owned(),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut audio = monos(2);
        change(&mut audio[1]);
        assert_eq!(tracks(audio), [(vec![1], 2), (vec![2], 2)], "change {index}");
    }
}

#[test]
fn names_of_speakers_decide() {
    let named = |speakers: &[Speaker]| -> Vec<AudioFacts> {
        let both = monos(8).into_iter().zip(speakers);
        both.map(|(track, speaker)| AudioFacts { speakers: vec![*speaker], ..track }).collect()
    };
    assert_eq!(
        tracks(named(&[FrontLeft, FrontRight, FrontLeft, FrontRight, FrontLeft, FrontRight])),
        [(vec![1, 2], 2), (vec![3, 4], 2), (vec![5, 6], 2)]
    );
    // Right before left, and the centre by its title.
    let mut odd = named(&[FrontRight, FrontLeft, LowFrequency, BackLeft, BackRight, LowFrequency]);
    odd[5].title = Some("Center".to_owned());
    let plan = planned(|facts| facts.audio = odd);
    let [track] = plan.audio.as_slice() else { panic!("{:?}", plan.audio) };
    assert_eq!(track.mixes[0].weights[0][..2], [0.0, 1.0]);
    assert_eq!(track.mixes[1].channels, 6);

    let plan = planned(|facts| facts.audio = named(&[FrontRight]));
    assert_eq!(codes(&plan), [ReasonCode::NoteOnlyRight]);
    let weights = &plan.audio[0].mixes[0].weights;
    assert!(weights[0][0] > 0.5 && weights[0] == weights[1], "{weights:?}");
}

#[test]
fn the_films_own_audio_leads() {
    let own = AudioFacts {
        stream_index: 2,
        language: Some("lao".to_owned()),
        default: false,
        ..facts().audio[0].clone()
    };
    for role in [Role::Commentary, Role::AudioDescription] {
        let special = AudioFacts { role, default: true, ..facts().audio[0].clone() };
        let plan = planned(|facts| facts.audio = vec![special.clone(), own.clone()]);
        assert_eq!(plan.audio[0].stream_index(), 2);
        assert!(plan.audio[0].default && !plan.audio[1].default && plan.audio[1].role == role);
        assert_eq!(codes(&plan), [ReasonCode::NoteDefaultPassedOver]);
        let plan = planned(|facts| facts.audio = vec![special]);
        assert!(plan.audio[0].default && plan.notes.is_empty());
    }
    let titled =
        AudioFacts { title: Some("Director\u{2019}s Commentary".to_owned()), ..facts().audio[0].clone() };
    let plan = planned(|facts| facts.audio = vec![titled, own]);
    assert_eq!((plan.audio[0].stream_index(), plan.audio[1].role), (2, Role::Commentary));
    assert_eq!(codes(&plan), [ReasonCode::NoteCommentaryByTitle, ReasonCode::NoteDefaultPassedOver]);
}

#[test]
fn audio_of_another_programme_is_not_used() {
    let plan = planned(|facts| {
        facts.video[0].programmes = vec![2];
        let of = |stream_index, programmes: &[u32]| AudioFacts {
            stream_index,
            programmes: programmes.to_vec(),
            ..facts.audio[0].clone()
        };
        facts.audio = vec![of(1, &[1]), of(2, &[1, 2]), of(3, &[])];
    });
    let streams: Vec<u32> = plan.audio.iter().map(domain::plan::AudioTrack::stream_index).collect();
    assert_eq!(streams, [2, 3]);
}

#[test]
fn a_poster_is_not_the_film() {
    let plan = planned(|facts| {
        let film = facts.video[0].clone();
        let poster = VideoFacts { stream_index: 7, width: 4000, height: 6000, still: true, ..film };
        facts.video.insert(0, poster);
    });
    assert_eq!(plan.video.unwrap().source.stream_index, 0);
}

#[test]
fn audio_before_the_first_frame_is_kept_under_black() {
    for (start_ms, black_frames, code) in [
        (0, 0, None),
        (-99, 0, None),
        (-100, 0, Some(ReasonCode::NoteAudioCut)),
        (-999, 0, Some(ReasonCode::NoteAudioCut)),
        (-2000, 50, Some(ReasonCode::NoteVideoLate)),
        (-3_600_000, 0, Some(ReasonCode::NoteAudioCut)),
    ] {
        let plan = planned(|facts| facts.audio[0].start_ms = start_ms);
        let source = plan.video.as_ref().unwrap().source.clone();
        assert_eq!(source.black_frames, black_frames, "{start_ms}");
        assert_eq!(plan.timeline.frames, 1500 + black_frames);
        assert_eq!(plan.start.ticks, -i64::try_from(black_frames).unwrap() * 512);
        assert_eq!(codes(&plan), code.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn wide_colours_are_converted() {
    let tone = |transfer: Option<&str>, primaries: Option<&str>, light| {
        let plan = planned(|facts| {
            let video = &mut facts.video[0];
            video.color.transfer = transfer.map(str::to_owned);
            video.color.primaries = primaries.map(str::to_owned);
            video.light = light;
        });
        let tone: Option<Tone> = plan.video.unwrap().source.tone;
        (tone.map(|tone| tone.transform), plan.notes.first().map(|note| note.reason.code))
    };
    let light = LightFacts { max_cll_nits: Some(1200), ..LightFacts::default() };
    assert_eq!(tone(Some("bt709"), Some("bt709"), None), (None, None));
    assert_eq!(tone(None, None, None), (None, None));
    assert_eq!(
        tone(Some("smpte2084"), Some("bt2020"), Some(light)),
        (Some(Transform::Pq { peak_nits: 1200 }), Some(ReasonCode::NoteHdrPq))
    );
    assert_eq!(
        tone(Some("smpte2084"), None, None),
        (Some(Transform::Pq { peak_nits: 1000 }), Some(ReasonCode::NoteHdrPqAssumed))
    );
    assert_eq!(
        tone(Some("arib-std-b67"), Some("bt2020"), None),
        (Some(Transform::Hlg), Some(ReasonCode::NoteHdrHlg))
    );
    assert_eq!(
        tone(Some("bt2020-10"), Some("bt2020"), None),
        (Some(Transform::Bt2020Sdr), Some(ReasonCode::NoteWideGamut))
    );
    assert!(matches!(tone(Some("bt709"), Some("smpte432"), None).0, Some(Transform::P3 { .. })));
    let plan = planned(|facts| facts.video[0].pixel_format = "xyz12le".to_owned());
    assert!(matches!(plan.video.unwrap().source.tone.unwrap().transform, Transform::CinemaXyz { .. }));
}
