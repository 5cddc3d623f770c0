//! Finishes an upload: its bytes become the master, and the film's next job is queued.
//!
//! If a server is killed between these two steps, the next request for the upload or the next sweep repeats them. Every
//! caller holds the upload's lease. A request that lost it finds the work done by the request that took it.

use db::{
    Db,
    film_file::{self, FileState, FilmFile},
    upload::{self, UploadLease},
};
use domain::id::FileId;
use domain::key::Key;
use storage::{Checkpoint, Storage, StorageError};
use tracing::info;

use crate::Ingest;
use crate::error::IngestError;
use crate::lease::LeaseGuard;
use crate::record::checkpoint_of;

/// Result of finishing an upload.
pub(crate) struct FinishedUpload {
    pub(crate) state: FileState,
    /// The file of the same film with the same bytes, if this call found it.
    pub(crate) duplicate_of: Option<FileId>,
}

/// Finishes an upload of `size_bytes`, all of which are stored at `checkpoint`. Idempotent.
pub(crate) async fn finish_upload(
    db: &Db,
    storage: &Storage,
    lease: &UploadLease,
    size_bytes: u64,
    checkpoint: &Checkpoint,
) -> Result<FinishedUpload, IngestError> {
    match finish_once(db, storage, lease, size_bytes, checkpoint).await {
        Ok(finished) => Ok(finished),
        // Another request may have finished the upload first. It deletes a duplicate's bytes, so storage may fail as well.
        Err(error) => match film_file::find(db, lease.file).await? {
            Some(row) if !matches!(row.state, FileState::Uploading | FileState::Expired) => {
                Ok(FinishedUpload { state: row.state, duplicate_of: None })
            }
            _ => Err(error),
        },
    }
}

async fn finish_once(
    db: &Db,
    storage: &Storage,
    lease: &UploadLease,
    size_bytes: u64,
    checkpoint: &Checkpoint,
) -> Result<FinishedUpload, IngestError> {
    // The hash must cover exactly the announced bytes. Storage checks that it holds as many.
    if checkpoint.offset != size_bytes {
        let (stored_bytes, expected_bytes) = (checkpoint.offset, size_bytes);
        return Err(StorageError::UploadTruncated { stored_bytes, expected_bytes }.into());
    }
    let (file, sha256) = (lease.file, checkpoint.sha256()?);
    storage.finish_upload(file, checkpoint).await?;
    let duplicate_of = upload::finish(db, lease, &sha256).await?.duplicate_of;
    let state = if let Some(original) = duplicate_of {
        // If the server is killed before this, a sweep deletes it.
        storage.delete(&Key::master(file)).await?;
        info!(
            file.id = %file,
            duplicate_of = %original,
            sha256,
            "Received a master that the film already has; deleted the duplicate"
        );
        FileState::Duplicate
    } else {
        info!(file.id = %file, sha256, size_bytes, "Received a file");
        FileState::Uploaded
    };
    Ok(FinishedUpload { state, duplicate_of })
}

/// Finishes an upload if its row says that all bytes are stored: the request that sent the last byte was interrupted. Returns
/// false if bytes are missing.
pub(crate) async fn finish_if_all_stored(
    ingest: &Ingest,
    guard: &mut LeaseGuard,
    row: &FilmFile,
) -> Result<bool, IngestError> {
    if row.received_bytes != row.size_bytes {
        return Ok(false);
    }
    let (config, lease, checkpoint) = (&*ingest.config, *guard.lease(), checkpoint_of(row));
    let finish = finish_upload(&config.db, &config.storage, &lease, row.size_bytes, &checkpoint);
    guard.renew_during(finish).await?;
    Ok(true)
}

/// Takes an upload's lease and reads its row. Returns no lease if the upload is finished, or if all bytes were stored and
/// this call finished it.
pub(crate) async fn acquire_unfinished(
    ingest: &Ingest,
    file: FileId,
) -> Result<(Option<LeaseGuard>, FilmFile), IngestError> {
    let (guard, row) = ingest.leases.acquire(file).await?;
    let Some(mut guard) = guard else { return Ok((None, row)) };
    let finished = match finish_if_all_stored(ingest, &mut guard, &row).await {
        Ok(false) => return Ok((Some(guard), row)),
        finished => finished,
    };
    guard.release().await;
    finished?;
    Ok((None, find_row(ingest, file).await?))
}

/// Returns the upload's row, or an error if the upload expired.
pub(crate) async fn find_row(ingest: &Ingest, file: FileId) -> Result<FilmFile, IngestError> {
    let _permit = ingest.leases.database_permit().await;
    let row = film_file::find(&ingest.config.db, file).await?.ok_or(IngestError::UnknownUpload)?;
    if row.state == FileState::Expired { Err(IngestError::Expired) } else { Ok(row) }
}
