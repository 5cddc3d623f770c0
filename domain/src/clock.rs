//! The frame clock: which picture of the master each output frame is.
//!
//! Output frame *k* of a plan at *n/d* frames a second is the picture the master shows at time *k·d/n* after its first
//! one, looked at a third of a frame late. The third absorbs what containers do to timestamps (Matroska rounds them to
//! milliseconds, phones jitter): without it a picture stamped 42 ms instead of 41.7 would be missed and its neighbour
//! shown twice. A third and not a half, because a master of twice the rate has a picture exactly at the half.
//!
//! The answer depends on the master's timestamps alone, never on where decoding began, so whoever encodes a chunk
//! takes the same pictures. All arithmetic is on integers.

use std::ops::Range;

use crate::plan::Plan;

/// Output frames against the master's timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameClock {
    first_pts: i64,
    /// One output frame lasts `ticks / per` of the master's ticks.
    ticks: i128,
    per: i128,
}

impl FrameClock {
    /// The clock of a plan.
    pub fn new(plan: &Plan) -> Self {
        let (rate, base) = (plan.frame_rate, plan.video.time_base);
        // A plan from the planner has positive ratios; one read from elsewhere must not make us divide by zero.
        let ticks = i128::from(rate.den.max(1)) * i128::from(base.den.max(1));
        let per = i128::from(rate.num.max(1)) * i128::from(base.num.max(1));
        let divisor = gcd(ticks, per);
        Self { first_pts: plan.video.first_pts, ticks: ticks / divisor, per: per / divisor }
    }

    /// When output frame `frame` begins, in the master's `time_base`, rounded down. Decoding a chunk may begin at any
    /// picture at or before this time.
    pub fn time_of(&self, frame: u64) -> i64 {
        self.pts_after(i128::from(frame).saturating_mul(self.ticks).div_euclid(self.per))
    }

    /// The time at which the master is looked at for output frame `frame`, rounded down: the frame is the picture with
    /// the greatest timestamp that is not above this.
    pub fn sample_of(&self, frame: u64) -> i64 {
        let thirds = i128::from(frame) * 3 + 1;
        self.pts_after(thirds.saturating_mul(self.ticks).div_euclid(self.per.saturating_mul(3)))
    }

    /// The first output frame that a picture with this timestamp could be: the least `k` with
    /// `sample_of(k) >= pts`.
    pub fn first_frame_at(&self, pts: i64) -> u64 {
        let elapsed = i128::from(pts) - i128::from(self.first_pts);
        // (3k + 1) · ticks / (3 · per) >= elapsed, solved for k; the floor may be left out as `elapsed` is whole.
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

/// Says for each decoded picture which output frames of a span show it.
///
/// Pictures are fed in presentation order, beginning with any picture at or before the span's first frame. Every output
/// frame of the span is given out exactly once and in order: where the master has no picture early enough (it is damaged
/// at the start of the span), the first picture fed stands in.
#[derive(Clone, Debug)]
pub struct Picker {
    clock: FrameClock,
    next: u64,
    end: u64,
}

impl Picker {
    /// A picker for `frames` output frames from `first_frame` on.
    pub fn new(first_frame: u64, frames: u64, clock: FrameClock) -> Self {
        Self { clock, next: first_frame, end: first_frame.saturating_add(frames) }
    }

    /// The output frames that show the picture with timestamp `pts`, when the picture after it has `next_pts`; `None`
    /// when it is the last of the master, which then stays until the end. Often empty: before the span, and where the
    /// master has more pictures than the output. Of two pictures with one timestamp the later is shown.
    pub fn next(&mut self, pts: i64, next_pts: Option<i64>) -> Range<u64> {
        let start = self.next;
        let until = match next_pts {
            // A timestamp that goes backwards ends nothing: the picture after it is judged by its own successor.
            Some(next_pts) => self.clock.first_frame_at(next_pts.max(pts)).min(self.end),
            None => self.end,
        };
        self.next = until.max(start);
        start..self.next
    }

    /// Whether every output frame of the span has been given out.
    pub fn is_done(&self) -> bool {
        self.next >= self.end
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}
