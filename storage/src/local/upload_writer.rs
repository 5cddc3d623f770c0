//! Writing an upload's bytes: they are hashed and written in batches; syncs run at the same time as later writes.
//!
//! A writer is a task that uses a blocking thread only for the time of each batch. So an upload whose client sends nothing
//! uses no thread, and all uploads together use at most what [`Limits`] permits. After a failed write or sync, no later
//! bytes count as stored.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::{Advice, fadvise, fdatasync};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::StorageError;
use crate::hash::ContentHash;
use crate::upload::{Checkpoint, Closed, Queued};

/// A checkpoint is created after this many bytes or this time, whichever comes first. On a slow link, sending the bytes of
/// a minute again would be costly.
const CHECKPOINT_BYTES: u64 = 64 << 20;
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(5);
/// The kernel starts to write to the disk after this many bytes, so that the sync does not have to write everything.
const WRITE_BACK_BYTES: u64 = 8 << 20;
/// Approximate size of a batch. Other uploads wait while a batch is written.
const BATCH_BYTES: usize = 1 << 20;
/// Bytes of one upload that may wait to be written.
pub(super) const QUEUE_BYTES: u32 = 4 << 20;
/// Bytes of all uploads together that may wait to be written.
const ALL_QUEUES_BYTES: usize = 64 << 20;
/// Maximum number of concurrent syncs. A sync waits for the disk and needs no CPU time.
const SYNCS: usize = 8;

/// Limits that all uploads of one storage share.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Threads that hash and write a batch.
    writes: Arc<Semaphore>,
    /// Threads that sync a file.
    syncs: Arc<Semaphore>,
    /// Bytes that may wait to be written.
    pub(super) queued_bytes: Arc<Semaphore>,
}

impl Default for Limits {
    fn default() -> Self {
        // Hashing needs one CPU for each thread. Two more threads than CPUs keep the disk busy.
        let writes = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 14) + 2;
        Self {
            writes: Arc::new(Semaphore::new(writes)),
            syncs: Arc::new(Semaphore::new(SYNCS)),
            queued_bytes: Arc::new(Semaphore::new(ALL_QUEUES_BYTES)),
        }
    }
}

/// The end of the written bytes, and the hash of all bytes before it.
struct Position {
    offset: u64,
    hash: ContentHash,
}

impl Position {
    fn checkpoint(&self) -> Checkpoint {
        Checkpoint { offset: self.offset, state: self.hash.save() }
    }

    /// Writes and hashes the pieces. After an error, the position is at the end of the last piece that was written whole.
    fn write(&mut self, file: &File, pieces: &[Queued]) -> io::Result<()> {
        for (piece, ..) in pieces {
            file.write_all_at(piece, self.offset)?;
            self.hash.update(piece);
            self.offset += piece.len() as u64;
        }
        Ok(())
    }
}

pub(super) struct Writer {
    file: Arc<File>,
    /// Absent only while a batch is being written, or if the runtime dropped that batch.
    position: Option<Position>,
    /// Offset at which the last checkpoint was started.
    last_checkpoint: u64,
    last_checkpoint_at: Instant,
    /// Offset up to which the kernel has started to write to the disk.
    written_back: u64,
    syncing: Option<JoinHandle<io::Result<()>>>,
    durable: watch::Sender<Checkpoint>,
    limits: Limits,
}

impl Writer {
    /// Returns a writer that continues at `offset` of `file`. `hash` is the hash of the bytes before `offset`.
    pub(super) fn new(
        file: File,
        hash: ContentHash,
        offset: u64,
        durable: watch::Sender<Checkpoint>,
        limits: Limits,
    ) -> Self {
        Self {
            file: Arc::new(file),
            position: Some(Position { offset, hash }),
            last_checkpoint: offset,
            last_checkpoint_at: Instant::now(),
            written_back: offset,
            syncing: None,
            durable,
            limits,
        }
    }

