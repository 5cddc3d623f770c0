//! DELETE: deletes an unfinished upload.

use axum::response::{IntoResponse, Response};
use db::{audit::Author, upload};
use domain::id::FileId;
use http::StatusCode;
use tracing::info;

use crate::Ingest;
use crate::error::IngestError;
use crate::finish::finish_if_all_stored;

/// Deletes the bytes, then the row. If the server is killed between the two, the row expires.
pub(crate) async fn delete_upload(
    ingest: &Ingest,
    file: FileId,
    author: &Author,
) -> Result<Response, IngestError> {
    let config = &ingest.config;
    let (guard, row) = ingest.leases.acquire(file).await?;
    let Some(mut guard) = guard else { return Err(IngestError::Complete) };
    let deleted = async {
        match finish_if_all_stored(ingest, &mut guard, &row).await {
            // Bytes are missing, or all are recorded but lost, so that the upload can never be finished.
            Ok(false) | Err(IngestError::LostBytes) => {}
            Ok(true) => return Err(IngestError::Complete),
            Err(error) => return Err(error),
        }
        config.storage.abort_upload(file).await?;
        if upload::delete(&config.db, author, guard.lease()).await? { Ok(()) } else { Err(IngestError::Busy) }
    };
    let deleted = deleted.await;
    guard.release().await;
    deleted?;
    info!(file.id = %file, "Deleted an upload at a client's request");
    Ok(StatusCode::NO_CONTENT.into_response())
}
