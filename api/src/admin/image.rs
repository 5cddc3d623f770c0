//! Endpoints for editors: images of films and people. Each change of an image is a change of its film or person, and checks the
//! version of that.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use db::image::{MAX_IMAGES, Owner};
use domain::id::{FilmId, ImageId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::id::CatalogueId;
use crate::{
    app::App,
    auth::identity::{Editor, User},
    cast::NO_PERSON,
    film::NO_FILM,
    http::{
        body::{ClientTimeouts, read_body},
        error::ApiError,
        etag::{IfMatch, etag},
        json::ValidJson,
        path::PathId,
        problem::{FieldProblem, Problem},
        query::ValidQuery,
        responses::{Guarded, Versioned, WithBody, WithId, WithQuery},
    },
    image::{Focus, Image, ImageError, Upload, UploadType},
};

/// Maximum size of an uploaded image.
const MAX_BYTES: usize = 10 << 20;

const NO_IMAGE: ApiError = ApiError::NotFound("There is no such image.");

/// Kind of an image of a film.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FilmImageKind {
    /// A poster: portrait format, with the title.
    Poster,
    /// A backdrop: landscape format, for the background of the film's page.
    Backdrop,
    /// A still: one moment of the film.
    Still,
}

convert_enum!(FilmImageKind => db::image::ImageKind { Poster, Backdrop, Still });

/// Query parameters of an image upload.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FilmImageQuery {
    /// Kind of the image
    #[param(inline)]
    kind: FilmImageKind,
}

/// All images of a film or person, by kind and in order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImageList {
    /// The images.
    pub(crate) items: Vec<Image>,
}

/// A new order of all images of a film or person.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderImages {
    /// Ids of all images in the new order; lists show the first image of each kind.
    #[garde(length(max = MAX_IMAGES))]
    #[schema(max_items = 100)]
    images: Vec<Uuid>,
}

/// A new focal point.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetFocus {
    /// The point; null for the centre.
    #[garde(dive)]
    focus: Option<Focus>,
}

/// An uploaded image and its declared media type.
pub(crate) struct ImageBody {
    media_type: UploadType,
    bytes: Bytes,
}

impl FromRequest<Arc<App>> for ImageBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = media_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        let media_type = UploadType::from_media_type(essence)
            .ok_or(ApiError::UnsupportedMediaType("image/jpeg, image/png or image/webp"))?;
        let ClientTimeouts { idle, file, .. } = app.client_timeouts;
        let bytes = read_body(request.into_body(), MAX_BYTES, idle, file).await?;
        Ok(Self { media_type, bytes })
    }
}

/// Lists the images of a film.
#[utoipa::path(get, path = "/admin/films/{id}/images", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The images of the film", body = ImageList, headers(("ETag" = String, description = "Version of the film"))),
    Guarded, WithId,
))]
pub(crate) async fn list_film_images(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<FilmId>,
) -> Result<Response, ApiError> {
    list(&app, Owner::Film(id)).await
}

/// Lists the portraits of a person.
#[utoipa::path(get, path = "/admin/cast/{id}/images", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The person")), responses(
    (status = 200, description = "The portraits of the person", body = ImageList, headers(("ETag" = String, description = "Version of the person"))),
    Guarded, WithId,
))]
pub(crate) async fn list_person_images(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<CatalogueId>,
) -> Result<Response, ApiError> {
    list(&app, Owner::Person(id.0)).await
}

/// Adds an image to a film, after the other images of its kind.
///
/// An image may have at most 10 MiB and 40 megapixels. Nang rotates it upright, removes its metadata, and creates copies in the widths
/// that pages need, but none that is wider than the upload.
#[utoipa::path(post, path = "/admin/films/{id}/images", tag = "admin", security(("bearer" = [])),
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
    params(
        ("id" = Uuid, Path, description = "The film"), FilmImageQuery,
        ("If-Match" = Option<String>, Header, description = "`ETag` of the film; required", example = "\"3\""),
    ), responses(
    (status = 201, description = "The image was added", body = Image, headers(("ETag" = String, description = "New version of the film"), ("Location" = String, description = "URL of the widest copy"))),
    (status = 409, description = "The film already has the maximum number of images, or storing the image took too long", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, WithQuery, Versioned,
))]
pub(crate) async fn add_film_image(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<FilmId>,
    ValidQuery(query): ValidQuery<FilmImageQuery>,
    IfMatch(version): IfMatch,
    body: ImageBody,
) -> Result<Response, ApiError> {
    add(&app, &user, Owner::Film(id), query.kind.into(), body, version).await
}

