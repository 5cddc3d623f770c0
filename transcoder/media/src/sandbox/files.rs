//! Landlock with an empty list of what is permitted: no file can be opened, made or removed, no TCP port reached, and no signal and no
//! abstract socket reaches another process.

use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, Errno, LandlockStatus, Ruleset, RulesetAttr, RulesetStatus, Scope,
};

/// The newest rights that are asked for; the kernel's own newest ones are used if it knows fewer.
const NEWEST: ABI = ABI::V10;

/// Restricts this thread and those that it starts. An error if the kernel has no Landlock.
pub fn restrict() -> io::Result<()> {
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(NEWEST)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(NEWEST)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(|error| match Errno::from(error) {
            errno if *errno == 0 => io::Error::other("refused"),
            errno => io::Error::from_raw_os_error(*errno),
        })?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced, _) => Ok(()),
        (_, LandlockStatus::NotEnabled) => Err(io::Error::other("built into the kernel, but not enabled")),
        (_, _) => Err(io::Error::other("not built into the kernel")),
    }
}
