//! One cue: a text and the time in which it is shown.

use super::{CueText, Layout, MAX_CUE_CHARS, MAX_TIME_MS};

/// A cue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cue {
    /// When it appears, from the start of the film.
    pub start_ms: u64,
    /// When it disappears; after `start_ms`.
    pub end_ms: u64,
    /// Where it is shown.
    pub layout: Layout,
    /// What it says.
    pub text: CueText,
}

/// Why a cue is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CueError {
    /// The end is before the start.
    #[error("the cue ends before it starts: correct its times")]
    EndsBeforeStart,
    /// The end is the start.
    #[error("the cue ends when it starts: correct its times")]
    ZeroLength,
    /// A time is later than [`MAX_TIME_MS`].
    #[error("a time is later than 24 hours: correct it")]
    TooLate,
    /// The text shows nothing.
    #[error("the cue has no text: write its text, or delete the cue")]
    Blank,
    /// The text exceeds [`MAX_CUE_CHARS`].
    #[error("the cue has more than {MAX_CUE_CHARS} characters: check the timing lines that follow it")]
    TooLong,
}

impl Cue {
    /// Checks the cue: a start before its end, both within 24 hours, and a text of reasonable length.
    pub fn check(&self) -> Result<(), CueError> {
        if self.start_ms > MAX_TIME_MS || self.end_ms > MAX_TIME_MS {
            return Err(CueError::TooLate);
        }
        match self.end_ms.cmp(&self.start_ms) {
            std::cmp::Ordering::Less => return Err(CueError::EndsBeforeStart),
            std::cmp::Ordering::Equal => return Err(CueError::ZeroLength),
            std::cmp::Ordering::Greater => {}
        }
        if self.text.is_blank() {
            return Err(CueError::Blank);
        }
        if self.text.chars() > MAX_CUE_CHARS {
            return Err(CueError::TooLong);
        }
        Ok(())
    }

    /// Whether the cue is shown at some time from `from_ms` (inclusive) to `to_ms` (exclusive).
    pub fn overlaps(&self, from_ms: u64, to_ms: u64) -> bool {
        self.start_ms < to_ms && self.end_ms > from_ms
    }
}
