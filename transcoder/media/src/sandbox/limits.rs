//! Limits of the kernel on what the child uses up.

use std::io;

use domain::child::Order;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::memory;

/// Most threads of a child. An encode on a large machine has some hundred: each rung has x264's, and the decoder its own.
const MOST_THREADS: u64 = 2048;

fn both(most: u64) -> Rlimit {
    Rlimit { current: Some(most), maximum: Some(most) }
}

/// Limits on memory, time and output.
pub(super) fn set(order: &Order) -> io::Result<()> {
    memory::watch(order.address_space_bytes)?;
    setrlimit(Resource::Core, both(0))?;
    setrlimit(Resource::Fsize, both(0))?;
    // At the first limit SIGXCPU tells the parent why; at the second the kernel ends the process.
    let seconds = order.cpu_seconds;
    setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum: Some(seconds.saturating_add(5)) })?;
    Ok(setrlimit(Resource::As, both(order.address_space_bytes))?)
}

/// Limits that what locks the process up would reach itself. The number of threads is limited only in a user namespace: elsewhere
/// the kernel counts the threads of all processes of the account, other children's among them.
pub(super) fn set_last(in_own_user_namespace: bool) -> io::Result<()> {
    // Three are open. No lock by itself, since closing one makes room for another.
    setrlimit(Resource::Nofile, both(3))?;
    if in_own_user_namespace {
        setrlimit(Resource::Nproc, both(MOST_THREADS))?;
    }
    Ok(())
}
