//! The worker: claims jobs, has a sandboxed child decode and encode, stores what it makes, publishes films.
//!
//! Any number of workers, on any number of machines, meet only in the queue and in storage. No FFmpeg runs in this
//! process: what touches a master's bytes is in a child ([`sandbox`]).

pub mod folder;
mod hints;
mod job;
mod lease;
pub mod objects;
pub mod publish;
mod queue;
pub mod report;
mod room;
pub mod sandbox;

pub use queue::{Config, run};
