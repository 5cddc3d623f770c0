//! Random numbers from the operating system. No other module of this crate generates random numbers.

use rand::{TryRng, rngs::SysRng};
use time::OffsetDateTime;
use uuid::{NoContext, Timestamp, Uuid};

/// Returns 256 random bits.
pub(crate) fn secret() -> [u8; 32] {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system provides random numbers");
    bytes
}

/// Returns a new id (UUID version 7) with the time `now`.
pub(crate) fn id(now: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.nanosecond()))
}
