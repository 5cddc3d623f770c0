//! The limits of a server.

use std::time::Duration;

/// The limits of a server.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Maximum number of connections at a time. Further ones wait in the kernel's queue.
    pub connections: usize,
    /// Maximum time from the connection's start, or from the end of the last response, to the end of the next request's head. Also
    /// ends idle connections.
    pub head_timeout: Duration,
    /// Maximum time for which a client may read nothing of a response that waits for it.
    pub stall_timeout: Duration,
    /// Maximum time that running responses may take after the server was requested to stop.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16_384,
            head_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// Returns the default limits, with no more connections than fit into `max_descriptors`, of which the process needs `reserve` for
    /// other purposes. Each connection counts twice, because it may have an object open.
    pub fn within(max_descriptors: u64, reserve: u64) -> Self {
        let limits = Self::default();
        let slots = usize::try_from(max_descriptors.saturating_sub(reserve) / 2).unwrap_or(usize::MAX);
        Self { connections: limits.connections.min(slots.max(1)), ..limits }
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn connections_stay_within_the_descriptors() {
        for (descriptors, reserve, connections) in [
            (1 << 20, 256, 16_384),
            (u64::MAX, 256, 16_384),
            (4096, 256, 1920),
            (1024, 256, 384),
            (256, 256, 1),
            (10, 256, 1),
        ] {
            assert_eq!(Limits::within(descriptors, reserve).connections, connections, "{descriptors}");
        }
    }
}
