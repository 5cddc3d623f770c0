//! Separate namespaces for the child: a network without interfaces, and a user namespace in which only its own threads are counted.

use rustix::{
    io::{Errno, Result},
    process::geteuid,
    thread::{CapabilitySet, CapabilitySets, UnshareFlags, set_capabilities},
};

/// Enters a new network namespace, which only root may do directly; other accounts need a user namespace first.
pub(super) fn own_network_of_root() -> Result<()> {
    if geteuid().is_root() { unshare(UnshareFlags::NEWNET) } else { Err(Errno::PERM) }
}

/// Enters a new user namespace and, if `with_network`, a new network namespace. Then drops all capabilities, with which the process
/// could set up network interfaces.
pub(super) fn own_user(with_network: bool) -> Result<()> {
    let network = if with_network { UnshareFlags::NEWNET } else { UnshareFlags::empty() };
    unshare(UnshareFlags::NEWUSER | network)?;
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
}

#[expect(
    deprecated,
    reason = "it is unsafe only for unsharing the table of descriptors, which does not happen here"
)]
fn unshare(namespaces: UnshareFlags) -> Result<()> {
    rustix::thread::unshare(namespaces)
}