/// Adds a portrait to a person, after the other portraits.
///
/// The limits and the processing are the same as for the images of a film.
#[utoipa::path(post, path = "/admin/cast/{id}/images", tag = "admin", security(("bearer" = [])),
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
    params(
        ("id" = Uuid, Path, description = "The person"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the person; required", example = "\"3\""),
    ), responses(
    (status = 201, description = "The image was added", body = Image, headers(("ETag" = String, description = "New version of the person"), ("Location" = String, description = "URL of the widest copy"))),
    (status = 409, description = "The person already has the maximum number of portraits, or storing the image took too long", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn add_person_image(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
    body: ImageBody,
) -> Result<Response, ApiError> {
    add(&app, &user, Owner::Person(id.0), db::image::ImageKind::Portrait, body, version).await
}

/// Reorders the images of a film.
#[utoipa::path(put, path = "/admin/films/{id}/images", tag = "admin", security(("bearer" = [])), request_body = OrderImages,
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the film; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The images were reordered", body = ImageList, headers(("ETag" = String, description = "New version of the film"))),
    (status = 409, description = "`images` does not contain exactly the images of the film", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn order_film_images(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<FilmId>,
    IfMatch(version): IfMatch,
    ValidJson(wanted): ValidJson<OrderImages>,
) -> Result<Response, ApiError> {
    order(&app, &user, Owner::Film(id), &wanted.images, version).await
}

/// Reorders the portraits of a person.
#[utoipa::path(put, path = "/admin/cast/{id}/images", tag = "admin", security(("bearer" = [])), request_body = OrderImages,
    params(
        ("id" = Uuid, Path, description = "The person"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the person; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The portraits were reordered", body = ImageList, headers(("ETag" = String, description = "New version of the person"))),
    (status = 409, description = "`images` does not contain exactly the portraits of the person", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn order_person_images(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
    ValidJson(wanted): ValidJson<OrderImages>,
) -> Result<Response, ApiError> {
    order(&app, &user, Owner::Person(id.0), &wanted.images, version).await
}

/// Sets the focal point of an image: the point that stays in sight where a page cuts the image to another shape.
#[utoipa::path(put, path = "/admin/images/{id}/focus", tag = "admin", security(("bearer" = [])), request_body = SetFocus,
    params(
        ("id" = Uuid, Path, description = "The image"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of its film or person; required", example = "\"3\""),
    ), responses(
    (status = 204, description = "The focal point is set", headers(("ETag" = String, description = "New version of its film or person"))),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn set_image_focus(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<ImageId>,
    IfMatch(version): IfMatch,
    ValidJson(body): ValidJson<SetFocus>,
) -> Result<Response, ApiError> {
    let focus = body.focus.map(Into::into);
    let set = db::image::set_focus(&app.db, &user.author(), id, focus, version).await?;
    let Some(version) = set else { return Err(stale_or_no_image(&app, id).await?) };
    info!(image.id = %id, user.id = %user.account.id, "Set the focal point of an image");
    Ok((StatusCode::NO_CONTENT, [etag(version)]).into_response())
}

/// Deletes an image.
///
/// Caches may continue to serve its copies, but no response refers to it any more.
#[utoipa::path(delete, path = "/admin/images/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The image"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of its film or person; required", example = "\"3\""),
    ), responses(
    (status = 204, description = "The image was deleted", headers(("ETag" = String, description = "New version of its film or person"))),
    Guarded, WithId, Versioned,
))]
pub(crate) async fn delete_image(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<ImageId>,
    IfMatch(version): IfMatch,
) -> Result<Response, ApiError> {
    let Some(version) = db::image::delete(&app.db, &user.author(), id, version).await? else {
        return Err(stale_or_no_image(&app, id).await?);
    };
    info!(image.id = %id, user.id = %user.account.id, "Deleted an image");
    Ok((StatusCode::NO_CONTENT, [etag(version)]).into_response())
}

async fn list(app: &App, owner: Owner) -> Result<Response, ApiError> {
    let Some(version) = db::image::owner_version(&app.db, owner).await? else {
        return Err(owner_not_found(owner));
    };
    listed(app, owner, version).await
}

async fn listed(app: &App, owner: Owner, version: i64) -> Result<Response, ApiError> {
    let images = db::image::list(&app.db, owner).await?;
    let items = images.into_iter().map(Image::from).collect();
    Ok(([etag(version)], Json(ImageList { items })).into_response())
}

async fn add(
    app: &App,
    user: &User,
    owner: Owner,
    kind: db::image::ImageKind,
    body: ImageBody,
    version: i64,
) -> Result<Response, ApiError> {
    let id = ImageId(app.new_id());
    let upload = Upload { id, owner, kind, media_type: body.media_type, bytes: body.bytes };
    let added = crate::image::add(&app.db, &app.storage, &user.author(), upload, version).await;
    let (image, version) = match added {
        Err(ImageError::Stale) => return Err(stale_or_missing(app, owner).await?),
        added => added?,
    };
    info!(image.id = %id, user.id = %user.account.id, kind = %kind, "Added an image");
    let widest = image.widths.last().copied().unwrap_or_default();
    let location = (header::LOCATION, format!("/api/images/{id}/{widest}"));
    Ok((StatusCode::CREATED, [etag(version)], [location], Json(Image::from(image))).into_response())
}

async fn order(
    app: &App,
    user: &User,
    owner: Owner,
    images: &[Uuid],
    version: i64,
) -> Result<Response, ApiError> {
    let Some(version) = db::image::order(&app.db, &user.author(), owner, images, version).await? else {
        return Err(stale_or_missing(app, owner).await?);
    };
    info!(user.id = %user.account.id, images = images.len(), "Reordered images");
    listed(app, owner, version).await
}

async fn stale_or_no_image(app: &App, id: ImageId) -> Result<ApiError, ApiError> {
    let exists = db::image::owner(&app.db, id).await?.is_some();
    Ok(if exists { ApiError::StaleVersion } else { NO_IMAGE })
}

async fn stale_or_missing(app: &App, owner: Owner) -> Result<ApiError, ApiError> {
    let exists = db::image::owner_version(&app.db, owner).await?.is_some();
    Ok(if exists { ApiError::StaleVersion } else { owner_not_found(owner) })
}

fn owner_not_found(owner: Owner) -> ApiError {
    match owner {
        Owner::Film(_) => NO_FILM,
        Owner::Person(_) => NO_PERSON,
    }
}

impl From<ImageError> for ApiError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Invalid(why) => {
                Self::Invalid(vec![FieldProblem { field: "body".to_owned(), detail: why.to_string() }])
            }
            ImageError::Stale => Self::StaleVersion,
            ImageError::Db(error) => error.into(),
            ImageError::Storage(error) => error.into(),
        }
    }
}
