//! Reads ranges of a master in the parent, and serves them to the child.

use std::{future::Future, io, ops::Range, path::Path, sync::Arc};

use bytes::Bytes;
use domain::key::Key;
use storage::{Storage, StorageError};
use tokio_util::task::AbortOnDropHandle;

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

/// Reads of at least this length come from a sequential reader, so the bytes after them are read ahead.
const SEQUENTIAL_BYTES: u64 = 512 << 10;
/// Reads ahead of a position at which the child has read sequentially before. An object store answers after some 20 ms; in this
/// time, a child that only copies a track would read several of them.
const DEPTH: usize = 4;
/// Maximum number of reads ahead, for a few positions at which the child reads sequentially.
const AHEAD: usize = 4 * DEPTH;

/// Serves a child's reads, and reads ahead while the child decodes.
pub(super) struct ReadAhead<M> {
    master: Arc<M>,
    /// Oldest first.
    ahead: Vec<(Range<u64>, AbortOnDropHandle<io::Result<Bytes>>)>,
}

impl<M: Master> ReadAhead<M> {
    pub(super) fn new(master: Arc<M>) -> Self {
        Self { master, ahead: Vec::with_capacity(AHEAD) }
    }

    /// Returns up to `length` bytes at `offset`; empty at the end of the file.
    pub(super) async fn read(&mut self, offset: u64, length: u32) -> io::Result<Bytes> {
        let Some(range) = self.range(offset, length) else { return Ok(Bytes::new()) };
        let found = self.ahead.iter().position(|(ahead, _)| *ahead == range);
        let bytes = match found {
            Some(at) => self.ahead.remove(at).1.await.map_err(io::Error::other)??,
            None => self.master.read(range.clone()).await?,
        };
        if bytes.len() as u64 != range.end - range.start {
            let reason = format!(
                "requested {} bytes at offset {offset} but received {}",
                range.end - range.start,
                bytes.len()
            );
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
        }
        if bytes.len() as u64 >= SEQUENTIAL_BYTES {
            self.read_ahead(range.end, length, if found.is_some() { DEPTH } else { 1 });
        }
        Ok(bytes)
    }

    /// Begins the next `depth` reads from `offset` on that have not begun.
    fn read_ahead(&mut self, mut offset: u64, length: u32, depth: usize) {
        for _ in 0..depth {
            let Some(next) = self.range(offset, length) else { return };
            offset = next.end;
            if self.ahead.iter().any(|(range, _)| *range == next) {
                continue;
            }
            if self.ahead.len() == AHEAD {
                drop(self.ahead.remove(0));
            }
            let (master, range) = (Arc::clone(&self.master), next.clone());
            let task = tokio::spawn(async move { master.read(range).await });
            self.ahead.push((next, AbortOnDropHandle::new(task)));
        }
    }

    fn range(&self, offset: u64, length: u32) -> Option<Range<u64>> {
        let end = offset.saturating_add(u64::from(length)).min(self.master.size_bytes());
        (offset < end).then_some(offset..end)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        ops::Range,
        sync::{
            Arc, Mutex,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use bytes::Bytes;

    use super::{DEPTH, Master, ReadAhead};

    /// A master of ten mebibytes that records its reads. With `short`, each read returns one byte too few.
    #[derive(Default)]
    struct Recorded {
        reads: Mutex<Vec<Range<u64>>>,
        short: bool,
    }

    impl Master for Recorded {
        fn size_bytes(&self) -> u64 {
            10 << 20
        }

        async fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
            self.reads.lock().unwrap().push(range.clone());
            let length = usize::try_from(range.end - range.start).unwrap() - usize::from(self.short);
            Ok(Bytes::from(vec![7; length]))
        }
    }

    #[tokio::test]
    async fn sequential_reads_are_read_ahead_and_never_read_twice() {
        let master = Arc::new(Recorded::default());
        let mut ahead = ReadAhead::new(Arc::clone(&master));
        for place in 0..10 {
            assert_eq!(ahead.read(place << 20, 1 << 20).await.unwrap().len(), 1 << 20);
        }
        assert_eq!(ahead.read(10 << 20, 1 << 20).await.unwrap(), Bytes::new());
        let expected: Vec<_> = (0..10).map(|place| place << 20..(place + 1) << 20).collect();
        assert_eq!(*master.reads.lock().unwrap(), expected);
    }

    /// A master in an object store: reads take time. It counts those that run at once.
    #[derive(Default)]
    struct Distant {
        running: AtomicUsize,
        most: AtomicUsize,
    }

    impl Master for Distant {
        fn size_bytes(&self) -> u64 {
            10 << 20
        }

        async fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
            let running = self.running.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(running, Ordering::Relaxed);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            self.running.fetch_sub(1, Ordering::Relaxed);
            Ok(Bytes::from(vec![7; usize::try_from(range.end - range.start).unwrap()]))
        }
    }

    #[tokio::test]
    async fn several_sequential_reads_run_at_once() {
        let master = Arc::new(Distant::default());
        let mut ahead = ReadAhead::new(Arc::clone(&master));
        for place in 0..10 {
            ahead.read(place << 20, 1 << 20).await.unwrap();
        }
        assert_eq!(master.most.load(Ordering::Relaxed), DEPTH);
    }

    #[tokio::test]
    async fn random_reads_are_not_read_ahead() {
        let master = Arc::new(Recorded::default());
        let mut ahead = ReadAhead::new(Arc::clone(&master));
        for place in [7, 3, 5_u64] {
            ahead.read(place << 20, 1000).await.unwrap();
        }
        assert_eq!(master.reads.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn a_read_with_too_few_bytes_is_an_error() {
        let master = Arc::new(Recorded { short: true, ..Recorded::default() });
        let error = ReadAhead::new(master).read(0, 1000).await.unwrap_err();
        assert_eq!(error.to_string(), "requested 1000 bytes at offset 0 but received 999");
    }
}
