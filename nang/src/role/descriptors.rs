//! Open files and sockets. The limit that a process starts with (often 1,024) is low for the sake of programs that use select(2);
//! what it may be raised to is meant for servers.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};

/// Descriptors that are not connections: the database, logs, listening sockets, what the runtime needs.
const RESERVE: u64 = 256;
/// Of each job: the child's pipes and socket, and the master and segments that are open for it.
const OF_A_JOB: u64 = 12;

/// Raises the limit as far as may be.
pub(super) fn raise() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => info!(from = limit.current, to = limit.maximum, "Raised the limit on open files"),
        Err(error) => warn!(%error, limit = limit.current, "Cannot raise the limit on open files"),
    }
}

/// What a server beside so many jobs may give its clients.
pub(super) fn limits(worker_jobs: usize) -> server::Limits {
    let reserve = RESERVE + OF_A_JOB * worker_jobs as u64;
    server::Limits::within(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX), reserve)
}

#[cfg(test)]
mod tests {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    #[test]
    fn the_limit_is_raised_to_what_it_may_be() {
        let maximum = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: Some(512), maximum }).unwrap();
        super::raise();
        assert_eq!(getrlimit(Resource::Nofile).current, maximum);
    }
}
