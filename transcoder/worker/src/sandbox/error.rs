//! Errors of a child's task. Each is one sentence for the admin.

use std::{fmt, io, time::Duration};

use domain::{clock_time, key::Key, libraries::Libraries};
use storage::StorageError;

use crate::objects::ObjectError;

/// Why a task failed.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// Nang cannot show the file, and a retry would not help. The child's reason.
    #[error("{0}")]
    Refused(String),
    /// The plan does not match the master; a retry would not help.
    #[error("{0}")]
    Plan(String),
    /// A signal ended the child.
    #[error("the decoder crashed (signal {signal}){}{}", At(*.at_ms), LastLines(.last_lines))]
    Crashed {
        /// The signal's number.
        signal: i32,
        /// Time in the film up to which the child had decoded, in milliseconds.
        at_ms: Option<i64>,
        /// FFmpeg's last warnings and errors.
        last_lines: Vec<String>,
    },
    /// The child exceeded its memory limit.
    #[error("the decoder needed more than {} MiB of memory{}", .limit_bytes >> 20, At(*.at_ms))]
    MemoryLimit {
        /// The limit on the child's address space.
        limit_bytes: u64,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child exceeded its limit on CPU time.
    #[error("the decoder used more than {} s of CPU time{}", .limit.as_secs(), At(*.at_ms))]
    CpuLimit {
        /// The limit.
        limit: Duration,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child exceeded the limit on its output.
    #[error("the encoder produced more than {} KiB", .limit_bytes >> 10)]
    OutputLimit {
        /// The limit on one segment, or on all output together.
        limit_bytes: u64,
    },
    /// The child sent no message for too long.
    #[error("the decoder hung: no progress for {} s{}{}", .after.as_secs(), At(*.at_ms), LastLines(.last_lines))]
    Stalled {
        /// The limit.
        after: Duration,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
        /// FFmpeg's last warnings and errors.
        last_lines: Vec<String>,
    },
    /// Something outside Nang stopped the child with a signal.
    #[error("the decoder process was stopped by a signal (SIGSTOP) and not continued{}; Nang ended it", At(*.at_ms))]
    Stopped {
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The sandbox ended the child because it made a system call that decoding does not need.
    #[error(
        "the sandbox ended the decoder{}, because it made a forbidden system call ({call}). The file may have been \
         crafted to attack the decoder",
        At(*.at_ms)
    )]
    CallRefused {
        /// The system call's name.
        call: String,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child did not finish in time.
    #[error("the task did not finish within {} s{}", .after.as_secs(), At(*.at_ms))]
    TimedOut {
        /// The limit.
        after: Duration,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child exited without a last message.
    #[error("the decoder process ended early (exit status {code}){}{}", At(*.at_ms), LastLines(.last_lines))]
    Exited {
        /// The exit status.
        code: i32,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
        /// The last lines of its standard error.
        last_lines: Vec<String>,
    },
    /// FFmpeg reported an error.
    #[error("{reason}{}{}", At(*.at_ms), LastLines(.last_lines))]
    Failed {
        /// The operation, and FFmpeg's reason.
        reason: String,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
        /// FFmpeg's last warnings and errors.
        last_lines: Vec<String>,
    },
    /// The child sent what a correct child never sends.
    #[error("the decoder process violated the protocol: {0}")]
    Hostile(String),
    /// The master could not be read from storage. The file itself is not the reason.
    #[error("the master could not be read from storage: {0}")]
    Master(#[source] io::Error),
    /// A segment could not be stored.
    #[error("a segment could not be stored: {0}")]
    Storage(#[from] StorageError),
    /// The build already has an object with this key and different bytes.
    #[error("{0} is already stored with different bytes, and the objects of a build are never overwritten")]
    ObjectDiffers(Key),
    /// This machine's library versions differ from those that the build was started with, and would produce different bytes.
    #[error(
        "this worker has {}, but the build was started with {}; a worker with those versions can continue it",
        .here.unlike(.planned), .planned.unlike(.here)
    )]
    OtherLibraries {
        /// This machine's versions.
        here: Libraries,
        /// The plan's.
        planned: Libraries,
    },
    /// The child could not be started or waited for. The reason is this machine, not the master.
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
    /// Whether every retry would end in the same way.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Plan(_))
    }
}

/// Displays ` at 00:12:31`.
struct At(Option<i64>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(ms) = self.0 else { return Ok(()) };
        write!(f, " at {}", clock_time(ms.max(0).cast_unsigned()))
    }
}

/// Displays the last three lines: `. FFmpeg said: [h264] …; [mov] …`.
struct LastLines<'a>(&'a [String]);

impl fmt::Display for LastLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = &self.0[self.0.len().saturating_sub(3)..];
        if last.is_empty() { Ok(()) } else { write!(f, ". FFmpeg said: {}", last.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::ChildError;

    #[test]
    fn a_crash_is_reported_with_its_signal_and_time() {
        let last_lines = ["a", "b", "[h264] no frame!", "c"].map(str::to_owned).to_vec();
        let crash = ChildError::Crashed { signal: 11, at_ms: Some(751_400), last_lines };
        assert_eq!(
            crash.to_string(),
            "the decoder crashed (signal 11) at 00:12:31. FFmpeg said: b; [h264] no frame!; c"
        );
        let crash = ChildError::Crashed { signal: 11, at_ms: None, last_lines: vec![] };
        assert_eq!(crash.to_string(), "the decoder crashed (signal 11)");
    }
}
