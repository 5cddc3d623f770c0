//! Endpoints for editors: categories, each an ordered list of films.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use db::{
    Audience, SortedCursor,
    category::{CategoryChange, NewCategory},
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
    category::NO_CATEGORY,
    film::Film,
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
    text_by_language::TextByLanguage,
    titles::Titles,
};

/// A category as editors see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminCategory {
    /// Id of the category.
    pub(crate) id: Uuid,
    /// Readable part of the category's URL.
    pub(crate) slug: String,
    /// Names by language.
    pub(crate) names: Titles,
    /// Description by language.
    pub(crate) descriptions: TextByLanguage,
    /// Position in lists, lowest first.
    pub(crate) position: i32,
    /// Whether viewers see the category.
    pub(crate) shown: bool,
    /// Version number, sent as `ETag`; increases with every change. `If-Match` must contain it.
    pub(crate) version: i64,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// One page of categories.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminCategoryPage {
    /// The categories, in list order.
    pub(crate) items: Vec<AdminCategory>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A new category.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCategory {
    /// Names by language, at least one.
    #[garde(dive)]
    names: Titles,
    /// Slug; derived from the names if omitted.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// Description by language.
    #[garde(dive)]
    descriptions: Option<TextByLanguage>,
    /// Position in lists, lowest first; default 0.
    position: Option<i32>,
    /// Whether viewers see the category; default true.
    shown: Option<bool>,
}

/// Fields to change; omitted fields keep their values.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateCategory {
    /// Names by language; replaces all names.
    #[garde(dive)]
    names: Option<Titles>,
    /// New slug; the old one redirects to it.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// Description by language; replaces all descriptions.
    #[garde(dive)]
    descriptions: Option<TextByLanguage>,
    /// Position in lists, lowest first.
    position: Option<i32>,
    /// Whether viewers see the category.
    shown: Option<bool>,
}

/// All films of a category.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderFilms {
    /// Ids of the films, in the order of the category.
    #[garde(length(max = 1000))]
    films: Vec<Uuid>,
}

/// One page of a category's films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CategoryFilmPage {
    /// The films in the order of the category, including films that viewers do not see.
    pub(crate) items: Vec<Film>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists all categories by position, including those that viewers do not see.
#[utoipa::path(get, path = "/admin/categories", tag = "admin", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of categories", body = AdminCategoryPage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_admin_categories(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<AdminCategoryPage>, ApiError> {
    let page: Page<SortedCursor> = query.page()?;
    let items = db::category::list(&app.db, false, page.after.as_ref(), page.rows()).await?;
    let (items, next_cursor) = page.cut(items, db::category::Category::cursor);
    Ok(Json(AdminCategoryPage { items: items.into_iter().map(AdminCategory::from).collect(), next_cursor }))
}

/// Returns a category.
#[utoipa::path(get, path = "/admin/categories/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The category")), responses(
    (status = 200, description = "The category", body = AdminCategory, headers(("ETag" = String, description = "Version of the category"))),
    Guarded, WithId,
))]
pub(crate) async fn get_admin_category(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<CatalogueId>,
) -> Result<AdminCategory, ApiError> {
    Ok(db::category::find(&app.db, id.0).await?.ok_or(NO_CATEGORY)?.into())
}

/// Creates a category.
#[utoipa::path(post, path = "/admin/categories", tag = "admin", security(("bearer" = [])), request_body = CreateCategory, responses(
    (status = 201, description = "The category was created", body = AdminCategory, headers(("ETag" = String, description = "Version of the category"), ("Location" = String, description = "URL of the category"))),
    (status = 409, description = "Another category has or had the slug", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody,
))]
pub(crate) async fn create_category(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    ValidJson(new): ValidJson<CreateCategory>,
) -> Result<Response, ApiError> {
    let new = NewCategory {
        id: app.new_id(),
        slug: new.slug.and_then(|slug| slug.parse().ok()),
        names: new.names.canonical(),
        descriptions: new.descriptions.unwrap_or_default().canonical(),
        position: new.position.unwrap_or_default(),
        shown: new.shown.unwrap_or(true),
    };
    let created = db::category::create(&app.db, &user.author(), new).await?;
    info!(category.id = %created.id, user.id = %user.account.id, "Created a category");
    let location = (header::LOCATION, format!("/api/admin/categories/{}", created.id));
    Ok((StatusCode::CREATED, [location], AdminCategory::from(created)).into_response())
}

