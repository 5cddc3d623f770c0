//! Writing an upload's bytes: full parts are sent while the next one is received. Bytes that wait longer than a few seconds for
//! their part to become full are stored as a piece, which frees their memory, so slow clients together need little of it.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use domain::id::FileId;
use domain::key::Key;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::S3;
use super::put::MIN_PART_BYTES;
use super::upload::piece_path;
use super::upload_state::{Piece, UploadState};
use crate::StorageError;
use crate::hash::ContentHash;
use crate::upload::{Checkpoint, Closed, Queued};

/// Bytes become durable at the latest after this time, unless the store is slower.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(5);
/// Parts that are sent at once.
const SENDING: usize = 2;

type Permits = Vec<(OwnedSemaphorePermit, OwnedSemaphorePermit)>;

/// A part on its way to the store.
struct Sending {
    size_bytes: u64,
    /// State of the hash after the part.
    hash: Vec<u8>,
    sent: AbortOnDropHandle<Result<Sent, StorageError>>,
}

/// A part that is stored.
struct Sent {
    tag: String,
    /// Its memory, for the next part.
    buffer: Bytes,
}

pub(super) struct Writer {
    s3: S3,
    file: FileId,
    /// The announced size of the upload. The last part ends there.
    size_bytes: u64,
    hash: ContentHash,
    offset: u64,
    /// What is durable.
    state: UploadState,
    /// Bytes of the part that is being filled, after its pieces.
    buffer: BytesMut,
    /// The memory of an earlier part. The connection may still hold it for a moment.
    spare: Bytes,
    permits: Permits,
    sending: VecDeque<Sending>,
    durable: watch::Sender<Checkpoint>,
    last_checkpoint: Instant,
    /// The offset that the caller has recorded.
    recorded: watch::Receiver<u64>,
    /// Pieces that no checkpoint from this offset on names.
    replaced: Vec<(u64, Piece)>,
}

impl Writer {
    /// Returns a writer that continues after `state`.
    pub(super) fn new(
        s3: S3,
        file: FileId,
        size_bytes: u64,
        state: UploadState,
        hash: ContentHash,
        durable: watch::Sender<Checkpoint>,
        recorded: watch::Receiver<u64>,
    ) -> Self {
        Self {
            s3,
            file,
            size_bytes,
            hash,
            offset: state.offset(),
            state,
            buffer: BytesMut::new(),
            spare: Bytes::new(),
            permits: Vec::new(),
            sending: VecDeque::new(),
            durable,
            last_checkpoint: Instant::now(),
            recorded,
            replaced: Vec::new(),
        }
    }

