//! The frame clock selects the same frames wherever decoding starts.

#![allow(clippy::unwrap_used)]

use std::ops::Range;

use domain::{
    clock::{FrameClock, FrameSelector},
    plan::{Plan, SourceTime},
    ratio::Ratio,
};
use proptest::prelude::*;

/// Returns a plan with this frame rate, for a master with this time base and first timestamp.
fn plan(frame_rate: (i64, i64), time_base: (i64, i64), first_pts: i64) -> Plan {
    let facts = serde_json::from_str(include_str!("plans/1080p25.json")).unwrap();
    let profile = domain::profile::Profile::shipped("default").unwrap();
    let mut plan = domain::planner::plan(profile, &facts).unwrap();
    plan.timeline.frame_rate = Ratio::new(frame_rate.0, frame_rate.1).unwrap();
    plan.start = SourceTime { time_base: Ratio::new(time_base.0, time_base.1).unwrap(), ticks: first_pts };
    plan
}

fn clock_of(plan: &Plan) -> FrameClock {
    FrameClock::new(plan.timeline.frame_rate, plan.start)
}

/// Returns the master frame (its index in `pts`) that each output frame of the span shows, if decoding starts at frame
/// `from`.
fn shown(clock: FrameClock, pts: &[i64], from: usize, span: Range<u64>) -> Vec<usize> {
    let mut selector = FrameSelector::new(span.start, span.end - span.start, clock);
    let mut frames = Vec::new();
    for (index, pts_of) in pts.iter().enumerate().skip(from) {
        let range = selector.next(*pts_of, pts.get(index + 1).copied());
        assert_eq!(
            range.start,
            span.start + frames.len() as u64,
            "output frames are returned once and in order"
        );
        frames.extend(range.map(|_| index));
    }
    assert!(selector.is_done());
    assert_eq!(frames.len() as u64, span.end - span.start);
    frames
}

#[test]
fn a_constant_rate_shows_every_frame_once() {
    for (rate, base, first) in [
        ((25, 1), (1, 12_800), 0),
        ((25, 1), (1, 25), 0),
        ((25, 1), (1, 90_000), 129_600),
        ((24_000, 1001), (1, 24_000), -2002),
        ((24_000, 1001), (1001, 24_000), 7),
        ((30_000, 1001), (1, 600), 3),
        ((60_000, 1001), (1, 90_000), i64::from(i32::MAX)),
        // Matroska rounds to milliseconds, up and down.
        ((24_000, 1001), (1, 1000), 42),
        ((60_000, 1001), (1, 1000), 0),
        ((60, 1), (1, 1000), 17),
    ] {
        let clock = clock_of(&plan(rate, base, first));
        let pts: Vec<i64> = (0..5000_i128)
            .map(|k| {
                let (num, den) = (k * i128::from(rate.1 * base.1), i128::from(rate.0 * base.0));
                first + i64::try_from((2 * num + den) / (2 * den)).unwrap()
            })
            .collect();
        let expected: Vec<usize> = (0..5000).collect();
        assert_eq!(shown(clock, &pts, 0, 0..5000), expected, "{rate:?} {base:?} {first}");
    }
}

#[test]
fn frames_are_shown_when_the_master_shows_them() {
    let milliseconds = (1, 1000);
    for (name, rate, first, pts, expected) in [
        ("halved from 50", (25, 1), 0, vec![0, 20, 40, 60, 80, 100], vec![0, 2, 4]),
        ("doubled from 12.5", (25, 1), 0, vec![0, 80, 160], vec![0, 0, 1, 1, 2, 2]),
        ("timestamps of 3:2 pulldown", (24, 1), 0, vec![0, 50, 83, 133, 167, 217], vec![0, 1, 2, 3, 4, 5]),
        (
            "30 to 24 drops one in five",
            (24, 1),
            0,
            vec![0, 33, 67, 100, 133, 167, 200],
            vec![0, 1, 2, 4, 5, 6],
        ),
        (
            "in a gap the previous frame is shown",
            (25, 1),
            0,
            vec![0, 40, 200, 240],
            vec![0, 1, 1, 1, 1, 2, 3],
        ),
        ("the first timestamp is time zero", (25, 1), 1000, vec![1000, 1040, 1080], vec![0, 1, 2]),
        (
            "frames before an edit list's start are hidden",
            (25, 1),
            0,
            vec![-80, -40, 0, 40, 80],
            vec![2, 3, 4],
        ),
        (
            "of two frames with one timestamp the later is shown",
            (25, 1),
            0,
            vec![0, 40, 40, 80],
            vec![0, 2, 3],
        ),
        (
            "if a timestamp goes backwards the later frame is shown",
            (25, 1),
            0,
            vec![0, 40, 30, 80],
            vec![0, 2, 3],
        ),
        ("the last frame is shown until the end", (25, 1), 0, vec![0, 40], vec![0, 1, 1, 1]),
        ("the first frame is also shown before its timestamp", (25, 1), 0, vec![100, 120], vec![0, 0, 0, 1]),
    ] {
        let clock = clock_of(&plan(rate, milliseconds, first));
        let frames = expected.len() as u64;
        assert_eq!(shown(clock, &pts, 0, 0..frames), expected, "{name}");
    }
}

