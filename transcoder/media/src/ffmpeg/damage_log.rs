//! Collects what decoding concealed in one part of a film.

use std::ops::Range;

use domain::{damage::Damage, plan::Timeline};

/// Maximum number of separate stretches that are kept: twenty hours of audio of which every second frame is lost. After it, the log
/// counts what lies between them as damaged too.
const MAX_STRETCHES: usize = 2_000_000;

/// The stretches of a part that decoding concealed, in milliseconds from the start of the film.
#[derive(Default)]
pub(super) struct DamageLog {
    stretches: Vec<Range<u64>>,
}

impl DamageLog {
    /// Records that output frames show a frame that was held or is broken.
    pub(super) fn hold(&mut self, timeline: &Timeline, frames: Range<u64>) {
        self.add(timeline.frame_ms(frames.start)..timeline.frame_ms(frames.end));
    }

    /// Records that samples are silence that was inserted.
    pub(super) fn lose(&mut self, samples: Range<i64>, sample_rate_hz: i64) {
        let ms = |sample: i64| {
            let ms = i128::from(sample) * 1000 / i128::from(sample_rate_hz.max(1));
            u64::try_from(ms.max(0)).unwrap_or(u64::MAX)
        };
        self.add(ms(samples.start)..ms(samples.end));
    }

    fn add(&mut self, stretch: Range<u64>) {
        if stretch.is_empty() {
            return;
        }
        let is_full = self.stretches.len() >= MAX_STRETCHES;
        match self.stretches.last_mut() {
            Some(last) if is_full || (last.start <= stretch.start && stretch.start <= last.end) => {
                *last = last.start.min(stretch.start)..last.end.max(stretch.end);
            }
            _ => self.stretches.push(stretch),
        }
    }

    /// Returns the damage within the film, which ends at `end_ms`.
    pub(super) fn finish(self, end_ms: u64) -> Damage {
        Damage::of(self.stretches.into_iter().map(|stretch| stretch.start..stretch.end.min(end_ms)))
    }
}
