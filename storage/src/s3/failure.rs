//! Errors of the S3 client as errors of storage.

use std::error::Error;
use std::io;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::StorageError;

/// What storage must know of a failed request.
#[derive(Debug)]
pub(super) struct Failure {
    /// The HTTP status, if the server answered.
    pub(super) status: Option<u16>,
    /// The server's code, as `NoSuchKey`; possibly empty.
    pub(super) code: String,
    reason: String,
    kind: io::ErrorKind,
}

impl Failure {
    /// Whether the server says that the object (or the upload) is absent. An absent bucket is a failure.
    pub(super) fn is_absent(&self) -> bool {
        self.status == Some(404) && self.code != "NoSuchBucket"
    }

    /// Whether a condition of the request (`If-Match`, `If-None-Match`) did not hold.
    pub(super) fn is_precondition(&self) -> bool {
        self.status == Some(412)
    }

    pub(super) fn into_io(self) -> io::Error {
        io::Error::new(self.kind, self.reason)
    }

    pub(super) fn during(self, action: impl Into<String>) -> StorageError {
        StorageError::io(action, self.into_io())
    }
}

impl<E> From<SdkError<E, HttpResponse>> for Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default().to_owned();
        let kind = match (status, &*code, &error) {
            (_, "QuotaExceeded" | "EntityTooLarge" | "XMinioStorageFull", _) | (Some(507), ..) => {
                io::ErrorKind::StorageFull
            }
            (Some(401 | 403), ..) => io::ErrorKind::PermissionDenied,
            (_, _, SdkError::TimeoutError(_)) => io::ErrorKind::TimedOut,
            _ => io::ErrorKind::Other,
        };
        let reason = match (&error, status) {
            (SdkError::ServiceError(_), Some(status)) => {
                let message = error.message().unwrap_or("no message");
                let code = if code.is_empty() { "no code" } else { &code };
                format!("the object store answered {status} ({code}: {message})")
            }
            (SdkError::TimeoutError(_), _) => "the object store did not answer in time".to_owned(),
            (SdkError::ConstructionFailure(_), _) => format!("cannot make the request: {}", chain(&error)),
            _ => chain(&error),
        };
        Self { status, code, reason, kind }
    }
}

/// Returns the messages of an error and of its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}
