//! How a child's work can end other than well, as one sentence an admin can read.

use std::{fmt, io, time::Duration};

use domain::{clock_time, key::Key, libraries::Libraries};
use storage::StorageError;

use crate::objects::ObjectError;

/// Why a task gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// The file cannot be shown, and never will be. The child's own words.
    #[error("{0}")]
    Refused(String),
    /// The plan does not fit the master; nor will it on another attempt.
    #[error("{0}")]
    Plan(String),
    /// A signal ended the child.
    #[error("the decoder crashed (signal {signal}){}{}", At(*.at_ms), Said(.said))]
    Crashed {
        /// The signal's number.
        signal: i32,
        /// Film time of what was being decoded, in milliseconds.
        at_ms: Option<i64>,
        /// FFmpeg's last warnings and errors.
        said: Vec<String>,
    },
    /// The child asked for more memory than it may have.
    #[error("the decoder needed more than {} MiB of memory{}", .limit_bytes >> 20, At(*.at_ms))]
    MemoryLimit {
        /// The limit on its address space.
        limit_bytes: u64,
        /// Film time, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child used more processor time than it may.
    #[error("the decoder used more than {} s of processor time{}", .limit.as_secs(), At(*.at_ms))]
    CpuLimit {
        /// The limit.
        limit: Duration,
        /// Film time, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child made more than it may.
    #[error("the encoder made more than {} KiB", .limit_bytes >> 10)]
    OutputLimit {
        /// The limit on one segment, or on all together.
        limit_bytes: u64,
    },
    /// The child said nothing for too long.
    #[error("the decoder hung: no progress for {} s{}{}", .after.as_secs(), At(*.at_ms), Said(.said))]
    Stalled {
        /// How long it was waited for.
        after: Duration,
        /// Film time, in milliseconds.
        at_ms: Option<i64>,
        /// FFmpeg's last warnings and errors.
        said: Vec<String>,
    },
    /// Something outside stopped the child.
    #[error("the decoder process was stopped by a signal (SIGSTOP) and not continued{}; Nang ended it", At(*.at_ms))]
    Stopped {
        /// Film time, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child made a system call that no decoding needs, and the sandbox ended it.
    #[error(
        "the sandbox ended the decoder{}, which tried a system call that it must not make ({call}). The file may be made to \
         attack the decoder",
        At(*.at_ms)
    )]
    CallRefused {
        /// The call's name.
        call: String,
        /// Film time, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child was not done in time.
    #[error("the task was not done within {} s{}", .after.as_secs(), At(*.at_ms))]
    TimedOut {
        /// The limit.
        after: Duration,
        /// Film time, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child ended by itself without saying how it went.
    #[error("the decoder process ended early (exit status {code}){}{}", At(*.at_ms), Said(.said))]
    Exited {
        /// Its exit status.
        code: i32,
        /// Film time, in milliseconds.
        at_ms: Option<i64>,
        /// The last lines it wrote.
        said: Vec<String>,
    },
    /// FFmpeg reported an error.
    #[error("{reason}{}{}", At(*.at_ms), Said(.said))]
    Failed {
        /// What was being done and FFmpeg's reason.
        reason: String,
        /// Film time, in milliseconds.
        at_ms: Option<i64>,
        /// FFmpeg's last warnings and errors.
        said: Vec<String>,
    },
    /// The child said what no honest child says.
    #[error("the decoder process broke the rules: {0}")]
    Hostile(String),
    /// The master could not be read. Not the file's fault.
    #[error("the master could not be read from storage: {0}")]
    Master(#[source] io::Error),
    /// A segment could not be stored.
    #[error("a segment could not be stored: {0}")]
    Storage(#[from] StorageError),
    /// The build has other bytes where this part's would go.
    #[error("{0} is stored with other bytes than this worker made; one build cannot have both")]
    ObjectDiffers(Key),
    /// This machine's libraries are not those that the build was begun with, and would make other bytes.
    #[error(
        "this worker has {}, but the build was begun with {}; a worker with those versions can continue it",
        .here.unlike(.planned), .planned.unlike(.here)
    )]
    OtherLibraries {
        /// The versions here.
        here: Libraries,
        /// The plan's.
        planned: Libraries,
    },
    /// The child could not be started or waited for: this machine's trouble, not the master's.
    #[error("the decoder process could not be started: {0}")]
    Start(#[source] io::Error),
}

impl From<ObjectError> for ChildError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Differs(key) => Self::ObjectDiffers(key),
            ObjectError::Storage(error) => Self::Storage(error),
        }
    }
}

impl ChildError {
    /// Whether another attempt must end the same way, so that none is worth making.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Plan(_))
    }
}

/// ` at 00:12:31`
struct At(Option<i64>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(ms) = self.0 else { return Ok(()) };
        write!(f, " at {}", clock_time(ms.max(0).cast_unsigned()))
    }
}

/// `. FFmpeg said: [h264] …; [mov] …`: the last few lines.
struct Said<'a>(&'a [String]);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = &self.0[self.0.len().saturating_sub(3)..];
        if last.is_empty() { Ok(()) } else { write!(f, ". FFmpeg said: {}", last.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::ChildError;

    #[test]
    fn a_crash_says_which_signal_and_where() {
        let said = ["a", "b", "[h264] no frame!", "c"].map(str::to_owned).to_vec();
        let crash = ChildError::Crashed { signal: 11, at_ms: Some(751_400), said };
        assert_eq!(
            crash.to_string(),
            "the decoder crashed (signal 11) at 00:12:31. FFmpeg said: b; [h264] no frame!; c"
        );
        let crash = ChildError::Crashed { signal: 11, at_ms: None, said: vec![] };
        assert_eq!(crash.to_string(), "the decoder crashed (signal 11)");
    }
}
