//! Resumable uploads: a file `.nang/uploads/<file>`, locked by whoever writes it, renamed to its key at the end.
//!
//! One thread hashes and writes; another syncs behind it, so that a checkpoint does not stop the writing. After a
//! failed write or sync nothing later counts as stored.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use domain::id::FileId;
use domain::key::Key;
use rustix::fs::{Advice, AtFlags, FlockOperation, fadvise, fdatasync, flock, fsync, ftruncate, unlinkat};
use rustix::io::Errno;
use tokio::sync::{Semaphore, mpsc, watch};

use super::staging::{names, rename_durably};
use super::{Local, tree};
use crate::StorageError;
use crate::hash::ContentHash;
use crate::upload::{Checkpoint, Closed, Piece, ROOM_BYTES, Upload};

const FOLDER: &str = ".nang/uploads";
/// A checkpoint comes after so many bytes or so long, whichever is first: on a slow link, a minute's bytes are dear.
const CHECKPOINT_BYTES: u64 = 64 << 20;
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);
/// The disk is set to work this often, rather than at the sync, all at once.
const WRITE_BACK_BYTES: u64 = 8 << 20;

impl Local {
    pub(crate) async fn open_upload(&self, file: FileId, from: Checkpoint) -> Result<Upload, StorageError> {
        let (opened, hash) = self
            .run({
                let from = from.clone();
                move |folder| {
                    let hash = ContentHash::load(&from.state)?;
                    Ok((open(&folder.root, file, from.offset)?, hash))
                }
            })
            .await?;
        let offset = from.offset;
        let (durable, newest) = watch::channel(from);
        let (pieces, queue) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(ROOM_BYTES as usize));
        let writer = Writer {
            file: opened,
            hash,
            offset,
            marked: offset,
            marked_at: Instant::now(),
            written_back: offset,
            durable,
        };
        let writer = tokio::task::spawn_blocking(move || writer.run(queue));
        Ok(Upload { offset, pieces, room, durable: newest, writer })
    }

    pub(crate) async fn abort_upload(&self, file: FileId) -> Result<(), StorageError> {
        self.run(move |folder| {
            let failed = |errno| StorageError::io(format!("remove the upload {file}"), errno);
            let Some(uploads) = tree::open_folder(&folder.root, FOLDER).map_err(failed)? else {
                return Ok(());
            };
            match unlinkat(&uploads, file.to_string(), AtFlags::empty()) {
                Ok(()) => fsync(&uploads).map_err(failed),
                Err(Errno::NOENT) => Ok(()),
                Err(errno) => Err(failed(errno)),
            }
        })
        .await
    }

    pub(crate) async fn list_uploads(&self) -> Result<Vec<FileId>, StorageError> {
        self.run(move |folder| {
            let failed = |errno| StorageError::io("list the uploads", errno);
            let Some(uploads) = tree::open_folder(&folder.root, FOLDER).map_err(failed)? else {
                return Ok(Vec::new());
            };
            let names = names(&uploads).map_err(failed)?;
            let mut files: Vec<FileId> = names.iter().filter_map(|name| name.parse().ok()).collect();
            files.sort_unstable();
            Ok(files)
        })
        .await
    }

    pub(crate) async fn finish_upload(&self, file: FileId, key: &Key) -> Result<(), StorageError> {
        let key = key.clone();
        self.run(move |folder| {
            let failed = |errno| StorageError::io(format!("store the upload {file} as {key}"), errno);
            let uploads = tree::ensure_folder(&folder.root, FOLDER).map_err(failed)?;
            match rename_durably(&uploads, &file.to_string(), &folder.root, key.as_str()) {
                // Renamed before, or by somebody who is doing it now and may not have synced it yet.
                Err(Errno::NOENT) => {
                    if !tree::sync_name(&folder.root, key.as_str()).map_err(failed)? {
                        return Err(StorageError::UploadGone);
                    }
                }
                renamed => renamed.map_err(failed)?,
            }
            fsync(&uploads).map_err(failed)
        })
        .await
    }
}

