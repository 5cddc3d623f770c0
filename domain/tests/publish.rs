//! Assembling parts: the measurements, the written files, and every inconsistency that is refused.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use domain::{
    key::RenditionName,
    output::{PartOutput, RenditionPart, Segment, StoredObject, StoredSheet},
    plan::Plan,
    planner,
    profile::Profile,
    publish::{AssembleError, Assembled, assemble},
};
use proptest::prelude::*;

/// 20 s at 25 fps in two chunks: segments of 6, 6, 6 and 2 s, three rungs, two audio tracks.
fn plan() -> Plan {
    let mut facts: domain::facts::MediaFacts =
        serde_json::from_str(include_str!("plans/1080p25.json")).unwrap();
    facts.video[0].duration_ms = 20_000;
    facts.audio[0].language = Some("lao".to_owned());
    let english = domain::facts::AudioFacts {
        stream_index: 2,
        language: Some("eng".to_owned()),
        ..facts.audio[0].clone()
    };
    facts.audio.push(english);
    planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap()
}

fn object(size_bytes: u64, digit: char) -> StoredObject {
    StoredObject { size_bytes, sha256: digit.to_string().repeat(64) }
}

/// The output that workers could record for `plan`: each video segment has as many bytes as its rung's maximum bitrate allows
/// in 4 s, audio has 16,000 bytes per second.
fn parts(plan: &Plan) -> Vec<PartOutput> {
    let mut parts: Vec<PartOutput> = (0..plan.chunk_count())
        .map(|index| {
            let chunk = plan.chunk(index).unwrap();
            let renditions = plan.rungs.iter().map(|rung| RenditionPart {
                rendition: rung.name.clone(),
                codecs: "avc1.64001f".to_owned(),
                init: object(800, '1'),
                segments: (0..chunk.segments)
                    .map(|segment| {
                        let left = chunk.frames - u64::from(segment * plan.segment_frames);
                        let frames = left.min(u64::from(plan.segment_frames));
                        Segment {
                            number: chunk.first_segment + segment,
                            duration_ticks: frames * u64::from(plan.frame_ticks),
                            first_frame_bytes: Some(rung.max_bitrate_bps / 40),
                            object: object(rung.max_bitrate_bps / 2, '2'),
                        }
                    })
                    .collect(),
            });
            let sheet = plan.storyboard.and_then(|storyboard| storyboard.sheet(chunk));
            let stored = |number| StoredSheet { number, object: object(40_000, '5') };
            PartOutput { renditions: renditions.collect(), sheet: sheet.map(|sheet| stored(sheet.number)) }
        })
        .collect();
    for track in &plan.audio {
        // 281 or 282 AAC frames per segment, because 6 s are 281.25 frames; the last segment ends after the video.
        let segments = [281 * 1024, 281 * 1024, 282 * 1024, 94 * 1024];
        let segments = (1..).zip(segments).map(|(number, duration_ticks)| Segment {
            number,
            duration_ticks,
            first_frame_bytes: None,
            object: object(duration_ticks / 3, '3'),
        });
        parts.push(PartOutput {
            renditions: vec![RenditionPart {
                rendition: track.name.clone(),
                codecs: "mp4a.40.2".to_owned(),
                init: object(700, '4'),
                segments: segments.collect(),
            }],
            sheet: None,
        });
    }
    parts
}

fn assembled(plan: &Plan, parts: &[PartOutput]) -> Result<Assembled, AssembleError> {
    let tools = BTreeMap::from([("nang".to_owned(), "0.1.0".to_owned())]);
    assemble(plan, parts, &"a".repeat(64), tools)
}

