//! Serves images. This needs no database, because an image's objects never change and its id and a width identify them.
//!
//! Images of drafts and of films for members are served to every client that knows the id, because a page's `<img>` cannot send a
//! token and caches must be able to store the images. Only callers that may see the film receive the id, and its 74 random bits cannot
//! be guessed.

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

const NO_IMAGE: ApiError = ApiError::NotFound("There is no such image, or not in this width.");

/// One variant of an image: a width in pixels in its canonical decimal form, followed by `.webp` for WebP instead of JPEG.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variant {
    width: u32,
    is_webp: bool,
}

impl FromStr for Variant {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (digits, is_webp) = text.strip_suffix(".webp").map_or((text, false), |digits| (digits, true));
        let width = digits.parse().ok().filter(|width: &u32| width.to_string() == digits);
        width.map(|width| Self { width, is_webp }).ok_or(InvalidId)
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the path in the OpenAPI document; never constructed")]
pub(crate) struct ImagePath {
    /// The image
    id: Uuid,
    /// One of the image's widths in pixels: `480` is a JPEG, and `480.webp` the same in WebP, which is smaller
    #[param(example = "480.webp", pattern = r"^[1-9][0-9]*(\.webp)?$")]
    width: String,
}

/// Returns an image in one of its widths.
///
/// The response never changes, so caches may keep it forever. Images that have a colour profile, or that were uploaded before Nang
/// made WebP, are JPEG at both addresses.
#[utoipa::path(get, path = "/images/{id}/{width}", tag = "films", params(ImagePath), responses(
    (status = 200, description = "The image", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp")), headers(
        ("ETag" = String, description = "Entity tag of the image in this width"), ("Cache-Control" = String, description = "Allows caches to keep the response forever"))),
    (status = 304, description = "The entity tag in If-None-Match is that of the image in this width", headers(("ETag" = String, description = "Entity tag of the image in this width"))),
    WithId,
))]
pub(crate) async fn get_image(
    State(app): State<Arc<App>>,
    PathIds(id, Variant { width, is_webp }): PathIds<ImageId, Variant>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut key = if is_webp { Key::image_webp(id, width) } else { Key::image(id, width) };
    let mut found = app.storage.get(&key, None).await?;
    if found.is_none() && is_webp {
        key = Key::image(id, width);
        found = app.storage.get(&key, None).await?;
    }
    let object = found.ok_or(NO_IMAGE)?;
    // Stored objects are never overwritten, so id, width and type identify the content.
    let tag = format!("\"{id}-{width}{}\"", if key.content_type() == "image/webp" { ".webp" } else { "" });
    let cache_headers = [
        (header::ETAG, HeaderValue::try_from(&tag).map_err(ApiError::internal)?),
        (header::CACHE_CONTROL, HeaderValue::from_static(key.cache_control())),
    ];
    if matches_if_none_match(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, cache_headers).into_response());
    }
    let content_headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(key.content_type())),
        (header::CONTENT_LENGTH, HeaderValue::from(object.size_bytes())),
    ];
    Ok((cache_headers, content_headers, Body::from_stream(object)).into_response())
}

/// Whether `If-None-Match` has this tag; uses the weak comparison that RFC 9110 §13.1.2 requires.
fn matches_if_none_match(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}
