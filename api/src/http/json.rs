//! JSON bodies of requests: limited in size, of the right media type, without unknown fields, and validated before the handler runs.
//! Also renders large JSON bodies of responses.

use axum::{
    body::{Bytes, HttpBody},
    extract::{FromRef, FromRequest, OptionalFromRequest, Request},
    http::header,
};
use garde::Validate;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    body::{ClientTimeouts, read_body},
    deserialize::{from_json, report_problems},
    error::ApiError,
};

/// Maximum size of a JSON body. The largest real one is a film with several synopses and hundreds of credits.
pub(crate) const MAX_BODY_BYTES: usize = 256 * 1024;

/// A body that was read, deserialized and validated.
pub(crate) struct ValidJson<T>(pub(crate) T);

impl<S, T> FromRequest<S> for ValidJson<T>
where
    S: Send + Sync,
    ClientTimeouts: FromRef<S>,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        // Also protects against other sites: browsers send this type across origins only after a CORS preflight request.
        if !is_json(&request) {
            return Err(ApiError::UnsupportedMediaType("application/json"));
        }
        let ClientTimeouts { idle, json, .. } = ClientTimeouts::from_ref(state);
        let bytes = read_body(request.into_body(), MAX_BODY_BYTES, idle, json).await?;
        let value: T = from_json(&bytes)?;
        value.validate().map_err(|report| ApiError::Invalid(report_problems(report)))?;
        Ok(Self(value))
    }
}

/// An empty body without a `Content-Type` extracts as `None`.
impl<S, T> OptionalFromRequest<S> for ValidJson<T>
where
    S: Send + Sync,
    ClientTimeouts: FromRef<S>,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, ApiError> {
        let is_empty = request.body().is_end_stream();
        if is_empty && !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

/// Renders JSON of about `size_bytes`. axum's `Json` starts with a buffer of 128 bytes and copies it each time it doubles it.
pub(crate) fn render(value: &impl Serialize, size_bytes: usize) -> Result<Bytes, ApiError> {
    let mut json = Vec::with_capacity(size_bytes);
    serde_json::to_writer(&mut json, value).map_err(ApiError::internal)?;
    Ok(json.into())
}

fn is_json(request: &Request) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
