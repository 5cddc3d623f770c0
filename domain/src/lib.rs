//! Pure rules of Nang: what a film is made of, what will be made from it, and what the results are called.
//!
//! Nothing here does I/O, is async, reads a clock or draws a random number; all of that comes in as arguments.

pub mod catalogue;
pub mod child;
pub mod clock;
mod clock_time;
pub mod facts;
pub mod hex;
pub mod hls;
pub mod id;
pub mod key;
pub mod language;
pub mod lao;
pub mod libraries;
pub mod manifest;
pub mod mp4;
pub mod output;
pub mod patch;
pub mod plan;
pub mod planner;
pub mod profile;
pub mod publish;
pub mod ratio;
pub mod slug;
pub mod storyboard;
pub mod token;

pub use clock_time::clock_time;
