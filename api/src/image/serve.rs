//! Serving pictures. No database is asked: a picture's objects are never changed, and its id is its only address.
//!
//! The pictures of drafts, and of films for members, are served to whoever knows that address, as a page's `<img>` cannot send a token and caches
//! must be able to keep them. Only who may see the film is told the id, and its 74 random bits are not guessed.

use std::{str::FromStr, sync::Arc};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    id::{ImageId, InvalidId},
    key::Key,
};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    app::App,
    http::{error::ApiError, path::PathIds, responses::WithId},
};

const NO_IMAGE: ApiError = ApiError::NotFound("There is no such picture, or not in this width.");

/// A width in pixels in its one spelling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Width(u32);

impl FromStr for Width {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let width = text.parse().ok().filter(|width: &u32| width.to_string() == text);
        width.map(Self).ok_or(InvalidId)
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the path in the OpenAPI document; never built")]
pub(crate) struct ImagePath {
    /// The picture
    id: Uuid,
    /// One of its widths in pixels
    #[param(example = 480)]
    width: u32,
}

/// A picture in one of its widths. It never changes, so caches may keep it for ever.
#[utoipa::path(get, path = "/images/{id}/{width}", tag = "films", params(ImagePath), responses(
    (status = 200, description = "The picture", body = Vec<u8>, content_type = "image/jpeg", headers(
        ("ETag" = String, description = "Of this picture in this width"), ("Cache-Control" = String, description = "For ever"))),
    (status = 304, description = "The caller has it", headers(("ETag" = String, description = "Of this picture in this width"))),
    WithId,
))]
pub(crate) async fn get_image(
    State(app): State<Arc<App>>,
    PathIds(id, Width(width)): PathIds<ImageId, Width>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let key = Key::image(id, width);
    let object = app.storage.get(&key, None).await?.ok_or(NO_IMAGE)?;
    // Nothing stored is ever overwritten, so the name is enough.
    let tag = format!("\"{id}-{width}\"");
    let fixed = [
        (header::ETAG, HeaderValue::try_from(&tag).map_err(ApiError::internal)?),
        (header::CACHE_CONTROL, HeaderValue::from_static(key.cache_control())),
    ];
    if has_it(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, fixed).into_response());
    }
    let described = [
        (header::CONTENT_TYPE, HeaderValue::from_static(key.content_type())),
        (header::CONTENT_LENGTH, HeaderValue::from(object.size_bytes())),
    ];
    Ok((fixed, described, Body::from_stream(object)).into_response())
}

/// `If-None-Match` (RFC 9110 §13.1.2), compared weakly as it says.
fn has_it(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}
