//! Probes, encodes, packages and publishes films; the only user of FFmpeg.
//!
//! A master is a stranger's file and FFmpeg is a million lines of C, so whatever touches a master's bytes runs in
//! a caged child process ([`cage`]); the code that does so is below [`ffmpeg`], the only place with `unsafe`.

mod boxes;
pub mod cage;
pub mod error;
pub mod ffmpeg;
pub mod folder;
mod memory;
pub mod publish;
pub mod report;
pub mod worker;

pub use cage::cage_main;
pub use error::MediaError;
