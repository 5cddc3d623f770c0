//! Damage: places are merged and bounded, sums do not depend on the order of parts, and the level follows the rule.

#![allow(clippy::unwrap_used)]
#![allow(clippy::single_range_in_vec_init, reason = "one place")]

mod film;

use std::ops::Range;

use domain::{
    child::Part,
    damage::{
        BuildDamage, Concealed, Damage, DamageLevel, MAX_PLACES, Place, TrackDamage, dub_refusal, level,
        part_span, refusal, sum, summary, waiting_dub,
    },
    output::PartOutput,
};
use proptest::prelude::*;

use film::{assembled, parts, plan};

fn place(from_ms: u64, duration_ms: u64) -> Place {
    Place { from_ms, duration_ms }
}

fn video(stretches: &[Range<u64>]) -> TrackDamage {
    TrackDamage { concealed: Concealed::HeldFrames, damage: Damage::of(stretches.iter().cloned()) }
}

fn audio(track: u32, stretches: &[Range<u64>]) -> TrackDamage {
    TrackDamage { concealed: Concealed::LostAudio { track }, ..video(stretches) }
}

fn chunk(index: u32) -> Part {
    Part::Chunk { index, group: 0 }
}

fn part(damage: TrackDamage) -> PartOutput {
    PartOutput { damage: vec![damage], ..PartOutput::default() }
}

#[test]
fn stretches_that_overlap_or_touch_are_one_place() {
    let damage = Damage::of([50..60, 10..20, 20..30, 55..58, 70..70, 25..28]);
    assert_eq!(damage, Damage { total_ms: 30, count: 2, places: vec![place(10, 20), place(50, 10)] });
    assert_eq!(damage.longest(), Some(place(10, 20)));
    assert!(Damage::of([]).is_empty() && Damage::of([]).longest().is_none());
}

#[test]
fn the_longest_places_are_listed_and_the_sums_count_all() {
    let count = 3 * MAX_PLACES as u64;
    // Every third place is longer.
    let damage =
        Damage::of((0..count).map(|index| index * 10..index * 10 + if index % 3 == 0 { 5 } else { 1 }));
    assert_eq!((damage.count, damage.total_ms), (count, count / 3 * 7));
    assert_eq!(damage.places.len(), MAX_PLACES);
    assert!(damage.places.iter().enumerate().all(|(index, found)| *found == place(index as u64 * 30, 5)));
    // Of equal places, the first are listed.
    let equal = Damage::of((0..count).map(|index| index * 10..index * 10 + 1));
    assert_eq!(equal.places.last(), Some(&place((MAX_PLACES as u64 - 1) * 10, 1)));
}

#[test]
fn a_hole_over_the_border_of_two_chunks_is_one_place() {
    let plan = plan();
    let (first, second) = (part_span(&plan, chunk(0)).unwrap(), part_span(&plan, chunk(1)).unwrap());
    assert_eq!((first.start, first.end, second.end), (0, second.start, plan.timeline.duration_ms()));
    let border = first.end;
    let parts = [
        part(audio(2, &[100..200])),
        part(video(&[border..border + 1500])),
        part(video(&[40..80, border - 1500..border])),
    ];
    let found = sum(&parts);
    let places = vec![place(40, 40), place(border - 1500, 3000)];
    let video =
        TrackDamage { concealed: Concealed::HeldFrames, damage: Damage { total_ms: 3040, count: 2, places } };
    assert_eq!(found, [video, audio(2, &[100..200])]);
    assert_eq!(level(&found, 10_000_000), DamageLevel::Serious, "neither half is longer than 2 s");
    assert_eq!(part_span(&plan, Part::Audio(1)), Some(0..20_000));
    assert_eq!((part_span(&plan, Part::Audio(2)), part_span(&plan, chunk(2))), (None, None));
}

