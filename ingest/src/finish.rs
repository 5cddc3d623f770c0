//! The end of an upload: its bytes become the master, and the film's next step is created.
//!
//! A server killed between the two heals at the next request for the upload, which comes here again, or at the next
//! sweep. All come here with the upload's lease. A request that lost it finds the work done by the one that took it.

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
use crate::lease::Hold;
use crate::record::checkpoint_of;

/// What became of a whole upload.
pub(crate) struct Ended {
    pub(crate) state: FileState,
    /// The file of the same film with the same bytes, if it was this call that found it.
    pub(crate) duplicate_of: Option<FileId>,
}

/// Finishes an upload of `size_bytes`, all of which are at `checkpoint`. May be repeated.
pub(crate) async fn finish_upload(
    db: &Db,
    storage: &Storage,
    lease: &UploadLease,
    size_bytes: u64,
    checkpoint: &Checkpoint,
) -> Result<Ended, IngestError> {
    match finish_once(db, storage, lease, size_bytes, checkpoint).await {
        Ok(ended) => Ok(ended),
        // Another request may have been quicker. The bytes of a duplicate are gone then, so storage can say so too.
        Err(error) => match film_file::find(db, lease.file).await? {
            Some(row) if !matches!(row.state, FileState::Uploading | FileState::Expired) => {
                Ok(Ended { state: row.state, duplicate_of: None })
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
) -> Result<Ended, IngestError> {
    // The hash is of exactly the bytes that were declared, and storage checks that it holds as many.
    if checkpoint.offset != size_bytes {
        let (stored_bytes, expected_bytes) = (checkpoint.offset, size_bytes);
        return Err(StorageError::UploadTruncated { stored_bytes, expected_bytes }.into());
    }
    let (file, sha256, key) = (lease.file, checkpoint.sha256()?, Key::master(lease.file));
    storage.finish_upload(file, &key, size_bytes).await?;
    let duplicate_of = upload::finish(db, lease, &sha256).await?.duplicate_of;
    let state = if let Some(twin) = duplicate_of {
        // Killed before this, a sweep deletes it.
        storage.delete(&key).await?;
        info!(file.id = %file, duplicate_of = %twin, sha256, "Received a master that the film already has");
        FileState::Duplicate
    } else {
        info!(file.id = %file, sha256, size_bytes, "Received a master");
        FileState::Uploaded
    };
    Ok(Ended { state, duplicate_of })
}

/// Finishes a held upload if its row says that it is whole: the request that sent the last byte was cut off. False if it is
/// not whole.
pub(crate) async fn finish_if_whole(
    ingest: &Ingest,
    hold: &mut Hold,
    row: &FilmFile,
) -> Result<bool, IngestError> {
    if row.received_bytes != row.size_bytes {
        return Ok(false);
    }
    let (config, lease, checkpoint) = (&*ingest.config, *hold.lease(), checkpoint_of(row));
    let finish = finish_upload(&config.db, &config.storage, &lease, row.size_bytes, &checkpoint);
    hold.renewed_during(finish).await?;
    Ok(true)
}

/// The lease of an upload and its row. Without a lease for one that is finished, or that was whole and is finished now.
pub(crate) async fn acquire_unfinished(
    ingest: &Ingest,
    file: FileId,
) -> Result<(Option<Hold>, FilmFile), IngestError> {
    let (hold, row) = ingest.leases.acquire(file).await?;
    let Some(mut hold) = hold else { return Ok((None, row)) };
    let finished = match finish_if_whole(ingest, &mut hold, &row).await {
        Ok(false) => return Ok((Some(hold), row)),
        finished => finished,
    };
    hold.release().await;
    finished?;
    Ok((None, find_row(ingest, file).await?))
}

/// The upload's row, unless it expired.
pub(crate) async fn find_row(ingest: &Ingest, file: FileId) -> Result<FilmFile, IngestError> {
    let _turn = ingest.leases.turn().await;
    let row = film_file::find(&ingest.config.db, file).await?.ok_or(IngestError::UnknownUpload)?;
    if row.state == FileState::Expired { Err(IngestError::Expired) } else { Ok(row) }
}
