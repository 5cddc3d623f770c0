//! Resumable uploads: a file `.nang/uploads/<file>`, locked while it is written and while it is renamed to its key.
//!
//! A lock is on the file, not on its name. So the name is checked again after locking: a file that was renamed before the
//! lock is an object and must not be changed.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::id::FileId;
use domain::key::Key;
use rustix::fs::{AtFlags, FlockOperation, fdatasync, flock, fsync, ftruncate, unlinkat};
use rustix::io::Errno;
use tokio::sync::{Semaphore, mpsc, watch};

use super::staging::{names, rename_durably};
use super::upload_writer::{QUEUE_BYTES, Writer};
use super::{Local, tree};
use crate::StorageError;
use crate::hash::ContentHash;
use crate::upload::{Checkpoint, Upload};

const FOLDER: &str = ".nang/uploads";
/// How long finishing waits for another holder of the upload. A holder that also finishes it needs only a moment.
const FINISH_WAIT: Duration = Duration::from_secs(2);

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
        let limits = self.0.uploads.clone();
        let all_shares = limits.queued_bytes.clone();
        let writer = tokio::spawn(Writer::new(opened, hash, offset, durable, limits).run(queue));
        let share = Arc::new(Semaphore::new(QUEUE_BYTES as usize));
        let (share_bytes, recorded) = (QUEUE_BYTES, watch::channel(offset).0);
        Ok(Upload { offset, pieces, share_bytes, share, all_shares, durable: newest, recorded, writer })
    }

    pub(crate) async fn abort_upload(&self, file: FileId) -> Result<(), StorageError> {
        self.run(move |folder| {
            let failed = |errno| StorageError::io(format!("delete the upload {file}"), errno);
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

    pub(crate) async fn finish_upload(&self, file: FileId, at: &Checkpoint) -> Result<(), StorageError> {
        let size_bytes = at.offset;
        self.run(move |folder| finish(&folder.root, file, &Key::master(file), size_bytes)).await
    }
}

/// Opens and locks an upload's file, and truncates it to `offset`.
fn open(root: &OwnedFd, file: FileId, offset: u64) -> Result<File, StorageError> {
    let failed = |errno: Errno| StorageError::io(format!("open the upload {file}"), errno);
    let (uploads, name) = (tree::ensure_folder(root, FOLDER).map_err(failed)?, file.to_string());
    let opened = loop {
        let opened = tree::create_file(&uploads, &name, false).map_err(failed)?;
        match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::AGAIN) => return Err(StorageError::UploadLocked),
            locked => locked.map_err(failed)?,
        }
        if tree::is_named(&uploads, &name, &opened).map_err(failed)? {
            break opened;
        }
    };
    expect_length(&opened, offset)?;
    ftruncate(&opened, offset).map_err(failed)?;
    if offset == 0 {
        // The file may be new: its name, too, must survive a power failure.
        fsync(&uploads).map_err(failed)?;
    }
    Ok(opened)
}

/// Renames an upload of `size_bytes` to its key while holding its lock.
fn finish(root: &OwnedFd, file: FileId, key: &Key, size_bytes: u64) -> Result<(), StorageError> {
    let failed = |errno| StorageError::io(format!("store the upload {file} as {key}"), errno);
    let (uploads, name) = (tree::ensure_folder(root, FOLDER).map_err(failed)?, file.to_string());
    let deadline = Instant::now() + FINISH_WAIT;
    while let Some(upload) = tree::open_writable(&uploads, &name).map_err(failed)? {
        match flock(&upload, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::AGAIN) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            }
            Err(Errno::AGAIN) => return Err(StorageError::UploadLocked),
            locked => locked.map_err(failed)?,
        }
        if !tree::is_named(&uploads, &name, &upload).map_err(failed)? {
            continue;
        }
        if expect_length(&upload, size_bytes)? > size_bytes {
            ftruncate(&upload, size_bytes).map_err(failed)?;
            fdatasync(&upload).map_err(failed)?;
        }
        match rename_durably(&uploads, &name, root, key.as_str()) {
            // Another request has just deleted it.
            Err(Errno::NOENT) => {}
            renamed => {
                renamed.map_err(failed)?;
                return fsync(&uploads).map_err(failed);
            }
        }
    }
    // An earlier call or another process has renamed it. The other process may not have synced the names yet.
    match tree::sync_name(root, key.as_str()).map_err(failed)? {
        None => Err(StorageError::UploadGone),
        Some(stored_bytes) if stored_bytes != size_bytes => {
            Err(StorageError::UploadTruncated { stored_bytes, expected_bytes: size_bytes })
        }
        Some(_) => fsync(&uploads).map_err(failed),
    }
}

/// Returns the file's length. Fails if it is less than `expected_bytes`.
fn expect_length(file: &File, expected_bytes: u64) -> Result<u64, StorageError> {
    let stored_bytes =
        file.metadata().map_err(|error| StorageError::io("read the size of an upload", error))?.len();
    if stored_bytes < expected_bytes {
        return Err(StorageError::UploadTruncated { stored_bytes, expected_bytes });
    }
    Ok(stored_bytes)
}
