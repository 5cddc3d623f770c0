//! Receives a request's bytes into an upload.
//!
//! This runs in a separate task, so that a client's disconnect does not cancel it: the received bytes are first made durable
//! and recorded. The bytes of a request with a checksum count all or not at all. A request that receives no bytes for a while
//! holds no file, no thread and no lock: it closes the upload, and opens it again when there are bytes to write.

use std::time::Duration;

use axum::body::Body;
use db::film_file::FilmFile;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use storage::{Checkpoint, StorageError, Upload};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::Instrument;

use crate::Ingest;
use crate::account::Slot;
use crate::checksum::Checksum;
use crate::error::IngestError;
use crate::finish::{FinishedUpload, finish_upload};
use crate::headers;
use crate::lease::LeaseGuard;
use crate::permission::Permission;
use crate::record::{Record, checkpoint_of};
use crate::space::{check_reserve, check_space};

/// When a client has sent nothing for this long, another connection may replace it.
const YIELD_AFTER: Duration = Duration::from_secs(5);
/// When a client has sent nothing for this long, its request ends.
const STALL_TIMEOUT: Duration = Duration::from_mins(1);
/// After an error, how long the rest of the request is read and discarded: a client that is still sending would lose the
/// response if the connection were closed at once.
const LINGER: Duration = Duration::from_secs(10);
/// The same while the server stops.
const LAST_LINGER: Duration = Duration::from_secs(1);

/// A request whose bytes are to be received.
pub(crate) struct Incoming {
    pub(crate) body: Body,
    pub(crate) checksum: Option<Checksum>,
    /// Checked again before the upload becomes a master.
    pub(crate) permission: Option<Permission>,
    /// Held until the request has ended.
    pub(crate) slot: Slot,
}

/// The progress of an upload after a request.
pub(crate) struct Progress {
    pub(crate) offset: u64,
    pub(crate) expires_at: OffsetDateTime,
    /// The result, if the request finished the upload.
    pub(crate) finished: Option<FinishedUpload>,
}

/// Receives the request's bytes into the upload that `row` describes, and finishes the upload if they were its last.
pub(crate) async fn receive(
    ingest: Ingest,
    mut guard: LeaseGuard,
    row: FilmFile,
    incoming: Incoming,
) -> Result<Progress, IngestError> {
    let span = ingest.trace_span(row.id).await;
    let received = async move {
        let Incoming { mut body, checksum, permission, slot } = incoming;
        let received = receive_body(&ingest, &mut guard, &row, &mut body, checksum, permission).await;
        guard.release().await;
        drop(slot);
        if received.is_err() {
            linger(&ingest, body);
        }
        received
    };
    tokio::spawn(received.instrument(span)).await.unwrap_or(Err(IngestError::Task))
}

/// Reads and discards, for a limited time, what the client still sends after an error.
pub(crate) fn linger(ingest: &Ingest, mut body: Body) {
    let shutdown = ingest.config.shutdown.clone();
    tokio::spawn(async move {
        let read = async { while let Some(Ok(_)) = body.frame().await {} };
        tokio::select! {
            _ = timeout(LINGER, read) => {}
            () = async { shutdown.cancelled().await; sleep(LAST_LINGER).await } => {}
        }
    });
}

/// Refuses a request that announces more bytes than the upload still lacks.
pub(crate) fn check_length(headers: &HeaderMap, row: &FilmFile) -> Result<(), IngestError> {
    match headers::number(headers, &CONTENT_LENGTH)? {
        Some(length) if length > row.size_bytes - row.received_bytes => {
            Err(IngestError::BeyondLength { size_bytes: row.size_bytes })
        }
        _ => Ok(()),
    }
}