    /// Writes the queued pieces until the upload is closed or dropped, or until a write fails.
    pub(super) async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Queued>) -> Closed {
        let written = self.write_all(&mut queue).await;
        // The sender now sees that the upload accepts no more bytes, and the queued pieces release their memory.
        drop(queue);
        let synced = match self.syncing.take() {
            Some(syncing) => syncing.await.unwrap_or_else(stopped),
            None => Ok(()),
        };
        // Bytes that were written before the disk was full are kept, so that the client has to send fewer bytes again.
        let synced = if synced.is_ok() { self.sync().await } else { synced };
        let failure = synced.and(written).err();
        let checkpoint = self.durable.borrow().clone();
        Closed { checkpoint, failure: failure.map(|error| StorageError::io("write an upload", error)) }
    }

    async fn write_all(&mut self, queue: &mut mpsc::UnboundedReceiver<Queued>) -> io::Result<()> {
        while let Some(first) = queue.recv().await {
            let mut batch_bytes = first.0.len();
            let mut batch = vec![first];
            while batch_bytes < BATCH_BYTES
                && let Ok(next) = queue.try_recv()
            {
                batch_bytes += next.0.len();
                batch.push(next);
            }
            let offset = self.write(batch).await?;
            if offset - self.written_back >= WRITE_BACK_BYTES {
                self.write_back(offset);
            }
            if self.syncing.as_ref().is_some_and(JoinHandle::is_finished)
                && let Some(syncing) = self.syncing.take()
            {
                syncing.await.unwrap_or_else(stopped)?;
            }
            // While a sync is running, the next checkpoint waits for a later batch.
            let due = offset - self.last_checkpoint >= CHECKPOINT_BYTES
                || self.last_checkpoint_at.elapsed() >= CHECKPOINT_INTERVAL;
            if due && self.syncing.is_none() {
                self.syncing = self.checkpoint().map(|checkpoint| tokio::spawn(self.sync_to(checkpoint)));
                (self.last_checkpoint, self.last_checkpoint_at) = (offset, Instant::now());
            }
        }
        Ok(())
    }

    /// Writes a batch on a blocking thread, and returns the offset of its end.
    async fn write(&mut self, batch: Vec<Queued>) -> io::Result<u64> {
        let _permit = self.limits.writes.clone().acquire_owned().await.map_err(io::Error::other)?;
        let file = self.file.clone();
        let mut position =
            self.position.take().ok_or_else(|| stopped_error("an earlier write did not finish"))?;
        let (position, written) = spawn_blocking(move || {
            let written = position.write(&file, &batch);
            (position, written)
        })
        .await
        .map_err(stopped_error)?;
        let offset = position.offset;
        self.position = Some(position);
        written.map(|()| offset)
    }

    /// Makes the kernel start to write dirty pages to the disk, without waiting: on Linux, `POSIX_FADV_DONTNEED` does that.
    /// It is only a hint, so failures are ignored.
    fn write_back(&mut self, offset: u64) {
        let length = std::num::NonZeroU64::new(offset - self.written_back);
        let _ = fadvise(&self.file, self.written_back, length, Advice::DontNeed);
        self.written_back = offset;
    }

    fn checkpoint(&self) -> Option<Checkpoint> {
        self.position.as_ref().map(Position::checkpoint)
    }

    /// Syncs all bytes written so far.
    async fn sync(&self) -> io::Result<()> {
        match self.checkpoint() {
            // No bytes were written since the last checkpoint.
            Some(checkpoint) if checkpoint == *self.durable.borrow() => Ok(()),
            Some(checkpoint) => self.sync_to(checkpoint).await,
            None => Err(stopped_error("a write did not finish")),
        }
    }

    /// Syncs the file and then publishes `checkpoint`. The future does not borrow the writer.
    fn sync_to(&self, checkpoint: Checkpoint) -> impl Future<Output = io::Result<()>> + Send + use<> {
        let (file, durable, syncs) = (self.file.clone(), self.durable.clone(), self.limits.syncs.clone());
        async move {
            let _permit = syncs.acquire_owned().await.map_err(io::Error::other)?;
            spawn_blocking(move || fdatasync(&file)).await.map_err(stopped_error)??;
            durable.send_replace(checkpoint);
            Ok(())
        }
    }
}

/// Converts the error of a task that the runtime cancelled at its shutdown.
fn stopped(error: tokio::task::JoinError) -> io::Result<()> {
    Err(stopped_error(error))
}

fn stopped_error(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::other(error)
}
