//! The one place that reads the machine's clock. Everyone else is handed these functions.
#![expect(clippy::disallowed_methods, reason = "the clock enters the program here")]

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, for token expiry.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Now, for the API.
pub(crate) fn now() -> time::OffsetDateTime {
    SystemTime::now().into()
}
