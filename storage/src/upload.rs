//! A resumable upload: the caller appends bytes, and receives a checkpoint for the bytes that are safely stored.
//!
//! Three steps overlap: receiving; hashing and writing; syncing. The back end uses a thread only while it has bytes to
//! write, and only a few threads for all uploads together. Bounded queues limit the memory of one upload and of all
//! uploads. After a crash at any moment, an upload can be resumed from a stored [`Checkpoint`].

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

use crate::StorageError;
use crate::hash::ContentHash;
use crate::s3;

/// How much of an upload is safely stored, and the state that is needed to resume there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Number of stored bytes.
    pub offset: u64,
    /// The state of the back end and of the hash at `offset`; empty at the start. Opaque.
    pub state: Vec<u8>,
}

impl Checkpoint {
    /// Returns the SHA-256 of the first `offset` bytes as 64 lower-case hexadecimal digits.
    pub fn sha256(&self) -> Result<String, StorageError> {
        let hash = s3::content_hash(&self.state).unwrap_or_else(|| ContentHash::load(&self.state));
        hash.map(ContentHash::into_hex)
    }
}

/// The result of closing an upload.
#[derive(Debug)]
pub struct Closed {
    /// The bytes that are safely stored; fewer than the appended bytes after a failure.
    pub checkpoint: Checkpoint,
    /// Why the other bytes are not stored.
    pub failure: Option<StorageError>,
}

/// Bytes that wait for the back end, with their permits from the memory limit of this upload and from that of all uploads.
pub(crate) type Queued = (Bytes, OwnedSemaphorePermit, OwnedSemaphorePermit);

/// An open upload. If it is dropped without [`Upload::close`], bytes that are not synced yet may be lost.
#[derive(Debug)]
pub struct Upload {
    pub(crate) offset: u64,
    pub(crate) pieces: mpsc::UnboundedSender<Queued>,
    /// Bytes of this upload that may wait for the back end.
    pub(crate) share_bytes: u32,
    /// Free queue capacity in bytes: of this upload, and of all uploads.
    pub(crate) share: Arc<Semaphore>,
    pub(crate) all_shares: Arc<Semaphore>,
    pub(crate) durable: watch::Receiver<Checkpoint>,
    pub(crate) recorded: watch::Sender<u64>,
    pub(crate) writer: JoinHandle<Closed>,
}

impl Upload {
    /// Returns the offset of the next byte to append.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Appends bytes. Returns `false` if earlier bytes could not be stored: then the upload accepts no more, and
    /// [`Upload::close`] returns the reason.
    pub async fn append(&mut self, bytes: Bytes) -> bool {
        let length = bytes.len();
        let share = u32::try_from(length).unwrap_or(u32::MAX).min(self.share_bytes);
        let Ok(own) = self.share.clone().acquire_many_owned(share).await else { return false };
        let Ok(of_all) = self.all_shares.clone().acquire_many_owned(share).await else { return false };
        let sent = self.pieces.send((bytes, own, of_all)).is_ok();
        if sent {
            self.offset += length as u64;
        }
        sent
    }

    /// Returns the newest checkpoint, if there is a new one since the last call: about every 64 MiB or every few seconds.
    pub fn checkpoint(&mut self) -> Option<Checkpoint> {
        if self.durable.has_changed().unwrap_or(false) {
            Some(self.durable.borrow_and_update().clone())
        } else {
            None
        }
    }

    /// Says that the caller has recorded the checkpoint at `offset`: the upload does not return to an earlier one, and the back end
    /// may delete what only earlier ones need.
    pub fn recorded(&self, offset: u64) {
        self.recorded.send_replace(offset);
    }

    /// Syncs all appended bytes, as far as that succeeds, and releases the upload.
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
