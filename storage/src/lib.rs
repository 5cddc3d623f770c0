//! Objects by key, on a local disk (and later in S3).
//!
//! Invariants: a name is a `domain::key::Key`, so it cannot leave the root; an object is visible whole or not at
//! all; when `put` or `finish_upload` returns, the object survives a power cut. Several processes may share one
//! storage.

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

/// Where objects are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Storage {
    /// A folder on a local (or locally mounted POSIX) file system.
    Local(Local),
}

impl Storage {
    /// The folder `root`, created if it is absent. What writers that died left behind is swept.
    pub fn local(root: impl Into<PathBuf>) -> Result<Self, StorageError> {
        Local::open(root.into()).map(Self::Local)
    }

    /// Storage by address: `file:///absolute/path`.
    pub fn from_url(url: &str) -> Result<Self, StorageError> {
        if let Some(path) = url.strip_prefix("file://") {
            if !path.starts_with('/') {
                return Err(StorageError::Url(format!(
                    "{url}: a file address is file:// and an absolute path, as in file:///srv/nang"
                )));
            }
            return Self::local(path);
        }
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
        Err(StorageError::Url(match scheme {
            "s3" => "s3:// is not yet supported; use file:///path".to_owned(),
            _ => "storage is given as file:///path".to_owned(),
        }))
    }

    /// Stores an object whole, or, if `body` fails, not at all. An older object of the same key is replaced at
    /// once; of concurrent writers the last to finish wins.
    pub async fn put(
        &self,
        key: &Key,
        body: impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
    ) -> Result<Stored, StorageError> {
        match self {
            Self::Local(local) => local.put(key, body).await,
        }
    }

    /// `put` of bytes that are in memory already.
    pub async fn put_bytes(&self, key: &Key, body: Bytes) -> Result<Stored, StorageError> {
        match self {
            Self::Local(local) => local.put_bytes(key, body).await,
        }
    }

    /// Stores an object unless there is one of that key, whole or not at all. Of concurrent writers, also in other
    /// processes, exactly one creates it. Whichever outcome is returned, the object survives a power cut.
    pub async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, StorageError> {
        match self {
            Self::Local(local) => local.put_if_absent(key, body).await,
        }
    }

    /// What is known of an object without reading it; `None` if there is none.
    pub async fn head(&self, key: &Key) -> Result<Option<ObjectMeta>, StorageError> {
        match self {
            Self::Local(local) => local.head(key).await,
        }
    }

    /// An object, or the bytes `range` of it, as a stream; `None` if there is no such object. The range is cut to
    /// the object's size.
    pub async fn get(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<ObjectReader>, StorageError> {
        match self {
            Self::Local(local) => local.get(key, range).await,
        }
    }

    /// `get` into memory, for small objects and for ranges that the caller has bounded.
    pub async fn get_bytes(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, StorageError> {
        match self {
            Self::Local(local) => local.get_bytes(key, range).await,
        }
    }

    /// Every object whose key begins with `prefix`, with its size in bytes, sorted by key.
    pub async fn list(&self, prefix: &str) -> Result<Vec<(Key, u64)>, StorageError> {
        match self {
            Self::Local(local) => local.list(prefix).await,
        }
    }

    /// Removes an object. That there is none is no error.
    pub async fn delete(&self, key: &Key) -> Result<(), StorageError> {
        match self {
            Self::Local(local) => local.delete(key).await,
        }
    }

    /// Begins a resumable upload or goes on with it at `from`, forgetting whatever was received after that.
    ///
    /// One holder at a time, across processes: [`StorageError::UploadLocked`] otherwise.
    pub async fn open_upload(&self, file: FileId, from: Checkpoint) -> Result<Upload, StorageError> {
        match self {
            Self::Local(local) => local.open_upload(file, from).await,
        }
    }

    /// Forgets an upload and its bytes. That there is none is no error.
    pub async fn abort_upload(&self, file: FileId) -> Result<(), StorageError> {
        match self {
            Self::Local(local) => local.abort_upload(file).await,
        }
    }

    /// The uploads of which anything is stored, sorted.
    pub async fn list_uploads(&self) -> Result<Vec<FileId>, StorageError> {
        match self {
            Self::Local(local) => local.list_uploads().await,
        }
    }

    /// Turns an upload, closed at its last byte, into the object `key` of `size_bytes`. May be repeated: if the upload
    /// is gone and the object is there, it was done already; without either it is [`StorageError::UploadGone`].
    ///
    /// Fewer stored bytes than `size_bytes` are [`StorageError::UploadTruncated`], and no object is made of them. The
    /// upload is held meanwhile, so that no other process can open it and cut the object.
    pub async fn finish_upload(&self, file: FileId, key: &Key, size_bytes: u64) -> Result<(), StorageError> {
        match self {
            Self::Local(local) => local.finish_upload(file, key, size_bytes).await,
        }
    }

    /// Checks that storage takes writes: writes, syncs and removes a small file that is not an object. Takes at most a
    /// few seconds; a disk that does not answer by then is an error. Meant for readiness checks.
    pub async fn check_writable(&self) -> Result<(), StorageError> {
        match self {
            Self::Local(local) => local.check_writable().await,
        }
    }

    /// Bytes that may still be written, if the back end has such a limit.
    pub async fn free_bytes(&self) -> Result<Option<u64>, StorageError> {
        match self {
            Self::Local(local) => local.free_bytes().await.map(Some),
        }
    }
}
