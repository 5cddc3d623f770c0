//! Query parameters, without unknown ones and validated before the handler runs.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use garde::Validate;
use serde::de::DeserializeOwned;

use super::{
    deserialize::{field_problem, report_problems},
    error::ApiError,
};

/// Query parameters that were deserialized and validated.
pub(crate) struct ValidQuery<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for ValidQuery<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Query(value) = Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
            let text = rejection.body_text();
            let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            let (path, message) = text.split_once(": ").unwrap_or((".", text));
            ApiError::InvalidQuery(vec![field_problem(path, message)])
        })?;
        value.validate().map_err(|report| ApiError::InvalidQuery(report_problems(report)))?;
        Ok(Self(value))
    }
}
