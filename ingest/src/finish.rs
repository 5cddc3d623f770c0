//! The end of an upload: its bytes become the master, and the film's next step is created.
//!
//! A server killed between the two heals at the next request for the upload, which comes here again, or at the next
//! sweep. So two may come here at once; the database lets one of them through, and the other finds it done.

use db::{
    Db,
    film_file::{self, FileState, FilmFile},
    upload,
};
use domain::id::FileId;
use domain::key::Key;
use storage::{Checkpoint, Storage};
use tracing::info;

use crate::Config;
use crate::error::IngestError;
use crate::receive::checkpoint_of;

/// What became of a whole upload.
pub(crate) struct Ended {
    pub(crate) state: FileState,
    /// The file of the same film with the same bytes, if it was this call that found it.
    pub(crate) duplicate_of: Option<FileId>,
}

/// Finishes an upload all of whose bytes are at `checkpoint`. May be repeated, also at the same time.
pub(crate) async fn finish_upload(
    db: &Db,
    storage: &Storage,
    file: FileId,
    checkpoint: &Checkpoint,
) -> Result<Ended, IngestError> {
    match finish_once(db, storage, file, checkpoint).await {
        Ok(ended) => Ok(ended),
        // Somebody else may have been quicker. The bytes of a duplicate are gone then, so storage can say so too.
        Err(error) => match film_file::find(db, file).await? {
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
    file: FileId,
    checkpoint: &Checkpoint,
) -> Result<Ended, IngestError> {
    let (sha256, key) = (checkpoint.sha256()?, Key::master(file));
    storage.finish_upload(file, &key).await?;
    let duplicate_of = upload::finish(db, file, &sha256).await?.duplicate_of;
    let state = if let Some(twin) = duplicate_of {
        // Killed before this, a sweep deletes it.
        storage.delete(&key).await?;
        info!(file.id = %file, duplicate_of = %twin, sha256, "Received a master that the film already has");
        FileState::Duplicate
    } else {
        info!(file.id = %file, sha256, size_bytes = checkpoint.offset, "Received a master");
        FileState::Uploaded
    };
    Ok(Ended { state, duplicate_of })
}

/// The upload's row as clients may see it. The caller holds the upload, so that a finish that was cut off can be
/// made up for.
pub(crate) async fn current_row(config: &Config, file: FileId) -> Result<FilmFile, IngestError> {
    let row = find_row(config, file).await?;
    if row.state == FileState::Uploading && row.received_bytes == row.size_bytes {
        finish_upload(&config.db, &config.storage, file, &checkpoint_of(&row)).await?;
        return find_row(config, file).await;
    }
    Ok(row)
}

/// The upload's row, unless it was given up.
pub(crate) async fn find_row(config: &Config, file: FileId) -> Result<FilmFile, IngestError> {
    let row = film_file::find(&config.db, file).await?.ok_or(IngestError::UnknownUpload)?;
    if row.state == FileState::Expired { Err(IngestError::Expired) } else { Ok(row) }
}
