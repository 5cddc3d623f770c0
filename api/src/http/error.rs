//! The error type of this crate's handlers, and the response of each variant.
//!
//! A response says what the caller can do and nothing internal. Internal causes are logged here, once, with the request's id.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use db::DbError;
use storage::StorageError;
use tracing::{error, warn};

use super::problem::{FieldProblem, Problem};

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The body is not JSON.
    #[error("{0}")]
    MalformedBody(String),
    /// Query parameters are unknown or out of range.
    #[error("invalid query")]
    InvalidQuery(Vec<FieldProblem>),
    /// The caller is not logged in, or the access token is no longer valid.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// The caller is logged in but not allowed to do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The resource does not exist, or the caller may not see it.
    #[error("{0}")]
    NotFound(&'static str),
    /// The present state does not allow the request.
    #[error("{0}")]
    Conflict(String),
    /// `If-Match` names another version.
    #[error("stale version")]
    StaleVersion,
    /// The body is larger than this many bytes.
    #[error("body over {0} bytes")]
    BodyTooLarge(usize),
    /// The body did not arrive within the time limits.
    #[error("slow body")]
    SlowBody,
    /// The body must have this media type and has another.
    #[error("media type is not {0}")]
    UnsupportedMediaType(&'static str),
    /// The body's fields are missing, unknown or invalid.
    #[error("invalid fields")]
    Invalid(Vec<FieldProblem>),
    /// `If-Match` is missing.
    #[error("no precondition")]
    PreconditionRequired,
    /// There were too many attempts.
    #[error("throttled for {retry_after_s} s")]
    Throttled {
        /// In how many seconds the caller may try again.
        retry_after_s: u64,
    },
    /// The server already runs the maximum number of these operations.
    #[error("busy: {detail}")]
    Busy {
        /// What the server is doing, and what the caller can do.
        detail: &'static str,
        /// In how many seconds the caller may try again.
        retry_after_s: u64,
    },
    /// A complete problem, for refusals with additional members.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// A service that this server depends on does not respond at the moment.
    #[error("{what}: {source}")]
    Unavailable {
        /// What does not respond, as a sentence for the caller.
        what: &'static str,
        /// The cause, for the log.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is not enough disk space to store the data.
    #[error("the disk is full: {0}")]
    DiskFull(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An internal error.
    #[error(transparent)]
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    /// Returns an error about one query parameter.
    pub(crate) fn invalid_query(field: &str, detail: impl Into<String>) -> Self {
        Self::InvalidQuery(vec![FieldProblem { field: field.to_owned(), detail: detail.into() }])
    }

    /// Returns an internal error with any error or text as its cause.
    pub(crate) fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    /// Logs the error and returns its problem, which can be sent in several responses.
    pub(crate) fn into_problem(self) -> Problem {
        self.log();
        self.problem()
    }

    /// Logs errors of the server and of its dependencies; errors of callers are not logged.
    fn log(&self) {
        match self {
            Self::Internal(source) => {
                error!(error = chain(source.as_ref()), "A request failed with an internal error");
            }
            Self::DiskFull(source) => {
                warn!(
                    error = chain(source.as_ref()),
                    "A request failed because the disk is full. Free disk space; Nang needs no restart"
                );
            }
            Self::Unavailable { what, source } => {
                warn!(error = chain(source.as_ref()), "A request failed: {what}");
            }
            _ => {}
        }
    }

    fn problem(&self) -> Problem {
        match self {
            Self::MalformedBody(detail) => {
                Problem::new(StatusCode::BAD_REQUEST, "malformed-body", "Malformed body", detail)
            }
            Self::InvalidQuery(errors) => {
                Problem::new(StatusCode::BAD_REQUEST, "invalid-query", "Invalid query", sentence(errors))
                    .with_errors(errors.clone())
            }
            Self::Unauthorized(detail) => {
                Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "Not logged in", *detail)
            }
            Self::Forbidden(detail) => {
                Problem::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", *detail)
            }
            Self::NotFound(detail) => Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", *detail),
            Self::Conflict(detail) => Problem::new(StatusCode::CONFLICT, "conflict", "Conflict", detail),
            Self::StaleVersion => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "stale-version",
                "Version is not current",
                "The resource has changed since you read it. Read it again and repeat your change.",
            ),
            Self::BodyTooLarge(limit) => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                "Body too large",
                format!("A request body may have at most {limit} bytes."),
            ),
            Self::SlowBody => Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "slow-body",
                "Body too slow",
                "The request's body did not arrive in time. Send it again.",
            ),
            Self::UnsupportedMediaType(media_type) => Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "Unsupported media type",
                format!("The body must be sent as Content-Type: {media_type}."),
            ),
            Self::Invalid(errors) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Invalid request", sentence(errors))
                    .with_errors(errors.clone())
            }
            Self::PreconditionRequired => Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                "precondition-required",
                "If-Match required",
                "Send the ETag that your change is based on as If-Match.",
            ),
            Self::Throttled { retry_after_s } => Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "throttled",
                "Too many attempts",
                format!("Too many attempts. Try again in {retry_after_s} seconds."),
            ),
            Self::Refused(problem) => (**problem).clone(),
            Self::Busy { detail, .. } => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy", *detail)
            }
            Self::Unavailable { what, .. } => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable", *what)
            }
            Self::DiskFull(_) => Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "storage-full",
                "Disk full",
                "The server's disk is full, so nothing was stored. Free disk space on the server, then try again.",
            ),
            Self::Internal(_) => Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Server error",
                "An internal error occurred. The server's log has details under this response's x-request-id.",
            ),
        }
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Cursor(_) => {
                Self::invalid_query("cursor", "is not a next_cursor of this list in this order")
            }
            DbError::NotFound => Self::NotFound("There is no resource with this id."),
            // The name of the constraint determines the text; see `db::DbError`.
            DbError::Conflict { meaning, .. } => Self::Conflict(format!("It cannot be done: {meaning}.")),
            DbError::Unavailable(_) if error.is_disk_full() => Self::DiskFull(error.into()),
            DbError::Unavailable(_) => Self::Unavailable {
                what: "The database does not respond. Try again soon.",
                source: error.into(),
            },
            DbError::TimedOut(_) => Self::Unavailable {
                what: "The database took too long to respond. Try again soon.",
                source: error.into(),
            },
            DbError::Busy(_) => Self::Unavailable {
                what: "Another request was changing the same data at the same time, so this one changed nothing. Try again.",
                source: error.into(),
            },
            _ => Self::internal(error),
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Full(_) => Self::DiskFull(error.into()),
            error => Self::Unavailable {
                what: "The storage does not respond. Try again soon.",
                source: error.into(),
            },
        }
    }
}

/// Returns the problem for an error response that has none, for example one of a library.
pub(crate) fn bare_problem(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => {
            Problem::new(status, "not-found", "Not found", "There is no route with this path.")
        }
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            status,
            "method-not-allowed",
            "Method not allowed",
            "This route does not support the method; the Allow header lists the methods it supports.",
        ),
        _ => {
            let title = status.canonical_reason().unwrap_or("Error");
            Problem::new(status, "other", title, format!("{title}."))
        }
    }
}

fn sentence(errors: &[FieldProblem]) -> String {
    errors.iter().map(|e| format!("{} {}.", e.field, e.detail)).collect::<Vec<_>>().join(" ")
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let mut response = self.problem().into_response();
        let status = response.status();
        let headers = response.headers_mut();
        // RFC 9110 §11.6.1: a 401 must name the authentication scheme.
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        match self {
            Self::Throttled { retry_after_s } | Self::Busy { retry_after_s, .. } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
            }
            _ => {}
        }
        response
    }
}

/// Returns an error and its causes in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
