//! Resource limits of a sandboxed child process.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Resource limits of a child. The parent ends a child that reaches a limit, and the job fails with that limit as the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Address space (`RLIMIT_AS`). It is larger than resident memory, because it includes thread stacks and mapped libraries.
    pub address_space_bytes: u64,
    /// CPU time of all threads.
    pub cpu: Duration,
    /// Maximum time between two messages of the child.
    pub stall: Duration,
    /// Time from start to end.
    pub wall: Duration,
    /// Maximum size of a segment.
    pub segment_bytes: usize,
    /// Maximum size of all segments together.
    pub output_bytes: u64,
    /// Maximum number of messages.
    pub messages: u64,
}

impl Default for Limits {
    /// Enough for a one-minute chunk of a 4K master at the slowest presets on a slow machine.
    fn default() -> Self {
        Self {
            address_space_bytes: 6 << 30,
            cpu: Duration::from_hours(4),
            stall: Duration::from_mins(2),
            wall: Duration::from_hours(6),
            segment_bytes: 64 << 20,
            output_bytes: 4 << 30,
            messages: 10_000_000,
        }
    }
}
