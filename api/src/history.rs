//! The caller's watch history: one entry per film and day.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use domain::id::FilmId;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::identity::User,
    film::Film,
    film_lookup::FilmLookup,
    http::{
        error::ApiError,
        path::PathId,
        query::ValidQuery,
        responses::{Authenticated, WithId, WithQuery},
    },
    page::PageQuery,
};

/// A film that the caller watched on one day (UTC).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct HistoryItem {
    /// The film.
    pub(crate) film: Film,
    /// Start of the day's first playback session of the film.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) begun_at: OffsetDateTime,
    /// When the caller last watched the film in that day's sessions.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) watched_at: OffsetDateTime,
    /// Milliseconds of the film that the caller watched; parts watched more than once count once.
    pub(crate) watched_ms: u64,
    /// Furthest position that the caller watched, in milliseconds.
    pub(crate) furthest_ms: u64,
    /// Whether the caller reached the end credits, or 95 % of a film whose end credits are not marked.
    pub(crate) finished: bool,
}

/// A page of the watch history, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct HistoryPage {
    /// The entries.
    pub(crate) items: Vec<HistoryItem>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the caller's watch history, newest first, without films that the caller may not see now.
#[utoipa::path(get, path = "/history", tag = "viewer", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of the history", body = HistoryPage),
    Authenticated, WithQuery,
))]
pub(crate) async fn list_history(
    State(app): State<Arc<App>>,
    user: User,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<HistoryPage>, ApiError> {
    let page = query.page()?;
    let rows = db::watch_history::list(&app.db, user.account.id, page.after, page.rows()).await?;
    let (rows, next_cursor) = page.cut(rows, db::watch_history::WatchedFilm::cursor);
    let ids: Vec<_> = rows.iter().map(|row| row.film_id).collect();
    let films = FilmLookup::load(&app.db, &ids, Some(user.account.id)).await?;
    let items = rows
        .into_iter()
        .filter_map(|row| {
            Some(HistoryItem {
                film: films.get(row.film_id)?,
                begun_at: row.begun_at,
                watched_at: row.watched_at,
                watched_ms: row.watched_ms,
                furthest_ms: row.furthest_ms,
                finished: row.is_finished,
            })
        })
        .collect();
    Ok(Json(HistoryPage { items, next_cursor }))
}

/// Deletes the caller's whole watch history permanently.
#[utoipa::path(delete, path = "/history", tag = "viewer", security(("bearer" = [])), responses(
    (status = 204, description = "The history is empty"),
    Authenticated,
))]
pub(crate) async fn clear_history(State(app): State<Arc<App>>, user: User) -> Result<StatusCode, ApiError> {
    db::watch_history::clear(&app.db, user.account.id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes all entries of a film from the caller's watch history permanently.
#[utoipa::path(delete, path = "/history/{film_id}", tag = "viewer", security(("bearer" = [])),
    params(("film_id" = uuid::Uuid, Path, description = "The film")), responses(
    (status = 204, description = "The history has no entry of the film"),
    Authenticated, WithId,
))]
pub(crate) async fn clear_film_history(
    State(app): State<Arc<App>>,
    user: User,
    PathId(film): PathId<FilmId>,
) -> Result<StatusCode, ApiError> {
    db::watch_history::clear(&app.db, user.account.id, Some(film)).await?;
    Ok(StatusCode::NO_CONTENT)
}
