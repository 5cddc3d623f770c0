//! The origin: serves published objects, only to clients with a valid playback token.
//!
//! It uses storage and playback keys, but neither a database nor FFmpeg, so any number of origins can run in parallel. It
//! trusts nothing that a client sends, and does not depend on anything that a client may omit.

mod body;
mod cache;
mod conditional;
mod config;
mod cors;
mod encoding;
mod origin;
mod range;
mod representation;
mod stats;
mod target;

pub use body::Body;
pub use config::{Config, ConfigError, MAX_CACHED_OBJECT_BYTES};
pub use cors::AllowedOrigins;
pub use origin::Origin;
pub use stats::Stats;
