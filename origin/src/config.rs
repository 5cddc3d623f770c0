//! What the origin is handed by whoever starts it.

use domain::token::KeyRing;
use storage::Storage;

use crate::cors::AllowedOrigins;

/// Settings of one [`crate::Origin`].
#[derive(Clone)]
pub struct Config {
    /// Where the objects are.
    pub storage: Storage,
    /// Playback keys in force.
    pub keys: KeyRing,
    /// Memory for objects that are kept between requests. An eighth of it, and at most
    /// [`MAX_CACHED_OBJECT_BYTES`], is the largest object that is kept; larger ones are streamed.
    pub cache_bytes: u64,
    /// Pages on other hosts that may play films.
    pub allowed_origins: AllowedOrigins,
    /// The time, in Unix seconds, that tokens are held against.
    pub clock: fn() -> u64,
}

/// Largest object that is kept in memory whatever the cache's size: a segment of 6 s at 11 Mbit/s.
pub const MAX_CACHED_OBJECT_BYTES: u64 = 8 * 1024 * 1024;

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A member of the list of allowed origins.
    #[error(
        "'{0}' is not an origin: write '*', or origins like 'https://films.example.la' separated by commas"
    )]
    AllowedOrigin(String),
}
