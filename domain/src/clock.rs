//! The frame clock: which frame of the master each output frame shows.
//!
//! Output frame *k* of a plan with *n/d* frames per second shows the master's frame at time *k·d/n* after its first
//! frame, sampled a third of an output frame late. The third absorbs inexact timestamps (Matroska rounds them to
//! milliseconds, those of phones jitter): without it, a frame stamped 42 ms instead of 41.7 ms would be skipped and its
//! neighbour shown twice. It is a third and not a half, because a master of twice the rate has a frame exactly at the half.
//!
//! The result depends only on the master's timestamps, not on where decoding starts, so every worker that encodes a chunk
//! selects the same frames. All arithmetic is on integers.

use std::ops::Range;

use crate::{plan::SourceTime, ratio::Ratio};

/// Maps output frames to the master's timestamps and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameClock {
    first_pts: i64,
    /// One output frame lasts `ticks / per` of the master's ticks.
    ticks: i128,
    per: i128,
}

impl FrameClock {
    /// Returns the clock of a film with this output rate that begins at `start` in its master.
    pub fn new(rate: Ratio, start: SourceTime) -> Self {
        let base = start.time_base;
        // A plan from the planner has positive ratios; one from another source must not cause a division by zero.
        let ticks = i128::from(rate.den.max(1)) * i128::from(base.den.max(1));
        let per = i128::from(rate.num.max(1)) * i128::from(base.num.max(1));
        let divisor = gcd(ticks, per);
        Self { first_pts: start.ticks, ticks: ticks / divisor, per: per / divisor }
    }

    /// Start time of output frame `frame` in the master's `time_base`, rounded down. Decoding a chunk may start at any
    /// master frame at or before this time.
    pub fn time_of(&self, frame: u64) -> i64 {
        self.pts_after(i128::from(frame).saturating_mul(self.ticks).div_euclid(self.per))
    }

    /// The time at which the master is sampled for output frame `frame`, rounded down: the output frame shows the master
    /// frame with the greatest timestamp that is not above this time.
    pub fn sample_of(&self, frame: u64) -> i64 {
        let thirds = i128::from(frame) * 3 + 1;
        self.pts_after(thirds.saturating_mul(self.ticks).div_euclid(self.per.saturating_mul(3)))
    }

    /// The first output frame that can show a master frame with this timestamp: the least `k` with
    /// `sample_of(k) >= pts`.
    pub fn first_frame_at(&self, pts: i64) -> u64 {
        let elapsed = i128::from(pts) - i128::from(self.first_pts);
        // (3k + 1) · ticks / (3 · per) >= elapsed, solved for k; `elapsed` is an integer, so the floor may be left out.
        let numerator = elapsed.saturating_mul(self.per.saturating_mul(3)).saturating_sub(self.ticks);
        let divisor = self.ticks.saturating_mul(3);
        let frame = numerator.div_euclid(divisor) + i128::from(numerator.rem_euclid(divisor) != 0);
        u64::try_from(frame.max(0)).unwrap_or(u64::MAX)
    }

    fn pts_after(&self, elapsed: i128) -> i64 {
        let pts = elapsed.saturating_add(i128::from(self.first_pts));
        i64::try_from(pts).unwrap_or(if pts < 0 { i64::MIN } else { i64::MAX })
    }
}

/// Selects, for each decoded frame, the output frames of a span that show it.
///
/// The caller passes decoded frames in presentation order, starting with any frame at or before the span's first output
/// frame. Every output frame of the span is returned exactly once and in order. If the master has no frame early enough
/// (it is damaged at the start of the span), its first decoded frame is used instead.
#[derive(Clone, Debug)]
pub struct FrameSelector {
    clock: FrameClock,
    next: u64,
    end: u64,
}

impl FrameSelector {
    /// Returns a selector for `frames` output frames, starting with `first_frame`.
    pub fn new(first_frame: u64, frames: u64, clock: FrameClock) -> Self {
        Self { clock, next: first_frame, end: first_frame.saturating_add(frames) }
    }

    /// Returns the output frames that show the decoded frame with timestamp `pts`. `next_pts` is the timestamp of the
    /// frame after it; `None` if it is the master's last frame, which is shown until the end of the span.
    ///
    /// The range is empty for frames before the span and where the master has more frames than the output. Of two frames
    /// with the same timestamp, the later one is shown.
    pub fn next(&mut self, pts: i64, next_pts: Option<i64>) -> Range<u64> {
        let start = self.next;
        let until = match next_pts {
            // A timestamp that goes backwards does not end this frame's range; the next call decides with a later one.
            Some(next_pts) => self.clock.first_frame_at(next_pts.max(pts)).min(self.end),
            None => self.end,
        };
        self.next = until.max(start);
        start..self.next
    }

    /// Whether every output frame of the span has been returned.
    pub fn is_done(&self) -> bool {
        self.next >= self.end
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}
