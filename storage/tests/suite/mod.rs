//! What every back end must do. A back end's own test file makes a `Bed` and calls `storage_suite!`.

pub(crate) mod objects;
pub(crate) mod uploads;

use bytes::Bytes;
use domain::key::Key;
use storage::Storage;

/// A storage to test, empty at first, and whatever must live as long as it.
pub(crate) struct Bed {
    pub(crate) storage: Storage,
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) keep: Box<dyn std::any::Any + Send>,
}

pub(crate) fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

/// Bytes that are different everywhere and the same every time.
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

/// Runs every behaviour as a test of its own over the bed that `$bed` (an async function) makes.
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
