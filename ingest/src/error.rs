//! The errors of upload requests and their responses: problem+json (RFC 9457) with a sentence for the admin.

use axum::response::{IntoResponse, Response};
use db::DbError;
use domain::presentation::Presentation;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use storage::StorageError;

use crate::{Config, headers};

/// Why an upload request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IngestError {
    #[error("This server supports only version 1.0.0 of tus.")]
    Version,
    #[error("This URL does not support the request's method.")]
    Method(&'static str),
    #[error("The Content-Type of an upload's bytes must be application/offset+octet-stream.")]
    ContentType,
    #[error("The header {name} {problem}.")]
    Header { name: HeaderName, problem: &'static str },
    #[error("The header Upload-Metadata is invalid: {0}.")]
    Metadata(&'static str),
    #[error("The request must state the file's size: this server does not support Upload-Defer-Length.")]
    DeferredLength,
    #[error("This server does not support the concatenation of uploads (Upload-Concat).")]
    Concatenation,
    #[error("The file is empty (0 bytes).")]
    EmptyFile,
    #[error("The file has {}. This server accepts at most {}.", Size(*size_bytes), Size(*max_bytes))]
    TooLarge { size_bytes: u64, max_bytes: u64 },
    #[error(
        "Not enough disk space on the server: this upload needs {} more, {} are free, {} are reserved for earlier \
         uploads, and {} must stay free. Free some disk space or delete an upload that is not needed, then try again.",
        Size(*needed_bytes), Size(*free_bytes), Size(*promised_bytes), Size(*reserve_bytes)
    )]
    NoSpace { needed_bytes: u64, free_bytes: u64, promised_bytes: u64, reserve_bytes: u64 },
    #[error(
        "The server's storage is full: {} are free, and {} must stay free. Free some disk space; an admin can delete \
         old masters and films. The received data is kept; resume the upload afterwards.",
        Size(*free_bytes), Size(*reserve_bytes)
    )]
    StorageFull { free_bytes: u64, reserve_bytes: u64 },
    #[error(
        "Your account is sending {max} files at this moment, which is the limit. Wait until one of them is finished, \
         then try again."
    )]
    TooManyUploads { max: usize },
    #[error("There is no film with this id.")]
    UnknownFilm,
    #[error(
        "The film shows nothing yet, so a dub cannot be fitted to it. Add the dub once the film is ready."
    )]
    FilmNotReady,
    #[error(
        "The film has no dub with this track_id. For a new dub, send its language instead. Audio of the master is replaced with \
         the master."
    )]
    UnknownDub,
    #[error(
        "The film has {} audio tracks, which is the maximum. Remove one first.",
        Presentation::MAX_TRACKS
    )]
    TooManyTracks,
    #[error("There is no upload with this id.")]
    UnknownUpload,
    #[error("This upload has expired, because no data arrived for too long. Start again.")]
    Expired,
    #[error("Data of this upload is missing from the server's storage. Start again.")]
    LostBytes,
    #[error("{offset} bytes of this upload are stored. Resume from there.")]
    Offset { offset: u64 },
    #[error("Another connection is sending this file now.")]
    Busy,
    #[error("The client sent more bytes than the {size_bytes} it announced.")]
    BeyondLength { size_bytes: u64 },
    #[error("The request's data does not match its checksum; none of it was kept.")]
    Checksum,
    #[error("The upload is finished: the file belongs to the film now.")]
    Complete,
    #[error(
        "Your account may no longer upload files, so the upload was not finished. An editor can resume it."
    )]
    NoLongerAllowed,
    #[error("could not check whether the account may still upload")]
    Permission(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("The connection closed before all announced bytes arrived.")]
    Disconnected,
    #[error("No data arrived for too long.")]
    Stalled,
    #[error("The server is stopping. Resume the upload in a moment.")]
    Stopping,
    #[error(transparent)]
    Storage(StorageError),
    #[error(transparent)]
    Db(DbError),
    /// The request's task panicked, which has been reported already.
    #[error("the task that receives the upload ended unexpectedly")]
    Task,
}

impl From<StorageError> for IngestError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::UploadLocked => Self::Busy,
            StorageError::UploadTruncated { .. }
            | StorageError::UploadGone
            | StorageError::BrokenCheckpoint => Self::LostBytes,
            error => Self::Storage(error),
        }
    }
}

impl From<DbError> for IngestError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Conflict { ref constraint, .. } => match constraint.as_str() {
                "film_files_film_fkey" => Self::UnknownFilm,
                "tracks_of_shown_film" => Self::FilmNotReady,
                "tracks_dub_known" => Self::UnknownDub,
                "tracks_at_most" => Self::TooManyTracks,
                _ => Self::Db(error),
            },
            error => Self::Db(error),
        }
    }
}

