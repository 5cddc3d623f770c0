//! HEAD and OPTIONS: the progress of an upload, and the capabilities of this server.

use axum::response::{IntoResponse, Response};
use db::film_file::FileState;
use domain::id::FileId;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};

use crate::error::IngestError;
use crate::finish::{acquire_unfinished, find_row};
use crate::metadata::Metadata;
use crate::{Ingest, checksum, headers};

/// Returns how many bytes are stored durably. While a client sends bytes, that is the upload's last checkpoint.
pub(crate) async fn inspect_upload(ingest: &Ingest, file: FileId) -> Result<Response, IngestError> {
    ingest.leases.wait_until_free(file).await?;
    let mut row = find_row(ingest, file).await?;
    if row.state == FileState::Uploading && row.received_bytes == row.size_bytes {
        match acquire_unfinished(ingest, file).await {
            Ok((guard, finished)) => {
                row = finished;
                if let Some(guard) = guard {
                    guard.release().await;
                }
            }
            // Another request is finishing it now.
            Err(IngestError::Busy) => {}
            Err(error) => return Err(error),
        }
    }
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(headers::UPLOAD_OFFSET, row.received_bytes.into());
    headers.insert(headers::UPLOAD_LENGTH, row.size_bytes.into());
    headers.insert(headers::UPLOAD_STATE, HeaderValue::from_static(row.state.as_str()));
    if let Ok(metadata) = HeaderValue::try_from(Metadata::render(&row)) {
        headers.insert(headers::UPLOAD_METADATA, metadata);
    }
    if row.state == FileState::Uploading {
        headers.insert(headers::UPLOAD_EXPIRES, headers::http_date(row.expires_at));
    }
    Ok(response)
}

/// Returns the capabilities of this server.
pub(crate) fn describe_server(ingest: &Ingest) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(headers::TUS_VERSION, headers::VERSION);
    headers.insert(
        headers::TUS_EXTENSION,
        HeaderValue::from_static("creation,creation-with-upload,termination,checksum,expiration"),
    );
    headers.insert(headers::TUS_MAX_SIZE, ingest.config.max_size_bytes.into());
    headers.insert(headers::TUS_CHECKSUM_ALGORITHM, HeaderValue::from_static(checksum::ALGORITHMS));
    response
}
