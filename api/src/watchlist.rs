//! The caller's watchlist: films to watch later.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use domain::id::FilmId;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::identity::User,
    film::{Film, NO_FILM},
    film_lookup::FilmLookup,
    http::{
        error::ApiError,
        path::PathId,
        query::ValidQuery,
        responses::{Authenticated, WithId, WithQuery},
    },
    page::PageQuery,
};

/// A film in the caller's watchlist.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WatchlistItem {
    /// The film.
    pub(crate) film: Film,
    /// When the caller added the film.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) added_at: OffsetDateTime,
}

/// A page of the watchlist, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WatchlistPage {
    /// The films.
    pub(crate) items: Vec<WatchlistItem>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the caller's watchlist, newest first, without films that the caller may not see now.
#[utoipa::path(get, path = "/watchlist", tag = "viewer", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of the watchlist", body = WatchlistPage),
    Authenticated, WithQuery,
))]
pub(crate) async fn list_watchlist(
    State(app): State<Arc<App>>,
    user: User,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<WatchlistPage>, ApiError> {
    let page = query.page()?;
    let rows = db::watchlist::list(&app.db, user.account.id, page.after, page.rows()).await?;
    let (rows, next_cursor) = page.cut(rows, db::watchlist::ListedFilm::cursor);
    let ids: Vec<_> = rows.iter().map(|row| row.film_id).collect();
    let films = FilmLookup::load(&app.db, &ids, Some(user.account.id)).await?;
    let items = rows
        .into_iter()
        .filter_map(|row| Some(WatchlistItem { film: films.get(row.film_id)?, added_at: row.created_at }))
        .collect();
    Ok(Json(WatchlistPage { items, next_cursor }))
}

/// Adds a film to the caller's watchlist.
///
/// A film that is already in the watchlist keeps its position.
#[utoipa::path(put, path = "/watchlist/{film_id}", tag = "viewer", security(("bearer" = [])),
    params(("film_id" = uuid::Uuid, Path, description = "The film")), responses(
    (status = 204, description = "The film is in the watchlist"),
    Authenticated, WithId,
))]
pub(crate) async fn add_to_watchlist(
    State(app): State<Arc<App>>,
    user: User,
    PathId(film): PathId<FilmId>,
) -> Result<StatusCode, ApiError> {
    if db::watchlist::add(&app.db, user.account.id, film).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(NO_FILM)
    }
}

/// Removes a film from the caller's watchlist.
#[utoipa::path(delete, path = "/watchlist/{film_id}", tag = "viewer", security(("bearer" = [])),
    params(("film_id" = uuid::Uuid, Path, description = "The film")), responses(
    (status = 204, description = "The film is not in the watchlist, whether it was before or not"),
    Authenticated, WithId,
))]
pub(crate) async fn remove_from_watchlist(
    State(app): State<Arc<App>>,
    user: User,
    PathId(film): PathId<FilmId>,
) -> Result<StatusCode, ApiError> {
    db::watchlist::remove(&app.db, user.account.id, film).await?;
    Ok(StatusCode::NO_CONTENT)
}
