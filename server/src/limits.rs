//! What one server grants its clients.

use std::time::Duration;

/// What one server lets its clients have.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time; further ones wait in the kernel's queue.
    pub connections: usize,
    /// How long a client may take from the connection's start, or from the last answer's end, to the end of its next
    /// request's head. Also ends idle connections.
    pub head_timeout: Duration,
    /// How long a client may take nothing of an answer that waits for it.
    pub stall_timeout: Duration,
    /// How long running answers may take once the server is told to stop.
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
    /// The default limits, with no more connections than a process has descriptors for that may have `most_descriptors` open and needs
    /// `reserve` for other things. Each connection may have an object open as well.
    pub fn within(most_descriptors: u64, reserve: u64) -> Self {
        let limits = Self::default();
        let places = usize::try_from(most_descriptors.saturating_sub(reserve) / 2).unwrap_or(usize::MAX);
        Self { connections: limits.connections.min(places.max(1)), ..limits }
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
