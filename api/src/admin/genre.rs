//! Genres as editors keep them.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use db::{
    SortedCursor,
    genre::{GenreChange, NewGenre},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{film_body::is_slug, id::CatalogueId};
use crate::{
    app::App,
    auth::identity::Editor,
    genre::NO_GENRE,
    http::{
        error::ApiError,
        etag::{IfMatch, etag},
        json::ValidJson,
        path::PathId,
        problem::Problem,
        query::ValidQuery,
        responses::{Guarded, Versioned, WithBody, WithId, WithQuery},
    },
    page::{Page, PageQuery},
    titles::Titles,
};

/// A genre with what editors need to change it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminGenre {
    /// Its id.
    pub(crate) id: Uuid,
    /// The readable part of its address.
    pub(crate) slug: String,
    /// Its names.
    pub(crate) names: Titles,
    /// Place in its list, lowest first.
    pub(crate) position: i32,
    /// Grows with every change; the `ETag`, and what `If-Match` must name.
    pub(crate) version: i64,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// One page of genres.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminGenrePage {
    /// The genres, in their order.
    pub(crate) items: Vec<AdminGenre>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A genre to be added.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateGenre {
    /// At least one.
    #[garde(dive)]
    names: Titles,
    /// Its address; made of the names if not given.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// Place in its list, lowest first.
    position: Option<i32>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateGenre {
    /// Replaces all names.
    #[garde(dive)]
    names: Option<Titles>,
    /// Another address; the old one redirects.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// Place in its list, lowest first.
    position: Option<i32>,
}

/// What a genre is merged into.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeGenre {
    /// Id of the genre that stays.
    into: Uuid,
}

/// Lists all genres.
#[utoipa::path(get, path = "/admin/genres", tag = "admin", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of genres", body = AdminGenrePage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_admin_genres(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<AdminGenrePage>, ApiError> {
    let page: Page<SortedCursor> = query.page()?;
    let items = db::genre::list(&app.db, page.after.as_ref(), page.rows()).await?;
    let (items, next_cursor) = page.cut(items, db::genre::Genre::cursor);
    Ok(Json(AdminGenrePage { items: items.into_iter().map(AdminGenre::from).collect(), next_cursor }))
}

/// One genre.
#[utoipa::path(get, path = "/admin/genres/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The genre")), responses(
    (status = 200, description = "The genre", body = AdminGenre, headers(("ETag" = String, description = "Its version"))),
    Guarded, WithId,
))]
pub(crate) async fn get_admin_genre(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<CatalogueId>,
) -> Result<AdminGenre, ApiError> {
    Ok(db::genre::find(&app.db, id.0).await?.ok_or(NO_GENRE)?.into())
}

/// Adds a genre.
#[utoipa::path(post, path = "/admin/genres", tag = "admin", security(("bearer" = [])), request_body = CreateGenre, responses(
    (status = 201, description = "Added", body = AdminGenre, headers(("ETag" = String, description = "Its version"), ("Location" = String, description = "Its address"))),
    (status = 409, description = "The slug is another's", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody,
))]
pub(crate) async fn create_genre(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    ValidJson(new): ValidJson<CreateGenre>,
) -> Result<Response, ApiError> {
    let new = NewGenre {
        id: app.new_id(),
        slug: new.slug.and_then(|slug| slug.parse().ok()),
        names: new.names.canonical(),
        position: new.position.unwrap_or_default(),
    };
    let made = db::genre::create(&app.db, &user.author(), new).await?;
    info!(genre.id = %made.id, user.id = %user.account.id, "Added a genre");
    let location = (header::LOCATION, format!("/api/admin/genres/{}", made.id));
    Ok((StatusCode::CREATED, [location], AdminGenre::from(made)).into_response())
}

/// Changes a genre, if nobody else has since it was read.
#[utoipa::path(patch, path = "/admin/genres/{id}", tag = "admin", security(("bearer" = [])), request_body = UpdateGenre,
    params(
        ("id" = Uuid, Path, description = "The genre"),
        ("If-Match" = Option<String>, Header, description = "The ETag the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "Changed", body = AdminGenre, headers(("ETag" = String, description = "Its new version"))),
    (status = 409, description = "The slug is another's", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn update_genre(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
    ValidJson(change): ValidJson<UpdateGenre>,
) -> Result<AdminGenre, ApiError> {
    let change = GenreChange {
        slug: change.slug.and_then(|slug| slug.parse().ok()),
        names: change.names.map(Titles::canonical),
        position: change.position,
    };
    let changed = db::genre::update(&app.db, &user.author(), id.0, change, version).await?;
    let Some(changed) = changed else { return Err(stale_or_missing(&app, id).await?) };
    info!(genre.id = %id, user.id = %user.account.id, "Changed a genre");
    Ok(changed.into())
}

/// Deletes a genre that no film has.
#[utoipa::path(delete, path = "/admin/genres/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The genre"),
        ("If-Match" = Option<String>, Header, description = "The ETag the deletion is based on; required", example = "\"3\""),
    ), responses(
    (status = 204, description = "Deleted"),
    (status = 409, description = "Films have it; merge it into another instead", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId, Versioned,
))]
pub(crate) async fn delete_genre(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, ApiError> {
    if !db::genre::delete(&app.db, &user.author(), id.0, version).await? {
        return Err(stale_or_missing(&app, id).await?);
    }
    info!(genre.id = %id, user.id = %user.account.id, "Deleted a genre");
    Ok(StatusCode::NO_CONTENT)
}

/// Makes one genre of two: films go over to the other, names in languages that it lacks too, and this one's addresses lead to it.
#[utoipa::path(post, path = "/admin/genres/{id}/merge", tag = "admin", security(("bearer" = [])), request_body = MergeGenre,
    params(
        ("id" = Uuid, Path, description = "The genre that goes"),
        ("If-Match" = Option<String>, Header, description = "The ETag the merge is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "Merged; the one that stays", body = AdminGenre, headers(("ETag" = String, description = "Its new version"))),
    (status = 409, description = "There is nothing to merge it into", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn merge_genre(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
    ValidJson(merge): ValidJson<MergeGenre>,
) -> Result<AdminGenre, ApiError> {
    let merged = db::genre::merge(&app.db, &user.author(), id.0, merge.into, version).await?;
    let Some(merged) = merged else { return Err(stale_or_missing(&app, id).await?) };
    info!(genre.id = %id, genre.into = %merged.id, user.id = %user.account.id, "Merged a genre");
    Ok(merged.into())
}

async fn stale_or_missing(app: &App, id: CatalogueId) -> Result<ApiError, ApiError> {
    let exists = db::genre::find(&app.db, id.0).await?.is_some();
    Ok(if exists { ApiError::StaleVersion } else { NO_GENRE })
}

impl From<db::genre::Genre> for AdminGenre {
    fn from(row: db::genre::Genre) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            names: Titles(row.names),
            position: row.position,
            version: row.version,
            created_at: row.created_at,
        }
    }
}

impl IntoResponse for AdminGenre {
    fn into_response(self) -> Response {
        ([etag(self.version)], Json(self)).into_response()
    }
}
