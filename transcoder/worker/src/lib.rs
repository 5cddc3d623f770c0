//! The worker: claims jobs, starts a sandboxed child that decodes and encodes, stores the child's output, publishes films.
//!
//! Any number of workers may run on any number of machines; they share only the queue and the storage. No FFmpeg runs in
//! this process: all code that parses a master's bytes runs in a child ([`sandbox`]).

mod disk_space;
mod dub;
pub mod folder;
mod job;
mod lease;
pub mod objects;
mod planning;
mod publish;
mod queue;
pub mod report;
pub mod sandbox;
pub mod seal;
mod wakeups;

pub use queue::{Config, run};
