//! Taking a request's bytes into an upload.
//!
//! It runs in a task of its own, so that a client's leaving does not cancel it: what came is made durable and recorded
//! first. A request with a checksum counts whole or not at all.

use std::time::Duration;

use axum::body::Body;
use db::{
    film_file::{self, FilmFile},
    upload,
};
use domain::id::FileId;
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
use crate::permission::Permission;
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
    /// Asked again before the upload counts as whole.
    pub(crate) permission: Option<Permission>,
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
    let taken = tokio::spawn(async move {
        let mut incoming = incoming;
        let taken = take(&ingest, &hold, &row, &mut incoming).await;
        drop(hold);
        if taken.is_err() {
            linger(incoming.body);
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

/// Refuses `needed_bytes` of an upload that would leave too little space once the uploads begun before it are whole.
pub(crate) async fn check_space(config: &Config, file: FileId, needed_bytes: u64) -> Result<(), IngestError> {
    let Some(free_bytes) = config.storage.free_bytes().await? else { return Ok(()) };
    let promised_bytes = upload::outstanding_before(&config.db, file).await?;
    let reserve_bytes = config.min_free_bytes;
    if free_bytes < needed_bytes.saturating_add(promised_bytes).saturating_add(reserve_bytes) {
        return Err(IngestError::NoSpace { needed_bytes, free_bytes, promised_bytes, reserve_bytes });
    }
    Ok(())
}

/// Refuses to go on when the disk is nearly full, whoever filled it.
async fn check_reserve(config: &Config, needed_bytes: u64) -> Result<(), IngestError> {
    let reserve_bytes = config.min_free_bytes;
    match config.storage.free_bytes().await? {
        Some(free_bytes) if free_bytes < reserve_bytes => {
            Err(IngestError::NoSpace { needed_bytes, free_bytes, promised_bytes: 0, reserve_bytes })
        }
        _ => Ok(()),
    }
}

async fn take(
    ingest: &Ingest,
    hold: &Hold,
    row: &FilmFile,
    incoming: &mut Incoming,
) -> Result<Progress, IngestError> {
    let config = &*ingest.config;
    check_space(config, row.id, row.size_bytes - row.received_bytes).await?;
    let start = checkpoint_of(row);
    let mut upload = config.storage.open_upload(row.id, start.clone()).await?;
    let Incoming { body, checksum, permission } = incoming;
    let mut record = Record { ingest, row, permission, offset: start.offset, expires_at: row.expires_at };
    let mut checksum = checksum.take();

    let poured = pour(&mut record, hold, body, &mut upload, checksum.as_mut()).await;
    let closed = upload.close().await;
    let mut result = poured.and(closed.failure.map_or(Ok(()), |failure| Err(failure.into())));
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
        record.cut_back(&start).await?;
    } else if closed.checkpoint.offset > record.offset {
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
            check_reserve(&record.ingest.config, size_bytes - checkpoint.offset).await?;
            // Whether all bytes are all that come shows at the body's end; until then the upload is not whole.
            if checksum.is_none() && checkpoint.offset < size_bytes {
                record.save(&checkpoint).await?;
            }
        }
    }
}

/// The upload's row, as it moves on.
struct Record<'a> {
    ingest: &'a Ingest,
    row: &'a FilmFile,
    permission: &'a Option<Permission>,
    offset: u64,
    expires_at: OffsetDateTime,
}

impl Record<'_> {
    /// Records what is durable. An upload that is whole becomes a master, by this request or by any that comes later.
    async fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), IngestError> {
        if checkpoint.offset == self.row.size_bytes
            && let Some(permission) = self.permission
        {
            permission.check().await?;
        }
        let db = &self.ingest.config.db;
        let (id, to, expires_at) = (self.row.id, checkpoint.offset, self.ingest.expires_at());
        if !upload::checkpoint(db, id, self.offset, to, &checkpoint.state, expires_at).await? {
            // Another process wrote to it, or it was ended.
            let row = film_file::find(db, id).await?.ok_or(IngestError::UnknownUpload)?;
            return Err(IngestError::Offset { offset: row.received_bytes });
        }
        (self.offset, self.expires_at) = (to, expires_at);
        Ok(())
    }

    /// Forgets what came since `start`, and first in the row, which never says more than storage holds.
    async fn cut_back(&mut self, start: &Checkpoint) -> Result<(), IngestError> {
        if self.offset > start.offset {
            self.save(start).await?;
        }
        // Opening an upload cuts it back; its space is free again at once.
        self.ingest.config.storage.open_upload(self.row.id, start.clone()).await?.close().await;
        Ok(())
    }
}
