//! What touches a master's bytes: FFmpeg, in a sandboxed child process.
//!
//! A master is a stranger's file and FFmpeg is a million lines of C, so a worker starts this code as a process of its own
//! ([`child_main`]) for each task. The code below [`ffmpeg`] is the only user of FFmpeg. It has all of the
//! `unsafe` code, but for the handler of signals in `sandbox`.

mod child;
pub mod error;
pub mod ffmpeg;
mod memory;
#[doc(hidden)]
pub mod sandbox;

pub use child::child_main;
#[doc(hidden)]
pub use child::{child_main_with_limits_alone, run_sandboxed};
pub use error::MediaError;
