//! PATCH: more bytes for an upload.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use db::audit::Author;
use db::film_file::{FileState, FilmFile};
use domain::id::FileId;
use http::request::Parts;
use http::{HeaderValue, StatusCode};

use crate::Ingest;
use crate::account::Place;
use crate::checksum::Checksum;
use crate::error::IngestError;
use crate::finish::acquire_unfinished;
use crate::headers;
use crate::lease::Hold;
use crate::receive::{Incoming, Progress, check_length, linger, receive};

/// Takes the request's bytes, if they begin where the stored ones end.
pub(crate) async fn append_upload(
    ingest: &Ingest,
    file: FileId,
    request: Request,
) -> Result<Response, IngestError> {
    let (parts, body) = request.into_parts();
    let permission = parts.extensions.get().cloned();
    let Prepared { hold, row, checksum, place } = match prepare(ingest, file, &parts).await {
        Ok(prepared) => prepared,
        Err(error) => {
            linger(ingest, body);
            return Err(error);
        }
    };
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(hold) = hold {
        let incoming = Incoming { body, checksum, permission, place };
        write_progress(&mut response, &receive(ingest.clone(), hold, row, incoming).await?);
    } else {
        // A last request whose answer was lost, asked again with nothing to add.
        response.headers_mut().insert(headers::UPLOAD_OFFSET, row.size_bytes.into());
        response.headers_mut().insert(headers::UPLOAD_STATE, HeaderValue::from_static(row.state.as_str()));
    }
    Ok(response)
}

/// A request whose bytes may be taken.
struct Prepared {
    /// None if the upload is finished.
    hold: Option<Hold>,
    row: FilmFile,
    checksum: Option<Checksum>,
    place: Place,
}

async fn prepare(ingest: &Ingest, file: FileId, parts: &Parts) -> Result<Prepared, IngestError> {
    let headers = &parts.headers;
    if !headers::carries_bytes(headers) {
        return Err(IngestError::ContentType);
    }
    let offset = headers::required_number(headers, &headers::UPLOAD_OFFSET)?;
    let checksum = Checksum::from_headers(headers)?;
    let place = ingest.take_place(parts.extensions.get::<Author>())?;
    let (hold, row) = acquire_unfinished(ingest, file).await?;
    let fits = if offset == row.received_bytes {
        check_length(headers, &row)
    } else {
        Err(IngestError::Offset { offset: row.received_bytes })
    };
    if let Err(error) = fits {
        if let Some(hold) = hold {
            hold.release().await;
        }
        return Err(error);
    }
    Ok(Prepared { hold, row, checksum, place })
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
