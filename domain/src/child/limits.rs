//! What one child may use up.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a child may use up. A child that reaches a limit is ended; the job fails with that limit as its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Address space (`RLIMIT_AS`). More than what is resident: thread stacks and mapped libraries count.
    pub address_space_bytes: u64,
    /// Processor time over all threads.
    pub cpu: Duration,
    /// Longest time between two messages of the child.
    pub stall: Duration,
    /// Time from start to end.
    pub wall: Duration,
    /// The largest segment.
    pub segment_bytes: usize,
    /// All segments together.
    pub output_bytes: u64,
    /// Messages of any kind.
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
