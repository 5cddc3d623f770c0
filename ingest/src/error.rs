//! Every refusal of an upload, and how it is answered: problem+json (RFC 9457) with a sentence for the admin.

use axum::response::{IntoResponse, Response};
use db::DbError;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use storage::StorageError;

use crate::{Config, headers};

/// Why an upload request is not answered with success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IngestError {
    #[error("This server speaks tus 1.0.0.")]
    Version,
    #[error("The method is not one for this address.")]
    Method(&'static str),
    #[error("Bytes must come as application/offset+octet-stream.")]
    ContentType,
    #[error("The header {name} {problem}.")]
    Header { name: HeaderName, problem: &'static str },
    #[error("The header Upload-Metadata cannot be used: {0}.")]
    Metadata(&'static str),
    #[error("The size must be known at the start: this server takes no Upload-Defer-Length.")]
    DeferredLength,
    #[error("This server does not put uploads together (Upload-Concat).")]
    Concatenation,
    #[error("The file is empty (0 bytes).")]
    EmptyFile,
    #[error("The file has {}, and this server takes at most {}.", Size(*size_bytes), Size(*max_bytes))]
    TooLarge { size_bytes: u64, max_bytes: u64 },
    #[error(
        "Not enough space on the server: {} are still to come, {} are free, of which {} are for uploads begun earlier, \
         and {} must stay free. Make space, or end an upload that nobody needs, and try again.",
        Size(*needed_bytes), Size(*free_bytes), Size(*promised_bytes), Size(*reserve_bytes)
    )]
    NoSpace { needed_bytes: u64, free_bytes: u64, promised_bytes: u64, reserve_bytes: u64 },
    #[error(
        "The server's storage is full: {} are free, and {} must stay free. Free some disk space; an admin can remove \
         old masters and films. What was sent is kept, and the upload can be resumed then.",
        Size(*free_bytes), Size(*reserve_bytes)
    )]
    StorageFull { free_bytes: u64, reserve_bytes: u64 },
    #[error(
        "Your account is sending {most} files at this moment, which is the most it may. Wait for one of them to end, \
         then try again."
    )]
    TooManyUploads { most: usize },
    #[error("There is no film with this id.")]
    UnknownFilm,
    #[error("There is no upload with this id.")]
    UnknownUpload,
    #[error("This upload was given up, because no bytes came for too long. Start again.")]
    Expired,
    #[error("Some of this upload's bytes are gone from the server's storage. Start again.")]
    LostBytes,
    #[error("{offset} bytes of this upload are stored; go on from there.")]
    Offset { offset: u64 },
    #[error("Another connection is sending this file now.")]
    Busy,
    #[error("More bytes came than the {size_bytes} that were announced.")]
    BeyondLength { size_bytes: u64 },
    #[error("The bytes do not match their checksum; none of them were kept.")]
    Checksum,
    #[error("The upload is complete, so it is a master of the film and no longer an upload.")]
    Complete,
    #[error(
        "Your account may no longer upload masters, so the file was not finished. An editor can go on with it."
    )]
    NoLongerAllowed,
    #[error("whether the sender may still upload cannot be told")]
    Permission(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("The connection ended before all announced bytes came.")]
    Disconnected,
    #[error("No bytes came for a while.")]
    Stalled,
    #[error("The server is stopping; go on in a moment.")]
    Stopping,
    #[error(transparent)]
    Storage(StorageError),
    #[error(transparent)]
    Db(DbError),
    /// A panic in the request's task; already reported.
    #[error("the task that took the bytes ended")]
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
            DbError::Conflict { constraint, .. } if constraint == "film_files_film_fkey" => Self::UnknownFilm,
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
            Self::UnknownFilm | Self::UnknownUpload => StatusCode::NOT_FOUND,
            Self::Expired | Self::LostBytes => StatusCode::GONE,
            Self::Offset { .. } | Self::Complete => StatusCode::CONFLICT,
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

    /// The problem's type, for those that a program tells apart from others of the same status.
    fn kind(&self) -> &'static str {
        match self {
            Self::StorageFull { .. } | Self::Storage(StorageError::Full(_)) => {
                "urn:nang:problem:storage-full"
            }
            Self::TooManyUploads { .. } => "urn:nang:problem:too-many-uploads",
            _ => "about:blank",
        }
    }

    /// What the client is told. What went wrong inside is for the log alone.
    fn detail(&self) -> String {
        match self {
            Self::Storage(StorageError::Full(_)) => {
                "The server's storage is full. Free some disk space; an admin can remove old masters and films. What \
                 was sent is kept, and the upload can be resumed then."
                    .to_owned()
            }
            Self::Permission(_) => {
                "The server cannot tell whether you may do this. Try again soon.".to_owned()
            }
            Self::Storage(_) | Self::Db(_) | Self::Task => "The server failed; its log says why.".to_owned(),
            told => told.to_string(),
        }
    }

    /// The answer. This is where an error is logged, if it is the server's.
    pub(crate) fn respond(&self, config: &Config) -> Response {
        let status = self.status();
        if status.is_server_error() && !matches!(self, Self::Stopping) {
            let cause = std::error::Error::source(self).map(ToString::to_string);
            tracing::error!(error = %self, cause, "An upload failed");
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

/// A number of bytes for people.
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
    fn sizes_are_written_for_people() {
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