/// Opens and locks an upload's file, cut back to `offset`.
fn open(root: &OwnedFd, file: FileId, offset: u64) -> Result<File, StorageError> {
    let failed = |errno: Errno| StorageError::io(format!("open the upload {file}"), errno);
    let uploads = tree::ensure_folder(root, FOLDER).map_err(failed)?;
    let opened = tree::create_file(&uploads, &file.to_string(), false).map_err(failed)?;
    match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::AGAIN) => return Err(StorageError::UploadLocked),
        locked => locked.map_err(failed)?,
    }
    let stored_bytes = opened.metadata().map_err(|error| StorageError::io("measure an upload", error))?.len();
    if stored_bytes < offset {
        return Err(StorageError::UploadTruncated { stored_bytes, expected_bytes: offset });
    }
    ftruncate(&opened, offset).map_err(failed)?;
    if offset == 0 {
        // The file may be new: its name must outlive a power cut as well as its bytes.
        fsync(&uploads).map_err(failed)?;
    }
    Ok(opened)
}

struct Writer {
    file: File,
    hash: ContentHash,
    offset: u64,
    /// Where the newest checkpoint was asked for.
    marked: u64,
    marked_at: Instant,
    /// Up to where the disk was set to work.
    written_back: u64,
    durable: watch::Sender<Checkpoint>,
}

impl Writer {
    fn run(mut self, mut queue: mpsc::UnboundedReceiver<Piece>) -> Closed {
        let failure = match self.file.try_clone() {
            Ok(file) => std::thread::scope(|scope| {
                let (marks, marked) = sync_channel(1);
                let durable = self.durable.clone();
                let behind = scope.spawn(move || sync_behind(&file, &marked, &durable));
                let written = self.write_all(&mut queue, &marks);
                // Whoever sends now sees that the upload takes no more.
                queue.close();
                drop(marks);
                let synced = behind.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                // What was written before a full disk is kept: less to send again.
                synced.and_then(|()| self.sync()).and(written).err()
            }),
            Err(error) => Some(error),
        };
        let checkpoint = self.durable.borrow().clone();
        Closed { checkpoint, failure: failure.map(|error| StorageError::io("write an upload", error)) }
    }

    fn write_all(
        &mut self,
        queue: &mut mpsc::UnboundedReceiver<Piece>,
        marks: &SyncSender<Checkpoint>,
    ) -> io::Result<()> {
        while let Some((piece, _room)) = queue.blocking_recv() {
            self.file.write_all_at(&piece, self.offset)?;
            self.hash.update(&piece);
            self.offset += piece.len() as u64;
            if self.offset - self.written_back >= WRITE_BACK_BYTES {
                self.write_back();
            }
            // A syncer that is still busy gets its next mark a piece later.
            let due =
                self.offset - self.marked >= CHECKPOINT_BYTES || self.marked_at.elapsed() >= CHECKPOINT_EVERY;
            if due && marks.try_send(self.mark()).is_ok() {
                (self.marked, self.marked_at) = (self.offset, Instant::now());
            }
        }
        Ok(())
    }

    /// Starts writing dirty pages to the disk without waiting for it: on Linux, that is what "not needed" does to
    /// pages that are dirty. Only a hint, so a failure is of no consequence.
    fn write_back(&mut self) {
        let length = std::num::NonZeroU64::new(self.offset - self.written_back);
        let _ = fadvise(&self.file, self.written_back, length, Advice::DontNeed);
        self.written_back = self.offset;
    }

    fn mark(&self) -> Checkpoint {
        Checkpoint { offset: self.offset, state: self.hash.save() }
    }

    fn sync(&self) -> io::Result<()> {
        fdatasync(&self.file)?;
        self.durable.send_replace(self.mark());
        Ok(())
    }
}

/// Makes marks durable as they come. Ends with the writer, or with the first failure.
fn sync_behind(
    file: &File,
    marked: &Receiver<Checkpoint>,
    durable: &watch::Sender<Checkpoint>,
) -> io::Result<()> {
    for mark in marked {
        fdatasync(file)?;
        durable.send_replace(mark);
    }
    Ok(())
}
