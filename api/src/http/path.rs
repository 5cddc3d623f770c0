//! Extractors for ids in a route's path.

use std::str::FromStr;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use super::error::ApiError;

/// The route's only path parameter as an id. The response is 404 if it is not the canonical form of an id.
pub(crate) struct PathId<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for PathId<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::NotFound("There is no resource with this id."))?;
        let id = params.iter().next().and_then(|(_, value)| value.parse().ok());
        id.map(Self).ok_or(ApiError::NotFound("There is no resource with this id."))
    }
}

/// The route's two path parameters as ids; see [`PathId`].
pub(crate) struct PathIds<T, U>(pub(crate) T, pub(crate) U);

impl<S: Send + Sync, T: FromStr, U: FromStr> FromRequestParts<S> for PathIds<T, U> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        const NOT_FOUND: ApiError = ApiError::NotFound("There is no resource with these ids.");
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| NOT_FOUND)?;
        let mut params = params.iter().map(|(_, value)| value);
        let first = params.next().and_then(|value| value.parse().ok()).ok_or(NOT_FOUND)?;
        let second = params.next().and_then(|value| value.parse().ok()).ok_or(NOT_FOUND)?;
        Ok(Self(first, second))
    }
}
