//! What the caller watched: a row per film and day.

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
        responses::{SignedIn, WithId, WithQuery},
    },
    page::PageQuery,
};

/// A film the caller watched on one day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct HistoryItem {
    /// The film.
    pub(crate) film: Film,
    /// When they began that day.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) begun_at: OffsetDateTime,
    /// When they last watched it that day.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) watched_at: OffsetDateTime,
    /// How much of the film they watched; what they watched twice counts once.
    pub(crate) watched_ms: u64,
    /// The furthest they watched.
    pub(crate) furthest_ms: u64,
    /// Whether they got to the end credits, or to 95 % where nobody said where they begin.
    pub(crate) finished: bool,
}

/// One page of the history, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct HistoryPage {
    /// What was watched.
    pub(crate) items: Vec<HistoryItem>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists what the caller watched, newest first, of films they may still see.
#[utoipa::path(get, path = "/history", tag = "viewer", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of the history", body = HistoryPage),
    SignedIn, WithQuery,
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
    let films = FilmLookup::load(&app.db, &ids).await?;
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

/// Forgets all that the caller watched, for good.
#[utoipa::path(delete, path = "/history", tag = "viewer", security(("bearer" = [])), responses(
    (status = 204, description = "Forgotten"),
    SignedIn,
))]
pub(crate) async fn clear_history(State(app): State<Arc<App>>, user: User) -> Result<StatusCode, ApiError> {
    db::watch_history::clear(&app.db, user.account.id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets that the caller watched this film, on all days and for good.
#[utoipa::path(delete, path = "/history/{film_id}", tag = "viewer", security(("bearer" = [])),
    params(("film_id" = uuid::Uuid, Path, description = "The film")), responses(
    (status = 204, description = "Forgotten"),
    SignedIn, WithId,
))]
pub(crate) async fn clear_film_history(
    State(app): State<Arc<App>>,
    user: User,
    PathId(film): PathId<FilmId>,
) -> Result<StatusCode, ApiError> {
    db::watch_history::clear(&app.db, user.account.id, Some(film)).await?;
    Ok(StatusCode::NO_CONTENT)
}
