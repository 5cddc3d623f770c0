//! The playlist that players read.

use std::collections::BTreeSet;

use domain::{
    build_record::AudioRendition,
    key::{BuildRoot, PresentationRoot},
    presentation::{Named, NamedBuild, Presentation, PresentationManifest, Role, Track, first_presentation},
};
use m3u8_rs::AlternativeMediaType;

use crate::{
    checks::{checked, composed, group_lines, groups, of_kind, short, variant_lines, variants},
    fixtures::{
        FILM, ROOT, SUBTITLES, VIDEO, audio, built, ladder, low, measured, named, new_ids, presentation,
        record, stereo, subtitle, surround, three_builds, track, video, with_audio,
    },
};

#[test]
fn one_build_is_presented_at_each_root() {
    let record = built();
    let content = first_presentation(VIDEO, &record, None, new_ids());
    let at = |presentation, root| {
        let builds = Named::from([(VIDEO, NamedBuild { root, record: record.clone() })]);
        checked(&content, presentation, &builds)
    };
    let (_, top, manifest) = at(PresentationRoot::Top, BuildRoot::Top);
    insta::assert_snapshot!("main_playlist", top);
    assert_eq!(manifest.objects.len(), record.objects.len() + 1);
    assert!(manifest.objects.contains_key("main.m3u8"));

    let below = |folder: &str| {
        let uri = |line: &str| match line.split_once("URI=\"") {
            Some((attributes, uri)) => format!("{attributes}URI=\"{folder}{uri}\n"),
            None if line.starts_with('#') => format!("{line}\n"),
            None => format!("{folder}{line}\n"),
        };
        top.lines().map(uri).collect::<String>()
    };
    let (_, text, _) = at(ROOT, BuildRoot::Film(FILM, VIDEO));
    assert_eq!(text, below(&format!("../../builds/{VIDEO}/")));
    let (_, text, _) = at(ROOT, BuildRoot::Legacy(FILM, VIDEO));
    assert_eq!(text, below(&format!("../../{VIDEO}/")));
}

#[test]
fn a_manifest_is_the_same_after_reading_it() {
    let (content, builds) = with_audio(&[vec![stereo("a1", 1)]]);
    let content = Presentation { thumbnails: built().thumbnails, ..content };
    assert!(content.thumbnails.is_some());
    let (_, _, manifest) = checked(&content, ROOT, &builds);
    let stored = serde_json::to_string(&manifest).unwrap();
    assert_eq!(serde_json::from_str::<PresentationManifest>(&stored).unwrap(), manifest);
}

#[test]
fn bandwidths_are_the_largest_sums_of_peaks() {
    let (content, builds) = with_audio(&[
        vec![audio("a1", 1, 2, 96_000)],
        vec![AudioRendition { measured: measured(160_000), ..stereo("a2", 2) }],
    ]);
    let playlist = composed(&content, &builds);
    let best = variants(&playlist).find(|variant| short(&variant.uri) == "v1080").unwrap();
    assert_eq!((best.bandwidth, best.average_bandwidth), (6_250_000 + 200_000, Some(5_160_000)));
    assert_eq!(best.codecs.as_deref(), Some("avc1.640028,mp4a.40.2"));
    assert_eq!(best.frame_rate, Some(25.0));
    let size = best.resolution.unwrap();
    assert_eq!((size.width, size.height), (1920, 1080));
}

#[test]
fn a_film_without_audio_has_no_audio_group() {
    let (content, builds) = with_audio(&[]);
    let (playlist, text, _) = checked(&content, ROOT, &builds);
    assert!(!text.contains("AUDIO") && !text.contains("EXT-X-MEDIA"));
    assert!(text.contains("CODECS=\"avc1.640028\",") && !text.contains("SUBTITLES"));
    assert_eq!(variant_lines(&playlist), ["v432 -", "v1080 -", "v720 -", "v234 -"]);
}