#[test]
fn a_complete_film_is_measured_and_listed() {
    let plan = plan();
    let film = assembled(&plan, &parts(&plan)).unwrap();
    let (path, main) = &film.texts[0];
    assert_eq!(path, "main.m3u8");
    insta::assert_snapshot!("main_playlist", main);
    insta::assert_snapshot!(
        "audio_playlist",
        film.texts.iter().find(|(path, _)| path == "a1/index.m3u8").unwrap().1
    );
    insta::assert_snapshot!(
        "iframe_playlist",
        film.texts.iter().find(|(path, _)| path == "v432/iframes.m3u8").unwrap().1
    );
    let mut manifest = serde_json::to_value(&film.manifest).unwrap();
    assert_eq!(manifest["plan"].take(), serde_json::to_value(&plan).unwrap());
    insta::assert_json_snapshot!("manifest", manifest);

    // Three rungs and two audio renditions, each with a playlist, an init section and four segments; the rungs' I-frame
    // playlists; the multivariant playlist; a sheet for each chunk and the storyboard's index.
    assert_eq!(film.manifest.objects.len(), 5 * 6 + 3 + 1 + 2 + 1);
    assert_eq!(film.texts.len(), 10);
    for (path, text) in &film.texts {
        assert_eq!(film.manifest.objects[path].size_bytes, text.len() as u64);
    }
    // Apple HLS authoring 8.2: all media playlists have one target duration.
    assert!(film.texts[1..9].iter().all(|(_, text)| text.contains("#EXT-X-TARGETDURATION:6\n")));
}

#[test]
fn bandwidths_are_those_of_the_specification() {
    let plan = plan();
    let mut parts = parts(&plan);
    // Sizes of the best rung's segments that give round bitrates. The segments last 6, 6, 6 and 2 s.
    let mut sizes = [600_000, 1_500_000, 600_000, 500_000].into_iter();
    for part in
        parts.iter_mut().flat_map(|part| &mut part.renditions).filter(|r| r.rendition.as_str() == "v720")
    {
        for segment in &mut part.segments {
            segment.object.size_bytes = sizes.next().unwrap();
        }
    }
    let film = assembled(&plan, &parts).unwrap();
    let of = |name: &str| film.manifest.renditions.iter().find(|r| r.rendition.as_str() == name).unwrap();
    let video = of("v720");
    // 3.2 MB over 20 s.
    assert_eq!(video.average_bps, 1_280_000);
    // The second segment: 2 Mbit/s over 6 s. The last segment has the same bitrate over 2 s, but only segments that last at
    // least 3 s together count; with the third segment it has 1.1 MB over 8 s.
    assert_eq!(video.peak_bps, 2_000_000);
    assert_eq!(video.size_bytes, 3_200_000 + 800);

    let main = m3u8_rs::parse_master_playlist_res(film.texts[0].1.as_bytes()).unwrap();
    let variant = main.variants.iter().find(|variant| variant.uri == "v720/index.m3u8").unwrap();
    let (first, second) = (of("a1"), of("a2"));
    assert_eq!(variant.bandwidth, video.peak_bps + first.peak_bps.max(second.peak_bps));
    assert_eq!(
        variant.average_bandwidth,
        Some(video.average_bps + first.average_bps.max(second.average_bps))
    );
    assert_eq!(variant.codecs.as_deref(), Some("avc1.64001f,mp4a.40.2"));

    // The manifest has the same order as the playlist.
    let listed = main.alternatives.iter().filter_map(|media| media.uri.clone());
    let variants = main.variants.iter().filter(|variant| !variant.is_i_frame);
    let listed: Vec<String> = listed.chain(variants.map(|variant| variant.uri.clone())).collect();
    let summaries = film.manifest.renditions.iter().map(|r| format!("{}/index.m3u8", r.rendition));
    assert_eq!(listed, summaries.collect::<Vec<_>>());
}

#[test]
fn a_short_last_segment_alone_does_not_count_as_peak() {
    let plan = plan();
    let mut parts = parts(&plan);
    let rendition = &mut parts[1].renditions[0];
    let last = rendition.segments.last_mut().unwrap();
    assert_eq!(last.number, 4);
    last.object.size_bytes = 5_000_000;
    let film = assembled(&plan, &parts).unwrap();
    let video = film.manifest.renditions.iter().find(|r| r.rendition.as_str() == "v720").unwrap();
    // 5 MB over 2 s would be 20 Mbit/s; with the segment before it (1.5 MB, 6 s) it is 6.5 MB over 8 s.
    assert_eq!(video.peak_bps, 6_500_000);
}