#[test]
fn the_level_follows_the_worst_track() {
    let film_ms = 600_000;
    let levels: [(&[TrackDamage], DamageLevel); 10] = [
        (&[], DamageLevel::None),
        (&[video(&[])], DamageLevel::None),
        (&[video(&[0..500])], DamageLevel::Slight),
        (&[video(&[1000..3000])], DamageLevel::Slight),
        (&[video(&[1000..3001])], DamageLevel::Serious),
        (&[video(&[0..2000, 3000..5000, 6000..8000])], DamageLevel::Slight),
        (&[video(&[0..2000, 3000..5000, 6000..8001])], DamageLevel::Serious),
        (&[video(&[0..40]), audio(1, &[0..1]), audio(2, &[0..2001])], DamageLevel::Serious),
        (&[audio(1, &[300_000..600_000])], DamageLevel::Serious),
        (&[video(&[0..40]), audio(1, &[299_999..600_000])], DamageLevel::Unreadable),
    ];
    for (tracks, expected) in levels {
        assert_eq!(level(tracks, film_ms), expected, "{tracks:?}");
    }
    // More than 1 % in three places of 2 s.
    assert_eq!(level(&[video(&[0..2000, 3000..5000, 6000..8000])], 599_999), DamageLevel::Serious);
}

#[test]
fn an_unreadable_track_is_refused_in_words() {
    let label = |track: u32| (track == 2).then(|| "Lao".to_owned());
    let text = |track: TrackDamage| refusal(&[video(&[0..10]), track], 400_000, label);
    assert_eq!(text(audio(2, &[0..200_000])), None);
    assert_eq!(
        text(audio(2, &[190_000..400_000])).unwrap().to_string(),
        "Audio track 2 (Lao) cannot be read after 00:03:10. Upload an undamaged copy of the film, or remove this track from \
         the file and upload it again."
    );
    assert!(
        text(audio(3, &[0..400_000]))
            .unwrap()
            .to_string()
            .starts_with("Audio track 3 cannot be read anywhere. ")
    );
    assert!(
        text(audio(3, &[0..300_000]))
            .unwrap()
            .to_string()
            .starts_with("Audio track 3 cannot be read before 00:05:00. ")
    );
    assert_eq!(
        refusal(&[video(&[0..100_000, 150_000..360_000])], 400_000, label).unwrap().to_string(),
        "The video cannot be read for 77 % of the film; the longest damaged part is from 00:02:30 to 00:06:00. Upload an \
         undamaged copy of the film."
    );
}

#[test]
fn a_damaged_dub_is_refused_or_waits_in_words() {
    assert_eq!(dub_refusal(&[audio(1, &[0..200_000])], 400_000), None);
    assert_eq!(
        dub_refusal(&[audio(1, &[190_000..400_000])], 400_000).unwrap().to_string(),
        "The dub cannot be read after 00:03:10. Choose an undamaged file."
    );
    assert_eq!(
        waiting_dub(&Damage::of([1000..1200, 70_000..73_000])).to_string(),
        "The file is damaged: the dub is silent for 3.2 s in 2 places, the longest 3 s at 00:01:10. Publish it anyway, or \
         choose an undamaged file."
    );
}

#[test]
fn only_the_first_encode_group_of_a_chunk_reports_damage() {
    assert_eq!(Concealed::of(chunk(3)), Some(Concealed::HeldFrames));
    assert_eq!(Concealed::of(Part::Chunk { index: 3, group: 1 }), None);
    assert_eq!(Concealed::of(Part::Audio(1)), Some(Concealed::LostAudio { track: 2 }));
    assert_eq!(Concealed::of(Part::Subtitles), None);
}

#[test]
fn damage_is_summarised_in_words() {
    assert_eq!(
        summary(&video(&[1000..1040, 70_000..73_000]), None),
        "the video stands still or is broken for 3.1 s in 2 places, the longest 3 s at 00:01:10"
    );
    assert_eq!(
        summary(&audio(1, &[5000..5001]), Some("Lao")),
        "audio track 1 (Lao) is silent for 0.1 s at 00:00:05"
    );
}

#[test]
fn a_build_without_damage_has_the_record_that_it_had_before() {
    let plan = plan();
    let record = assembled(&plan, &parts(&plan)).unwrap().record;
    assert!(serde_json::to_value(&record).unwrap().get("damage").is_none());
    assert_eq!(BuildDamage::of(&record), None);
}

