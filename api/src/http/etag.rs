//! Versions as entity tags, so that editors do not overwrite each other's changes (RFC 9110 §13.1.1, RFC 6585 §3).

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, header, request::Parts},
};

use super::{compression::TAG_SUFFIX, error::ApiError};

/// The version on which a change is based, from `If-Match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IfMatch(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    /// Rejects with 428 a missing header, and `*`, which would overwrite any version. Rejects with 412 a value that is not one of
    /// Nang's strong tags, because it can match no version.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let value = parts.headers.get(header::IF_MATCH).ok_or(ApiError::PreconditionRequired)?;
        match value.to_str().map(str::trim) {
            Ok("*") => Err(ApiError::PreconditionRequired),
            Ok(text) => text
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'))
                .map(|text| text.strip_suffix(TAG_SUFFIX).unwrap_or(text))
                .and_then(|text| text.parse().ok())
                .map(Self)
                .ok_or(ApiError::StaleVersion),
            Err(_) => Err(ApiError::StaleVersion),
        }
    }
}

/// Returns the `ETag` header of a version.
pub(crate) fn etag(version: i64) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotes are a header value");
    (header::ETAG, value)
}
