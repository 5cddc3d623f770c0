//! Writing an upload's bytes: hashed and written in batches, synced behind the writing.
//!
//! A writer is a task, which takes a blocking thread for each batch and gives it back. So an upload whose client sends
//! nothing costs no thread, and however many uploads there are, they take no more than [`Limits`] says. After a failed
//! write or sync nothing later counts as stored.

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
use crate::upload::{ALL_QUEUES_BYTES, Checkpoint, Closed, Piece};

/// A checkpoint comes after so many bytes or so long, whichever is first: on a slow link, a minute's bytes are dear.
const CHECKPOINT_BYTES: u64 = 64 << 20;
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);
/// The disk is set to work this often, rather than at the sync, all at once.
const WRITE_BACK_BYTES: u64 = 8 << 20;
/// What one turn on a thread writes, about: other uploads wait for it.
const BATCH_BYTES: usize = 1 << 20;
/// Syncs wait for the disk and need no processor, so there may be some at a time.
const SYNCS: usize = 8;

/// What all uploads of one storage share.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Turns on a thread to hash and write a batch.
    writes: Arc<Semaphore>,
    /// Turns on a thread to sync a file.
    syncs: Arc<Semaphore>,
    /// Bytes that may wait to be written.
    pub(super) queued_bytes: Arc<Semaphore>,
}

impl Default for Limits {
    fn default() -> Self {
        // Hashing needs a processor, and a little more than one upload for each keeps the disk busy as well.
        let writes = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 14) + 2;
        Self {
            writes: Arc::new(Semaphore::new(writes)),
            syncs: Arc::new(Semaphore::new(SYNCS)),
            queued_bytes: Arc::new(Semaphore::new(ALL_QUEUES_BYTES)),
        }
    }
}

/// The end of what is written, and the hash of everything before it.
struct Position {
    offset: u64,
    hash: ContentHash,
}

impl Position {
    fn mark(&self) -> Checkpoint {
        Checkpoint { offset: self.offset, state: self.hash.save() }
    }

    /// Writes and hashes the pieces; the position is behind the last one that was written whole.
    fn write(&mut self, file: &File, pieces: &[Piece]) -> io::Result<()> {
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
    /// Absent only while a batch has it, or if the runtime took that batch away.
    position: Option<Position>,
    /// Where the newest checkpoint was asked for.
    marked: u64,
    marked_at: Instant,
    /// Up to where the disk was set to work.
    written_back: u64,
    syncing: Option<JoinHandle<io::Result<()>>>,
    durable: watch::Sender<Checkpoint>,
    limits: Limits,
}

impl Writer {
    /// A writer that goes on at `offset` of `file`, whose bytes before it have this hash.
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
            marked: offset,
            marked_at: Instant::now(),
            written_back: offset,
            syncing: None,
            durable,
            limits,
        }
    }

    /// Writes what comes until the upload is closed, or dropped, or a write fails.
    pub(super) async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Piece>) -> Closed {
        let written = self.write_all(&mut queue).await;
        // From here on the sender sees that the upload takes no more, and what waited gives its memory back.
        drop(queue);
        let synced = match self.syncing.take() {
            Some(syncing) => syncing.await.unwrap_or_else(stopped),
            None => Ok(()),
        };
        // What was written before a full disk is kept: less to send again.
        let synced = if synced.is_ok() { self.sync().await } else { synced };
        let failure = synced.and(written).err();
        let checkpoint = self.durable.borrow().clone();
        Closed { checkpoint, failure: failure.map(|error| StorageError::io("write an upload", error)) }
    }

    async fn write_all(&mut self, queue: &mut mpsc::UnboundedReceiver<Piece>) -> io::Result<()> {
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
            // A sync that is still running gets its next mark a batch later.
            let due =
                offset - self.marked >= CHECKPOINT_BYTES || self.marked_at.elapsed() >= CHECKPOINT_EVERY;
            if due && self.syncing.is_none() {
                self.syncing = self.mark().map(|mark| tokio::spawn(self.sync_to(mark)));
                (self.marked, self.marked_at) = (offset, Instant::now());
            }
        }
        Ok(())
    }

    /// Writes one batch on a thread, and returns where it ends.
    async fn write(&mut self, batch: Vec<Piece>) -> io::Result<u64> {
        let _turn = self.limits.writes.clone().acquire_owned().await.map_err(io::Error::other)?;
        let file = self.file.clone();
        let mut position =
            self.position.take().ok_or_else(|| stopped_error("an earlier write did not end"))?;
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

    /// Starts writing dirty pages to the disk without waiting for it: on Linux, that is what "not needed" does to
    /// pages that are dirty. Only a hint, so a failure is of no consequence.
    fn write_back(&mut self, offset: u64) {
        let length = std::num::NonZeroU64::new(offset - self.written_back);
        let _ = fadvise(&self.file, self.written_back, length, Advice::DontNeed);
        self.written_back = offset;
    }

    fn mark(&self) -> Option<Checkpoint> {
        self.position.as_ref().map(Position::mark)
    }

    /// Syncs everything written so far.
    async fn sync(&self) -> io::Result<()> {
        match self.mark() {
            // Nothing came since the last one.
            Some(mark) if mark == *self.durable.borrow() => Ok(()),
            Some(mark) => self.sync_to(mark).await,
            None => Err(stopped_error("a write did not end")),
        }
    }

    /// Syncs the file, which makes `mark` durable. Does not borrow the writer.
    fn sync_to(&self, mark: Checkpoint) -> impl Future<Output = io::Result<()>> + Send + use<> {
        let (file, durable, syncs) = (self.file.clone(), self.durable.clone(), self.limits.syncs.clone());
        async move {
            let _turn = syncs.acquire_owned().await.map_err(io::Error::other)?;
            spawn_blocking(move || fdatasync(&file)).await.map_err(stopped_error)??;
            durable.send_replace(mark);
            Ok(())
        }
    }
}

/// A task that the runtime did not let end: it is shutting down.
fn stopped(error: tokio::task::JoinError) -> io::Result<()> {
    Err(stopped_error(error))
}

fn stopped_error(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::other(error)
}