impl IngestError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Version => StatusCode::PRECONDITION_FAILED,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Header { .. }
            | Self::Metadata(_)
            | Self::DeferredLength
            | Self::Concatenation
            | Self::EmptyFile
            | Self::Disconnected => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } | Self::BeyondLength { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoSpace { .. } => StatusCode::INSUFFICIENT_STORAGE,
            Self::TooManyUploads { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NoLongerAllowed => StatusCode::FORBIDDEN,
            Self::UnknownFilm | Self::UnknownUpload | Self::UnknownDub => StatusCode::NOT_FOUND,
            Self::Expired | Self::LostBytes => StatusCode::GONE,
            Self::Offset { .. } | Self::Complete | Self::FilmNotReady | Self::TooManyTracks => {
                StatusCode::CONFLICT
            }
            Self::Busy => StatusCode::LOCKED,
            // tus 1.0, "Checksum".
            Self::Checksum => StatusCode::from_u16(460).expect("460 is a three-digit number"),
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::Stopping
            | Self::Permission(_)
            | Self::StorageFull { .. }
            | Self::Storage(StorageError::Full(_))
            | Self::Db(DbError::Unavailable(_) | DbError::Busy(_) | DbError::TimedOut(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Storage(_) | Self::Db(_) | Self::Task => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Checksum => "Checksum Mismatch",
            Self::StorageFull { .. } | Self::Storage(StorageError::Full(_)) => "Storage full",
            _ => self.status().canonical_reason().unwrap_or_default(),
        }
    }

    /// Returns the problem's type. It is specific if a program must distinguish the problem from others of the same status.
    fn kind(&self) -> &'static str {
        match self {
            Self::StorageFull { .. } | Self::Storage(StorageError::Full(_)) => {
                "urn:nang:problem:storage-full"
            }
            Self::TooManyUploads { .. } => "urn:nang:problem:too-many-uploads",
            _ => "about:blank",
        }
    }

    /// Returns the text for the client. The details of an internal error are only logged.
    fn detail(&self) -> String {
        match self {
            Self::Storage(StorageError::Full(_)) => {
                "The server's storage is full. Free some disk space; an admin can delete old masters and films. The \
                 received data is kept; resume the upload afterwards."
                    .to_owned()
            }
            Self::Permission(_) => {
                "The server could not check whether your account may upload. Try again soon.".to_owned()
            }
            Self::Storage(_) | Self::Db(_) | Self::Task => "The server failed. Its log has the reason.".to_owned(),
            error => error.to_string(),
        }
    }

    /// Returns the response. Logs the error if the server caused it.
    pub(crate) fn respond(&self, config: &Config) -> Response {
        let status = self.status();
        if status.is_server_error() && !matches!(self, Self::Stopping) {
            let cause = std::error::Error::source(self).map(ToString::to_string);
            tracing::error!(error = %self, cause, "An upload request failed");
        }
        let problem = serde_json::json!({
            "type": self.kind(), "title": self.title(), "status": status.as_u16(), "detail": self.detail(),
        });
        let mut response = (status, problem.to_string()).into_response();
        let answer = response.headers_mut();
        answer.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self {
            Self::Version => drop(answer.insert(headers::TUS_VERSION, headers::VERSION)),
            Self::Method(allowed) => drop(answer.insert(ALLOW, HeaderValue::from_static(allowed))),
            Self::TooLarge { .. } => drop(answer.insert(headers::TUS_MAX_SIZE, config.max_size_bytes.into())),
            Self::Offset { offset } => drop(answer.insert(headers::UPLOAD_OFFSET, (*offset).into())),
            Self::Busy | Self::Stopping | Self::Permission(_) => drop(answer.insert(RETRY_AFTER, 2.into())),
            Self::TooManyUploads { .. } => drop(answer.insert(RETRY_AFTER, 10.into())),
            Self::StorageFull { .. } | Self::Storage(StorageError::Full(_)) => {
                drop(answer.insert(RETRY_AFTER, 60.into()));
            }
            _ => {}
        }
        response
    }
}

/// Displays a number of bytes in a readable unit.
struct Size(u64);

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
            .into_iter()
            .find(|(_, unit)| self.0 >= *unit);
        match unit {
            Some((name, unit)) => write!(f, "{}.{} {name}", self.0 / unit, self.0 % unit / (unit / 10)),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn sizes_are_displayed_in_a_readable_unit() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_234, "1.2 kB"),
            (5_000_000, "5.0 MB"),
            (49_990_000_000, "49.9 GB"),
            (1_500_000_000_000, "1500.0 GB"),
        ] {
            assert_eq!(Size(bytes).to_string(), text);
        }
    }
}
