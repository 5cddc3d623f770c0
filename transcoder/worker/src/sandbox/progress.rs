//! How far a child says it is, checked: what it reports goes into the database with every renewal of a lease.

use super::ChildError;

/// Positions further than this from a film's start are nonsense: some 278 years in milliseconds.
const FARTHEST_MS: u64 = 1 << 43;

/// Frames of a part that are done.
pub(super) struct Progress {
    done: u64,
    total: u64,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        Self { done: 0, total }
    }

    /// Takes what a child reports: never less than before, never more than the part has.
    pub(super) fn advance(&mut self, frames: u64) -> Result<u64, ChildError> {
        if frames < self.done || frames > self.total {
            let Self { done, total } = self;
            return Err(ChildError::Hostile(format!("{frames} frames done after {done} of {total}")));
        }
        self.done = frames;
        Ok(frames)
    }
}

/// A position in the film, unless it is nonsense: the times in a damaged master can be anything.
pub(super) fn position(ms: i64) -> Option<i64> {
    (ms.unsigned_abs() <= FARTHEST_MS).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::{Progress, position};

    #[test]
    fn progress_goes_forwards_and_ends_at_the_total() {
        for (reports, last_is_taken) in [
            (&[0, 50, 50, 100][..], true),
            (&[101], false),
            (&[u64::MAX], false),
            (&[50, 49], false),
            (&[100, 0], false),
            (&[100, 101], false),
        ] {
            let mut progress = Progress::new(100);
            let (last, before) = reports.split_last().unwrap();
            for frames in before {
                assert_eq!(progress.advance(*frames).unwrap(), *frames);
            }
            assert_eq!(progress.advance(*last).is_ok(), last_is_taken, "{reports:?}");
        }
    }

    #[test]
    fn a_position_that_cannot_be_is_not_taken() {
        for (ms, taken) in [
            (0, true),
            (-40, true),
            (86_400_000, true),
            (i64::MIN, false),
            (i64::MAX, false),
            (1 << 44, false),
        ] {
            assert_eq!(position(ms).is_some(), taken, "{ms}");
        }
    }
}