#[test]
fn a_film_without_audio_has_no_audio_group() {
    let mut plan = plan();
    plan.audio.clear();
    let film = assembled(&plan, &parts(&plan)).unwrap();
    assert!(!film.texts[0].1.contains("AUDIO"));
    assert!(film.texts[0].1.contains("CODECS=\"avc1.64001f\""));
}

#[test]
fn a_build_planned_without_a_storyboard_is_published_without_one() {
    let mut plan = plan();
    let json = serde_json::to_value(&plan).unwrap();
    assert!(json["storyboard"].is_object());
    plan.storyboard = None;
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json.get("storyboard"), None);
    assert_eq!(serde_json::from_value::<Plan>(json).unwrap(), plan);

    let mut parts = parts(&plan);
    let json = serde_json::to_value(&parts).unwrap();
    assert!(!json.to_string().contains("sheet"), "the format from before this field existed");
    assert_eq!(serde_json::from_value::<Vec<PartOutput>>(json).unwrap(), parts);
    let film = assembled(&plan, &parts).unwrap();
    assert!(film.manifest.objects.keys().all(|path| !path.starts_with("storyboard")));
    assert_eq!(film.texts.len(), 9);

    parts[0].sheet = Some(StoredSheet { number: 1, object: object(1, '6') });
    assert_eq!(assembled(&plan, &parts), Err(AssembleError::UnknownSheet(1)));
}

#[test]
fn parts_of_an_older_worker_are_published_without_iframe_playlists() {
    let plan = plan();
    let mut parts = parts(&plan);
    let segment = &mut parts[0].renditions[0].segments[0];
    segment.first_frame_bytes = None;
    let json = serde_json::to_value(&*segment).unwrap();
    assert!(json.get("first_picture_bytes").is_none(), "the format from before this field existed");
    assert_eq!(serde_json::from_value::<Segment>(json).unwrap(), *segment);
    let film = assembled(&plan, &parts).unwrap();
    let rendition = parts[0].renditions[0].rendition.as_str();
    let has = |name: &str| film.manifest.objects.contains_key(&format!("{name}/iframes.m3u8"));
    assert_eq!((has(rendition), has("v234")), (false, true));
    assert_eq!(film.texts[0].1.matches("EXT-X-I-FRAME-STREAM-INF").count(), 2);
}

#[test]
fn a_film_shorter_than_a_segment_has_bandwidths() {
    let mut facts: domain::facts::MediaFacts =
        serde_json::from_str(include_str!("plans/1080p25.json")).unwrap();
    facts.audio.clear();
    for (duration_ms, target) in [(500, 1), (1000, 1), (2600, 3)] {
        facts.video[0].duration_ms = duration_ms;
        let plan = planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap();
        let film = assembled(&plan, &parts(&plan)).unwrap();
        assert!(film.texts[1].1.contains(&format!("#EXT-X-TARGETDURATION:{target}\n")), "{duration_ms}");
        assert!(film.manifest.renditions.iter().all(|r| r.peak_bps >= r.average_bps && r.average_bps > 0));
    }
}

