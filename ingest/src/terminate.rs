//! DELETE: an upload is given up by its owner.

use axum::response::{IntoResponse, Response};
use db::{audit::Author, film_file::FileState, upload};
use domain::id::FileId;
use http::StatusCode;
use tracing::info;

use crate::Ingest;
use crate::error::IngestError;
use crate::finish::current_row;

/// Removes the bytes, then the row: cut off between the two, the row expires.
pub(crate) async fn delete_upload(
    ingest: &Ingest,
    file: FileId,
    author: &Author,
) -> Result<Response, IngestError> {
    let config = &ingest.config;
    let _hold = ingest.holders.acquire(file).await?;
    let state = match current_row(config, file).await {
        // Whole according to its row, and it can never be finished.
        Err(IngestError::LostBytes) => FileState::Uploading,
        row => row?.state,
    };
    if state != FileState::Uploading {
        return Err(IngestError::Complete);
    }
    config.storage.abort_upload(file).await?;
    upload::delete(&config.db, author, file).await?;
    info!(file.id = %file, "Ended an upload at its owner's wish");
    Ok(StatusCode::NO_CONTENT.into_response())
}
