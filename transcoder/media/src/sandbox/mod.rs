//! The child's side of the sandbox: the rights that a process gives up before it reads the first byte of a master, while it has one
//! thread.
//!
//! Each layer works without the others, so an error in one layer does not open the sandbox: limits, namespaces, an account without
//! rights, Landlock (no files, no TCP ports), and last seccomp (only the system calls that decoding and encoding need). Threads
//! inherit all layers, and none of them can be undone.

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

/// Enters the sandbox and returns which layers are active. Fails if a step that works on every kernel fails, or if the order requires
/// a layer that this kernel lacks.
pub(crate) fn enter(order: &Order) -> io::Result<Protection> {
    let mut protection = Protection::default();
    limits::set(order)?;
    let network = namespaces::own_network_of_root();
    identity::drop_root()?;
    let own = namespaces::own_user(network.is_err());
    protection.note(Layer::NetworkNamespace, network.or(own));
    set_no_new_privs(true)?;
    // No process of the same account may read this process's memory, and no core file may contain a master's bytes.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let landlock = files::restrict();
    protection.landlock_abi = landlock.as_ref().ok().copied();
    protection.note(Layer::Landlock, landlock.map(drop));
    limits::set_last(own.is_ok())?;
    protection.note(Layer::Seccomp, restrict_calls());
    let required = order.sandbox == SandboxMode::Required && !matches!(order.work, Work::Check);
    if required && let Some(missing) = protection.missing_required().next() {
        return Err(io::Error::other(format!("the sandbox lacks {missing}")));
    }
    Ok(protection)
}

/// Sets the resource limits and drops root, without the layers of the sandbox.
pub(crate) fn enter_limits_only(order: &Order) -> io::Result<Protection> {
    limits::set(order)?;
    identity::drop_root()?;
    limits::set_last(false)?;
    Ok(Protection::default())
}

/// Installs the handler for refused system calls and the seccomp filters.
pub fn restrict_calls() -> io::Result<()> {
    refusal::install()?;
    calls::restrict().map_err(io::Error::other)
}
