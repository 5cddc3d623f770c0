//! Taking a request's bytes into an upload.
//!
//! It runs in a task of its own, so that a client's leaving does not cancel it: what came is made durable and recorded
//! first. A request with a checksum counts whole or not at all.

use std::time::Duration;

use axum::body::Body;
use db::film_file::{self, FilmFile};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use storage::{Checkpoint, Upload};
use time::OffsetDateTime;

use crate::checksum::Checksum;
use crate::error::IngestError;
use crate::finish::{Ended, finish_upload};
use crate::headers;
use crate::holders::Hold;
use crate::{Config, Ingest};

/// A client that sends nothing for so long is taken for gone.
const IDLE: Duration = Duration::from_mins(1);
/// After a refusal, how long the rest of the request is read and thrown away: a client that is still sending would lose
/// the answer if the connection were closed in its face.
const LINGER: Duration = Duration::from_secs(10);

/// What is to be taken in.
pub(crate) struct Incoming {
    pub(crate) body: Body,
    pub(crate) checksum: Option<Checksum>,
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
    hold: Hold,
    row: FilmFile,
    incoming: Incoming,
) -> Result<Progress, IngestError> {
    let Incoming { mut body, checksum } = incoming;
    let taken = tokio::spawn(async move {
        let taken = take(&ingest, &hold, &row, &mut body, checksum).await;
        drop(hold);
        if taken.is_err() {
            linger(body);
        }
        taken
    });
    taken.await.unwrap_or(Err(IngestError::Task))
}

/// Reads on for a while what a refused client still sends.
pub(crate) fn linger(mut body: Body) {
    tokio::spawn(tokio::time::timeout(LINGER, async move { while let Some(Ok(_)) = body.frame().await {} }));
}

/// Where the upload stands according to its row.
pub(crate) fn checkpoint_of(row: &FilmFile) -> Checkpoint {
    Checkpoint { offset: row.received_bytes, state: row.hash_state.clone().unwrap_or_default() }
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

/// Refuses `needed_bytes` that would leave too little space.
pub(crate) async fn check_space(config: &Config, needed_bytes: u64) -> Result<(), IngestError> {
    match config.storage.free_bytes().await? {
        Some(free_bytes) if free_bytes < needed_bytes.saturating_add(config.min_free_bytes) => {
            Err(IngestError::NoSpace { needed_bytes, free_bytes, reserve_bytes: config.min_free_bytes })
        }
        _ => Ok(()),
    }
}

async fn take(
    ingest: &Ingest,
    hold: &Hold,
    row: &FilmFile,
    body: &mut Body,
    mut checksum: Option<Checksum>,
) -> Result<Progress, IngestError> {
    let config = &*ingest.config;
    check_space(config, row.size_bytes - row.received_bytes).await?;
    let start = checkpoint_of(row);
    let mut upload = config.storage.open_upload(row.id, start.clone()).await?;
    let mut record = Record { ingest, row, offset: start.offset, expires_at: row.expires_at };

    let poured = pour(&mut record, hold, body, &mut upload, checksum.as_mut()).await;
    let closed = upload.close().await;
    let mut result = poured.and(closed.failure.map_or(Ok(()), |failure| Err(failure.into())));
    if let Some(checksum) = checksum {
        if result.is_ok() && !checksum.matches() {
            result = Err(IngestError::Checksum);
        }
        if result.is_err() {
            // Opening an upload cuts it back; its space is free again at once.
            config.storage.open_upload(row.id, start).await?.close().await;
            return Err(result.err().unwrap_or(IngestError::Checksum));
        }
    }
    if closed.checkpoint.offset > record.offset {
        record.save(&closed.checkpoint).await?;
    }
    result?;

    let ended = if record.offset == row.size_bytes {
        Some(finish_upload(&config.db, &config.storage, row.id, &closed.checkpoint).await?)
    } else {
        None
    };
    Ok(Progress { offset: record.offset, expires_at: record.expires_at, ended })
}

/// Moves the body into the upload. Ends well also when storing fails: closing the upload says why.
async fn pour(
    record: &mut Record<'_>,
    hold: &Hold,
    body: &mut Body,
    upload: &mut Upload,
    mut checksum: Option<&mut Checksum>,
) -> Result<(), IngestError> {
    let size_bytes = record.row.size_bytes;
    loop {
        let frame = tokio::select! {
            frame = tokio::time::timeout(IDLE, body.frame()) => frame.map_err(|_| IngestError::Stalled)?,
            () = hold.stopped() => return Err(IngestError::Stalled),
            () = record.ingest.config.shutdown.cancelled() => return Err(IngestError::Stopping),
        };
        let Some(frame) = frame else { return Ok(()) };
        let Ok(bytes) = frame.map_err(|_| IngestError::Disconnected)?.into_data() else { continue };
        hold.touch();
        if upload.offset() + bytes.len() as u64 > size_bytes {
            return Err(IngestError::BeyondLength { size_bytes });
        }
        if let Some(checksum) = &mut checksum {
            checksum.update(&bytes);
        }
        if !upload.append(bytes).await {
            return Ok(());
        }
        if let Some(checkpoint) = upload.checkpoint() {
            check_space(&record.ingest.config, 0).await?;
            if checksum.is_none() {
                record.save(&checkpoint).await?;
            }
        }
    }
}

/// The upload's row, as it moves on.
struct Record<'a> {
    ingest: &'a Ingest,
    row: &'a FilmFile,
    offset: u64,
    expires_at: OffsetDateTime,
}

impl Record<'_> {
    async fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), IngestError> {
        let db = &self.ingest.config.db;
        let (id, to, expires_at) = (self.row.id, checkpoint.offset, self.ingest.expires_at());
        if !film_file::checkpoint(db, id, self.offset, to, &checkpoint.state, expires_at).await? {
            // Another process wrote to it, or it was ended.
            let row = film_file::find(db, id).await?.ok_or(IngestError::UnknownUpload)?;
            return Err(IngestError::Offset { offset: row.received_bytes });
        }
        (self.offset, self.expires_at) = (to, expires_at);
        Ok(())
    }
}
