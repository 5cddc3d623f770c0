//! Storyboards: their thumbnails, the layout of their sheets, and their index.

#![allow(clippy::unwrap_used)]

use domain::{
    facts::MediaFacts, plan::Plan, planner, profile::Profile, ratio::Ratio, storyboard::Storyboard,
};
use proptest::prelude::*;

fn planned(profile: &str, change: impl FnOnce(&mut MediaFacts)) -> (Plan, Storyboard) {
    let mut facts: MediaFacts = serde_json::from_str(include_str!("plans/1080p25.json")).unwrap();
    facts.audio.clear();
    change(&mut facts);
    let plan = planner::plan(Profile::shipped(profile).unwrap(), &facts).unwrap();
    let storyboard = plan.video.as_ref().unwrap().storyboard.unwrap();
    (plan, storyboard)
}

fn minutes(count: u64) -> (Plan, Storyboard) {
    planned("default", |facts| facts.video[0].duration_ms = count * 60_000)
}

#[test]
fn an_index_ends_where_the_film_does() {
    // Two chunks; the second has one row fewer.
    let (plan, storyboard) = planned("default", |facts| {
        facts.video[0].duration_ms = 92_520;
        facts.video[0].frame_rate = Ratio { num: 24_000, den: 1001 };
    });
    assert_eq!((storyboard.columns, storyboard.rows), (4, 3));
    insta::assert_snapshot!("index", storyboard.index(&plan.timeline));
}

#[test]
fn long_films_have_half_as_many_thumbnails() {
    for (length, seconds, per_sheet, grid) in
        [(1, 5, 12, (4, 3)), (119, 5, 12, (4, 3)), (120, 5, 12, (4, 3)), (121, 10, 6, (3, 2))]
    {
        let (plan, storyboard) = minutes(length);
        let thumbnails = storyboard.thumbnails(&plan.timeline);
        assert_eq!(thumbnails.interval_ms, seconds * 1000, "{length} min");
        assert_eq!((thumbnails.columns, thumbnails.rows), grid);
        assert_eq!((thumbnails.tile_width, thumbnails.tile_height), (160, 90));
        assert_eq!((storyboard.columns, storyboard.rows), grid);
        assert!(storyboard.sheets(&plan.timeline).all(|sheet| sheet.thumbnails == per_sheet));
        assert_eq!(storyboard.sheets(&plan.timeline).count() as u64, length);
    }
}

#[test]
fn sheets_have_equal_numbers_of_thumbnails_at_every_rate() {
    for (num, den) in [
        (24_000, 1001),
        (24, 1),
        (25, 1),
        (30_000, 1001),
        (30, 1),
        (50, 1),
        (60_000, 1001),
        (16, 1),
        (18, 1),
        (49, 2),
        (1799, 100),
    ] {
        for profile in Profile::shipped_names() {
            let (plan, storyboard) = planned(profile, |facts| {
                facts.video[0].duration_ms = 200_500;
                facts.video[0].frame_rate = Ratio::new(num, den).unwrap();
            });
            let interval_ms = storyboard.thumbnails(&plan.timeline).interval_ms;
            assert!((3900..=6200).contains(&interval_ms), "{num}/{den}, {profile}: {interval_ms} ms");
            let sheets: Vec<u32> = storyboard.sheets(&plan.timeline).map(|sheet| sheet.thumbnails).collect();
            let (last, full) = sheets.split_last().unwrap();
            assert!(full.iter().all(|thumbnails| *thumbnails == full[0] && thumbnails >= last), "{sheets:?}");
            assert!((1..=storyboard.columns * storyboard.rows).contains(&full[0]), "{sheets:?}");
        }
    }
}