#[test]
fn times_are_rounded_down() {
    let clock = clock_of(&plan((24_000, 1001), (1, 1000), 10));
    // 41.708, 83.417 and 125.125 ms; sampled 13.9 ms later.
    assert_eq!([0, 1, 2, 3].map(|k| clock.time_of(k)), [10, 51, 93, 135]);
    assert_eq!([0, 1, 2, 3].map(|k| clock.sample_of(k)), [23, 65, 107, 149]);
    let early = clock_of(&plan((24_000, 1001), (1, 1000), -100));
    assert_eq!([0, 1, 2].map(|k| early.time_of(k)), [-100, -59, -17]);
}

#[test]
fn extreme_numbers_do_not_panic() {
    for (rate, base, first) in
        [((i64::MAX, 1), (1, i64::MAX), i64::MIN), ((1, i64::MAX), (i64::MAX, 1), i64::MAX)]
    {
        let clock = clock_of(&plan(rate, base, first));
        for frame in [0, 1, u64::MAX] {
            let _ = (clock.time_of(frame), clock.sample_of(frame));
        }
        for pts in [i64::MIN, 0, i64::MAX] {
            let _ = clock.first_frame_at(pts);
        }
    }
}

fn rates() -> impl Strategy<Value = (i64, i64)> {
    prop_oneof![
        Just((24_000, 1001)),
        Just((25, 1)),
        Just((30_000, 1001)),
        Just((60, 1)),
        (10_000_i64..60_000, 1000_i64..1002)
    ]
}

fn bases() -> impl Strategy<Value = (i64, i64)> {
    prop_oneof![
        Just((1, 1000)),
        Just((1, 90_000)),
        Just((1, 25)),
        Just((1001, 30_000)),
        (1_i64..5, 1_i64..100_000)
    ]
}

proptest! {
    /// `sample_of` and `first_frame_at` are inverse to each other; the selector relies on this.
    #[test]
    fn a_frame_is_first_shown_at_the_first_sample_after_its_timestamp(
        rate in rates(), base in bases(), first in -1_000_000_i64..1_000_000, elapsed in 0_i64..100_000_000,
    ) {
        let clock = clock_of(&plan(rate, base, first));
        let frame = clock.first_frame_at(first + elapsed);
        prop_assert!(clock.sample_of(frame) >= first + elapsed);
        prop_assert!(frame == 0 || clock.sample_of(frame - 1) < first + elapsed);
        prop_assert!(clock.time_of(frame) <= clock.sample_of(frame));
        prop_assert!(clock.sample_of(frame) <= clock.time_of(frame + 1));
    }

    /// Any division into chunks, and any start of decoding before a chunk, selects the same frames as one pass over the film.
    #[test]
    fn chunks_do_not_depend_on_where_decoding_starts(
        rate in rates(),
        first in -5000_i64..5000,
        // Steps of 0 are duplicate timestamps, long steps are gaps.
        steps in prop::collection::vec(prop_oneof![8 => 1_i64..60, 1 => Just(0_i64), 1 => 60_i64..2000], 1..120),
        frames in 1_u64..300,
        chunk in 1_u64..80,
        earlier in 0_usize..40,
    ) {
        let clock = clock_of(&plan(rate, (1, 1000), first));
        let mut pts = vec![first];
        for step in steps {
            pts.push(pts[pts.len() - 1] + step);
        }
        let whole = shown(clock, &pts, 0, 0..frames);

        // By definition: the last frame whose timestamp is not above the sample.
        for (frame, selected) in (0..).zip(&whole) {
            let sample = clock.sample_of(frame);
            prop_assert_eq!(pts.iter().rposition(|pts| *pts <= sample), Some(*selected));
        }

        let mut in_chunks = Vec::new();
        for start in (0..frames).step_by(usize::try_from(chunk).unwrap()) {
            // A decoder starts at a frame at or before the chunk: the last such frame, or any earlier one.
            let at_or_before = pts.iter().rposition(|pts| *pts <= clock.time_of(start)).unwrap();
            let from = at_or_before.saturating_sub(earlier);
            in_chunks.extend(shown(clock, &pts, from, start..frames.min(start + chunk)));
        }
        prop_assert_eq!(in_chunks, whole);
    }
}
