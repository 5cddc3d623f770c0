//! The origin: serves published objects, only to clients with a valid playback token.
//!
//! It uses storage and playback keys, but neither a database nor FFmpeg, so any number of origins can run in parallel. It
//! trusts nothing that a client sends, and does not depend on anything that a client may omit. Through storage it also follows
//! the list of playback tokens that no longer hold ([`Origin::follow_revocations`]).

mod body;
mod cache;
mod conditional;
mod config;
mod cors;
mod disk_cache;
mod encoding;
mod objects;
mod origin;
mod range;
mod representation;
mod revocation_list;
mod stats;
mod target;

pub use body::Body;
pub use config::{Config, ConfigError, MAX_CACHED_OBJECT_BYTES, TakeDown};
pub use cors::AllowedOrigins;
pub use disk_cache::DiskCacheConfig;
pub use origin::Origin;
pub use stats::Stats;
