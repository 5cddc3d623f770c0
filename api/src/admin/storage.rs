//! Room that films take.

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

/// Bytes of one film.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilmStorage {
    /// The film.
    pub(crate) film_id: Uuid,
    /// Its titles.
    pub(crate) titles: Titles,
    /// Whether it is deleted and waits to be purged.
    pub(crate) deleted: bool,
    /// Of its masters, as far as they have come.
    pub(crate) masters_bytes: u64,
    /// Of its builds that are still there, measured when they were published.
    pub(crate) builds_bytes: u64,
    /// Of its pictures in all their widths.
    pub(crate) images_bytes: u64,
}

/// One page of films, the largest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StoragePage {
    /// The films.
    pub(crate) items: Vec<FilmStorage>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists films by the room they take, the largest first.
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