#[test]
fn thumbnails_have_the_films_aspect_ratio() {
    for (name, width, height, aspect, rotation, expected) in [
        ("16:9", 1920, 1080, (1, 1), 0, (160, 90)),
        ("scope", 2048, 858, (1, 1), 0, (160, 68)),
        ("Academy", 1440, 1080, (1, 1), 0, (160, 120)),
        ("PAL 4:3", 720, 576, (16, 15), 0, (160, 120)),
        ("portrait", 1080, 1920, (1, 1), 0, (90, 160)),
        ("a phone's portrait", 1920, 1080, (1, 1), 90, (90, 160)),
        ("upside down", 1920, 1080, (1, 1), 180, (160, 90)),
        ("square", 1080, 1080, (1, 1), 0, (160, 160)),
        ("an early phone", 176, 144, (1, 1), 0, (160, 130)),
        ("smaller than a thumbnail", 128, 96, (1, 1), 0, (128, 96)),
    ] {
        let (_, storyboard) = planned("default", |facts| {
            let video = &mut facts.video[0];
            (video.width, video.height, video.rotation_degrees) = (width, height, rotation);
            video.sample_aspect = Ratio { num: aspect.0, den: aspect.1 };
        });
        assert_eq!((storyboard.tile_width, storyboard.tile_height), expected, "{name}");
    }
}

#[test]
fn a_short_film_has_a_small_sheet() {
    for (duration_ms, thumbnails, grid) in
        [(500, 1, (1, 1)), (5000, 1, (1, 1)), (5040, 2, (2, 1)), (12_000, 3, (2, 2)), (25_000, 5, (3, 2))]
    {
        let (plan, storyboard) = planned("default", |facts| facts.video[0].duration_ms = duration_ms);
        let sheets: Vec<_> = storyboard.sheets(&plan.timeline).collect();
        assert_eq!((sheets.len(), sheets[0].thumbnails), (1, thumbnails), "{duration_ms} ms");
        assert_eq!((storyboard.columns, storyboard.rows), grid, "{duration_ms} ms");
    }
}

proptest! {
    /// For any plan, also one that the planner does not produce: each thumbnail is on the sheet of the chunk that contains its
    /// frame, no thumbnail is missing, and the cues cover the film without gaps.
    #[test]
    fn every_thumbnail_is_in_the_index_once(
        interval_frames in 1_u32..400, frames in 1_u64..20_000, chunk_segments in 1_u32..12, columns in 1_u32..6,
    ) {
        let (mut plan, storyboard) = minutes(1);
        (plan.timeline.frames, plan.timeline.chunk_segments) = (frames, chunk_segments);
        let storyboard = Storyboard { interval_frames, columns, ..storyboard };
        let mut thumbnails = 0;
        for sheet in storyboard.sheets(&plan.timeline) {
            prop_assert_eq!(sheet.first_thumbnail, thumbnails);
            let chunk = plan.timeline.chunk(sheet.number - 1).unwrap();
            for thumbnail in thumbnails..thumbnails + u64::from(sheet.thumbnails) {
                let frame = storyboard.frame_of(thumbnail);
                prop_assert!((chunk.first_frame..chunk.first_frame + chunk.frames).contains(&frame));
            }
            thumbnails += u64::from(sheet.thumbnails);
        }
        prop_assert_eq!(thumbnails, frames.div_ceil(u64::from(interval_frames)));

        let index = storyboard.index(&plan.timeline);
        let cues: Vec<(&str, &str)> = index.lines().filter_map(|line| line.split_once(" --> ")).collect();
        prop_assert_eq!(cues.len() as u64, thumbnails);
        prop_assert_eq!(cues[0].0, "00:00:00.000");
        prop_assert!(cues.windows(2).all(|pair| pair[0].1 == pair[1].0 && pair[0].0 < pair[0].1));
        let ms = plan.timeline.duration_ms();
        let end = format!("{:02}:{:02}.{:03}", ms / 60_000, ms / 1000 % 60, ms % 1000);
        prop_assert_eq!(cues.last().unwrap().1, format!("00:{end}"));
    }
}
