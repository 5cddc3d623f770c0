//! Versions as entity tags, so that two editors do not overwrite each other (RFC 9110 §13.1.1, RFC 6585 §3).

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, header, request::Parts},
};

use super::{compression::TAG_SUFFIX, error::ApiError};

/// The version that a change is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IfMatch(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    /// Missing, or `*`, which would overwrite anything: 428. Not one of our strong tags: it can match nothing, so 412.
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

/// The `ETag` header of a version.
pub(crate) fn etag(version: i64) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotes");
    (header::ETAG, value)
}
