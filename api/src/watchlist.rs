//! Films the caller put aside to watch.

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
        responses::{SignedIn, WithId, WithQuery},
    },
    page::PageQuery,
};

/// A film on the caller's list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WatchlistItem {
    /// The film.
    pub(crate) film: Film,
    /// When it was put there.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) added_at: OffsetDateTime,
}

/// One page of the list, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WatchlistPage {
    /// The films.
    pub(crate) items: Vec<WatchlistItem>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the films the caller put aside, newest first. Films they may no longer see are left out, and back when they may.
#[utoipa::path(get, path = "/watchlist", tag = "viewer", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of the list", body = WatchlistPage),
    SignedIn, WithQuery,
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
    let films = FilmLookup::load(&app.db, &ids).await?;
    let items = rows
        .into_iter()
        .filter_map(|row| Some(WatchlistItem { film: films.get(row.film_id)?, added_at: row.created_at }))
        .collect();
    Ok(Json(WatchlistPage { items, next_cursor }))
}

/// Puts a film on the caller's list. One that is there stays where it is.
#[utoipa::path(put, path = "/watchlist/{film_id}", tag = "viewer", security(("bearer" = [])),
    params(("film_id" = uuid::Uuid, Path, description = "The film")), responses(
    (status = 204, description = "It is on the list"),
    SignedIn, WithId,
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

/// Takes a film off the caller's list, if it is there.
#[utoipa::path(delete, path = "/watchlist/{film_id}", tag = "viewer", security(("bearer" = [])),
    params(("film_id" = uuid::Uuid, Path, description = "The film")), responses(
    (status = 204, description = "It is not on the list"),
    SignedIn, WithId,
))]
pub(crate) async fn remove_from_watchlist(
    State(app): State<Arc<App>>,
    user: User,
    PathId(film): PathId<FilmId>,
) -> Result<StatusCode, ApiError> {
    db::watchlist::remove(&app.db, user.account.id, film).await?;
    Ok(StatusCode::NO_CONTENT)
}
