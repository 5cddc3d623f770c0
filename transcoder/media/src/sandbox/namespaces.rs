//! Namespaces of the child's own: a network without interfaces, and a user namespace in which only its own threads count.

use rustix::{
    io::{Errno, Result},
    process::geteuid,
    thread::{CapabilitySet, CapabilitySets, UnshareFlags, set_capabilities},
};

/// What root may do by itself; other accounts need a user namespace first.
pub(super) fn own_network_of_root() -> Result<()> {
    if geteuid().is_root() { unshare(UnshareFlags::NEWNET) } else { Err(Errno::PERM) }
}

/// A user namespace, with a network of its own if asked for. Root there could set up interfaces, so its capabilities go at once.
pub(super) fn own_user(with_network: bool) -> Result<()> {
    let network = if with_network { UnshareFlags::NEWNET } else { UnshareFlags::empty() };
    unshare(UnshareFlags::NEWUSER | network)?;
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
}

#[expect(
    deprecated,
    reason = "what makes it unsafe is unsharing the table of descriptors, which is not done here"
)]
fn unshare(namespaces: UnshareFlags) -> Result<()> {
    rustix::thread::unshare(namespaces)
}
