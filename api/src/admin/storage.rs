//! Storage space that films use.

use std::sync::Arc;

use axum::{Json, extract::State};
use db::{SortedCursor, storage::FilmStorage as Row};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Editor,
    http::{
        error::ApiError,
        query::ValidQuery,
        responses::{Guarded, WithQuery},
    },
    page::{Page, PageQuery},
    titles::Titles,
};

/// Storage space that a film uses.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilmStorage {
    /// Id of the film.
    pub(crate) film_id: Uuid,
    /// Titles by language.
    pub(crate) titles: Titles,
    /// Whether the film is deleted and not yet purged.
    pub(crate) deleted: bool,
    /// Size of the masters in bytes, including the received part of uploads.
    pub(crate) masters_bytes: u64,
    /// Size of the existing builds in bytes, as measured when they were published.
    pub(crate) builds_bytes: u64,
    /// Size of the images in bytes, in all widths.
    pub(crate) images_bytes: u64,
}

/// One page of films by used storage space, largest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StoragePage {
    /// The films.
    pub(crate) items: Vec<FilmStorage>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the films by used storage space, largest first.
#[utoipa::path(get, path = "/admin/storage", tag = "admin", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of films", body = StoragePage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_storage(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<StoragePage>, ApiError> {
    let page: Page<SortedCursor> = query.page()?;
    let films = db::storage::list(&app.db, page.after.as_ref(), page.rows()).await?;
    let (films, next_cursor) = page.cut(films, Row::cursor);
    Ok(Json(StoragePage { items: films.into_iter().map(FilmStorage::from).collect(), next_cursor }))
}

impl From<Row> for FilmStorage {
    fn from(film: Row) -> Self {
        Self {
            film_id: film.film_id,
            titles: Titles(film.titles),
            deleted: film.deleted,
            masters_bytes: film.masters_bytes,
            builds_bytes: film.builds_bytes,
            images_bytes: film.images_bytes,
        }
    }
}
