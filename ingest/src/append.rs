//! PATCH: more bytes for an upload.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use db::film_file::{FileState, FilmFile};
use domain::id::FileId;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::Ingest;
use crate::checksum::Checksum;
use crate::error::IngestError;
use crate::finish::current_row;
use crate::headers;
use crate::holders::Hold;
use crate::receive::{Incoming, Progress, check_length, linger, receive};

/// Takes the request's bytes, if they begin where the stored ones end.
pub(crate) async fn append_upload(
    ingest: &Ingest,
    file: FileId,
    request: Request,
) -> Result<Response, IngestError> {
    let (parts, body) = request.into_parts();
    let permission = parts.extensions.get().cloned();
    let (hold, row, checksum) = match prepare(ingest, file, &parts.headers).await {
        Ok(prepared) => prepared,
        Err(error) => {
            linger(body);
            return Err(error);
        }
    };
    let mut response = StatusCode::NO_CONTENT.into_response();
    if row.state == FileState::Uploading {
        let progress = receive(ingest.clone(), hold, row, Incoming { body, checksum, permission }).await?;
        write_progress(&mut response, &progress);
    } else {
        // A last request whose answer was lost, asked again with nothing to add.
        response.headers_mut().insert(headers::UPLOAD_OFFSET, row.size_bytes.into());
        response.headers_mut().insert(headers::UPLOAD_STATE, HeaderValue::from_static(row.state.as_str()));
    }
    Ok(response)
}

async fn prepare(
    ingest: &Ingest,
    file: FileId,
    headers: &HeaderMap,
) -> Result<(Hold, FilmFile, Option<Checksum>), IngestError> {
    if !headers::carries_bytes(headers) {
        return Err(IngestError::ContentType);
    }
    let offset = headers::required_number(headers, &headers::UPLOAD_OFFSET)?;
    let checksum = Checksum::from_headers(headers)?;
    let hold = ingest.holders.acquire(file).await?;
    let row = current_row(&ingest.config, file).await?;
    if offset != row.received_bytes {
        return Err(IngestError::Offset { offset: row.received_bytes });
    }
    check_length(headers, &row)?;
    Ok((hold, row, checksum))
}

/// Says how far the upload is.
pub(crate) fn write_progress(response: &mut Response, progress: &Progress) {
    let headers = response.headers_mut();
    headers.insert(headers::UPLOAD_OFFSET, progress.offset.into());
    let state = match &progress.ended {
        None => {
            headers.insert(headers::UPLOAD_EXPIRES, headers::http_date(progress.expires_at));
            FileState::Uploading
        }
        Some(ended) => {
            if let Some(twin) =
                ended.duplicate_of.and_then(|twin| HeaderValue::try_from(twin.to_string()).ok())
            {
                headers.insert(headers::DUPLICATE_OF, twin);
            }
            ended.state
        }
    };
    headers.insert(headers::UPLOAD_STATE, HeaderValue::from_static(state.as_str()));
}
