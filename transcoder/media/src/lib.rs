//! The code that touches a master's bytes: FFmpeg, in a sandboxed child process.
//!
//! Masters are untrusted files and FFmpeg is a million lines of C, so a worker starts a separate process for each task, which
//! runs [`child_main`]. Only the module [`ffmpeg`] uses FFmpeg. It contains all `unsafe` code except the signal handler in
//! `sandbox`.

mod child;
pub mod error;
pub mod ffmpeg;
mod memory;
#[doc(hidden)]
pub mod sandbox;

pub use child::child_main;
#[doc(hidden)]
pub use child::{child_main_with_limits_only, run_sandboxed};
pub use error::MediaError;
