//! SHA-256 whose state can be saved and loaded, so that the hash of an upload continues after a restart without reading
//! the upload again.

use domain::hex;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

use crate::StorageError;

/// First byte of a saved state: the layout of the rest.
const LAYOUT: u8 = 1;

/// An unfinished hash.
#[derive(Clone, Debug, Default)]
pub(crate) struct ContentHash(Sha256);

impl ContentHash {
    /// Adds bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the hash as 64 lower-case hexadecimal digits.
    pub(crate) fn into_hex(self) -> String {
        hex::encode(&self.0.finalize())
    }

    /// Returns the state, for [`Self::load`].
    pub(crate) fn save(&self) -> Vec<u8> {
        let mut state = vec![LAYOUT];
        state.extend_from_slice(&self.0.serialize());
        state
    }

    /// Continues from a saved state. An empty one is the state before the first byte.
    pub(crate) fn load(state: &[u8]) -> Result<Self, StorageError> {
        match state {
            [] => Ok(Self::default()),
            [LAYOUT, saved @ ..] => SerializedState::<Sha256>::try_from(saved)
                .ok()
                .and_then(|saved| Sha256::deserialize(&saved).ok())
                .map(Self)
                .ok_or(StorageError::BrokenCheckpoint),
            _ => Err(StorageError::BrokenCheckpoint),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::ContentHash;

    #[test]
    fn the_hash_of_no_bytes_has_the_published_value() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(ContentHash::default().into_hex(), empty);
        assert_eq!(ContentHash::load(&ContentHash::default().save()).unwrap().into_hex(), empty);
    }

    #[test]
    fn a_state_of_another_layout_is_refused() {
        for state in [&[0_u8][..], &[1], &[1, 2, 3], &[2; 106]] {
            assert!(ContentHash::load(state).is_err(), "{state:?}");
        }
    }

    proptest! {
        #[test]
        fn a_hash_saved_at_any_byte_continues(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0..400_usize) {
            let (before, after) = bytes.split_at(at.min(bytes.len()));
            let mut whole = ContentHash::default();
            whole.update(&bytes);
            let mut first = ContentHash::default();
            first.update(before);
            let mut second = ContentHash::load(&first.save()).unwrap();
            second.update(after);
            prop_assert_eq!(second.into_hex(), whole.into_hex());
        }
    }
}