#[test]
fn inconsistent_parts_are_refused() {
    type Change = fn(&mut Vec<PartOutput>);
    let cases: [(&str, Change, &str); 21] = [
        ("a missing chunk", |p| drop(p.remove(1)), "segment 3 of rendition v720 is missing"),
        ("the first chunk missing", |p| drop(p.remove(0)), "segment 1 of rendition v720 is missing"),
        ("no parts", Vec::clear, "segment 1 of rendition v720 is missing"),
        ("a missing audio track", |p| drop(p.pop()), "segment 1 of rendition a2 is missing"),
        ("a missing rung", |p| drop(p[0].renditions.remove(2)), "segment 1 of rendition v234 is missing"),
        ("a gap", |p| drop(p[0].renditions[1].segments.remove(0)), "segment 1 of rendition v432 is missing"),
        (
            "no last segment",
            |p| drop(p[1].renditions[1].segments.pop()),
            "segment 4 of rendition v432 is missing",
        ),
        ("a duplicate chunk", |p| p.push(p[0].clone()), "segment 1 of rendition v720 exists twice"),
        (
            "a duplicate number",
            |p| p[1].renditions[0].segments[0].number = 2,
            "segment 2 of rendition v720 exists twice",
        ),
        (
            "an extra segment",
            |p| {
                let segment = Segment { number: 5, ..p[1].renditions[0].segments[0].clone() };
                p[1].renditions[0].segments.push(segment);
            },
            "segment 5 of rendition v720 is not one of the film's 4 segments",
        ),
        (
            "a segment before the first",
            |p| p[0].renditions[0].segments[0].number = 0,
            "segment 0 of rendition v720 is not one of",
        ),
        (
            "another init section",
            |p| p[1].renditions[0].init.sha256.replace_range(0..1, "f"),
            "parts of rendition v720 have different init sections",
        ),
        (
            "another codec",
            |p| p[1].renditions[2].codecs = "avc1.42001f".to_owned(),
            "parts of rendition v234 have different codecs",
        ),
        (
            "a missing frame",
            |p| p[0].renditions[0].segments[1].duration_ticks -= 512,
            "segment 2 of rendition v720 lasts 76288 ticks instead of 76800",
        ),
        (
            "a last segment too long",
            |p| p[1].renditions[0].segments[1].duration_ticks = 76_800,
            "segment 4 of rendition v720 lasts 76800 ticks instead of 25600",
        ),
        (
            "audio that ends early",
            |p| p[2].renditions[0].segments[3].duration_ticks -= 4096,
            "segment 4 of rendition a1 lasts",
        ),
        (
            "a rendition of another plan",
            |p| p[0].renditions[0].rendition = RenditionName::try_from("v999".to_owned()).unwrap(),
            "rendition v999 is not in the plan",
        ),
        ("a missing sheet", |p| p[1].sheet = None, "sheet 2 of the storyboard is missing"),
        ("a duplicate sheet", |p| p[2].sheet = p[1].sheet.clone(), "sheet 2 of the storyboard exists twice"),
        (
            "an extra sheet",
            |p| p[2].sheet = Some(StoredSheet { number: 3, object: object(1, '6') }),
            "sheet 3 of the storyboard is not in the plan",
        ),
        (
            "a wrong sheet number",
            |p| p[1].sheet.as_mut().unwrap().number = 0,
            "sheet 2 of the storyboard is missing",
        ),
    ];
    let plan = plan();
    for (name, change, expected) in cases {
        let mut parts = parts(&plan);
        change(&mut parts);
        let error = assembled(&plan, &parts).expect_err(name).to_string();
        assert!(error.contains(expected), "{name}: {error:?} should say {expected:?}");
    }
}

#[test]
fn extreme_durations_do_not_panic() {
    let plan = plan();
    let mut parts = parts(&plan);
    for segment in &mut parts[2].renditions[0].segments {
        segment.duration_ticks = u64::MAX;
    }
    assert!(matches!(assembled(&plan, &parts), Err(AssembleError::WrongDuration { number: 1, .. })));
}

proptest! {
    #[test]
    fn the_order_of_parts_does_not_matter(order in Just((0..4).collect::<Vec<usize>>()).prop_shuffle()) {
        let plan = plan();
        let parts = parts(&plan);
        let shuffled: Vec<_> = order.into_iter().map(|index| parts[index].clone()).collect();
        prop_assert_eq!(assembled(&plan, &shuffled), assembled(&plan, &parts));
    }
}
