//! DELETE: an upload is given up by its owner.

use axum::response::{IntoResponse, Response};
use db::{audit::Author, upload};
use domain::id::FileId;
use http::StatusCode;
use tracing::info;

use crate::Ingest;
use crate::error::IngestError;
use crate::finish::finish_if_whole;

/// Removes the bytes, then the row: cut off between the two, the row expires.
pub(crate) async fn delete_upload(
    ingest: &Ingest,
    file: FileId,
    author: &Author,
) -> Result<Response, IngestError> {
    let config = &ingest.config;
    let (hold, row) = ingest.leases.acquire(file).await?;
    let Some(mut hold) = hold else { return Err(IngestError::Complete) };
    let deleted = async {
        match finish_if_whole(ingest, &mut hold, &row).await {
            // Not whole; or whole according to its row, and it can never be finished.
            Ok(false) | Err(IngestError::LostBytes) => {}
            Ok(true) => return Err(IngestError::Complete),
            Err(error) => return Err(error),
        }
        config.storage.abort_upload(file).await?;
        if upload::delete(&config.db, author, hold.lease()).await? { Ok(()) } else { Err(IngestError::Busy) }
    };
    let deleted = deleted.await;
    hold.release().await;
    deleted?;
    info!(file.id = %file, "Deleted an upload at its owner's request");
    Ok(StatusCode::NO_CONTENT.into_response())
}