#[test]
fn a_rung_without_iframes_has_no_iframe_playlist() {
    let (content, mut builds) = with_audio(&[vec![stereo("a1", 1)]]);
    builds.get_mut(&VIDEO).unwrap().record.video[1].iframes = None;
    let playlist = composed(&content, &builds);
    let iframes: Vec<_> = playlist.variants.iter().filter(|variant| variant.is_i_frame).collect();
    let found: Vec<_> = iframes.iter().map(|v| (short(&v.uri), v.bandwidth, v.average_bandwidth)).collect();
    assert_eq!(
        found,
        [("v1080", 312_500, Some(250_000)), ("v432", 50_000, Some(40_000)), ("v234", 12_500, Some(10_000))]
    );
}

#[test]
fn tracks_of_several_builds_are_named_by_relative_uris() {
    let (content, builds) = three_builds();
    let (_, text, manifest) = checked(&content, ROOT, &builds);
    insta::assert_snapshot!("three_builds", text);
    assert_eq!(manifest.objects.keys().filter(|path| path.starts_with("builds/")).count(), 3 + 2);
}

#[test]
fn objects_of_builds_that_are_not_named_are_not_listed() {
    let (mut content, builds) = three_builds();
    content.subtitles.clear();
    content.audio.pop();
    let (_, _, manifest) = checked(&content, ROOT, &builds);
    assert!(manifest.objects.keys().all(|path| !path.starts_with("builds/")));
    assert_eq!(content.builds(), BTreeSet::from([VIDEO]));
}

#[test]
fn every_group_contains_every_track() {
    for (case, tracks, expected) in [
        ("stereo only", vec![vec![stereo("a1", 1)]], vec!["aac-2: a1"]),
        ("stereo and low", vec![vec![stereo("a1", 1), low("a1l", 1)]], vec!["aac-2: a1", "aac-2-low1: a1l"]),
        (
            "three renditions",
            vec![vec![surround("a1s", 1), stereo("a1", 1), low("a1l", 1)]],
            vec!["aac-2: a1", "aac-2-low1: a1l", "aac-6: a1s"],
        ),
        (
            "a dub with one rendition beside a film with three",
            vec![vec![low("a1l", 1), surround("a1s", 1), stereo("a1", 1)], vec![stereo("a2", 2)]],
            vec!["aac-2: a1 a2", "aac-2-low1: a1l a2", "aac-6: a1s a2"],
        ),
        (
            "a film with one rendition and a dub with three",
            vec![vec![stereo("a1", 1)], vec![surround("a2s", 2), stereo("a2", 2), low("a2l", 2)]],
            vec!["aac-2: a1 a2", "aac-2-low1: a1 a2l", "aac-6: a1 a2s"],
        ),
        (
            "a track with two low renditions",
            vec![
                vec![stereo("a1", 1), low("a1l", 1), audio("a1m", 1, 2, 32_000)],
                vec![stereo("a2", 2), low("a2l", 2)],
            ],
            // No rung has so little bitrate that it needs a third group.
            vec!["aac-2: a1 a2", "aac-2-low1: a1l a2l"],
        ),
        (
            "a track with surround only",
            vec![vec![stereo("a1", 1)], vec![surround("a2", 2)]],
            vec!["aac-2: a1 a2"],
        ),
        ("surround only", vec![vec![surround("a1", 1)]], vec!["aac-6: a1"]),
        ("a mono dub", vec![vec![stereo("a1", 1)], vec![audio("a2", 2, 1, 64_000)]], vec!["aac-2: a1 a2"]),
        (
            "mono for low bitrates",
            vec![vec![audio("a1m", 1, 1, 48_000), stereo("a1", 1)]],
            vec!["aac-2: a1", "aac-1: a1m"],
        ),
        (
            "HE-AAC for low bitrates",
            vec![vec![
                stereo("a1", 1),
                AudioRendition { codecs: "mp4a.40.5".to_owned(), ..audio("a1h", 1, 2, 48_000) },
            ]],
            vec!["aac-2: a1", "aac-2-low1: a1h"],
        ),
        (
            "two surround codecs",
            vec![vec![
                AudioRendition { codecs: "ec-3".to_owned(), ..surround("a1e", 1) },
                AudioRendition { codecs: "ac-3".to_owned(), ..surround("a1d", 1) },
                stereo("a1", 1),
            ]],
            vec!["aac-2: a1", "ac-3-6: a1d", "ec-3-6: a1e"],
        ),
    ] {
        let (content, builds) = with_audio(&tracks);
        assert_eq!(group_lines(&composed(&content, &builds)), expected, "{case}");
    }
}

