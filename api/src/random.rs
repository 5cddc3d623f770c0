//! The only place in this crate that draws random numbers, from the operating system.

use rand::{TryRng, rngs::SysRng};
use time::OffsetDateTime;
use uuid::{NoContext, Timestamp, Uuid};

/// 256 bits that nobody can guess.
pub(crate) fn secret() -> [u8; 32] {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system has random numbers");
    bytes
}

/// A new id (UUID version 7) made at `now`.
pub(crate) fn id(now: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.nanosecond()))
}