    /// Stores the queued bytes until the upload is closed or dropped, or until the store fails.
    pub(super) async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Queued>) -> Closed {
        let written = self.store_all(&mut queue).await;
        // The sender now sees that the upload accepts no more bytes, and the queued bytes release their memory.
        drop(queue);
        let stored = match written {
            Ok(()) => self.store_rest().await,
            // Parts that arrived are kept, so that the client has to send fewer bytes again.
            Err(error) => self.sent_all().await.and(Err(error)),
        };
        let checkpoint = self.durable.borrow().clone();
        Closed { checkpoint, failure: stored.err() }
    }

    async fn store_all(&mut self, queue: &mut mpsc::UnboundedReceiver<Queued>) -> Result<(), StorageError> {
        loop {
            let is_durable = self.offset == self.durable.borrow().offset;
            tokio::select! {
                next = queue.recv(), if self.sending.len() < SENDING => {
                    let Some((bytes, own, of_all)) = next else { return Ok(()) };
                    self.permits.push((own, of_all));
                    self.add(bytes).await?;
                }
                sent = first_sent(&mut self.sending) => self.part_sent(sent)?,
                () = sleep_until(self.last_checkpoint + CHECKPOINT_INTERVAL), if !is_durable => {
                    self.store_rest().await?;
                }
            }
            if is_durable {
                self.last_checkpoint = Instant::now();
            }
        }
    }

    /// Adds bytes to the part that is being filled, and begins to send it when it is full.
    async fn add(&mut self, mut bytes: Bytes) -> Result<(), StorageError> {
        while !bytes.is_empty() {
            let filled = self.filled_by_pieces() + self.buffer.len() as u64;
            let free = usize::try_from(self.state.part_bytes - filled).unwrap_or(usize::MAX);
            let taken = bytes.split_to(free.min(bytes.len()));
            if self.buffer.is_empty() {
                self.buffer = std::mem::take(&mut self.spare).try_into_mut().unwrap_or_default();
                self.buffer.clear();
                let expected = self
                    .state
                    .part_bytes
                    .min(MIN_PART_BYTES)
                    .min(self.size_bytes.saturating_sub(self.offset));
                self.buffer.reserve(usize::try_from(expected).unwrap_or(0).max(taken.len()));
            }
            self.hash.update(&taken);
            self.offset += taken.len() as u64;
            self.buffer.extend_from_slice(&taken);
            if taken.len() == free || self.offset == self.size_bytes {
                self.send_part().await?;
            } else if self.buffer.len() as u64 >= MIN_PART_BYTES {
                self.store_rest().await?;
            }
        }
        Ok(())
    }

    /// Returns the number of bytes of the part that is being filled that are in pieces. While earlier parts are being sent, it has none.
    fn filled_by_pieces(&self) -> u64 {
        if self.sending.is_empty() { self.state.piece_bytes() } else { 0 }
    }

    async fn send_part(&mut self) -> Result<(), StorageError> {
        let key = Key::master(self.file);
        let upload = match &self.state.upload {
            Some(upload) => upload.clone(),
            None => self.state.upload.insert(self.s3.begin_parts(&key).await?).clone(),
        };
        // Pieces that an earlier part has on its way are not those of this one.
        let pieces = if self.sending.is_empty() { self.state.pieces.clone() } else { Vec::new() };
        let number = self.state.parts.len() + self.sending.len() + 1;
        let (bytes, permits) = (self.buffer.split().freeze(), std::mem::take(&mut self.permits));
        self.buffer = BytesMut::new();
        let size_bytes = self.filled_by_pieces() + bytes.len() as u64;
        let (s3, file) = (self.s3.clone(), self.file);
        let send = async move {
            let _permits = permits;
            if pieces.is_empty() {
                let tag = s3.put_part(&key, &upload, number, bytes.clone()).await?;
                return Ok(Sent { tag, buffer: bytes });
            }
            let _join = s3.uploads().joins.clone().acquire_owned().await;
            let joined = s3.join_pieces(file, &pieces, bytes).await?.ok_or(StorageError::UploadGone)?;
            Ok(Sent { tag: s3.put_part(&key, &upload, number, joined).await?, buffer: Bytes::new() })
        };
        let sent = AbortOnDropHandle::new(tokio::spawn(send));
        self.sending.push_back(Sending { size_bytes, hash: self.hash.save(), sent });
        Ok(())
    }

    /// Adds the first of the parts that are being sent to what is durable.
    fn part_sent(&mut self, sent: Result<Sent, StorageError>) -> Result<(), StorageError> {
        let Some(part) = self.sending.pop_front() else { return Ok(()) };
        let sent = sent?;
        let is_idle = self.sending.is_empty() && self.buffer.is_empty();
        self.spare = if is_idle { Bytes::new() } else { sent.buffer };
        self.state.parts.push(sent.tag);
        self.state.parted_bytes += part.size_bytes;
        self.state.set_hash(&part.hash);
        let end = self.state.parted_bytes;
        self.replaced.extend(self.state.pieces.drain(..).map(|piece| (end, piece)));
        self.checkpoint();
        Ok(())
    }

    async fn sent_all(&mut self) -> Result<(), StorageError> {
        while !self.sending.is_empty() {
            let sent = first_sent(&mut self.sending).await;
            self.part_sent(sent)?;
        }
        Ok(())
    }

    /// Makes all received bytes durable.
    async fn store_rest(&mut self) -> Result<(), StorageError> {
        self.sent_all().await?;
        self.spare = Bytes::new();
        if !self.buffer.is_empty() {
            let name = Uuid::new_v4().simple().to_string();
            let bytes = std::mem::take(&mut self.buffer).freeze();
            let size_bytes = bytes.len() as u64;
            self.s3.put_file(&piece_path(self.file, &name), bytes, None).await?;
            self.permits.clear();
            self.state.pieces.push(Piece { name, size_bytes });
            self.state.set_hash(&self.hash.save());
            self.checkpoint();
        }
        self.delete_replaced();
        Ok(())
    }

    fn checkpoint(&mut self) {
        self.durable.send_replace(self.state.checkpoint());
        self.last_checkpoint = Instant::now();
    }

    /// Deletes pieces in the background that no checkpoint names to which the upload can return. What stays is deleted when the
    /// upload is opened again or finished.
    fn delete_replaced(&mut self) {
        let recorded = *self.recorded.borrow();
        let free: Vec<_> = self.replaced.extract_if(.., |(end, _)| *end <= recorded).collect();
        if free.is_empty() {
            return;
        }
        let (s3, file) = (self.s3.clone(), self.file);
        tokio::spawn(async move {
            let paths: Vec<String> = free.iter().map(|(_, piece)| piece_path(file, &piece.name)).collect();
            if let Err(error) = s3.delete_files(&paths.iter().map(String::as_str).collect::<Vec<_>>()).await {
                tracing::warn!(%error, "Could not delete pieces of an upload; the end of the upload deletes them");
            }
        });
    }
}

/// Waits for the first of the parts that are being sent; without one, for ever.
async fn first_sent(sending: &mut VecDeque<Sending>) -> Result<Sent, StorageError> {
    match sending.front_mut() {
        Some(first) => (&mut first.sent).await.unwrap_or_else(|error| {
            Err(StorageError::io("store a part of an upload", std::io::Error::other(error)))
        }),
        None => std::future::pending().await,
    }
}