#[test]
fn a_rung_with_little_bitrate_names_the_low_group() {
    let (content, builds) = with_audio(&[vec![stereo("a1", 1), low("a1l", 1)], vec![stereo("a2", 2)]]);
    assert_eq!(
        variant_lines(&composed(&content, &builds)),
        // With one variant, mpv would prefer the low group (`rung_above_the_only`).
        ["v432 aac-2", "v1080 aac-2", "v720 aac-2", "v234 aac-2-low1", "v432 aac-2-low1"]
    );
    let (content, mut builds) = with_audio(&[vec![stereo("a1", 1), low("a1l", 1)]]);
    let rungs = &mut builds.get_mut(&VIDEO).unwrap().record.video;
    *rungs = vec![video("v720", 720, 2_500_000), video("v432", 432, 250_000), video("v234", 234, 150_000)];
    assert_eq!(
        variant_lines(&composed(&content, &builds)),
        ["v432 aac-2-low1", "v720 aac-2", "v234 aac-2-low1"]
    );
    // At most a third of the video's bitrate; of several groups that need more, the lowest.
    for (video_bps, expected) in
        [(384_000, "aac-2"), (383_999, "aac-2-low1"), (192_000, "aac-2-low1"), (1000, "aac-2-low2")]
    {
        let tracks = vec![vec![stereo("a1", 1), low("a1l", 1), audio("a1m", 1, 2, 32_000)]];
        let (content, mut builds) = with_audio(&tracks);
        builds.get_mut(&VIDEO).unwrap().record.video = vec![video("v234", 234, video_bps)];
        assert_eq!(variant_lines(&composed(&content, &builds)), [format!("v234 {expected}")], "{video_bps}");
    }
}

#[test]
fn the_best_rung_of_a_film_that_is_easy_to_code_has_the_best_stereo_and_surround() {
    let tracks = vec![vec![surround("a1s", 1), stereo("a1", 1), low("a1l", 1)]];
    let (content, mut builds) = with_audio(&tracks);
    let rungs = &mut builds.get_mut(&VIDEO).unwrap().record.video;
    *rungs = vec![video("v432", 432, 60_000), video("v234", 234, 90_000)];
    let playlist = composed(&content, &builds);
    assert_eq!(variant_lines(&playlist), ["v432 aac-2", "v234 aac-2-low1", "v432 aac-6"]);
    // mpv plays the first audio track, and gets nothing for it if no variant names its group.
    builds.get_mut(&VIDEO).unwrap().record.video.pop();
    assert_eq!(group_lines(&composed(&content, &builds)), ["aac-2-low1: a1l"]);
}

#[test]
fn only_rungs_with_the_best_stereo_have_surround() {
    let tracks = vec![vec![surround("a1s", 1), stereo("a1", 1), low("a1l", 1)], vec![stereo("a2", 2)]];
    let (content, builds) = with_audio(&tracks);
    let playlist = composed(&content, &builds);
    assert_eq!(
        variant_lines(&playlist),
        [
            "v432 aac-2",
            "v1080 aac-2",
            "v720 aac-2",
            "v234 aac-2-low1",
            "v432 aac-2-low1",
            "v1080 aac-6",
            "v720 aac-6",
            "v432 aac-6"
        ]
    );
    let channels: Vec<_> = groups(&playlist)[2].1.iter().map(|media| media.channels.as_deref()).collect();
    assert_eq!(channels, [Some("6"), Some("2")]);

    let (content, builds) = with_audio(&[vec![surround("a1s", 1)]]);
    assert_eq!(
        variant_lines(&composed(&content, &builds)),
        ["v234 aac-6", "v1080 aac-6", "v720 aac-6", "v432 aac-6"]
    );
}

