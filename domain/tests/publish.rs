//! Assembling parts: the measurements, the written files, and every inconsistency that is refused.

#![allow(clippy::unwrap_used)]

mod film;

use domain::{
    build_record::{BuildRecord, VideoRendition},
    key::RenditionName,
    output::{PartOutput, Segment, StoredSheet, StoredSubtitle, SubtitlePart},
    plan::{Plan, SubtitleTrack},
    planner,
    presentation::Role,
    profile::Profile,
    publish::{AssembleError, SubtitleObjects},
    subtitle::{Cue, CueText, EmbeddedFormat},
};
use proptest::prelude::*;

use film::{assembled, object, parts, plan};

fn video<'a>(record: &'a BuildRecord, name: &str) -> &'a VideoRendition {
    record.video.iter().find(|rendition| rendition.name.as_str() == name).unwrap()
}

#[test]
fn a_complete_build_is_measured_and_listed() {
    let plan = plan();
    let film = assembled(&plan, &parts(&plan)).unwrap();
    insta::assert_snapshot!(
        "audio_playlist",
        film.texts.iter().find(|(path, _)| path == "a1/index.m3u8").unwrap().1
    );
    insta::assert_snapshot!(
        "iframe_playlist",
        film.texts.iter().find(|(path, _)| path == "v432/iframes.m3u8").unwrap().1
    );
    let mut record = serde_json::to_value(&film.record).unwrap();
    assert_eq!(serde_json::from_value::<BuildRecord>(record.clone()).unwrap(), film.record);
    assert_eq!(record["plan"].take(), serde_json::to_value(&plan).unwrap());
    insta::assert_json_snapshot!("record", record);

    // Three rungs and four audio renditions, each with a playlist, an init section and four segments; the rungs' I-frame
    // playlists; a sheet for each chunk and the storyboard's index.
    assert_eq!(film.record.objects.len(), 7 * 6 + 3 + 2 + 1);
    assert_eq!(film.texts.len(), 11);
    for (path, text) in &film.texts {
        assert_eq!(film.record.objects[path].size_bytes, text.len() as u64);
    }
    // Apple HLS authoring 8.2: all media playlists have one target duration.
    assert!(film.texts[..10].iter().all(|(_, text)| text.contains("#EXT-X-TARGETDURATION:6\n")));
}

#[test]
fn a_record_has_the_order_and_the_tracks_of_the_plan() {
    let plan = plan();
    let record = assembled(&plan, &parts(&plan)).unwrap().record;
    let media: Vec<_> =
        record.media().map(|(name, codecs, measured)| (name.as_str(), codecs, measured.segments)).collect();
    assert_eq!(
        media,
        [
            ("v720", "avc1.64001f", 4),
            ("v432", "avc1.64001f", 4),
            ("v234", "avc1.64001f", 4),
            ("a1", "mp4a.40.2", 4),
            ("a1-low", "mp4a.40.2", 4),
            ("a2", "mp4a.40.2", 4),
            ("a2-low", "mp4a.40.2", 4),
        ]
    );
    let tracks: Vec<_> =
        record.audio.iter().map(|a| (a.track, a.language.as_deref(), a.label.as_str(), a.channels)).collect();
    let (lao, english) = ((1, Some("lo"), "ລາວ", 2), (2, Some("en"), "English", 2));
    assert_eq!(tracks, [lao, lao, english, english]);
    let planned = plan.video.as_ref().unwrap();
    for ((encode, picture), video) in planned.encodes.iter().zip(&planned.pictures).zip(&record.video) {
        assert_eq!((&encode.name, picture.width, picture.height), (&video.name, video.width, video.height));
        assert_eq!(video.frame_rate, plan.timeline.frame_rate);
    }
    assert_eq!(record.thumbnails, planned.storyboard.map(|board| board.thumbnails(&plan.timeline)));
    assert_eq!((record.version, record.duration_ms), (BuildRecord::VERSION, 20_000));
}

#[test]
fn bitrates_are_those_of_the_specification() {
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
    let record = assembled(&plan, &parts).unwrap().record;
    let measured = &video(&record, "v720").measured;
    // 3.2 MB over 20 s.
    assert_eq!(measured.bitrates.average_bps, 1_280_000);
    // The second segment: 2 Mbit/s over 6 s. The last segment has the same bitrate over 2 s, but only segments that last at
    // least 3 s together count; with the third segment it has 1.1 MB over 8 s.
    assert_eq!(measured.bitrates.peak_bps, 2_000_000);
    assert_eq!(measured.size_bytes, 3_200_000 + 800);
}

#[test]
fn a_short_last_segment_alone_does_not_count_as_peak() {
    let plan = plan();
    let mut parts = parts(&plan);
    let rendition = &mut parts[1].renditions[0];
    let last = rendition.segments.last_mut().unwrap();
    assert_eq!(last.number, 4);
    last.object.size_bytes = 5_000_000;
    let record = assembled(&plan, &parts).unwrap().record;
    // 5 MB over 2.08 s would be 19 Mbit/s; with the segment before it (1.5 MB, 6 s) it is 6.5 MB over 8.08 s.
    assert_eq!(video(&record, "v720").measured.bitrates.peak_bps, 6_435_644);
}

#[test]
fn a_build_without_audio_has_no_audio_renditions() {
    let mut plan = plan();
    plan.audio.clear();
    let film = assembled(&plan, &parts(&plan)).unwrap();
    assert!(film.record.audio.is_empty());
    assert_eq!(film.texts.len(), 7);
}

