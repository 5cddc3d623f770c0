//! What can come between: the link, or the server's answer.

use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

/// The server says no, or the film failed. Nothing that trying again would change.
#[derive(Debug)]
pub(super) struct Refused(pub(super) String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// Why a request had no success.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no whole answer.
    Link(reqwest::Error),
    /// The answer is an error; `detail` is what the server says of it.
    Answer { status: StatusCode, detail: String },
}

impl Trouble {
    /// Whether it may be gone in a moment: the link, a restarting server, another holder of the upload.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Link(error) => !error.is_builder(),
            Self::Answer { status, .. } => {
                matches!(status.as_u16(), 408 | 409 | 423 | 425 | 429)
                    || (status.is_server_error() && *status != StatusCode::INSUFFICIENT_STORAGE)
            }
        }
    }

    /// Whether what was asked for is not there (any more).
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Answer { status: StatusCode::NOT_FOUND | StatusCode::GONE, .. })
    }

    /// As an error of the whole command: an answer is a refusal, a broken link is not.
    pub(super) fn refused(self, doing: &str) -> anyhow::Error {
        match self {
            Self::Link(error) => {
                anyhow::Error::new(error).context(format!("no answer from the server while {doing}"))
            }
            Self::Answer { detail, .. } => Refused(detail).into(),
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Link(error) if error.is_connect() => f.write_str("the server cannot be reached"),
            Self::Link(_) => f.write_str("the connection broke"),
            Self::Answer { detail, .. } => f.write_str(detail.trim_end_matches('.')),
        }
    }
}

/// Waiting between attempts: longer each time, until something moves again.
pub(super) struct Patience {
    since: Instant,
    pause: Duration,
}

const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(15);
/// Without any progress for so long, it is left to the user.
const LIMIT: Duration = Duration::from_mins(15);

impl Patience {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), pause: SHORTEST }
    }

    /// How long to wait now; `None` if it has been long enough.
    pub(super) fn next_pause(&mut self) -> Option<Duration> {
        if self.since.elapsed() >= LIMIT {
            return None;
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST);
        Some(pause)
    }
}
