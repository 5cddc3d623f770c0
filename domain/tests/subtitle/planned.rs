//! Which streams of a master become subtitle tracks, and which are not used.

use domain::{
    facts::{AudioFacts, MediaFacts, OtherFacts, OtherKind, SubtitleCoding, SubtitleFacts, VideoFacts},
    planner,
    presentation::Role,
    profile::Profile,
    unused::unused,
};

fn facts() -> MediaFacts {
    serde_json::from_str(include_str!("../plans/1080p25.json")).unwrap()
}

fn subtitle(stream_index: u32, codec: &str, language: Option<&str>, title: Option<&str>) -> SubtitleFacts {
    SubtitleFacts {
        stream_index,
        codec: codec.to_owned(),
        language: language.map(str::to_owned),
        title: title.map(str::to_owned),
        coding: if codec.contains("subtitle") { SubtitleCoding::Bitmap } else { SubtitleCoding::Text },
        default: false,
        forced: false,
        role: Role::Main,
    }
}

/// Name, stream, language, label, default, forced and role of each planned track.
fn planned(subtitles: Vec<SubtitleFacts>) -> Vec<String> {
    let facts = MediaFacts { subtitles, ..facts() };
    let plan = planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap();
    let describe = |track: &domain::plan::SubtitleTrack| {
        let language = track.language.as_deref().unwrap_or("-");
        let flags = [(track.default, " default"), (track.forced, " forced")];
        let flags: String = flags.into_iter().filter_map(|(on, name)| on.then_some(name)).collect();
        let (name, stream, label) = (&track.name, track.stream_index, &track.label);
        format!("{name} {stream} {:?} {language} {label}{flags} {:?}", track.format, track.role)
    };
    plan.subtitles.iter().map(describe).collect()
}

#[test]
fn text_tracks_are_taken_over_with_their_names_and_flags() {
    let tracks = vec![
        SubtitleFacts { default: true, ..subtitle(2, "subrip", Some("lao"), None) },
        SubtitleFacts { role: Role::HardOfHearing, ..subtitle(3, "ass", Some("eng"), Some("SDH")) },
        subtitle(4, "hdmv_pgs_subtitle", Some("fre"), None),
        SubtitleFacts { forced: true, default: true, ..subtitle(5, "webvtt", Some("lao"), None) },
        subtitle(6, "mov_text", None, None),
        subtitle(7, "ttml", Some("eng"), None),
    ];
    assert_eq!(
        planned(tracks),
        [
            "s1 2 SubRip lo ລາວ default Main",
            "s2 3 Ass en English – SDH HardOfHearing",
            "s3 5 WebVtt lo ລາວ 2 forced Main",
            "s4 6 MovText - Track 4 Main",
        ]
    );
}

#[test]
fn several_default_tracks_choose_none() {
    let track = |index| SubtitleFacts { default: true, ..subtitle(index, "subrip", None, None) };
    assert!(planned(vec![track(2)])[0].contains("default"));
    assert!(!planned(vec![track(2), track(3)]).join("\n").contains("default"));
}

#[test]
fn everything_that_is_not_used_is_named_with_the_reason() {
    let mut facts = facts();
    let small = VideoFacts { stream_index: 2, width: 640, height: 360, ..facts.video[0].clone() };
    facts.video.push(small);
    let empty = AudioFacts {
        stream_index: 3,
        duration_ms: 0,
        language: Some("eng".to_owned()),
        ..facts.audio[0].clone()
    };
    facts.audio.push(empty);
    facts.subtitles = vec![
        subtitle(4, "subrip", Some("lao"), None),
        subtitle(5, "hdmv_pgs_subtitle", Some("fre"), Some("Français")),
        subtitle(6, "eia_608", None, None),
    ];
    let other = |stream_index, kind, codec: &str, title: Option<&str>| OtherFacts {
        stream_index,
        kind,
        codec: codec.to_owned(),
        language: None,
        title: title.map(str::to_owned),
    };
    facts.other = vec![
        other(7, OtherKind::CoverImage, "mjpeg", None),
        other(8, OtherKind::Attachment, "ttf", Some("Phetsarath.ttf")),
        other(9, OtherKind::Data, "none", None),
        other(10, OtherKind::UndecodableAudio, "ac4", None),
        other(11, OtherKind::UndecodableVideo, "rv60", None),
        other(12, OtherKind::Unknown, "none", None),
    ];
    let texts: Vec<String> = unused(&facts).iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "stream 2, video h264: a film has one video track, and Nang uses the largest",
            "stream 3, audio aac, eng: the track is empty",
            "stream 5, subtitles hdmv_pgs_subtitle, fre, “Français”: these subtitles are images; add them as a text file (SRT, WebVTT or ASS)",
            "stream 6, subtitles eia_608: Nang cannot read this format of subtitles; add them as a text file (SRT, WebVTT or ASS)",
            "stream 7, cover image mjpeg: Nang does not use cover images; upload a poster on the film's page",
            "stream 8, attached file ttf, “Phetsarath.ttf”: Nang does not use attached files; players show subtitles in their own fonts",
            "stream 9, data: it is neither video, audio nor subtitles",
            "stream 10, audio ac4: Nang cannot decode this codec, and uses the other tracks of this kind",
            "stream 11, video rv60: Nang cannot decode this codec, and uses the other tracks of this kind",
            "stream 12, unknown content: it is neither video, audio nor subtitles",
        ]
    );
}

#[test]
fn at_most_32_tracks_are_taken_over() {
    let subtitles: Vec<_> = (2..40).map(|index| subtitle(index, "subrip", None, None)).collect();
    let facts = MediaFacts { subtitles: subtitles.clone(), ..facts() };
    let unused = unused(&facts);
    assert_eq!((planned(subtitles).len(), unused.len(), unused[0].stream_index), (32, 6, 34));
    assert!(unused[0].to_string().contains("a limited number of subtitle tracks"));
}

#[test]
fn facts_from_before_titles_were_recorded_can_be_read() {
    let mut old = serde_json::to_value(facts()).unwrap();
    old.as_object_mut().unwrap().remove("other");
    old["subtitles"] = serde_json::json!([{"stream_index": 2, "codec": "mov_text", "language": "lao"}]);
    let facts: MediaFacts = serde_json::from_value(old).unwrap();
    assert_eq!(facts.subtitles[0].coding, SubtitleCoding::Unknown);
    assert_eq!(unused(&facts), []);
    assert_eq!(planned(facts.subtitles), ["s1 2 MovText lo ລາວ Main"]);
}
