//! Former addresses.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use db::Audience;

use super::cache::cache;

/// Sends the client to the present address, `/api/<collection>/<slug>`.
pub(crate) fn moved(audience: Audience, collection: &str, slug: &str) -> Response {
    let location = HeaderValue::try_from(format!("/api/{collection}/{slug}")).expect("a slug is ASCII");
    (StatusCode::PERMANENT_REDIRECT, cache(audience), [(header::LOCATION, location)]).into_response()
}