async fn receive_body(
    ingest: &Ingest,
    guard: &mut LeaseGuard,
    row: &FilmFile,
    body: &mut Body,
    mut checksum: Option<Checksum>,
    permission: Option<Permission>,
) -> Result<Progress, IngestError> {
    let config = &*ingest.config;
    check_space(ingest, row.id, row.size_bytes - row.received_bytes).await?;
    let start = checkpoint_of(row);
    let mut sink = Sink { ingest, row, upload: None, stored: start.clone() };
    let mut record = Record { ingest, row, permission, offset: start.offset, expires_at: row.expires_at };

    let written = write_body(&mut record, guard, body, &mut sink, checksum.as_mut()).await;
    let closed = guard.renew_during(sink.close()).await;
    let mut result = written.and(closed.map_err(IngestError::from));
    let is_checked = checksum.is_some();
    if result.is_ok() && checksum.is_some_and(|checksum| !checksum.matches()) {
        result = Err(IngestError::Checksum);
    }
    // A client that sends more bytes than it announced is sending another file, so not even the first bytes count.
    let counts = match &result {
        Ok(()) => true,
        Err(error) => !is_checked && !matches!(error, IngestError::BeyondLength { .. }),
    };
    if !counts {
        if sink.stored != start {
            // The file may be truncated only under the lease.
            guard.renew().await?;
            record.roll_back(guard, &start).await?;
        }
    } else if sink.stored.offset > record.offset {
        record.save(guard, &sink.stored).await?;
    }
    result?;

    let finished = if record.offset == row.size_bytes {
        guard.renew().await?;
        let lease = *guard.lease();
        let finish = finish_upload(&config.db, &config.storage, &lease, row.size_bytes, &sink.stored);
        Some(guard.renew_during(finish).await?)
    } else {
        None
    };
    Ok(Progress { offset: record.offset, expires_at: record.expires_at, finished })
}

/// Writes the body into the upload. Also returns `Ok` when storing fails: closing the upload then returns the error.
async fn write_body(
    record: &mut Record<'_>,
    guard: &mut LeaseGuard,
    body: &mut Body,
    sink: &mut Sink<'_>,
    mut checksum: Option<&mut Checksum>,
) -> Result<(), IngestError> {
    let (ingest, size_bytes) = (record.ingest, record.row.size_bytes);
    let mut last_byte = Instant::now();
    let mut has_yielded = false;
    loop {
        let frame = tokio::select! {
            biased;
            () = ingest.config.shutdown.cancelled() => return Err(IngestError::Stopping),
            () = guard.replaced() => return Err(IngestError::Stalled),
            frame = body.frame() => frame,
            () = sleep_until(last_byte + YIELD_AFTER), if !has_yielded => {
                has_yielded = true;
                guard.renew_during(sink.close()).await?;
                // Only the body's end shows that the client sends no further bytes. Until then the upload is not complete.
                if checksum.is_none() && (record.offset + 1..size_bytes).contains(&sink.stored.offset) {
                    record.save(guard, &sink.stored).await?;
                }
                guard.yield_lease().await?;
                continue;
            }
            () = sleep_until(last_byte + STALL_TIMEOUT) => return Err(IngestError::Stalled),
        };
        if std::mem::take(&mut has_yielded) {
            guard.renew().await?;
        } else {
            guard.renew_if_due().await?;
        }
        let Some(frame) = frame else { return Ok(()) };
        let Ok(bytes) = frame.map_err(|_| IngestError::Disconnected)?.into_data() else { continue };
        last_byte = Instant::now();
        if bytes.is_empty() {
            continue;
        }
        let upload = sink.open().await?;
        if upload.offset() + bytes.len() as u64 > size_bytes {
            return Err(IngestError::BeyondLength { size_bytes });
        }
        if let Some(checksum) = &mut checksum {
            checksum.update(&bytes);
        }
        if !guard.renew_during(upload.append(bytes)).await {
            return Ok(());
        }
        if let Some(checkpoint) = upload.checkpoint() {
            check_reserve(&ingest.config).await?;
            if checksum.is_none() && checkpoint.offset < size_bytes {
                record.save(guard, &checkpoint).await?;
                upload.recorded(checkpoint.offset);
            }
        }
    }
}

/// The upload in storage, open while bytes arrive.
struct Sink<'a> {
    ingest: &'a Ingest,
    row: &'a FilmFile,
    upload: Option<Upload>,
    /// The durable bytes as of the last close.
    stored: Checkpoint,
}

impl Sink<'_> {
    async fn open(&mut self) -> Result<&mut Upload, IngestError> {
        let upload = if let Some(upload) = self.upload.take() {
            upload
        } else {
            let (storage, row) = (&self.ingest.config.storage, self.row);
            storage.open_upload(row.id, row.size_bytes, self.stored.clone()).await?
        };
        Ok(self.upload.insert(upload))
    }

    /// Makes the received bytes durable and closes the file. The next bytes open it again.
    async fn close(&mut self) -> Result<(), StorageError> {
        let Some(upload) = self.upload.take() else { return Ok(()) };
        let closed = upload.close().await;
        self.stored = closed.checkpoint;
        closed.failure.map_or(Ok(()), Err)
    }
}
