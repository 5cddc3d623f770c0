//! A resumable upload: bytes go in at one end, and what is safe comes out as checkpoints.
//!
//! Receiving, hashing with writing, and syncing overlap. The back end takes a thread only while it has bytes to write,
//! and few at a time for all uploads together; a bounded queue limits memory, of one upload and of all. An upload can be
//! resumed from a stored [`Checkpoint`] after a crash at any moment.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

use crate::StorageError;
use crate::hash::ContentHash;

/// How much of an upload is safely stored, and what is needed to go on from there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Bytes stored.
    pub offset: u64,
    /// The back end's and the hash's state at `offset`; empty at the start. Opaque.
    pub state: Vec<u8>,
}

impl Checkpoint {
    /// SHA-256 of the first `offset` bytes, 64 lower-case hexadecimal digits.
    pub fn sha256(&self) -> Result<String, StorageError> {
        ContentHash::load(&self.state).map(ContentHash::into_hex)
    }
}

/// How an upload's writing ended.
#[derive(Debug)]
pub struct Closed {
    /// What is safe. Less than what was appended if there was a failure.
    pub checkpoint: Checkpoint,
    /// Why the rest is not.
    pub failure: Option<StorageError>,
}

/// Bytes on their way to the back end, with the memory they take of this upload's share and of that of all uploads.
pub(crate) type Piece = (Bytes, OwnedSemaphorePermit, OwnedSemaphorePermit);

/// Bytes of one upload that may wait for the back end.
pub(crate) const QUEUE_BYTES: u32 = 4 << 20;
/// Bytes of all uploads together that may wait for the back end.
pub(crate) const ALL_QUEUES_BYTES: usize = 64 << 20;

/// An upload that is being written. Dropped without [`Upload::close`], what was not yet synced may be lost.
#[derive(Debug)]
pub struct Upload {
    pub(crate) offset: u64,
    pub(crate) pieces: mpsc::UnboundedSender<Piece>,
    /// Bytes that may still wait to be written: of this upload, and of all.
    pub(crate) share: Arc<Semaphore>,
    pub(crate) all_shares: Arc<Semaphore>,
    pub(crate) durable: watch::Receiver<Checkpoint>,
    pub(crate) writer: JoinHandle<Closed>,
}

impl Upload {
    /// Where the next appended byte will be.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes the next bytes. `false` if storing earlier bytes failed: nothing more is taken, and
    /// [`Upload::close`] says why.
    pub async fn append(&mut self, bytes: Bytes) -> bool {
        let length = bytes.len();
        let share = u32::try_from(length).unwrap_or(u32::MAX).min(QUEUE_BYTES);
        let Ok(own) = self.share.clone().acquire_many_owned(share).await else { return false };
        let Ok(of_all) = self.all_shares.clone().acquire_many_owned(share).await else { return false };
        let taken = self.pieces.send((bytes, own, of_all)).is_ok();
        if taken {
            self.offset += length as u64;
        }
        taken
    }

    /// The newest checkpoint since this was last asked. One comes about every 64 MiB, or every few seconds.
    pub fn checkpoint(&mut self) -> Option<Checkpoint> {
        if self.durable.has_changed().unwrap_or(false) {
            Some(self.durable.borrow_and_update().clone())
        } else {
            None
        }
    }

    /// Makes everything appended durable, as far as that succeeds, and lets go of the upload.
    pub async fn close(self) -> Closed {
        drop(self.pieces);
        match self.writer.await {
            Ok(closed) => closed,
            Err(error) => Closed {
                checkpoint: self.durable.borrow().clone(),
                failure: Some(StorageError::io("write an upload", std::io::Error::other(error))),
            },
        }
    }
}
