//! Errors of a child's task. Each is one sentence for the admin.

use std::{fmt, io, time::Duration};

use domain::{
    clock_time,
    key::Key,
    libraries::Libraries,
    reason::{Reason, ReasonCode},
};
use storage::StorageError;

use crate::objects::ObjectError;

/// Why a task failed.
#[derive(Debug)]
pub enum ChildError {
    /// Nang cannot show the file, and a retry would not help. The child's reason.
    Refused(Reason),
    /// The plan does not match the master; a retry would not help.
    Plan(String),
    /// A signal ended the child.
    Crashed {
        /// The signal's number.
        signal: i32,
        /// Time in the film up to which the child had decoded, in milliseconds.
        at_ms: Option<i64>,
        /// FFmpeg's last warnings and errors.
        last_lines: Vec<String>,
    },
    /// The child exceeded its memory limit.
    MemoryLimit {
        /// The limit on the child's address space.
        limit_bytes: u64,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child exceeded its limit on CPU time.
    CpuLimit {
        /// The limit.
        limit: Duration,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child exceeded the limit on its output.
    OutputLimit {
        /// The limit on one segment, or on all output together.
        limit_bytes: u64,
    },
    /// The child sent no message for too long.
    Stalled {
        /// The limit.
        after: Duration,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
        /// FFmpeg's last warnings and errors.
        last_lines: Vec<String>,
    },
    /// Something outside Nang stopped the child with a signal.
    Stopped {
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The sandbox ended the child because it made a system call that decoding does not need.
    CallRefused {
        /// The system call's name.
        call: String,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child did not finish in time.
    TimedOut {
        /// The limit.
        after: Duration,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
    },
    /// The child exited without a last message.
    Exited {
        /// The exit status.
        code: i32,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
        /// The last lines of its standard error.
        last_lines: Vec<String>,
    },
    /// FFmpeg reported an error.
    Failed {
        /// The operation, and FFmpeg's reason.
        reason: String,
        /// Time in the film, in milliseconds.
        at_ms: Option<i64>,
        /// FFmpeg's last warnings and errors.
        last_lines: Vec<String>,
    },
    /// The child sent what a correct child never sends.
    Hostile(String),
    /// The master could not be read from storage. The file itself is not the reason.
    Master(io::Error),
    /// A segment could not be stored.
    Storage(StorageError),
    /// The build already has an object with this key and different bytes.
    ObjectDiffers(Key),
    /// This machine's library versions differ from those that the build was started with, and would produce different bytes.
    OtherLibraries {
        /// This machine's versions.
        here: Libraries,
        /// The plan's.
        planned: Libraries,
    },
    /// The child could not be started or waited for. The reason is this machine, not the master.
    Start(io::Error),
}

impl From<ObjectError> for ChildError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Differs(key) => Self::ObjectDiffers(key),
            ObjectError::Storage(error) => Self::Storage(error),
        }
    }
}

impl From<StorageError> for ChildError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl fmt::Display for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl std::error::Error for ChildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Master(error) | Self::Start(error) => Some(error),
            Self::Storage(error) => Some(error),
            _ => None,
        }
    }
}

impl ChildError {
    /// Returns the reason for the admin.
    pub fn reason(&self) -> Reason {
        use ReasonCode as Code;
        match self {
            Self::Refused(reason) => reason.clone(),
            Self::Plan(text) => text.as_str().into(),
            Self::Crashed { signal, at_ms, last_lines } => Code::DecoderCrashed
                .with("signal", signal)
                .with_some("at", time(*at_ms))
                .with_some("ffmpeg", last(last_lines)),
            Self::MemoryLimit { limit_bytes, at_ms } => {
                Code::DecoderMemory.with("mib", limit_bytes >> 20).with_some("at", time(*at_ms))
            }
            Self::CpuLimit { limit, at_ms } => {
                Code::DecoderCpuTime.with("seconds", limit.as_secs()).with_some("at", time(*at_ms))
            }
            Self::OutputLimit { limit_bytes } => Code::EncoderOutput.with("kib", limit_bytes >> 10),
            Self::Stalled { after, at_ms, last_lines } => Code::DecoderHung
                .with("seconds", after.as_secs())
                .with_some("at", time(*at_ms))
                .with_some("ffmpeg", last(last_lines)),
            Self::Stopped { at_ms } => Reason::from(Code::DecoderStopped).with_some("at", time(*at_ms)),
            Self::CallRefused { call, at_ms } => {
                Code::DecoderCallForbidden.with("call", call).with_some("at", time(*at_ms))
            }
            Self::TimedOut { after, at_ms } => {
                Code::DecoderTimedOut.with("seconds", after.as_secs()).with_some("at", time(*at_ms))
            }
            Self::Exited { code, at_ms, last_lines } => Code::DecoderExited
                .with("status", code)
                .with_some("at", time(*at_ms))
                .with_some("ffmpeg", last(last_lines)),
            Self::Failed { reason, at_ms, last_lines } => Code::DecoderFailed
                .with("detail", reason)
                .with_some("at", time(*at_ms))
                .with_some("ffmpeg", last(last_lines)),
            Self::Hostile(text) => Code::DecoderProtocol.with("detail", text),
            Self::Master(error) => Code::MasterUnreadable.with("detail", error),
            Self::Storage(error) => Code::SegmentNotStored.with("detail", error),
            Self::ObjectDiffers(key) => Code::ObjectDiffers.with("object", key),
            Self::OtherLibraries { here, planned } => {
                Code::OtherLibraries.with("here", here.unlike(planned)).with("planned", planned.unlike(here))
            }
            Self::Start(error) => Code::DecoderNotStarted.with("detail", error),
        }
    }

    /// Whether every retry would end in the same way.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Plan(_))
    }
}

/// `00:12:31`.
fn time(at_ms: Option<i64>) -> Option<String> {
    at_ms.map(|ms| clock_time(ms.max(0).cast_unsigned()))
}

/// The last three lines: `[h264] …; [mov] …`.
fn last(lines: &[String]) -> Option<String> {
    let last = &lines[lines.len().saturating_sub(3)..];
    (!last.is_empty()).then(|| last.join("; "))
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
