//! Resumable uploads: a multipart upload of the master's object, and, for the bytes after its last part, small objects in
//! `.nang/uploads/<file>/`.
//!
//! A store has no locks. Within a process, one request holds an upload; between processes, the caller's lease decides. A holder
//! that lost its lease can neither change parts that a checkpoint names (their tags would differ, and the store refuses to join
//! them) nor pieces (their names are never used twice).

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use domain::id::FileId;
use domain::key::{Key, MASTERS_PREFIX};
use tokio::sync::{Semaphore, mpsc, watch};

use super::S3;
use super::failure::Failure;
use super::put::part_bytes;
use super::upload_state::{Piece, UploadState};
use super::upload_writer::Writer;
use crate::StorageError;
use crate::upload::{Checkpoint, Upload};

const FOLDER: &str = ".nang/uploads/";
/// How long finishing waits for another holder of the upload.
const FINISH_WAIT: Duration = Duration::from_secs(2);
/// Bytes of one upload that are in memory: two parts on their way to the store, and half of the part that is being filled.
/// The buffers of the three parts are as large as the whole parts.
const UPLOAD_BYTES: u32 = 40 << 20;
/// Bytes of all uploads in memory.
const ALL_UPLOADS_BYTES: usize = 128 << 20;

/// What all uploads of one bucket share.
#[derive(Debug)]
pub(super) struct Uploads {
    held: Arc<Mutex<HashSet<FileId>>>,
    memory: Arc<Semaphore>,
    /// Parts that are read back from their pieces at once.
    pub(super) joins: Arc<Semaphore>,
}

impl Default for Uploads {
    fn default() -> Self {
        let memory = Arc::new(Semaphore::new(ALL_UPLOADS_BYTES));
        Self { held: Arc::default(), memory, joins: Arc::new(Semaphore::new(2)) }
    }
}

/// The right of one request in this process to write an upload. Dropping it gives the right back.
#[derive(Debug)]
pub(super) struct Held {
    held: Arc<Mutex<HashSet<FileId>>>,
    file: FileId,
}

impl Uploads {
    fn hold(&self, file: FileId) -> Result<Held, StorageError> {
        let is_free = self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(file);
        if is_free { Ok(Held { held: self.held.clone(), file }) } else { Err(StorageError::UploadLocked) }
    }

    async fn hold_soon(&self, file: FileId) -> Result<Held, StorageError> {
        let deadline = Instant::now() + FINISH_WAIT;
        loop {
            match self.hold(file) {
                Err(StorageError::UploadLocked) if Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                held => return held,
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.file);
    }
}

/// Returns the path of a piece.
pub(super) fn piece_path(file: FileId, name: &str) -> String {
    format!("{FOLDER}{file}/{name}")
}

impl S3 {
    pub(super) fn uploads(&self) -> &Uploads {
        &self.0.uploads
    }

    pub(crate) async fn open_upload(
        &self,
        file: FileId,
        size_bytes: u64,
        from: Checkpoint,
    ) -> Result<Upload, StorageError> {
        let held = self.uploads().hold(file)?;
        let state = UploadState::load(&from)?;
        self.discard_unnamed(file, state.as_ref()).await?;
        let state = match state {
            Some(state) => {
                self.check_stored(file, &state).await?;
                state
            }
            None => UploadState::new(part_bytes(size_bytes)),
        };
        let hash = state.content_hash()?;
        let (durable, newest) = watch::channel(from);
        let (recorded, recorded_by_caller) = watch::channel(state.offset());
        let (pieces, queue) = mpsc::unbounded_channel();
        let all_shares = self.uploads().memory.clone();
        let (offset, s3) = (state.offset(), self.clone());
        let writer = Writer::new(s3, file, size_bytes, state, hash, durable, recorded_by_caller);
        let writer = tokio::spawn(async move {
            let closed = writer.run(queue).await;
            drop(held);
            closed
        });
        let share = Arc::new(Semaphore::new(UPLOAD_BYTES as usize));
        let share_bytes = UPLOAD_BYTES;
        Ok(Upload { offset, pieces, share_bytes, share, all_shares, durable: newest, recorded, writer })
    }

    pub(crate) async fn abort_upload(&self, file: FileId) -> Result<(), StorageError> {
        self.discard_unnamed(file, None).await
    }

    pub(crate) async fn list_uploads(&self) -> Result<Vec<FileId>, StorageError> {
        let mut files = BTreeSet::new();
        for (path, _) in self.list_files(FOLDER).await? {
            let file = path.strip_prefix(FOLDER).and_then(|rest| rest.split('/').next());
            files.extend(file.and_then(|file| file.parse::<FileId>().ok()));
        }
        for (path, _) in self.list_multipart(MASTERS_PREFIX).await? {
            files.extend(Key::parse(&path).ok().and_then(|key| key.as_master()));
        }
        Ok(files.into_iter().collect())
    }

    pub(crate) async fn finish_upload(&self, file: FileId, at: &Checkpoint) -> Result<(), StorageError> {
        let _held = self.uploads().hold_soon(file).await?;
        let key = Key::master(file);
        match UploadState::load(at)? {
            None => self.put_file(key.as_str(), Bytes::new(), None).await?,
            Some(state) => {
                let joined = self.join_parts(file, &key, state).await?;
                let stored_bytes = match (joined, self.head(&key).await?) {
                    (_, Some(stored)) => stored.size_bytes,
                    (true, None) => 0,
                    // The parts are absent: an earlier call has made them an object, or they were deleted.
                    (false, None) => return Err(StorageError::UploadGone),
                };
                if stored_bytes != at.offset {
                    return Err(StorageError::UploadTruncated { stored_bytes, expected_bytes: at.offset });
                }
            }
        }
        self.discard_unnamed(file, None).await
    }

