//! Landlock with an empty list of permissions: the process cannot open, create or remove files, use TCP ports, or reach other
//! processes by signals or abstract sockets.

use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, Errno, LandlockStatus, Ruleset, RulesetAttr, RulesetStatus, Scope,
};

/// The newest Landlock version whose rights are requested. An older kernel restricts the rights that it knows.
const NEWEST: ABI = ABI::V10;

/// Restricts this thread and the threads that it starts. Returns the kernel's version of Landlock. Fails if the kernel has no Landlock.
pub fn restrict() -> io::Result<i32> {
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
        (
            RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced,
            LandlockStatus::Available { effective_abi, kernel_abi },
        ) => Ok(kernel_abi.unwrap_or(effective_abi as i32)),
        (_, LandlockStatus::NotEnabled) => Err(io::Error::other("built into the kernel, but not enabled")),
        (_, _) => Err(io::Error::other("not built into the kernel")),
    }
}
