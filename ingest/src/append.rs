//! PATCH: appends bytes to an upload.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use db::audit::Author;
use db::film_file::{FileState, FilmFile};
use domain::id::FileId;
use http::request::Parts;
use http::{HeaderValue, StatusCode};

use crate::Ingest;
use crate::account::Slot;
use crate::checksum::Checksum;
use crate::error::IngestError;
use crate::finish::acquire_unfinished;
use crate::headers;
use crate::lease::LeaseGuard;
use crate::receive::{Incoming, Progress, check_length, linger, receive};

/// Appends the request's bytes if their offset is the end of the stored bytes.
pub(crate) async fn append_upload(
    ingest: &Ingest,
    file: FileId,
    request: Request,
) -> Result<Response, IngestError> {
    let (parts, body) = request.into_parts();
    let permission = parts.extensions.get().cloned();
    let Prepared { guard, row, checksum, slot } = match prepare(ingest, file, &parts).await {
        Ok(prepared) => prepared,
        Err(error) => {
            linger(ingest, body);
            return Err(error);
        }
    };
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(guard) = guard {
        let incoming = Incoming { body, checksum, permission, slot };
        write_progress(&mut response, &receive(ingest.clone(), guard, row, incoming).await?);
    } else {
        // The client repeats its last request without bytes, because the response was lost.
        response.headers_mut().insert(headers::UPLOAD_OFFSET, row.size_bytes.into());
        response.headers_mut().insert(headers::UPLOAD_STATE, HeaderValue::from_static(row.state.as_str()));
    }
    Ok(response)
}

/// A request whose bytes may be appended.
struct Prepared {
    /// `None` if the upload is finished.
    guard: Option<LeaseGuard>,
    row: FilmFile,
    checksum: Option<Checksum>,
    slot: Slot,
}

async fn prepare(ingest: &Ingest, file: FileId, parts: &Parts) -> Result<Prepared, IngestError> {
    let headers = &parts.headers;
    if !headers::carries_bytes(headers) {
        return Err(IngestError::ContentType);
    }
    let offset = headers::required_number(headers, &headers::UPLOAD_OFFSET)?;
    let checksum = Checksum::from_headers(headers)?;
    let slot = ingest.take_slot(parts.extensions.get::<Author>())?;
    let (guard, row) = acquire_unfinished(ingest, file).await?;
    let fits = if offset == row.received_bytes {
        check_length(headers, &row)
    } else {
        Err(IngestError::Offset { offset: row.received_bytes })
    };
    if let Err(error) = fits {
        if let Some(guard) = guard {
            guard.release().await;
        }
        return Err(error);
    }
    Ok(Prepared { guard, row, checksum, slot })
}

/// Writes the upload's progress into the response headers.
pub(crate) fn write_progress(response: &mut Response, progress: &Progress) {
    let headers = response.headers_mut();
    headers.insert(headers::UPLOAD_OFFSET, progress.offset.into());
    let state = match &progress.finished {
        None => {
            headers.insert(headers::UPLOAD_EXPIRES, headers::http_date(progress.expires_at));
            FileState::Uploading
        }
        Some(finished) => {
            if let Some(original) =
                finished.duplicate_of.and_then(|original| HeaderValue::try_from(original.to_string()).ok())
            {
                headers.insert(headers::DUPLICATE_OF, original);
            }
            finished.state
        }
    };
    headers.insert(headers::UPLOAD_STATE, HeaderValue::from_static(state.as_str()));
}