    /// Makes parts and pieces the object `key`. Returns false if they are no longer stored.
    async fn join_parts(&self, file: FileId, key: &Key, state: UploadState) -> Result<bool, StorageError> {
        let UploadState { upload, mut parts, pieces, .. } = state;
        let Some(rest) = self.join_pieces(file, &pieces, Bytes::new()).await? else { return Ok(false) };
        let Some(upload) = upload else {
            self.put_file(key.as_str(), rest, None).await?;
            return Ok(true);
        };
        if !rest.is_empty() {
            parts.push(self.put_part(key, &upload, parts.len() + 1, rest).await?);
        }
        match self.complete(key, &upload, &parts).await {
            Ok(()) => Ok(true),
            Err(failure) if failure.is_absent() => Ok(false),
            Err(failure) => Err(failure.during(format!("join the parts of {key}"))),
        }
    }

    /// Returns the bytes of pieces followed by `end`; `None` if a piece is absent.
    pub(super) async fn join_pieces(
        &self,
        file: FileId,
        pieces: &[Piece],
        end: Bytes,
    ) -> Result<Option<Bytes>, StorageError> {
        let mut joined = BytesMut::new();
        for piece in pieces {
            let Some(bytes) = self.read_bytes(&piece_path(file, &piece.name), None).await? else {
                return Ok(None);
            };
            joined.extend_from_slice(&bytes);
        }
        joined.extend_from_slice(&end);
        Ok(Some(joined.freeze()))
    }

    /// Checks that the store has what a state names.
    async fn check_stored(&self, file: FileId, state: &UploadState) -> Result<(), StorageError> {
        let truncated = |stored_bytes| {
            Err(StorageError::UploadTruncated { stored_bytes, expected_bytes: state.offset() })
        };
        let stored = match &state.upload {
            Some(upload) => self.list_parts(&Key::master(file), upload).await?,
            None => Vec::new(),
        };
        let whole = stored.iter().zip(&state.parts).take_while(|((tag, _), expected)| tag == *expected);
        let stored_bytes: Vec<u64> = whole.map(|((_, size_bytes), _)| *size_bytes).collect();
        if stored_bytes.len() < state.parts.len() {
            return truncated(stored_bytes.iter().sum());
        }
        let found = self.list_files(&piece_path(file, "")).await?;
        let is_stored = |piece: &Piece| found.contains(&(piece_path(file, &piece.name), piece.size_bytes));
        if !state.pieces.iter().all(is_stored) {
            return truncated(state.parted_bytes);
        }
        Ok(())
    }

    /// Deletes what the store has of an upload and `named` does not name.
    async fn discard_unnamed(&self, file: FileId, named: Option<&UploadState>) -> Result<(), StorageError> {
        let pieces: BTreeSet<String> =
            named.iter().flat_map(|state| &state.pieces).map(|piece| piece_path(file, &piece.name)).collect();
        let stored = self.list_files(&piece_path(file, "")).await?;
        let unnamed = stored.iter().map(|(path, _)| path.as_str()).filter(|path| !pieces.contains(*path));
        self.delete_files(&unnamed.collect::<Vec<_>>()).await?;
        let upload = named.and_then(|state| state.upload.as_ref());
        let path = Key::master(file).as_str().to_owned();
        for (found, id) in self.list_multipart(&path).await? {
            if found == path && Some(&id) != upload {
                self.abort_parts(&path, &id).await?;
            }
        }
        Ok(())
    }

    /// Lists the tags and sizes of the parts of an upload, in order; none if the upload is absent.
    async fn list_parts(&self, key: &Key, upload: &str) -> Result<Vec<(String, u64)>, StorageError> {
        let mut pages = self
            .client()
            .list_parts()
            .bucket(self.bucket())
            .key(self.name(key.as_str()))
            .upload_id(upload)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            match page.map_err(Failure::from) {
                Ok(page) => found.extend(page.parts().iter().map(|part| {
                    let size = part.size().and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
                    (part.e_tag().unwrap_or_default().to_owned(), size)
                })),
                Err(failure) if failure.is_absent() => return Ok(Vec::new()),
                Err(failure) => return Err(failure.during(format!("list the parts of {key}"))),
            }
        }
        Ok(found)
    }

    /// Lists the unfinished multipart uploads below a prefix: path and id.
    pub(super) async fn list_multipart(&self, prefix: &str) -> Result<Vec<(String, String)>, StorageError> {
        let mut found = Vec::new();
        let (mut key_marker, mut id_marker) = (None, None);
        loop {
            let page = self
                .client()
                .list_multipart_uploads()
                .bucket(self.bucket())
                .prefix(self.name(prefix))
                .set_key_marker(key_marker)
                .set_upload_id_marker(id_marker)
                .send()
                .await
                .map_err(|error| Failure::from(error).during("list unfinished uploads"))?;
            for upload in page.uploads() {
                if let (Some(path), Some(id)) =
                    (upload.key().and_then(|name| self.path(name)), upload.upload_id())
                {
                    found.push((path.to_owned(), id.to_owned()));
                }
            }
            if !page.is_truncated().unwrap_or(false) || page.next_key_marker().is_none() {
                return Ok(found);
            }
            key_marker = page.next_key_marker().map(str::to_owned);
            id_marker = page.next_upload_id_marker().map(str::to_owned);
        }
    }
}
