//! Tests that every back end must pass. The test file of a back end creates a `Bed` and calls `storage_suite!`.
#![allow(dead_code, reason = "each test program uses its part")]

pub(crate) mod objects;
pub(crate) mod uploads;

use bytes::Bytes;
use domain::key::Key;
use storage::Storage;

/// An empty storage to test, and the value that must exist as long as the storage.
pub(crate) struct Bed {
    pub(crate) storage: Storage,
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) keep: Box<dyn std::any::Any + Send>,
}

pub(crate) fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

/// Returns pseudo-random bytes, the same in every run.
pub(crate) fn pattern(length: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes.into()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    domain::hex::encode(&sha2::Sha256::digest(bytes))
}

/// Defines one test for each listed function. Each runs on a new bed from `$bed`, an async function.
macro_rules! storage_suite {
    ($bed:path; $($module:ident: $($name:ident)*;)*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                suite::$module::$name($bed().await).await;
            }
        )*)*
    };
}
pub(crate) use storage_suite;
