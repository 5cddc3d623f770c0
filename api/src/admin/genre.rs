//! Endpoints for editors: genres.

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

/// A genre as editors see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminGenre {
    /// Id of the genre.
    pub(crate) id: Uuid,
    /// Readable part of the genre's URL.
    pub(crate) slug: String,
    /// Names by language.
    pub(crate) names: Titles,
    /// Position in menus, lowest first.
    pub(crate) position: i32,
    /// Version number, sent as `ETag`; increases with every change. `If-Match` must contain it.
    pub(crate) version: i64,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// One page of genres.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminGenrePage {
    /// The genres, in list order.
    pub(crate) items: Vec<AdminGenre>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A new genre.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateGenre {
    /// Names by language, at least one.
    #[garde(dive)]
    names: Titles,
    /// Slug; derived from the names if omitted.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// Position in menus, lowest first; default 0.
    position: Option<i32>,
}

/// Fields to change; omitted fields keep their values.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateGenre {
    /// Names by language; replaces all names.
    #[garde(dive)]
    names: Option<Titles>,
    /// New slug; the old one redirects to it.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// Position in menus, lowest first.
    position: Option<i32>,
}

/// The target of a merge.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeGenre {
    /// Id of the genre to merge into, which is kept.
    into: Uuid,
}

/// Lists all genres by position.
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

/// Returns a genre.
#[utoipa::path(get, path = "/admin/genres/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The genre")), responses(
    (status = 200, description = "The genre", body = AdminGenre, headers(("ETag" = String, description = "Version of the genre"))),
    Guarded, WithId,
))]
pub(crate) async fn get_admin_genre(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<CatalogueId>,
) -> Result<AdminGenre, ApiError> {
    Ok(db::genre::find(&app.db, id.0).await?.ok_or(NO_GENRE)?.into())
}

/// Creates a genre.
#[utoipa::path(post, path = "/admin/genres", tag = "admin", security(("bearer" = [])), request_body = CreateGenre, responses(
    (status = 201, description = "The genre was created", body = AdminGenre, headers(("ETag" = String, description = "Version of the genre"), ("Location" = String, description = "URL of the genre"))),
    (status = 409, description = "Another genre has or had the slug", body = Problem, content_type = "application/problem+json"),
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
    let created = db::genre::create(&app.db, &user.author(), new).await?;
    info!(genre.id = %created.id, user.id = %user.account.id, "Created a genre");
    let location = (header::LOCATION, format!("/api/admin/genres/{}", created.id));
    Ok((StatusCode::CREATED, [location], AdminGenre::from(created)).into_response())
}

/// Updates a genre.
///
/// `If-Match` must contain the current version.
#[utoipa::path(patch, path = "/admin/genres/{id}", tag = "admin", security(("bearer" = [])), request_body = UpdateGenre,
    params(
        ("id" = Uuid, Path, description = "The genre"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The genre was updated", body = AdminGenre, headers(("ETag" = String, description = "New version of the genre"))),
    (status = 409, description = "Another genre has or had the slug", body = Problem, content_type = "application/problem+json"),
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
    let updated = db::genre::update(&app.db, &user.author(), id.0, change, version).await?;
    let Some(updated) = updated else { return Err(stale_or_missing(&app, id).await?) };
    info!(genre.id = %id, user.id = %user.account.id, "Updated a genre");
    Ok(updated.into())
}

/// Deletes a genre that no film has.
#[utoipa::path(delete, path = "/admin/genres/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The genre"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version to delete; required", example = "\"3\""),
    ), responses(
    (status = 204, description = "The genre was deleted"),
    (status = 409, description = "Films have the genre; merge it into another one instead", body = Problem, content_type = "application/problem+json"),
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

/// Merges a genre into another one and deletes the first.
///
/// The other genre receives the films, and the names in languages that it lacks. The URLs of the deleted genre redirect to it.
#[utoipa::path(post, path = "/admin/genres/{id}/merge", tag = "admin", security(("bearer" = [])), request_body = MergeGenre,
    params(
        ("id" = Uuid, Path, description = "The genre to delete"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the genre to delete; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The genres were merged; the genre that was kept", body = AdminGenre, headers(("ETag" = String, description = "New version of the genre"))),
    (status = 409, description = "`into` does not exist or is the same genre, or films with either of them are being edited", body = Problem, content_type = "application/problem+json"),
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