#[test]
fn the_record_and_the_row_of_a_build_have_the_damage_of_its_parts() {
    let plan = plan();
    let mut parts = parts(&plan);
    parts[0].damage = vec![video(&[40..80])];
    parts[3].damage = vec![audio(2, &[100..200])];
    let record = assembled(&plan, &parts).unwrap().record;
    assert_eq!(record.damage, [video(&[40..80]), audio(2, &[100..200])]);
    let read = serde_json::from_value(serde_json::to_value(&record).unwrap()).unwrap();
    assert_eq!(record, read);
    let damage = BuildDamage::of(&record).unwrap();
    assert_eq!(damage.level(), DamageLevel::Slight);
    assert_eq!(damage.tracks[1].language.as_deref(), Some("en"));
    let json = serde_json::to_value(&damage).unwrap();
    assert_eq!(json["tracks"][0]["kind"], "held_frames");
    assert_eq!((&json["tracks"][1]["kind"], &json["tracks"][1]["track"]), (&"lost_audio".into(), &2.into()));
    assert_eq!(serde_json::from_value::<BuildDamage>(json).unwrap(), damage);
}

#[test]
fn impossible_damage_is_recognised() {
    let span = 1000..2000;
    let listed = |places: Vec<Place>| Damage {
        total_ms: places.iter().map(|place| place.duration_ms).sum(),
        count: places.len() as u64,
        places,
    };
    assert!(listed(vec![place(1000, 10), place(1011, 989)]).is_possible(&span));
    assert!(Damage::default().is_possible(&span));
    for places in [
        vec![place(999, 10)],
        vec![place(1995, 6)],
        vec![place(1000, 0)],
        vec![place(1000, 10), place(1010, 10)],
        vec![place(1500, 10), place(1400, 10)],
        vec![place(1500, u64::MAX)],
    ] {
        assert!(!listed(places.clone()).is_possible(&span), "{places:?}");
    }
    let one = listed(vec![place(1000, 10)]);
    for (count, total_ms) in [(0, 10), (2, 20), (1, 9), (1, 11), (u64::MAX, u64::MAX)] {
        assert!(!Damage { count, total_ms, ..one.clone() }.is_possible(&span), "{count} {total_ms}");
    }
    let many = Damage::of((0..500).map(|index| 1000 + index * 2..1001 + index * 2));
    assert!(many.is_possible(&span));
    for (count, total_ms) in [(500, 1001), (500, 499), (1 + MAX_PLACES as u64, MAX_PLACES as u64)] {
        assert!(!Damage { count, total_ms, ..many.clone() }.is_possible(&span), "{count} {total_ms}");
    }
}

proptest! {
    #[test]
    fn damage_is_the_set_of_damaged_milliseconds(
        stretches in prop::collection::vec((0_u64..2000, 0_u64..50), 0..60),
        border in 0_u64..2000,
    ) {
        let stretches: Vec<_> = stretches.into_iter().map(|(from, length)| from..from + length).collect();
        let damage = Damage::of(stretches.clone());
        let is_damaged = |ms: u64| stretches.iter().any(|stretch| stretch.contains(&ms));
        prop_assert_eq!(damage.total_ms, (0..2100).filter(|ms| is_damaged(*ms)).count() as u64);
        for ms in 0..2100 {
            let is_listed = damage.places.iter().any(|place| (place.from_ms..place.end_ms()).contains(&ms));
            prop_assert_eq!(is_listed, is_damaged(ms), "{}", ms);
        }
        prop_assert!(damage.is_possible(&(0..2100)));

        // Cut at any border and joined again in either order, it is the same.
        let before = Damage::of(stretches.iter().map(|s| s.start.min(border)..s.end.min(border)));
        let after = Damage::of(stretches.iter().map(|s| s.start.max(border)..s.end.max(border)));
        prop_assert_eq!(&Damage::join([&before, &after]), &damage);
        prop_assert_eq!(&Damage::join([&after, &before]), &damage);
    }
}