/// Updates a category.
///
/// `If-Match` must contain the current version.
#[utoipa::path(patch, path = "/admin/categories/{id}", tag = "admin", security(("bearer" = [])), request_body = UpdateCategory,
    params(
        ("id" = Uuid, Path, description = "The category"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The category was updated", body = AdminCategory, headers(("ETag" = String, description = "New version of the category"))),
    (status = 409, description = "Another category has or had the slug", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn update_category(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
    ValidJson(change): ValidJson<UpdateCategory>,
) -> Result<AdminCategory, ApiError> {
    let change = CategoryChange {
        slug: change.slug.and_then(|slug| slug.parse().ok()),
        names: change.names.map(Titles::canonical),
        descriptions: change.descriptions.map(TextByLanguage::canonical),
        position: change.position,
        shown: change.shown,
    };
    let updated = db::category::update(&app.db, &user.author(), id.0, change, version).await?;
    let Some(updated) = updated else { return Err(stale_or_missing(&app, id).await?) };
    info!(category.id = %id, user.id = %user.account.id, "Updated a category");
    Ok(updated.into())
}

/// Deletes a category, but not its films.
#[utoipa::path(delete, path = "/admin/categories/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The category"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version to delete; required", example = "\"3\""),
    ), responses(
    (status = 204, description = "The category was deleted"),
    Guarded, WithId, Versioned,
))]
pub(crate) async fn delete_category(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, ApiError> {
    if !db::category::delete(&app.db, &user.author(), id.0, version).await? {
        return Err(stale_or_missing(&app, id).await?);
    }
    info!(category.id = %id, user.id = %user.account.id, "Deleted a category");
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the films of a category in its order, including films that viewers do not see.
#[utoipa::path(get, path = "/admin/categories/{id}/films", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The category"), PageQuery), responses(
    (status = 200, description = "A page of films", body = CategoryFilmPage),
    Guarded, WithId, WithQuery,
))]
pub(crate) async fn list_category_films(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<CatalogueId>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<CategoryFilmPage>, ApiError> {
    let page: Page<SortedCursor> = query.page()?;
    db::category::find(&app.db, id.0).await?.ok_or(NO_CATEGORY)?;
    let places =
        db::category::films(&app.db, Audience::Editor, id.0, page.after.as_ref(), page.rows()).await?;
    let (places, next_cursor) = page.cut(places, db::category::Place::cursor);
    let ids: Vec<Uuid> = places.iter().map(|place| place.film_id).collect();
    let films = db::film::list_by_ids(&app.db, &ids, None).await?;
    Ok(Json(CategoryFilmPage { items: films.into_iter().map(Film::from).collect(), next_cursor }))
}

/// Replaces the films of a category and their order.
#[utoipa::path(put, path = "/admin/categories/{id}/films", tag = "admin", security(("bearer" = [])), request_body = OrderFilms,
    params(
        ("id" = Uuid, Path, description = "The category"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The category was updated", body = AdminCategory, headers(("ETag" = String, description = "New version of the category"))),
    (status = 409, description = "A film does not exist, or is in the list twice", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn order_category_films(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
    ValidJson(order): ValidJson<OrderFilms>,
) -> Result<AdminCategory, ApiError> {
    let updated = db::category::set_films(&app.db, &user.author(), id.0, &order.films, version).await?;
    let Some(updated) = updated else { return Err(stale_or_missing(&app, id).await?) };
    info!(
        category.id = %id, user.id = %user.account.id, films = order.films.len(),
        "Replaced the films of a category"
    );
    Ok(updated.into())
}

async fn stale_or_missing(app: &App, id: CatalogueId) -> Result<ApiError, ApiError> {
    let exists = db::category::find(&app.db, id.0).await?.is_some();
    Ok(if exists { ApiError::StaleVersion } else { NO_CATEGORY })
}

impl From<db::category::Category> for AdminCategory {
    fn from(row: db::category::Category) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            names: Titles(row.names),
            descriptions: TextByLanguage(row.descriptions),
            position: row.position,
            shown: row.shown,
            version: row.version,
            created_at: row.created_at,
        }
    }
}

impl IntoResponse for AdminCategory {
    fn into_response(self) -> Response {
        ([etag(self.version)], Json(self)).into_response()
    }
}
