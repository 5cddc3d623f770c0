//! Configuration of the origin.

use std::time::Duration;

use domain::token::KeyRing;
use storage::Storage;

use crate::{cors::AllowedOrigins, disk_cache::DiskCacheConfig};

/// Settings of one [`crate::Origin`].
#[derive(Clone)]
pub struct Config {
    /// Storage that has the objects.
    pub storage: Storage,
    /// Playback keys in force.
    pub keys: KeyRing,
    /// Memory for cached objects. The largest cached object is an eighth of it, and at most [`MAX_CACHED_OBJECT_BYTES`]. Larger
    /// objects are streamed.
    pub cache_bytes: u64,
    /// A cache on a disk, for a storage that is slower than a disk.
    pub disk_cache: Option<DiskCacheConfig>,
    /// Origins of the web pages on other hosts that may play films.
    pub allowed_origins: AllowedOrigins,
    /// How soon revoked tokens are refused. Use [`TakeDown::default`] outside tests.
    pub take_down: TakeDown,
    /// Returns the time in Unix seconds, against which the expiry of tokens is checked.
    pub clock: fn() -> u64,
}

/// How soon revoked tokens are refused.
///
/// Nang promises one minute from the change to the last response. With the default values it takes at most about half of that:
/// 5 s until the API process writes the revocations list, 5 s until the origin reads it, and 20 s until a caching proxy asks the
/// origin again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeDown {
    /// Time between two reads of the revocations list.
    pub poll_interval: Duration,
    /// Maximum number of seconds for which a proxy may cache the check of a token.
    pub authorization_seconds: u64,
}

impl Default for TakeDown {
    fn default() -> Self {
        Self { poll_interval: Duration::from_secs(5), authorization_seconds: 20 }
    }
}

/// Maximum size of a cached object, regardless of the cache's size: a segment of 6 s at 11 Mbit/s.
pub const MAX_CACHED_OBJECT_BYTES: u64 = 8 * 1024 * 1024;

/// An invalid setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// An invalid member of the list of allowed origins.
    #[error(
        "'{0}' is not an origin: write '*', or origins like 'https://films.example.la' separated by commas"
    )]
    AllowedOrigin(String),
}
