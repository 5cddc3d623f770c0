//! Reads ranges of a master in the parent.

use std::{future::Future, io, ops::Range, path::Path, sync::Arc};

use bytes::Bytes;
use domain::key::Key;
use storage::{Storage, StorageError};

/// A master that can be read by range.
pub trait Master: Send + Sync + 'static {
    /// Returns the size of the whole file in bytes.
    fn size_bytes(&self) -> u64;

    /// Reads all bytes of a range that lies within the file.
    fn read(&self, range: Range<u64>) -> impl Future<Output = io::Result<Bytes>> + Send;
}

/// A master in a local file.
#[derive(Debug)]
pub struct FileMaster {
    file: Arc<std::fs::File>,
    size_bytes: u64,
}

impl FileMaster {
    /// Opens a regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = std::fs::File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Self { file: Arc::new(file), size_bytes: metadata.len() })
    }
}

impl Master for FileMaster {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    async fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        let file = Arc::clone(&self.file);
        let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
        let read = move || {
            let mut bytes = vec![0; length];
            std::os::unix::fs::FileExt::read_exact_at(&*file, &mut bytes, range.start)?;
            Ok(Bytes::from(bytes))
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }
}

/// A master in storage.
#[derive(Clone, Debug)]
pub struct StoredMaster {
    storage: Storage,
    key: Key,
    size_bytes: u64,
}

impl StoredMaster {
    /// Opens the object `key`; `None` if it is absent.
    pub async fn open(storage: Storage, key: Key) -> Result<Option<Self>, StorageError> {
        let Some(meta) = storage.head(&key).await? else { return Ok(None) };
        Ok(Some(Self { storage, key, size_bytes: meta.size_bytes }))
    }
}

impl Master for StoredMaster {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    async fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        let bytes = self.storage.get_bytes(&self.key, Some(range)).await.map_err(io::Error::other)?;
        bytes.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the master is no longer in storage"))
    }
}

/// No master, for tasks that read nothing.
pub(super) struct NoMaster;

impl Master for NoMaster {
    fn size_bytes(&self) -> u64 {
        0
    }

    async fn read(&self, _: Range<u64>) -> io::Result<Bytes> {
        Err(io::ErrorKind::NotFound.into())
    }
}
