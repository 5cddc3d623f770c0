//! Pictures as editors add, order and delete them. Every change is one of the film or person, and checks its version.

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
        body::{Patience, read_body},
        error::ApiError,
        etag::{IfMatch, etag},
        json::ValidJson,
        path::PathId,
        problem::{FieldProblem, Problem},
        query::ValidQuery,
        responses::{Guarded, Versioned, WithBody, WithId, WithQuery},
    },
    image::{Image, ImageError, Upload, UploadType},
};

/// Largest picture that is taken.
const MAX_BYTES: usize = 10 << 20;

const NO_IMAGE: ApiError = ApiError::NotFound("There is no such picture.");

/// What a film's picture is for.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FilmImageKind {
    /// Upright, with the title.
    Poster,
    /// Wide, behind the page.
    Backdrop,
    /// A moment of the film.
    Still,
}

same_words!(FilmImageKind => db::image::ImageKind { Poster, Backdrop, Still });

/// What is sent.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FilmImageQuery {
    /// What the picture is for
    #[param(inline)]
    kind: FilmImageKind,
}

/// Every picture of a film or person, by kind and in their order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImageList {
    /// The pictures.
    pub(crate) items: Vec<Image>,
}

/// All pictures in another order.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderImages {
    /// Ids of all its pictures; the first of each kind is the one that lists show.
    #[garde(length(max = MAX_IMAGES))]
    #[schema(max_items = 100)]
    images: Vec<Uuid>,
}

/// The bytes of a picture, and what they are said to be.
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
            .ok_or(ApiError::NotOfType("image/jpeg, image/png or image/webp"))?;
        let Patience { idle, file, .. } = app.patience;
        let bytes = read_body(request.into_body(), MAX_BYTES, idle, file).await?;
        Ok(Self { media_type, bytes })
    }
}

/// Lists a film's pictures.
#[utoipa::path(get, path = "/admin/films/{id}/images", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The pictures", body = ImageList, headers(("ETag" = String, description = "The film's version"))),
    Guarded, WithId,
))]
pub(crate) async fn list_film_images(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<FilmId>,
) -> Result<Response, ApiError> {
    list(&app, Owner::Film(id)).await
}

/// Lists a person's portraits.
#[utoipa::path(get, path = "/admin/cast/{id}/images", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The person")), responses(
    (status = 200, description = "The portraits", body = ImageList, headers(("ETag" = String, description = "The person's version"))),
    Guarded, WithId,
))]
pub(crate) async fn list_person_images(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<CatalogueId>,
) -> Result<Response, ApiError> {
    list(&app, Owner::Person(id.0)).await
}

/// Adds a picture to a film, after the others of its kind: at most 10 MiB and 40 megapixels. It is turned upright, loses its metadata,
/// and is made as wide as pages need, never wider than it is.
#[utoipa::path(post, path = "/admin/films/{id}/images", tag = "admin", security(("bearer" = [])),
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
    params(
        ("id" = Uuid, Path, description = "The film"), FilmImageQuery,
        ("If-Match" = Option<String>, Header, description = "The film's ETag; required", example = "\"3\""),
    ), responses(
    (status = 201, description = "Added", body = Image, headers(("ETag" = String, description = "The film's new version"), ("Location" = String, description = "Where its widest is"))),
    (status = 409, description = "The film has too many pictures", body = Problem, content_type = "application/problem+json"),
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

/// Adds a portrait to a person, after the others; as a film's picture.
#[utoipa::path(post, path = "/admin/cast/{id}/images", tag = "admin", security(("bearer" = [])),
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
    params(
        ("id" = Uuid, Path, description = "The person"),
        ("If-Match" = Option<String>, Header, description = "The person's ETag; required", example = "\"3\""),
    ), responses(
    (status = 201, description = "Added", body = Image, headers(("ETag" = String, description = "The person's new version"), ("Location" = String, description = "Where its widest is"))),
    (status = 409, description = "The person has too many portraits", body = Problem, content_type = "application/problem+json"),
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

/// Puts a film's pictures in another order.
#[utoipa::path(put, path = "/admin/films/{id}/images", tag = "admin", security(("bearer" = [])), request_body = OrderImages,
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("If-Match" = Option<String>, Header, description = "The film's ETag; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "In order", body = ImageList, headers(("ETag" = String, description = "The film's new version"))),
    (status = 409, description = "These are not all of the film's pictures", body = Problem, content_type = "application/problem+json"),
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

/// Puts a person's portraits in another order.
#[utoipa::path(put, path = "/admin/cast/{id}/images", tag = "admin", security(("bearer" = [])), request_body = OrderImages,
    params(
        ("id" = Uuid, Path, description = "The person"),
        ("If-Match" = Option<String>, Header, description = "The person's ETag; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "In order", body = ImageList, headers(("ETag" = String, description = "The person's new version"))),
    (status = 409, description = "These are not all of the person's portraits", body = Problem, content_type = "application/problem+json"),
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

/// Deletes a picture. Caches that have it may show it on; a page that names another does not.
#[utoipa::path(delete, path = "/admin/images/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The picture"),
        ("If-Match" = Option<String>, Header, description = "The ETag of its film or person; required", example = "\"3\""),
    ), responses(
    (status = 204, description = "Deleted", headers(("ETag" = String, description = "The new version of its film or person"))),
    Guarded, WithId, Versioned,
))]
pub(crate) async fn delete_image(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<ImageId>,
    IfMatch(version): IfMatch,
) -> Result<Response, ApiError> {
    let Some(version) = db::image::delete(&app.db, &user.author(), id, version).await? else {
        let exists = db::image::owner(&app.db, id).await?.is_some();
        return Err(if exists { ApiError::StaleVersion } else { NO_IMAGE });
    };
    info!(image.id = %id, user.id = %user.account.id, "Deleted a picture");
    Ok((StatusCode::NO_CONTENT, [etag(version)]).into_response())
}

async fn list(app: &App, owner: Owner) -> Result<Response, ApiError> {
    let Some(version) = db::image::owner_version(&app.db, owner).await? else { return Err(nobody(owner)) };
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
    info!(image.id = %id, user.id = %user.account.id, kind = %kind, "Added a picture");
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
    info!(user.id = %user.account.id, images = images.len(), "Ordered pictures");
    listed(app, owner, version).await
}

async fn stale_or_missing(app: &App, owner: Owner) -> Result<ApiError, ApiError> {
    let exists = db::image::owner_version(&app.db, owner).await?.is_some();
    Ok(if exists { ApiError::StaleVersion } else { nobody(owner) })
}

fn nobody(owner: Owner) -> ApiError {
    match owner {
        Owner::Film(_) => NO_FILM,
        Owner::Person(_) => NO_PERSON,
    }
}

impl From<ImageError> for ApiError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::NotAPicture(why) => {
                Self::Invalid(vec![FieldProblem { field: "body".to_owned(), detail: why.to_string() }])
            }
            ImageError::Stale => Self::StaleVersion,
            ImageError::Db(error) => error.into(),
            ImageError::Storage(error) => error.into(),
        }
    }
}
