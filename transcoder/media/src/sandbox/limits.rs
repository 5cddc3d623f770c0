//! Resource limits of the child, which the kernel enforces.

use std::io;

use domain::child::Order;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::memory;

/// Maximum number of threads of a child. An encode on a large machine has some hundred: those of x264 for each rung, and the
/// decoder's.
const MAX_THREADS: u64 = 2048;

/// Returns a limit whose soft and hard values are both `limit`.
fn both(limit: u64) -> Rlimit {
    Rlimit { current: Some(limit), maximum: Some(limit) }
}

/// Sets the limits on address space, processor time, written files and core files.
pub(super) fn set(order: &Order) -> io::Result<()> {
    memory::watch(order.address_space_bytes)?;
    setrlimit(Resource::Core, both(0))?;
    setrlimit(Resource::Fsize, both(0))?;
    // At the soft limit SIGXCPU ends the process, so the parent learns the reason; at the hard limit the kernel kills it.
    let seconds = order.cpu_seconds;
    setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum: Some(seconds.saturating_add(5)) })?;
    Ok(setrlimit(Resource::As, both(order.address_space_bytes))?)
}

/// Sets the limits that entering the sandbox would itself exceed. The number of threads is limited only in a user namespace:
/// elsewhere the kernel counts the threads of all processes of the account, including other children.
pub(super) fn set_last(in_own_user_namespace: bool) -> io::Result<()> {
    // Three are open. This limit alone is not enough, because after closing one the process could open another.
    setrlimit(Resource::Nofile, both(3))?;
    if in_own_user_namespace {
        setrlimit(Resource::Nproc, both(MAX_THREADS))?;
    }
    Ok(())
}
