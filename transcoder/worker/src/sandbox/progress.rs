//! Checks the progress that a child reports. Each renewal of a lease writes it to the database.

use super::ChildError;

/// Maximum distance of a position from the start of a film in milliseconds, about 278 years.
const FARTHEST_MS: u64 = 1 << 43;

/// Number of encoded frames of a part.
pub(super) struct Progress {
    done: u64,
    total: u64,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        Self { done: 0, total }
    }

    /// Accepts the progress that a child reports. It must be neither less than before nor more than the frames of the part.
    pub(super) fn advance(&mut self, frames: u64) -> Result<u64, ChildError> {
        if frames < self.done || frames > self.total {
            let Self { done, total } = self;
            return Err(ChildError::Hostile(format!("progress from {done} to {frames} of {total} frames")));
        }
        self.done = frames;
        Ok(frames)
    }
}

/// Returns a position in the film, or `None` if it is impossible: a damaged master can contain any time.
pub(super) fn position(ms: i64) -> Option<i64> {
    (ms.unsigned_abs() <= FARTHEST_MS).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::{Progress, position};

    #[test]
    fn progress_never_decreases_and_never_exceeds_the_total() {
        for (reports, last_is_accepted) in [
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
            assert_eq!(progress.advance(*last).is_ok(), last_is_accepted, "{reports:?}");
        }
    }

    #[test]
    fn an_impossible_position_is_ignored() {
        for (ms, accepted) in [
            (0, true),
            (-40, true),
            (86_400_000, true),
            (i64::MIN, false),
            (i64::MAX, false),
            (1 << 44, false),
        ] {
            assert_eq!(position(ms).is_some(), accepted, "{ms}");
        }
    }
}
