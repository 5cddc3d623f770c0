//! The origin: serves published objects to bearers of playback tokens, and to nobody else.
//!
//! It knows storage and keys, and neither a database nor FFmpeg, so any number of origins can stand beside one
//! another. It trusts nothing a client sends and needs nothing a client may leave out.

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
