//! Errors of requests, and the time to wait before the next attempt.

use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

/// The server refused a request, or the film failed. Another attempt would give the same result.
#[derive(Debug)]
pub(super) struct Refused(pub(super) String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// The film is encoded, but its master is seriously damaged, so an editor must decide whether viewers see it.
#[derive(Debug)]
pub(super) struct Damaged {
    /// What is damaged, in words.
    pub(super) damage: String,
    /// The film that subtitles were not added to, because it shows nothing yet; `None` if there are no subtitles.
    pub(super) without_subtitles: Option<String>,
}

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { damage, without_subtitles } = self;
        write!(
            f,
            "the master is damaged, and viewers do not get the film until an editor publishes it: {damage}"
        )?;
        match without_subtitles {
            Some(film) => write!(f, ". The subtitles were not added; then add them with --film {film}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Damaged {}

/// Why a request failed.
#[derive(Debug)]
pub(super) enum RequestError {
    /// There is no complete response.
    Connection(reqwest::Error),
    /// The response is an error; `detail` is the server's description.
    Response { status: StatusCode, detail: String },
}

impl RequestError {
    /// Whether another attempt may succeed: after a failure of the connection, a restart of the server, or a lock on the upload.
    pub(super) fn is_temporary(&self) -> bool {
        match self {
            Self::Connection(error) => !error.is_builder(),
            Self::Response { status, .. } => {
                matches!(status.as_u16(), 408 | 409 | 423 | 425 | 429)
                    || (status.is_server_error() && *status != StatusCode::INSUFFICIENT_STORAGE)
            }
        }
    }

    /// Whether the requested resource does not exist, or no longer exists.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Response { status: StatusCode::NOT_FOUND | StatusCode::GONE, .. })
    }

    /// Converts to an error of the whole command. An error response becomes a [`Refused`], a failed connection does not. `action`
    /// describes the request (`creating the film`).
    pub(super) fn during(self, action: &str) -> anyhow::Error {
        match self {
            Self::Connection(error) => {
                anyhow::Error::new(error).context(format!("no response from the server while {action}"))
            }
            Self::Response { detail, .. } => Refused(detail).into(),
        }
    }
}

impl std::fmt::Display for RequestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connection(error) if error.is_connect() => f.write_str("the server cannot be reached"),
            Self::Connection(_) => f.write_str("the connection to the server was lost"),
            Self::Response { detail, .. } => f.write_str(detail.trim_end_matches('.')),
        }
    }
}

/// The delay between attempts, which doubles until an attempt succeeds.
pub(super) struct Backoff {
    since: Instant,
    delay: Duration,
}

const MIN_DELAY: Duration = Duration::from_millis(500);
const MAX_DELAY: Duration = Duration::from_secs(15);
/// Time without a success after which there are no further attempts.
const LIMIT: Duration = Duration::from_mins(15);

impl Backoff {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), delay: MIN_DELAY }
    }

    /// Returns how long to wait before the next attempt; `None` after the limit.
    pub(super) fn next_delay(&mut self) -> Option<Duration> {
        if self.since.elapsed() >= LIMIT {
            return None;
        }
        let delay = self.delay;
        self.delay = (delay * 2).min(MAX_DELAY);
        Some(delay)
    }
}
