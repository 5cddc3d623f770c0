//! The limit on open files and sockets. A process starts with a low limit (often 1,024), for programs that use select(2); a server may
//! raise it to the hard limit.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};

/// Descriptors that are not client connections: database connections, logs, listening sockets, and those of the runtime.
const RESERVE: u64 = 256;
/// Descriptors of one job: the child's pipes and socket, and the open master and segments.
const PER_JOB: u64 = 12;

/// Raises the soft limit to the hard limit.
pub(super) fn raise() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => info!(from = limit.current, to = limit.maximum, "Raised the limit on open files"),
        Err(error) => warn!(
            %error,
            limit = limit.current,
            "Cannot raise the limit on open files; continuing with the present limit"
        ),
    }
}

/// Returns the limits of a server in a process that also runs this many jobs at once.
pub(super) fn limits(worker_jobs: usize) -> server::Limits {
    let reserve = RESERVE + PER_JOB * worker_jobs as u64;
    server::Limits::within(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX), reserve)
}

#[cfg(test)]
mod tests {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_limit() {
        let maximum = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: Some(512), maximum }).unwrap();
        super::raise();
        assert_eq!(getrlimit(Resource::Nofile).current, maximum);
    }
}
