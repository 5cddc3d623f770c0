//! One store of objects: a folder or a bucket. [`crate::Storage`] describes what each operation does.

use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use domain::id::FileId;
use domain::key::Key;
use futures_util::Stream;

use crate::error::StorageError;
use crate::local::Local;
use crate::object::{ObjectMeta, ObjectReader, PutOutcome, Stored};
use crate::s3::S3;
use crate::upload::{Checkpoint, Upload};

/// A store of objects. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Backend {
    Local(Local),
    S3(S3),
}

/// Calls the operation of the same name of the back end. The futures of a client of object stores are large and deeply nested: in a
/// box, they make neither the callers' futures large nor their compilation slow.
macro_rules! forward {
    ($self:ident.$operation:ident($($argument:expr),*)) => {
        match $self {
            Self::Local(local) => local.$operation($($argument),*).await,
            Self::S3(s3) => Box::pin(s3.$operation($($argument),*)).await,
        }
    };
}

impl Backend {
    pub(crate) fn local(root: PathBuf) -> Result<Self, StorageError> {
        Local::open(root).map(Self::Local)
    }

    pub(crate) async fn open(url: &str) -> Result<Self, StorageError> {
        let wrong = |reason: &str| StorageError::Url(format!("{url}: {reason}"));
        match url.split_once("://") {
            Some(("file", path)) if path.starts_with('/') => Self::local(path.into()),
            Some(("file", _)) => {
                Err(wrong("a file URL is file:// and an absolute path, as in file:///srv/nang"))
            }
            Some(("s3", rest)) => Box::pin(S3::open(rest)).await.map(Self::S3),
            Some((scheme, _)) => {
                Err(wrong(&format!("{scheme}:// is not a storage; use file:///path or s3://bucket/prefix")))
            }
            None => Err(wrong("a storage URL is file:///path or s3://bucket/prefix")),
        }
    }

    pub(crate) async fn put(
        &self,
        key: &Key,
        size_bytes: u64,
        body: impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
    ) -> Result<Stored, StorageError> {
        match self {
            Self::Local(local) => local.put(key, body).await,
            Self::S3(s3) => Box::pin(s3.put(key, size_bytes, body)).await,
        }
    }

    pub(crate) async fn put_bytes(&self, key: &Key, body: Bytes) -> Result<Stored, StorageError> {
        forward!(self.put_bytes(key, body))
    }

    pub(crate) async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, StorageError> {
        forward!(self.put_if_absent(key, body))
    }

    pub(crate) async fn head(&self, key: &Key) -> Result<Option<ObjectMeta>, StorageError> {
        forward!(self.head(key))
    }

    pub(crate) async fn get(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<ObjectReader>, StorageError> {
        forward!(self.get(key, range))
    }

    pub(crate) async fn get_bytes(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, StorageError> {
        forward!(self.get_bytes(key, range))
    }

    pub(crate) async fn list(&self, prefix: &str) -> Result<Vec<(Key, u64)>, StorageError> {
        forward!(self.list(prefix))
    }

    pub(crate) async fn list_folders(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        forward!(self.list_folders(prefix))
    }

    pub(crate) async fn delete_many(&self, keys: &[Key]) -> Result<(), StorageError> {
        forward!(self.delete_many(keys))
    }

    pub(crate) async fn open_upload(
        &self,
        file: FileId,
        size_bytes: u64,
        from: Checkpoint,
    ) -> Result<Upload, StorageError> {
        match self {
            Self::Local(local) => local.open_upload(file, from).await,
            Self::S3(s3) => Box::pin(s3.open_upload(file, size_bytes, from)).await,
        }
    }

    pub(crate) async fn abort_upload(&self, file: FileId) -> Result<(), StorageError> {
        forward!(self.abort_upload(file))
    }

    pub(crate) async fn list_uploads(&self) -> Result<Vec<FileId>, StorageError> {
        forward!(self.list_uploads())
    }

    pub(crate) async fn finish_upload(&self, file: FileId, at: &Checkpoint) -> Result<(), StorageError> {
        forward!(self.finish_upload(file, at))
    }

    pub(crate) async fn check_writable(&self) -> Result<(), StorageError> {
        forward!(self.check_writable())
    }

    pub(crate) async fn free_bytes(&self) -> Result<Option<u64>, StorageError> {
        match self {
            Self::Local(local) => local.free_bytes().await.map(Some),
            // Object stores state no limit. One that is full refuses to store an object.
            Self::S3(_) => Ok(None),
        }
    }
}
