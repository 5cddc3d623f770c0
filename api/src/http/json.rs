//! JSON bodies: bounded, of the right type, without unknown fields, and valid before a handler sees them; and large ones on their way
//! out.

use axum::{
    body::{Bytes, HttpBody},
    extract::{FromRef, FromRequest, OptionalFromRequest, Request},
    http::header,
};
use garde::Validate;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    body::{Patience, read_body},
    deserialize::{from_json, report_problems},
    error::ApiError,
};

/// Largest JSON body. The largest real one is a film with some synopses and hundreds of credits.
pub(crate) const MAX_BODY_BYTES: usize = 256 * 1024;

/// A body that was read, understood and validated.
pub(crate) struct ValidJson<T>(pub(crate) T);

impl<S, T> FromRequest<S> for ValidJson<T>
where
    S: Send + Sync,
    Patience: FromRef<S>,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        // Also a guard against other sites: a browser sends this type across origins only after asking first.
        if !is_json(&request) {
            return Err(ApiError::NotOfType("application/json"));
        }
        let Patience { idle, json, .. } = Patience::from_ref(state);
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
    Patience: FromRef<S>,
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

/// JSON of about `size_bytes`. axum's `Json` begins with 128 bytes and copies what it has whenever it doubles them.
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
