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

impl Limits {
    /// These limits and, where they are tighter, those of probing, which reads little and encodes nothing: minutes instead of hours.
    #[must_use]
    pub fn for_probing(&self) -> Self {
        Self {
            cpu: self.cpu.min(Duration::from_mins(3)),
            stall: self.stall.min(Duration::from_secs(30)),
            wall: self.wall.min(Duration::from_mins(5)),
            messages: self.messages.min(1_000_000),
            ..self.clone()
        }
    }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Limits;

    #[test]
    fn probing_gets_minutes_and_never_more_than_encoding() {
        let limits = Limits::default();
        let probing = limits.for_probing();
        let minutes = |minutes| Duration::from_mins(minutes);
        assert_eq!(
            (probing.wall, probing.cpu, probing.stall),
            (minutes(5), minutes(3), Duration::from_secs(30))
        );
        assert_eq!(probing.address_space_bytes, limits.address_space_bytes);
        let tight = Limits { wall: Duration::from_secs(1), stall: Duration::from_secs(1), ..limits };
        assert_eq!((tight.for_probing().wall, tight.for_probing().stall), (tight.wall, tight.stall));
    }
}
