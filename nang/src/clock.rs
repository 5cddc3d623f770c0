//! The only module that reads the machine's clock. Other modules and crates receive these functions.
#![expect(clippy::disallowed_methods, reason = "this is the only module that reads the clock")]

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the Unix epoch, for token expiry.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The current time, for the API.
pub(crate) fn now() -> time::OffsetDateTime {
    SystemTime::now().into()
}
