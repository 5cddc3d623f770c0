//! Categories as editors keep them.

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
    prose::Prose,
    titles::Titles,
};

/// A category with what editors need to change it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminCategory {
    /// Its id.
    pub(crate) id: Uuid,
    /// The readable part of its address.
    pub(crate) slug: String,
    /// Its names.
    pub(crate) names: Titles,
    /// What is on it, by language.
    pub(crate) descriptions: Prose,
    /// Place in its list, lowest first.
    pub(crate) position: i32,
    /// Whether viewers see it.
    pub(crate) shown: bool,
    /// Grows with every change; the `ETag`, and what `If-Match` must name.
    pub(crate) version: i64,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// One page of categories.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminCategoryPage {
    /// The categories, in their order.
    pub(crate) items: Vec<AdminCategory>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A category to be added.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCategory {
    /// At least one.
    #[garde(dive)]
    names: Titles,
    /// Its address; made of the names if not given.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// What is on it, by language; replaces all.
    #[garde(dive)]
    descriptions: Option<Prose>,
    /// Place in its list, lowest first.
    position: Option<i32>,
    /// Whether viewers see it; they do if not given.
    shown: Option<bool>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateCategory {
    /// Replaces all names.
    #[garde(dive)]
    names: Option<Titles>,
    /// Another address; the old one redirects.
    #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
    slug: Option<String>,
    /// What is on it, by language; replaces all.
    #[garde(dive)]
    descriptions: Option<Prose>,
    /// Place in its list, lowest first.
    position: Option<i32>,
    /// Whether viewers see it; they do if not given.
    shown: Option<bool>,
}

/// The films in a category, all of them.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderFilms {
    /// Ids in the category's order.
    #[garde(length(max = 1000))]
    films: Vec<Uuid>,
}

/// One page of a category's films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CategoryFilmPage {
    /// The films in the category's order, those too that viewers do not see.
    pub(crate) items: Vec<Film>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists all categories.
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

/// One category.
#[utoipa::path(get, path = "/admin/categories/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The category")), responses(
    (status = 200, description = "The category", body = AdminCategory, headers(("ETag" = String, description = "Its version"))),
    Guarded, WithId,
))]
pub(crate) async fn get_admin_category(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<CatalogueId>,
) -> Result<AdminCategory, ApiError> {
    Ok(db::category::find(&app.db, id.0).await?.ok_or(NO_CATEGORY)?.into())
}

/// Adds a category.
#[utoipa::path(post, path = "/admin/categories", tag = "admin", security(("bearer" = [])), request_body = CreateCategory, responses(
    (status = 201, description = "Added", body = AdminCategory, headers(("ETag" = String, description = "Its version"), ("Location" = String, description = "Its address"))),
    (status = 409, description = "The slug is another's", body = Problem, content_type = "application/problem+json"),
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
    let made = db::category::create(&app.db, &user.author(), new).await?;
    info!(category.id = %made.id, user.id = %user.account.id, "Added a category");
    let location = (header::LOCATION, format!("/api/admin/categories/{}", made.id));
    Ok((StatusCode::CREATED, [location], AdminCategory::from(made)).into_response())
}

/// Changes a category, if nobody else has since it was read.
#[utoipa::path(patch, path = "/admin/categories/{id}", tag = "admin", security(("bearer" = [])), request_body = UpdateCategory,
    params(
        ("id" = Uuid, Path, description = "The category"),
        ("If-Match" = Option<String>, Header, description = "The ETag the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "Changed", body = AdminCategory, headers(("ETag" = String, description = "Its new version"))),
    (status = 409, description = "The slug is another's", body = Problem, content_type = "application/problem+json"),
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
        descriptions: change.descriptions.map(Prose::canonical),
        position: change.position,
        shown: change.shown,
    };
    let changed = db::category::update(&app.db, &user.author(), id.0, change, version).await?;
    let Some(changed) = changed else { return Err(stale_or_missing(&app, id).await?) };
    info!(category.id = %id, user.id = %user.account.id, "Changed a category");
    Ok(changed.into())
}

/// Deletes a category; its films stay.
#[utoipa::path(delete, path = "/admin/categories/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The category"),
        ("If-Match" = Option<String>, Header, description = "The ETag the deletion is based on; required", example = "\"3\""),
    ), responses(
    (status = 204, description = "Deleted"),
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

/// Lists the films in a category in its order, those too that viewers do not see.
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
    let films = db::film::list_by_ids(&app.db, &ids).await?;
    Ok(Json(CategoryFilmPage { items: films.into_iter().map(Film::from).collect(), next_cursor }))
}

/// Puts exactly these films in the category, in this order.
#[utoipa::path(put, path = "/admin/categories/{id}/films", tag = "admin", security(("bearer" = [])), request_body = OrderFilms,
    params(
        ("id" = Uuid, Path, description = "The category"),
        ("If-Match" = Option<String>, Header, description = "The ETag the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "Changed", body = AdminCategory, headers(("ETag" = String, description = "Its new version"))),
    (status = 409, description = "A film does not exist, or is named twice", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn order_category_films(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<CatalogueId>,
    IfMatch(version): IfMatch,
    ValidJson(order): ValidJson<OrderFilms>,
) -> Result<AdminCategory, ApiError> {
    let changed = db::category::set_films(&app.db, &user.author(), id.0, &order.films, version).await?;
    let Some(changed) = changed else { return Err(stale_or_missing(&app, id).await?) };
    info!(category.id = %id, user.id = %user.account.id, films = order.films.len(), "Filled a category");
    Ok(changed.into())
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
            descriptions: Prose(row.descriptions),
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
