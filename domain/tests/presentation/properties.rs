//! Properties of all presentations.

use std::collections::{HashMap, HashSet};

use domain::{
    build_record::AudioRendition,
    id::BuildId,
    presentation::{ComposeError, Track, compose},
};
use proptest::prelude::*;

use crate::{
    checks::{checked, variants},
    fixtures::{
        DUB, ROOT, SUBTITLES, VIDEO, audio, named, presentation, record, subtitle, three_builds, track, video,
    },
};

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\",=\r\n\\\\#:A-Z]{0,40}",
        Just("Evil\",URI=\"x".to_owned()),
        Just("\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://evil.example/".to_owned()),
        Just("a\u{2028}b\u{85}c\u{b}d".to_owned()),
    ]
}

/// Renditions of one track: any codecs, channels and bitrates.
fn renditions(track: u32) -> impl Strategy<Value = Vec<AudioRendition>> {
    let codecs = prop::sample::select(vec!["mp4a.40.2", "mp4a.40.2", "mp4a.40.5", "ac-3", "ec-3"]);
    let one = (codecs, prop::sample::select(vec![1_u32, 2, 2, 2, 6, 8]), 16_000_u64..700_000);
    prop::collection::vec(one, 1..5).prop_map(move |all| {
        let named = |(index, (codecs, channels, bps)): (usize, (&str, u32, u64))| AudioRendition {
            codecs: codecs.to_owned(),
            ..audio(&format!("a{track}-{index}"), track, channels, bps)
        };
        all.into_iter().enumerate().map(named).collect()
    })
}

fn tracks_of(build: BuildId, records: &[AudioRendition]) -> Vec<Track> {
    let chunks = records.chunk_by(|a, b| a.track == b.track);
    let of = |all: &[AudioRendition]| {
        let names: Vec<_> = all.iter().map(|rendition| rendition.name.as_str()).collect();
        track(all[0].track.into(), build, &names, &format!("Track {}", all[0].track))
    };
    chunks.map(of).collect()
}

proptest! {
    /// Whatever the builds contain: URIs lead to objects, groups contain all tracks, bandwidths are right.
    #[test]
    fn every_presentation_is_consistent(
        rungs in prop::collection::vec(20_000_u64..8_000_000, 1..7),
        own in (renditions(1), renditions(2)),
        dubs in (renditions(3), renditions(4)),
        (own_count, dub_count, text_count) in (0_usize..3, 0_usize..3, 0_usize..3),
        texts in (50_u64..2000, 50_u64..2000),
        default in 0_usize..4,
    ) {
        let own = [own.0, own.1][..own_count].concat();
        let dubs = [dubs.0, dubs.1][..dub_count].concat();
        let texts = [subtitle("s1", texts.0), subtitle("s2", texts.1)][..text_count].to_vec();
        let mut listed = tracks_of(VIDEO, &own);
        listed.extend(tracks_of(DUB, &dubs));
        if let Some(track) = listed.get_mut(default) {
            track.default = true;
        }
        let subtitles = texts.iter().map(|text| track(9, SUBTITLES, &[text.name.as_str()], &text.label)).collect();
        let content = presentation(listed, subtitles);
        let rungs = (1..).zip(rungs).map(|(number, bps)| video(&format!("v{number}"), 360 + number * 2, bps));
        let builds = named(vec![
            (VIDEO, record(rungs.collect(), own, Vec::new())),
            (DUB, record(Vec::new(), dubs, Vec::new())),
            (SUBTITLES, record(Vec::new(), Vec::new(), texts)),
        ]);
        let (playlist, text, _) = checked(&content, ROOT, &builds);
        prop_assert_eq!(compose(&content, ROOT, &builds).unwrap().0, text);

        // Each rung has one variant with stereo, or with surround if no track has stereo, before the surround variants.
        let rungs = builds[&VIDEO].record.video.len();
        let first: HashSet<_> = variants(&playlist).take(rungs).map(|variant| &variant.uri).collect();
        prop_assert_eq!(first.len(), rungs);
        let averages: Vec<_> = variants(&playlist).take(rungs).map(|variant| variant.average_bandwidth).collect();
        prop_assert!(averages[1..].is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn no_label_can_add_an_attribute_or_a_line(
        labels in (label(), label(), label(), label()),
        languages in (proptest::option::of(label()), proptest::option::of(label())),
    ) {
        let (mut content, builds) = three_builds();
        let plain = checked(&content, ROOT, &builds).1;
        (content.audio[0].label, content.audio[1].label, content.audio[2].label) = (labels.0, labels.1, labels.2);
        content.subtitles[0].label = labels.3;
        (content.audio[0].language, content.subtitles[0].language) = languages;
        let text = match compose(&content, ROOT, &builds) {
            Ok((text, _)) => text,
            Err(error) => {
                prop_assert!(matches!(error, ComposeError::SameLabel(_)), "{error}");
                return Ok(());
            }
        };
        // Without the contents of NAME and LANGUAGE, the playlists are equal.
        let without = |text: &str| -> Vec<String> {
            let blank = |line: &str| {
                let mut parts: Vec<&str> = line.split('"').collect();
                if line.starts_with("#EXT-X-MEDIA:") {
                    (parts[3], parts[5]) = ("", "");
                }
                parts.join("\"")
            };
            text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).map(blank).collect()
        };
        prop_assert_eq!(without(&text), without(&plain));
        let parsed = m3u8_rs::parse_master_playlist_res(text.as_bytes()).unwrap();
        prop_assert_eq!(parsed.alternatives.len(), 4);
        prop_assert!(parsed.alternatives.iter().all(|media| media.other_attributes.as_ref().is_none_or(HashMap::is_empty)));
        prop_assert!(parsed.unknown_tags.is_empty());
        let names: HashSet<_> = parsed.alternatives[..3].iter().map(|media| media.name.to_lowercase()).collect();
        prop_assert_eq!(names.len(), 3);
    }
}
