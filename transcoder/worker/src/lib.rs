//! The worker: claims jobs, starts a sandboxed child that decodes and encodes, stores the child's output, publishes films.
//!
//! Any number of workers may run on any number of machines; they share only the queue and the storage. No FFmpeg runs in
//! this process: all code that parses a master's bytes runs in a child ([`sandbox`]).

mod disk_space;
mod dub;
mod execute;
pub mod folder;
mod idle;
mod job;
mod lease;
pub mod objects;
mod planning;
mod publish;
mod queue;
mod record;
pub mod remote;
pub mod report;
mod report_table;
pub mod sandbox;
mod sandboxed;
pub mod seal;
mod source;
mod wakeups;

pub use queue::{Config, RemoteConfig, run, run_light, run_remote};
