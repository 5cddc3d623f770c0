//! What a checkpoint of an upload to an object store remembers, as JSON.

use domain::hex;
use serde::{Deserialize, Serialize};

use crate::StorageError;
use crate::hash::ContentHash;
use crate::upload::Checkpoint;

/// The durable bytes of an upload: parts, then pieces of the part that is not whole yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UploadState {
    /// State of the hash, in hexadecimal digits.
    hash: String,
    /// Size of each part but the last.
    pub(super) part_bytes: u64,
    /// The store's id of the upload in parts, if there is a part.
    pub(super) upload: Option<String>,
    /// The store's tags of the parts.
    pub(super) parts: Vec<String>,
    /// Bytes in all parts.
    pub(super) parted_bytes: u64,
    pub(super) pieces: Vec<Piece>,
}

/// An object that holds bytes of a part that is not whole yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    /// Its name in the upload's folder.
    pub(super) name: String,
    pub(super) size_bytes: u64,
}

impl UploadState {
    pub(super) fn new(part_bytes: u64) -> Self {
        let hash = hex::encode(&ContentHash::default().save());
        Self { hash, part_bytes, upload: None, parts: Vec::new(), parted_bytes: 0, pieces: Vec::new() }
    }

    /// Reads a checkpoint; `None` for one at the first byte. A checkpoint of another back end is not readable: its bytes are not in
    /// this store.
    pub(super) fn load(from: &Checkpoint) -> Result<Option<Self>, StorageError> {
        if from.offset == 0 {
            return Ok(None);
        }
        let state: Self = serde_json::from_slice(&from.state).map_err(|_| StorageError::BrokenCheckpoint)?;
        state.content_hash()?;
        if state.offset() != from.offset {
            let (stored_bytes, expected_bytes) = (state.offset(), from.offset);
            return Err(StorageError::UploadTruncated { stored_bytes, expected_bytes });
        }
        Ok(Some(state))
    }

    pub(super) fn offset(&self) -> u64 {
        self.parted_bytes + self.piece_bytes()
    }

    pub(super) fn piece_bytes(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.size_bytes).sum()
    }

    pub(super) fn content_hash(&self) -> Result<ContentHash, StorageError> {
        ContentHash::load(&hex::decode(&self.hash).ok_or(StorageError::BrokenCheckpoint)?)
    }

    pub(super) fn set_hash(&mut self, hash: &[u8]) {
        self.hash = hex::encode(hash);
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        // A struct of texts and numbers can always be written.
        Checkpoint { offset: self.offset(), state: serde_json::to_vec(self).unwrap_or_default() }
    }
}

/// Returns the hash in a state, if it is one of this back end.
pub(crate) fn content_hash(state: &[u8]) -> Option<Result<ContentHash, StorageError>> {
    let state: UploadState = serde_json::from_slice(state).ok()?;
    Some(state.content_hash())
}
