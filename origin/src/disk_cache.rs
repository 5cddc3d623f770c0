//! A cache of objects on a disk, limited by bytes, below the cache in memory and in front of an object store.
//!
//! Every object is a file of its own, whose name is a number that is used once. The file is written whole before the cache names it,
//! and deleted when the cache and all readers that were opening it have let it go. If many requests miss the same object at the same
//! time, one of them fetches it and the others wait. The cache starts empty: after a power failure its files might be broken. If the
//! disk fails, objects come from the store.

use std::{
    fs::File,
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::key::Key;
use futures_util::TryStreamExt;
use moka::{future::Cache, policy::EvictionPolicy};
use rustix::fs::{FlockOperation, flock};
use storage::{ObjectReader, Storage, StorageError, read_file};
use tokio::{
    io::{AsyncWriteExt, BufWriter},
    sync::Semaphore,
};
use tracing::{debug, warn};

/// How long an object is kept. The files of a deleted film do not stay for ever on an origin without viewers.
const TIME_TO_LIVE: Duration = Duration::from_hours(24);
/// Objects that are fetched from the store at once. Further misses wait.
const FETCHES: usize = 32;
/// Objects that are fetched at once before a client asks for them. Further ones are not fetched early.
const PREFETCHES: usize = 4;
/// Bytes that one write to a file has.
const WRITE_BYTES: usize = 512 << 10;
/// Origins of one machine that may use the same data folder.
const ORIGINS: u32 = 64;

/// Where the cache is and how large it may become.
#[derive(Clone, Debug)]
pub struct DiskCacheConfig {
    /// The folder. Several origins may name the same one: each uses a part of its own.
    pub folder: PathBuf,
    /// Maximum size of all files.
    pub bytes: u64,
}

/// A file of the cache. Dropping it deletes the file.
#[derive(Debug)]
struct CachedFile {
    path: PathBuf,
    size_bytes: u64,
}

impl Drop for CachedFile {
    fn drop(&mut self) {
        // If this fails, the next start deletes the file.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Why an object is not in the cache.
#[derive(Clone, Debug)]
enum Miss {
    /// The store does not have it.
    Absent,
    /// It is too large, or the disk failed: readers read it from the store.
    Uncached,
    Store(Arc<StorageError>),
}

pub(crate) struct DiskCache {
    storage: Storage,
    folder: PathBuf,
    next_file: AtomicU64,
    entries: Cache<Key, Arc<CachedFile>>,
    max_object_bytes: u64,
    fetches: Semaphore,
    prefetches: Arc<Semaphore>,
    /// Holds the folder's lock.
    _lock: File,
}

impl DiskCache {
    /// Opens an empty cache in front of `storage`.
    pub(crate) fn open(config: &DiskCacheConfig, storage: Storage) -> io::Result<Self> {
        let (folder, lock) = claim_folder(&config.folder)?;
        let weigh = |_: &Key, file: &Arc<CachedFile>| {
            u32::try_from(file.size_bytes >> 10).unwrap_or(u32::MAX).saturating_add(4)
        };
        let entries = Cache::builder()
            .max_capacity(config.bytes >> 10)
            .weigher(weigh)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(TIME_TO_LIVE)
            .build();
        Ok(Self {
            storage,
            folder,
            next_file: AtomicU64::new(0),
            entries,
            max_object_bytes: config.bytes / 8,
            fetches: Semaphore::new(FETCHES),
            prefetches: Arc::new(Semaphore::new(PREFETCHES)),
            _lock: lock,
        })
    }

    /// Returns an object, or the bytes `range` of it, from the disk, after fetching it if it is not there.
    pub(crate) async fn get(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<ObjectReader>, Arc<StorageError>> {
        let file = self.entries.try_get_with_by_ref(key, self.fetch(key)).await;
        // Otherwise the cache would collect dozens of new files before it deletes old ones.
        self.entries.run_pending_tasks().await;
        match file.map_err(|miss| (*miss).clone()) {
            Ok(file) => match self.read(&file, range.clone()).await {
                Ok(reader) => return Ok(Some(reader)),
                Err(error) => {
                    warn!(%error, key = key.as_str(), "Could not read a file of the disk cache; reading from the store");
                    self.entries.invalidate(key).await;
                }
            },
            Err(Miss::Absent) => return Ok(None),
            Err(Miss::Uncached) => {}
            Err(Miss::Store(error)) => return Err(error),
        }
        self.storage.get(key, range).await.map_err(Arc::new)
    }

    /// Returns the size of all files, in whole KiB.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.entries.weighted_size() << 10
    }

    /// Fetches an object in the background, unless it is cached or many others are being fetched.
    pub(crate) fn prefetch(self: &Arc<Self>, key: Key) {
        if self.entries.contains_key(&key) {
            return;
        }
        let Ok(permit) = self.prefetches.clone().try_acquire_owned() else { return };
        let cache = self.clone();
        tokio::spawn(async move {
            let _permit = permit;
            let fetched = cache.entries.try_get_with_by_ref(&key, cache.fetch(&key)).await;
            if let Err(Miss::Store(error)) = fetched.map_err(|miss| (*miss).clone()) {
                debug!(%error, key = key.as_str(), "Could not fetch an object early");
            }
        });
    }

    async fn read(&self, file: &CachedFile, range: Option<Range<u64>>) -> io::Result<ObjectReader> {
        let reader = read_file(file.path.clone(), range).await?;
        // Something outside Nang has changed the file.
        if reader.size_bytes() == file.size_bytes {
            Ok(reader)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    async fn fetch(&self, key: &Key) -> Result<Arc<CachedFile>, Miss> {
        // The semaphore is never closed.
        let _permit = self.fetches.acquire().await;
        let found = self.storage.get(key, None).await.map_err(|error| Miss::Store(Arc::new(error)))?;
        let reader = found.ok_or(Miss::Absent)?;
        if reader.size_bytes() > self.max_object_bytes {
            return Err(Miss::Uncached);
        }
        let number = self.next_file.fetch_add(1, Ordering::Relaxed);
        // Folders with hundreds of thousands of names are slow in some file systems.
        let folder = self.folder.join((number % 256).to_string());
        let file = CachedFile { path: folder.join(number.to_string()), size_bytes: reader.size_bytes() };
        match write(&folder, &file.path, reader).await {
            Ok(()) => Ok(Arc::new(file)),
            Err(Failed::Disk(error)) => {
                warn!(%error, "Could not write a file of the disk cache; reading from the store");
                Err(Miss::Uncached)
            }
            Err(Failed::Store(source)) => {
                Err(Miss::Store(Arc::new(StorageError::Io { action: format!("read {key}"), source })))
            }
        }
    }
}

enum Failed {
    Disk(io::Error),
    Store(io::Error),
}

async fn write(folder: &Path, path: &Path, mut reader: ObjectReader) -> Result<(), Failed> {
    tokio::fs::create_dir_all(folder).await.map_err(Failed::Disk)?;
    let file = tokio::fs::File::create_new(path).await.map_err(Failed::Disk)?;
    let mut file = BufWriter::with_capacity(WRITE_BYTES, file);
    let mut left = reader.size_bytes();
    while let Some(piece) = reader.try_next().await.map_err(Failed::Store)? {
        left = left.saturating_sub(piece.len() as u64);
        file.write_all(&piece).await.map_err(Failed::Disk)?;
    }
    file.flush().await.map_err(Failed::Disk)?;
    if left == 0 { Ok(()) } else { Err(Failed::Store(io::ErrorKind::UnexpectedEof.into())) }
}

/// Returns a folder that no other process uses, emptied, and its lock.
fn claim_folder(parent: &Path) -> io::Result<(PathBuf, File)> {
    for number in 0..ORIGINS {
        let folder = parent.join(number.to_string());
        std::fs::create_dir_all(&folder)?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join("lock"))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            continue;
        }
        let files = folder.join("files");
        match std::fs::remove_dir_all(&files) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => std::fs::create_dir_all(&files)?,
        }
        return Ok((files, lock));
    }
    Err(io::Error::other(format!("{ORIGINS} other processes use it")))
}
