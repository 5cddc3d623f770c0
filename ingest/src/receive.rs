//! Taking a request's bytes into an upload.
//!
//! It runs in a task of its own, so that a client's leaving does not cancel it: what came is made durable and recorded
//! first. A request with a checksum counts whole or not at all. A request to which no byte comes holds no file, no
//! thread and no lock: it closes the upload and opens it again when there is something to write.

use std::time::Duration;

use axum::body::Body;
use db::film_file::FilmFile;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use storage::{Checkpoint, StorageError, Upload};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::Ingest;
use crate::account::Place;
use crate::checksum::Checksum;
use crate::error::IngestError;
use crate::finish::{Ended, finish_upload};
use crate::headers;
use crate::lease::Hold;
use crate::permission::Permission;
use crate::record::{Record, checkpoint_of};
use crate::space::{check_reserve, check_space};

/// A client that sends nothing for so long may be replaced by another connection.
const REST_AFTER: Duration = Duration::from_secs(5);
/// A client that sends nothing for so long is taken for gone.
const IDLE: Duration = Duration::from_mins(1);
/// After a refusal, how long the rest of the request is read and thrown away: a client that is still sending would lose
/// the answer if the connection were closed in its face.
const LINGER: Duration = Duration::from_secs(10);
/// The same while the server stops.
const LAST_LINGER: Duration = Duration::from_secs(1);

/// What is to be taken in.
pub(crate) struct Incoming {
    pub(crate) body: Body,
    pub(crate) checksum: Option<Checksum>,
    /// Asked again before the upload counts as whole.
    pub(crate) permission: Option<Permission>,
    /// Held until the request has ended.
    pub(crate) place: Place,
}

/// How far the upload is after a request.
pub(crate) struct Progress {
    pub(crate) offset: u64,
    pub(crate) expires_at: OffsetDateTime,
    /// What became of the file, if that was all of it.
    pub(crate) ended: Option<Ended>,
}

/// Takes the request's bytes into the upload that `row` describes, and finishes it if they were the last.
pub(crate) async fn receive(
    ingest: Ingest,
    mut hold: Hold,
    row: FilmFile,
    incoming: Incoming,
) -> Result<Progress, IngestError> {
    let taken = tokio::spawn(async move {
        let Incoming { mut body, checksum, permission, place } = incoming;
        let taken = take(&ingest, &mut hold, &row, &mut body, checksum, permission).await;
        hold.release().await;
        drop(place);
        if taken.is_err() {
            linger(&ingest, body);
        }
        taken
    });
    taken.await.unwrap_or(Err(IngestError::Task))
}

/// Reads for a while what a refused client still sends.
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

/// Refuses bytes that are announced but would not fit in the file.
pub(crate) fn check_length(headers: &HeaderMap, row: &FilmFile) -> Result<(), IngestError> {
    match headers::number(headers, &CONTENT_LENGTH)? {
        Some(length) if length > row.size_bytes - row.received_bytes => {
            Err(IngestError::BeyondLength { size_bytes: row.size_bytes })
        }
        _ => Ok(()),
    }
}

async fn take(
    ingest: &Ingest,
    hold: &mut Hold,
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

    let poured = pour(&mut record, hold, body, &mut sink, checksum.as_mut()).await;
    let closed = hold.renewed_during(sink.close()).await;
    let mut result = poured.and(closed.map_err(IngestError::from));
    let is_checked = checksum.is_some();
    if result.is_ok() && checksum.is_some_and(|checksum| !checksum.matches()) {
        result = Err(IngestError::Checksum);
    }
    // A source that is longer than was announced is not the file that was announced, not even its beginning.
    let counts = match &result {
        Ok(()) => true,
        Err(error) => !is_checked && !matches!(error, IngestError::BeyondLength { .. }),
    };
    if !counts {
        if sink.stored != start {
            // The file is cut under the lease alone.
            hold.renew().await?;
            record.cut_back(hold, &start).await?;
        }
    } else if sink.stored.offset > record.offset {
        record.save(hold, &sink.stored).await?;
    }
    result?;

    let ended = if record.offset == row.size_bytes {
        hold.renew().await?;
        let lease = *hold.lease();
        let finish = finish_upload(&config.db, &config.storage, &lease, row.size_bytes, &sink.stored);
        Some(hold.renewed_during(finish).await?)
    } else {
        None
    };
    Ok(Progress { offset: record.offset, expires_at: record.expires_at, ended })
}

/// Moves the body into the upload. Ends well also when storing fails: closing the upload says why.
async fn pour(
    record: &mut Record<'_>,
    hold: &mut Hold,
    body: &mut Body,
    sink: &mut Sink<'_>,
    mut checksum: Option<&mut Checksum>,
) -> Result<(), IngestError> {
    let (ingest, size_bytes) = (record.ingest, record.row.size_bytes);
    let mut last_byte = Instant::now();
    let mut is_resting = false;
    loop {
        let frame = tokio::select! {
            biased;
            () = ingest.config.shutdown.cancelled() => return Err(IngestError::Stopping),
            () = hold.replaced() => return Err(IngestError::Stalled),
            frame = body.frame() => frame,
            () = sleep_until(last_byte + REST_AFTER), if !is_resting => {
                is_resting = true;
                hold.renewed_during(sink.close()).await?;
                // Whether all bytes are all that come shows at the body's end; until then the upload is not whole.
                if checksum.is_none() && (record.offset + 1..size_bytes).contains(&sink.stored.offset) {
                    record.save(hold, &sink.stored).await?;
                }
                hold.rest().await?;
                continue;
            }
            () = sleep_until(last_byte + IDLE) => return Err(IngestError::Stalled),
        };
        if std::mem::take(&mut is_resting) {
            hold.renew().await?;
        } else {
            hold.renew_if_due().await?;
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
        if !hold.renewed_during(upload.append(bytes)).await {
            return Ok(());
        }
        if let Some(checkpoint) = upload.checkpoint() {
            check_reserve(&ingest.config).await?;
            if checksum.is_none() && checkpoint.offset < size_bytes {
                record.save(hold, &checkpoint).await?;
            }
        }
    }
}

/// The upload in storage: open while bytes come.
struct Sink<'a> {
    ingest: &'a Ingest,
    row: &'a FilmFile,
    upload: Option<Upload>,
    /// What is durable, as of the last time it was closed.
    stored: Checkpoint,
}

impl Sink<'_> {
    async fn open(&mut self) -> Result<&mut Upload, IngestError> {
        let upload = match self.upload.take() {
            Some(upload) => upload,
            None => self.ingest.config.storage.open_upload(self.row.id, self.stored.clone()).await?,
        };
        Ok(self.upload.insert(upload))
    }

    /// Makes what came durable and lets go of the file. More bytes open it again.
    async fn close(&mut self) -> Result<(), StorageError> {
        let Some(upload) = self.upload.take() else { return Ok(()) };
        let closed = upload.close().await;
        self.stored = closed.checkpoint;
        closed.failure.map_or(Ok(()), Err)
    }
}
