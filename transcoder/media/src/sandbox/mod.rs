//! The child's side of the sandbox: what a process gives up before it reads the first byte of a master, while it has one thread.
//!
//! Each layer holds without the others, so that a mistake in one is not the end: limits, namespaces, an account without rights,
//! Landlock (no file, no TCP port), and last seccomp (no system call but those that decoding and encoding need). Threads
//! inherit all of them, and nothing can take any back.

mod calls;
mod files;
mod identity;
mod limits;
mod namespaces;
mod refusal;

use std::io;

use rustix::{
    process::{DumpableBehavior, set_dumpable_behavior},
    thread::set_no_new_privs,
};

use domain::child::{Layer, Order, Protection, SandboxMode, Work};
pub use files::restrict as restrict_files;

/// Locks this process up. An error if a step fails that does not depend on the kernel's build, or if the order requires a layer that the
/// kernel lacks.
pub(crate) fn lock_up(order: &Order) -> io::Result<Protection> {
    let mut protection = Protection::default();
    limits::set(order)?;
    let network = namespaces::own_network_of_root();
    identity::drop_root()?;
    let own = namespaces::own_user(network.is_err());
    protection.note(Layer::NetworkNamespace, network.or(own));
    set_no_new_privs(true)?;
    // Nobody of the same account may read this process's memory, and no core file may hold a master's bytes.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    protection.note(Layer::Landlock, files::restrict());
    limits::set_last(own.is_ok())?;
    protection.note(Layer::Seccomp, restrict_calls());
    let required = order.sandbox == SandboxMode::Required && !matches!(order.work, Work::Check);
    if required && let Some(missing) = protection.missing_required().next() {
        return Err(io::Error::other(format!("the sandbox lacks {missing}")));
    }
    Ok(protection)
}

/// Limits, and nothing that the sandbox adds to them.
pub(crate) fn limit(order: &Order) -> io::Result<Protection> {
    limits::set(order)?;
    identity::drop_root()?;
    limits::set_last(false)?;
    Ok(Protection::default())
}

/// Seccomp, and what happens at a call that it refuses.
pub fn restrict_calls() -> io::Result<()> {
    refusal::install()?;
    calls::restrict().map_err(io::Error::other)
}
