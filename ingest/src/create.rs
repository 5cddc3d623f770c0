//! POST: creates an upload. Every upload that is known to fail is refused here, before the client sends gigabytes.

use axum::extract::{OriginalUri, Request};
use axum::response::{IntoResponse, Response};
use db::{
    audit::Author,
    film,
    film_file::FilmFile,
    upload::{self, NewFile},
    workflow::{NewDub, begin_dub},
};
use domain::id::FileId;
use http::header::LOCATION;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use tracing::info;
use uuid::Uuid;

use crate::append::write_progress;
use crate::checksum::Checksum;
use crate::error::IngestError;
use crate::metadata::Metadata;
use crate::receive::{Incoming, Progress, check_length, linger, receive};
use crate::space::check_space;
use crate::{Ingest, headers};

/// Creates an upload, and stores its first bytes if the request carries any.
pub(crate) async fn create_upload(ingest: &Ingest, request: Request) -> Result<Response, IngestError> {
    let (parts, body) = request.into_parts();
    let permission = parts.extensions.get().cloned();
    let author = parts.extensions.get::<Author>();
    let prepared = async {
        let slot = ingest.take_slot(author)?;
        Ok((create(ingest, &parts).await?, slot))
    };
    let ((row, checksum), slot) = match prepared.await {
        Ok(created) => created,
        Err(error) => {
            linger(ingest, body);
            return Err(error);
        }
    };
    info!(file.id = %row.id, film.id = %row.film_id, name = row.name, size_bytes = row.size_bytes, "Created an upload");
    let mut response = StatusCode::CREATED.into_response();
    let location = location(&parts, row.id);
    let progress = if headers::carries_bytes(&parts.headers) {
        match ingest.leases.acquire(row.id).await {
            Ok((Some(guard), row)) => {
                let incoming = Incoming { body, checksum, permission, slot };
                receive(ingest.clone(), guard, row, incoming).await
            }
            // Another request has sent all bytes since the upload was created.
            Ok((None, _)) => Err(IngestError::Complete),
            Err(error) => Err(error),
        }
    } else {
        Ok(Progress { offset: 0, expires_at: row.expires_at, finished: None })
    };
    match progress {
        Ok(progress) => write_progress(&mut response, &progress),
        // The upload was created nevertheless. The response names it, so that the client can resume it.
        Err(error) => response = error.respond(&ingest.config),
    }
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

async fn create(ingest: &Ingest, parts: &Parts) -> Result<(FilmFile, Option<Checksum>), IngestError> {
    let (config, headers) = (&*ingest.config, &parts.headers);
    if headers.contains_key(headers::UPLOAD_DEFER_LENGTH) {
        return Err(IngestError::DeferredLength);
    }
    if headers.contains_key(headers::UPLOAD_CONCAT) {
        return Err(IngestError::Concatenation);
    }
    let size_bytes = headers::required_number(headers, &headers::UPLOAD_LENGTH)?;
    let metadata = headers.get(headers::UPLOAD_METADATA).ok_or(IngestError::Metadata("it is missing"))?;
    let metadata = metadata.to_str().map_err(|_| IngestError::Metadata("it is not ASCII"))?;
    let Metadata { name, film, dub } = Metadata::parse(metadata)?;
    let checksum = Checksum::from_headers(headers)?;
    if size_bytes == 0 {
        return Err(IngestError::EmptyFile);
    }
    if size_bytes > config.max_size_bytes || i64::try_from(size_bytes).is_err() {
        return Err(IngestError::TooLarge { size_bytes, max_bytes: config.max_size_bytes });
    }
    if film::find(&config.db, film).await?.is_none_or(|film| film.deleted_at.is_some()) {
        return Err(IngestError::UnknownFilm);
    }
    let id = FileId(Uuid::now_v7());
    check_space(ingest, id, size_bytes).await?;
    let new = NewFile { id, film_id: film, name, size_bytes, expires_at: ingest.expires_at() };
    let author = parts.extensions.get::<Author>().unwrap_or(&Author::NANG);
    let row = match dub {
        Some(target) => {
            begin_dub(&config.db, author, NewDub { file: new, track: target.into_track() }).await?
        }
        None => upload::create(&config.db, author, new).await?,
    };
    if headers::carries_bytes(headers) {
        check_length(headers, &row)?;
    }
    Ok((row, checksum))
}

/// Returns the upload's URL as a path, because Nang may be behind any number of proxies.
fn location(parts: &Parts, file: FileId) -> String {
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    format!("{}/{file}", uri.path().trim_end_matches('/'))
}
