//! The end of an upload: its bytes become the master, and the film's next step is created.
//!
//! A server killed between the two heals at the next request for the upload, which comes here again.

use db::film_file::{self, FileState, FilmFile, Finished};
use domain::id::FileId;
use domain::key::Key;
use storage::Checkpoint;
use tracing::info;

use crate::Config;
use crate::error::IngestError;
use crate::receive::checkpoint_of;

/// Finishes an upload all of whose bytes are at `checkpoint`. May be repeated.
pub(crate) async fn finish_upload(
    config: &Config,
    file: FileId,
    checkpoint: &Checkpoint,
) -> Result<Finished, IngestError> {
    let (sha256, key) = (checkpoint.sha256()?, Key::master(file));
    config.storage.finish_upload(file, &key).await?;
    let finished = film_file::finish(&config.db, file, &sha256).await?;
    if let Some(twin) = finished.duplicate_of {
        config.storage.delete(&key).await?;
        info!(file.id = %file, duplicate_of = %twin, sha256, "Received a master that the film already has");
    } else {
        info!(file.id = %file, sha256, size_bytes = checkpoint.offset, "Received a master");
    }
    Ok(finished)
}

/// The upload's row as clients may see it. The caller holds the upload, so that a finish that was cut off can be
/// made up for.
pub(crate) async fn current_row(config: &Config, file: FileId) -> Result<FilmFile, IngestError> {
    let row = find_row(config, file).await?;
    if row.state == FileState::Uploading && row.received_bytes == row.size_bytes {
        finish_upload(config, file, &checkpoint_of(&row)).await?;
        return find_row(config, file).await;
    }
    Ok(row)
}

/// The upload's row, unless it was given up.
pub(crate) async fn find_row(config: &Config, file: FileId) -> Result<FilmFile, IngestError> {
    let row = film_file::find(&config.db, file).await?.ok_or(IngestError::UnknownUpload)?;
    if row.state == FileState::Expired { Err(IngestError::Expired) } else { Ok(row) }
}
