//! Pure rules of Nang: facts about masters, encoding plans, playlists, storage keys, catalogue files, subtitles and playback
//! tokens.
//!
//! This crate does no I/O, has no async code, and reads neither clocks nor random numbers; callers pass such values as
//! arguments.

pub mod build_record;
pub mod catalogue;
pub mod chapter;
pub mod child;
pub mod clock;
mod clock_time;
pub mod country;
pub mod damage;
pub mod dcp;
pub mod facts;
pub mod hex;
pub mod hls;
pub mod id;
pub mod key;
pub mod language;
pub mod lao;
pub mod libraries;
pub mod matroska;
pub mod mp4;
pub mod note;
pub mod output;
pub mod patch;
pub mod plan;
pub mod planner;
pub mod presentation;
pub mod profile;
pub mod publish;
pub mod ratio;
pub mod reason;
pub mod revocations;
pub mod slug;
pub mod speaker;
pub mod storyboard;
pub mod subtitle;
pub mod token;
pub mod tone;
pub mod unused;

pub use clock_time::clock_time;
