//! Builds from before presentations.

use domain::{
    build_record::{Bitrates, LegacyError, from_legacy},
    hex,
    key::BuildRoot,
    presentation::{Named, NamedBuild, first_presentation},
};
use m3u8_rs::{AlternativeMedia, VariantStream};
use sha2::{Digest, Sha256};

use crate::{
    checks::checked,
    fixtures::{FILM, ROOT, VIDEO, built, new_ids},
};

const LEGACY_MANIFEST: &str = include_str!("../legacy/manifest.json");
const LEGACY_PLAYLIST: &str = include_str!("../legacy/main.m3u8");

fn legacy() -> serde_json::Value {
    serde_json::from_str(LEGACY_MANIFEST).unwrap()
}

fn legacy_error(change: impl FnOnce(&mut serde_json::Value)) -> LegacyError {
    let mut manifest = legacy();
    change(&mut manifest);
    from_legacy(manifest.to_string().as_bytes(), LEGACY_PLAYLIST).unwrap_err()
}

/// The fixtures are what the code before presentations wrote: its snapshots, with a plan of its format.
#[test]
fn a_legacy_build_is_presented_as_before() {
    let manifest = legacy();
    assert_eq!(manifest["objects"]["main.m3u8"]["size_bytes"], LEGACY_PLAYLIST.len());
    assert_eq!(manifest["objects"]["main.m3u8"]["sha256"], hex::encode(&Sha256::digest(LEGACY_PLAYLIST)));
    assert!(manifest["plan"].get("version").is_none());

    let record = from_legacy(LEGACY_MANIFEST.as_bytes(), LEGACY_PLAYLIST).unwrap();
    assert_eq!((record.version, record.source_sha256.as_str()), (1, "a".repeat(64).as_str()));
    assert_eq!(record.plan, manifest["plan"]);
    assert_eq!(record.objects.len(), manifest["objects"].as_object().unwrap().len() - 1);
    assert!(!record.objects.contains_key("main.m3u8") && !record.objects.contains_key("manifest.json"));
    // Encoding the same master today gives the same renditions. Only peak bitrates of video differ: the decode lead of today's builds
    // makes the last segment longer.
    let (mut today, mut compared) = (built(), record.clone());
    for video in today.video.iter_mut().chain(&mut compared.video) {
        video.measured.bitrates.peak_bps = 0;
        video.iframes.as_mut().unwrap().peak_bps = 0;
    }
    assert_eq!((&compared.video, &compared.audio), (&today.video, &today.audio));
    assert_eq!((record.thumbnails, record.duration_ms), (today.thumbnails, today.duration_ms));
    assert!(record.thumbnails.is_some());

    let content = first_presentation(VIDEO, &record, None, new_ids());
    let builds = Named::from([(VIDEO, NamedBuild { root: BuildRoot::Legacy(FILM, VIDEO), record })]);
    let (playlist, _, _) = checked(&content, ROOT, &builds);
    let old = m3u8_rs::parse_master_playlist_res(LEGACY_PLAYLIST.as_bytes()).unwrap();
    let folder = format!("../../{VIDEO}/");
    let moved = |variant: &VariantStream| VariantStream {
        uri: format!("{folder}{}", variant.uri),
        audio: variant.audio.as_ref().map(|_| "aac-2".to_owned()),
        ..variant.clone()
    };
    assert_eq!(playlist.variants, old.variants.iter().map(moved).collect::<Vec<_>>());
    let moved = |media: &AlternativeMedia| AlternativeMedia {
        uri: media.uri.as_ref().map(|uri| format!("{folder}{uri}")),
        group_id: "aac-2".to_owned(),
        ..media.clone()
    };
    assert_eq!(playlist.alternatives, old.alternatives.iter().map(moved).collect::<Vec<_>>());
}

#[test]
fn a_legacy_build_without_iframes_or_thumbnails_is_read() {
    let mut manifest = legacy();
    manifest["plan"].as_object_mut().unwrap().remove("storyboard");
    let lines = LEGACY_PLAYLIST.lines().filter(|line| !line.contains("v432/iframes.m3u8"));
    let playlist = lines.collect::<Vec<_>>().join("\r\n");
    let record = from_legacy(manifest.to_string().as_bytes(), &playlist).unwrap();
    assert_eq!(record.thumbnails, None);
    let iframes: Vec<_> = record.video.iter().map(|video| video.iframes).collect();
    let rates = |average_bps, peak_bps| Some(Bitrates { average_bps, peak_bps });
    assert_eq!(iframes, [rates(120_000, 150_000), None, rates(5800, 7250)]);

    let record = from_legacy(manifest.to_string().as_bytes(), "").unwrap();
    assert!(record.video.iter().all(|video| video.iframes.is_none()));
}

#[test]
fn a_damaged_legacy_build_is_refused() {
    for text in ["", "{", "[]", "null", &LEGACY_MANIFEST[..LEGACY_MANIFEST.len() / 2], "\u{fffd}"] {
        let error = from_legacy(text.as_bytes(), LEGACY_PLAYLIST).unwrap_err();
        assert!(error.to_string().starts_with("the manifest cannot be read: "), "{error}");
    }
    for field in ["master_sha256", "plan", "tools", "duration_ms", "renditions", "objects"] {
        let error = legacy_error(|manifest| drop(manifest.as_object_mut().unwrap().remove(field)));
        assert!(error.to_string().contains(&format!("missing field `{field}`")), "{error}");
    }
    let error = legacy_error(|manifest| manifest["plan"] = serde_json::json!({}));
    assert!(matches!(error, LegacyError::Json(_)), "{error}");
    let error = legacy_error(|manifest| manifest["plan"]["rungs"][0]["name"] = "../v720".into());
    assert!(matches!(error, LegacyError::Json(_)), "{error}");
    for (index, rendition) in [(0, "a1"), (2, "v432"), (4, "v234")] {
        let error =
            legacy_error(|manifest| drop(manifest["renditions"].as_array_mut().unwrap().remove(index)));
        assert_eq!(error.to_string(), format!("the manifest has no measurements of rendition {rendition}"));
    }
}

#[test]
fn extreme_numbers_of_a_legacy_build_do_not_panic() {
    let mut manifest = legacy();
    for (frames, ticks, timescale) in [(u32::MAX, u32::MAX, 1), (u32::MAX, u32::MAX, u32::MAX), (1, 1, 0)] {
        manifest["plan"]["storyboard"]["interval_frames"] = frames.into();
        manifest["plan"]["frame_ticks"] = ticks.into();
        manifest["plan"]["timescale"] = timescale.into();
        assert!(from_legacy(manifest.to_string().as_bytes(), LEGACY_PLAYLIST).unwrap().thumbnails.is_some());
    }
}