#[test]
fn a_build_planned_without_a_storyboard_is_published_without_one() {
    let mut plan = plan();
    let json = serde_json::to_value(&plan).unwrap();
    assert!(json["video"]["storyboard"].is_object());
    plan.video.as_mut().unwrap().storyboard = None;
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["video"].get("storyboard"), None);
    assert_eq!(serde_json::from_value::<Plan>(json).unwrap(), plan);

    let mut parts = parts(&plan);
    let json = serde_json::to_value(&parts).unwrap();
    assert!(!json.to_string().contains("sheet"), "the format from before this field existed");
    assert_eq!(serde_json::from_value::<Vec<PartOutput>>(json).unwrap(), parts);
    let film = assembled(&plan, &parts).unwrap();
    assert!(film.record.objects.keys().all(|path| !path.starts_with("storyboard")));
    assert_eq!(film.record.thumbnails, None);
    assert_eq!(serde_json::to_value(&film.record).unwrap().get("thumbnails"), None);
    assert_eq!(film.texts.len(), 10);

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
    let has = |name: &str| film.record.objects.contains_key(&format!("{name}/iframes.m3u8"));
    assert_eq!((has(rendition), has("v234")), (false, true));
    assert_eq!(video(&film.record, rendition).iframes, None);
    assert!(video(&film.record, "v234").iframes.is_some());
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
        assert!(film.texts[0].1.contains(&format!("#EXT-X-TARGETDURATION:{target}\n")), "{duration_ms}");
        let mut bitrates = film.record.media().map(|(_, _, measured)| measured.bitrates);
        assert!(bitrates.all(|rate| rate.peak_bps >= rate.average_bps && rate.average_bps > 0));
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
            "segment 4 of rendition v720 lasts 76800 ticks instead of 26624",
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

/// A plan with two text subtitle tracks, and its parts with the result of their job.
fn with_subtitles() -> (Plan, Vec<PartOutput>) {
    let track = |number: u32| SubtitleTrack {
        name: RenditionName::try_from(format!("s{number}")).unwrap(),
        stream_index: 2 + number,
        format: EmbeddedFormat::SubRip,
        language: Some("lo".to_owned()),
        label: format!("ລາວ {number}"),
        default: number == 1,
        forced: false,
        role: Role::HardOfHearing,
    };
    let plan = Plan { subtitles: vec![track(1), track(2)], ..plan() };
    let name = plan.subtitles[0].name.clone();
    let cue = Cue {
        start_ms: 1_000, end_ms: 2_000, text: CueText::plain_text("ສະບາຍດີ"), ..Cue::default()
    };
    let made = SubtitleObjects::new(&name, &[cue], plan.timeline.duration_ms());
    let stored = StoredSubtitle { measured: made.measured.clone(), objects: made.stored() };
    let part = |rendition: &RenditionName, stored, details: &[&str]| SubtitlePart {
        rendition: rendition.clone(),
        stored,
        details: details.iter().map(|text| (*text).to_owned()).collect(),
    };
    let subtitles = vec![
        part(&name, Some(stored), &["cue 1: too long"]),
        part(&plan.subtitles[1].name, None, &["the track was left out: it is empty"]),
    ];
    let mut parts = parts(&plan);
    parts.push(PartOutput { subtitles, ..PartOutput::default() });
    (plan, parts)
}

#[test]
fn text_subtitles_are_renditions_and_those_left_out_are_named() {
    let (plan, parts) = with_subtitles();
    let record = assembled(&plan, &parts).unwrap().record;
    let [rendition] = &record.subtitles[..] else { panic!("{:?}", record.subtitles) };
    assert_eq!((rendition.name.as_str(), rendition.label.as_str()), ("s1", "ລາວ 1"));
    assert_eq!((rendition.default, rendition.forced, rendition.role), (true, false, Role::HardOfHearing));
    assert_eq!(rendition.measured.segments, 1);
    for path in ["s1/subtitles.vtt", "s1/index.m3u8", "s1/00001.vtt"] {
        assert!(record.objects.contains_key(path), "{path}");
    }
    assert!(!record.objects.keys().any(|path| path.starts_with("s2/")));
    let notes = &record.subtitle_notes;
    assert_eq!((notes[0].stream_index, notes[0].is_left_out, notes[0].details.len()), (3, false, 1));
    assert_eq!((notes[1].label.as_str(), notes[1].is_left_out), ("ລາວ 2", true));
    let stored: PartOutput = serde_json::from_value(serde_json::to_value(parts.last()).unwrap()).unwrap();
    assert_eq!(Some(&stored), parts.last());
    assert_eq!(
        serde_json::from_value::<BuildRecord>(serde_json::to_value(&record).unwrap()).unwrap(),
        record
    );
}

#[test]
fn subtitles_that_do_not_fit_the_plan_are_refused() {
    let (plan, parts) = with_subtitles();
    let name = |text: &str| RenditionName::try_from(text.to_owned()).unwrap();
    let assembled = |change: fn(&mut Vec<SubtitlePart>)| {
        let mut parts = parts.clone();
        change(&mut parts.last_mut().unwrap().subtitles);
        assembled(&plan, &parts).unwrap_err()
    };
    assert_eq!(assembled(|all| drop(all.pop())), AssembleError::MissingSubtitles(name("s2")));
    assert_eq!(assembled(|all| all.push(all[0].clone())), AssembleError::DuplicateSubtitles(name("s1")));
    let unknown = |all: &mut Vec<SubtitlePart>| {
        all[1].rendition = RenditionName::try_from("s9".to_owned()).unwrap();
    };
    assert_eq!(assembled(unknown), AssembleError::UnknownRendition(name("s9")));
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
