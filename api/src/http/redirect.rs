//! Redirects from former slugs.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use db::Audience;

use super::cache::cache_headers;

/// Returns a permanent redirect to `/api/<collection>/<slug>`.
pub(crate) fn redirect_to_slug(audience: Audience, collection: &str, slug: &str) -> Response {
    let location = HeaderValue::try_from(format!("/api/{collection}/{slug}")).expect("a slug is ASCII");
    (StatusCode::PERMANENT_REDIRECT, cache_headers(audience), [(header::LOCATION, location)]).into_response()
}