#[test]
fn the_first_variant_needs_about_a_megabit_per_second() {
    for (rungs, expected) in [
        (
            vec![("v1080", 5_000_000), ("v720", 2_500_000), ("v432", 850_000), ("v234", 270_000)],
            "v432 v1080 v720 v234",
        ),
        // The audio counts: 900 + 128 kbit/s.
        (vec![("v720", 900_000), ("v432", 600_000)], "v432 v720"),
        (vec![("v1080", 5_000_000), ("v720", 2_500_000)], "v720 v1080"),
        (vec![("v234", 400_000), ("v432", 860_000)], "v432 v234"),
    ] {
        let (content, mut builds) = with_audio(&[vec![stereo("a1", 1)]]);
        builds.get_mut(&VIDEO).unwrap().record = record(
            rungs.iter().map(|(rung, bps)| video(rung, 432, *bps)).collect(),
            vec![stereo("a1", 1)],
            vec![],
        );
        let playlist = composed(&content, &builds);
        let order: Vec<_> = variants(&playlist).map(|variant| short(&variant.uri)).collect();
        assert_eq!(order.join(" "), expected);
    }
}

#[test]
fn the_flags_of_tracks_become_attributes() {
    let audio = vec![
        Track { default: true, ..track(1, VIDEO, &["a1"], "ລາວ") },
        Track { role: Role::AudioDescription, ..track(2, VIDEO, &["a2"], "Described") },
        Track { role: Role::Commentary, ..track(3, VIDEO, &["a3"], "Director") },
    ];
    let subtitles = vec![
        track(4, SUBTITLES, &["s1"], "ລາວ"),
        Track {
            default: true,
            role: Role::HardOfHearing,
            ..track(5, SUBTITLES, &["s2"], "ລາວ, with sounds")
        },
        Track { forced: true, language: None, ..track(6, SUBTITLES, &["s3"], "Signs") },
        Track { role: Role::Commentary, ..track(7, SUBTITLES, &["s4"], "Director") },
        Track { role: Role::Commentary, forced: true, ..track(8, SUBTITLES, &["s5"], "Notes") },
    ];
    let tracks = (1..=3).map(|number| stereo(&format!("a{number}"), number)).collect();
    let texts = (1..=5).map(|number| subtitle(&format!("s{number}"), 400)).collect();
    let builds =
        named(vec![(VIDEO, record(ladder(), tracks, vec![])), (SUBTITLES, record(vec![], vec![], texts))]);
    let (playlist, _, _) = checked(&presentation(audio.clone(), subtitles.clone()), ROOT, &builds);
    let flags = |kind: &AlternativeMediaType| {
        let media = of_kind(&playlist, kind).into_iter();
        media.map(|m| (m.default, m.autoselect, m.forced, m.characteristics.as_deref())).collect::<Vec<_>>()
    };
    let describes = "public.accessibility.describes-video";
    assert_eq!(
        flags(&AlternativeMediaType::Audio),
        [(true, true, false, None), (false, true, false, Some(describes)), (false, false, false, None)]
    );
    let transcribes =
        "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound";
    assert_eq!(
        flags(&AlternativeMediaType::Subtitles),
        [
            (false, true, false, None),
            (true, true, false, Some(transcribes)),
            (false, true, true, None),
            (false, false, false, None),
            (false, true, true, None),
        ]
    );
    let languages: Vec<_> =
        of_kind(&playlist, &AlternativeMediaType::Subtitles).iter().map(|m| m.language.as_deref()).collect();
    assert_eq!(languages, [Some("lo"), Some("lo"), Some("und"), Some("lo"), Some("lo")]);
    assert!(variants(&playlist).all(|variant| variant.subtitles.as_deref() == Some("subtitles")));

    // A default track is always selected automatically (RFC 8216 §4.3.4.1), whatever its role.
    let audio = vec![Track { default: true, ..audio[2].clone() }];
    let subtitles = vec![Track { default: true, ..subtitles[3].clone() }];
    let playlist = composed(&presentation(audio, subtitles), &builds);
    assert!(playlist.alternatives.iter().all(|media| media.default && media.autoselect));
}
