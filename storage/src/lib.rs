//! Objects by key, on a local disk (and later in S3).
//!
//! Invariants: an object's name is a `domain::key::Key`, so no path leaves the root; an object is visible either whole or
//! not at all; when `put` or `finish_upload` returns, the object survives a power failure. Several processes may use the
//! same storage.

mod error;
mod hash;
mod local;
mod object;
mod upload;

use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use domain::id::FileId;
use domain::key::Key;
use futures_util::Stream;

pub use error::StorageError;
pub use local::Local;
pub use object::{ObjectMeta, ObjectReader, PutOutcome, Stored};
pub use upload::{Checkpoint, Closed, Upload};

/// A store of objects. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Storage {
    /// A folder on a local (or locally mounted POSIX) file system.
    Local(Local),
}

impl Storage {
    /// Opens the folder `root`, and creates it if it is absent. Deletes temporary files of processes that no longer run.
    pub fn local(root: impl Into<PathBuf>) -> Result<Self, StorageError> {
        Local::open(root.into()).map(Self::Local)
    }

    /// Opens the storage at a URL: `file:///absolute/path`.
    pub fn from_url(url: &str) -> Result<Self, StorageError> {
        if let Some(path) = url.strip_prefix("file://") {
            if !path.starts_with('/') {
                return Err(StorageError::Url(format!(
                    "{url}: a file URL is file:// and an absolute path, as in file:///srv/nang"
                )));
            }
            return Self::local(path);
        }
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
        Err(StorageError::Url(match scheme {
            "s3" => "s3:// is not yet supported; use file:///path".to_owned(),
            _ => "the storage URL must have the form file:///path".to_owned(),
        }))
    }

    /// Stores an object; if `body` fails, stores nothing. Replaces an older object of the same key atomically. Of concurrent
    /// writers, the last to finish wins.
    pub async fn put(
        &self,
        key: &Key,
        body: impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
    ) -> Result<Stored, StorageError> {
        match self {
            Self::Local(local) => local.put(key, body).await,
        }
    }

    /// Stores an object as [`Self::put`] does, from bytes in memory.
    pub async fn put_bytes(&self, key: &Key, body: Bytes) -> Result<Stored, StorageError> {
        match self {
            Self::Local(local) => local.put_bytes(key, body).await,
        }
    }

    /// Stores an object, whole or not at all, unless the key already has one. Of concurrent writers, also in other processes,
    /// exactly one creates the object. With either outcome, the object survives a power failure.
    pub async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, StorageError> {
        match self {
            Self::Local(local) => local.put_if_absent(key, body).await,
        }
    }

    /// Returns an object's size without reading the object; `None` if it is absent.
    pub async fn head(&self, key: &Key) -> Result<Option<ObjectMeta>, StorageError> {
        match self {
            Self::Local(local) => local.head(key).await,
        }
    }

    /// Returns an object, or the bytes `range` of it, as a stream; `None` if the object is absent. The range is limited to the
    /// object's size.
    pub async fn get(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<ObjectReader>, StorageError> {
        match self {
            Self::Local(local) => local.get(key, range).await,
        }
    }

    /// Reads as [`Self::get`] does, into memory. Meant for small objects and for ranges that the caller has limited.
    pub async fn get_bytes(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, StorageError> {
        match self {
            Self::Local(local) => local.get_bytes(key, range).await,
        }
    }

    /// Lists all objects whose key starts with `prefix`, with their sizes in bytes, sorted by key.
    pub async fn list(&self, prefix: &str) -> Result<Vec<(Key, u64)>, StorageError> {
        match self {
            Self::Local(local) => local.list(prefix).await,
        }
    }

    /// Deletes an object. Ok if absent.
    pub async fn delete(&self, key: &Key) -> Result<(), StorageError> {
        match self {
            Self::Local(local) => local.delete(key).await,
        }
    }

    /// Starts a resumable upload, or resumes it at `from` and discards all bytes received after that.
    ///
    /// Only one process and request can hold an upload: [`StorageError::UploadLocked`] otherwise.
    pub async fn open_upload(&self, file: FileId, from: Checkpoint) -> Result<Upload, StorageError> {
        match self {
            Self::Local(local) => local.open_upload(file, from).await,
        }
    }

    /// Deletes an upload and its bytes. Ok if absent.
    pub async fn abort_upload(&self, file: FileId) -> Result<(), StorageError> {
        match self {
            Self::Local(local) => local.abort_upload(file).await,
        }
    }

    /// Lists the uploads that have a file in storage, sorted.
    pub async fn list_uploads(&self) -> Result<Vec<FileId>, StorageError> {
        match self {
            Self::Local(local) => local.list_uploads().await,
        }
    }

    /// Turns an upload, closed at its last byte, into the object `key` of `size_bytes`. May be repeated: if the upload is
    /// absent and the object is stored, an earlier call has done it. If neither is stored: [`StorageError::UploadGone`].
    ///
    /// If fewer than `size_bytes` bytes are stored, it fails with [`StorageError::UploadTruncated`] and creates no object. It holds
    /// the upload, so that no other process can open the upload and truncate the object.
    pub async fn finish_upload(&self, file: FileId, key: &Key, size_bytes: u64) -> Result<(), StorageError> {
        match self {
            Self::Local(local) => local.finish_upload(file, key, size_bytes).await,
        }
    }

    /// Checks that storage accepts writes: writes, syncs and deletes a small file that is not an object. Takes at most a few
    /// seconds; fails if the disk has not answered by then. Meant for readiness checks.
    pub async fn check_writable(&self) -> Result<(), StorageError> {
        match self {
            Self::Local(local) => local.check_writable().await,
        }
    }

    /// Returns the free space in bytes, if the back end has a limit.
    pub async fn free_bytes(&self) -> Result<Option<u64>, StorageError> {
        match self {
            Self::Local(local) => local.free_bytes().await.map(Some),
        }
    }
}
