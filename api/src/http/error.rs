//! The one HTTP error type of this crate, and what each case becomes on the wire.
//!
//! Callers of the API are told what they can do about it and nothing internal; what went wrong inside is logged here,
//! once, under the request's id.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use db::DbError;
use storage::StorageError;
use tracing::{error, warn};

use super::problem::{FieldProblem, Problem};

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The body is not JSON.
    #[error("{0}")]
    MalformedBody(String),
    /// Query parameters that are unknown or out of range.
    #[error("invalid query")]
    InvalidQuery(Vec<FieldProblem>),
    /// Nobody is logged in, or no longer.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// The caller is known and may not.
    #[error("{0}")]
    Forbidden(&'static str),
    /// What was asked for does not exist, or not for this caller.
    #[error("{0}")]
    NotFound(&'static str),
    /// It cannot be done in the present state.
    #[error("{0}")]
    Conflict(String),
    /// `If-Match` names another version.
    #[error("stale version")]
    StaleVersion,
    /// The body is larger than this many bytes.
    #[error("body over {0} bytes")]
    BodyTooLarge(usize),
    /// The body stopped coming, or came too slowly.
    #[error("slow body")]
    SlowBody,
    /// The body is not of this media type.
    #[error("not {0}")]
    NotOfType(&'static str),
    /// The body's fields are missing, unknown or invalid.
    #[error("invalid fields")]
    Invalid(Vec<FieldProblem>),
    /// `If-Match` is missing.
    #[error("no precondition")]
    PreconditionRequired,
    /// Too many attempts; again in so many seconds.
    #[error("throttled for {retry_after_s} s")]
    Throttled {
        /// When to try again.
        retry_after_s: u64,
    },
    /// As much of this is under way as this server does at once; again in so many seconds.
    #[error("busy: {detail}")]
    Busy {
        /// What is under way, and what to do.
        detail: &'static str,
        /// When to try again.
        retry_after_s: u64,
    },
    /// A refusal that says more than its text, made where it belongs.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// Something this server needs does not answer; it may come back.
    #[error("{what}: {source}")]
    Unavailable {
        /// What does not answer, in words for the caller.
        what: &'static str,
        /// Why; for the log.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no disk space for what was to be stored.
    #[error("the disk is full: {0}")]
    DiskFull(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of this server.
    #[error(transparent)]
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    /// One query parameter that cannot be accepted.
    pub(crate) fn invalid_query(field: &str, detail: impl Into<String>) -> Self {
        Self::InvalidQuery(vec![FieldProblem { field: field.to_owned(), detail: detail.into() }])
    }

    /// A fault of this server, from any error or text.
    pub(crate) fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    /// The problem alone, to be answered more than once. Logs what went wrong.
    pub(crate) fn into_problem(self) -> Problem {
        self.log();
        self.problem()
    }

    /// Faults of the server and of what it needs; what callers do wrong is not logged.
    fn log(&self) {
        match self {
            Self::Internal(source) => error!(error = chain(source.as_ref()), "A request failed"),
            Self::DiskFull(source) => {
                warn!(
                    error = chain(source.as_ref()),
                    "Refused a request: the disk is full. Free disk space; Nang needs no restart"
                );
            }
            Self::Unavailable { what, source } => {
                warn!(error = chain(source.as_ref()), "A request had to be refused: {what}");
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
                "Changed meanwhile",
                "It has been changed since you read it. Read it again and repeat your change.",
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
                "The request's body stopped coming, or came too slowly. Send it again.",
            ),
            Self::NotOfType(media_type) => Problem::new(
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
                "Something went wrong on the server. Its log says what, under this answer's x-request-id.",
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
            DbError::NotFound => Self::NotFound("There is nothing with this id."),
            // A named constraint says what it means; see `db::DbError`.
            DbError::Conflict { meaning, .. } => Self::Conflict(format!("It cannot be done: {meaning}.")),
            DbError::Unavailable(_) if error.is_disk_full() => Self::DiskFull(error.into()),
            DbError::Unavailable(_) => Self::Unavailable {
                what: "The database does not answer. Try again soon.",
                source: error.into(),
            },
            DbError::TimedOut(_) => Self::Unavailable {
                what: "The database took too long. Try again soon.",
                source: error.into(),
            },
            DbError::Busy(_) => Self::Unavailable {
                what: "Others were changing the same things at the same moment, and nothing was done. Try again.",
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
                what: "The storage does not answer. Try again soon.",
                source: error.into(),
            },
        }
    }
}

/// The problem for an error answer that was made without one, by a library for example.
pub(crate) fn bare_problem(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => {
            Problem::new(status, "not-found", "Not found", "There is nothing at this address.")
        }
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            status,
            "method-not-allowed",
            "Method not allowed",
            "This address does not answer to this method; Allow says to which it does.",
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
        let headers = response.headers_mut();
        match self {
            // RFC 9110 §11.6.1: a 401 names its scheme.
            Self::Unauthorized(_) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::Throttled { retry_after_s } | Self::Busy { retry_after_s, .. } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
            }
            _ => {}
        }
        response
    }
}

/// An error and what caused it, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
