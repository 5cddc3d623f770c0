//! Genres as viewers see them.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use db::slug::{self, Address, Kind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    film::Labelled,
    http::{
        cache::cache,
        error::ApiError,
        path::PathId,
        query::ValidQuery,
        redirect::moved,
        responses::{WithId, WithQuery},
    },
    page::PageQuery,
    titles::Titles,
};

/// One page of genres.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct GenrePage {
    /// The genres.
    pub(crate) items: Vec<Labelled>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// What is said of a genre that is not there.
pub(crate) const NO_GENRE: ApiError = ApiError::NotFound("There is no such genre.");

/// Lists genres in the order of menus. Their films are at `/films?genre=`.
#[utoipa::path(get, path = "/genres", tag = "films", params(PageQuery), responses(
    (status = 200, description = "A page of genres", body = GenrePage),
    WithQuery,
))]
pub(crate) async fn list_genres(
    State(app): State<Arc<App>>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Response, ApiError> {
    let page = query.page()?;
    let genres = db::genre::list(&app.db, page.after.as_ref(), page.rows()).await?;
    let (genres, next_cursor) = page.cut(genres, db::genre::Genre::cursor);
    let items = genres.into_iter().map(Labelled::from).collect();
    Ok((cache(db::Audience::Anybody), Json(GenrePage { items, next_cursor })).into_response())
}

/// One genre, by its id or slug.
#[utoipa::path(get, path = "/genres/{id_or_slug}", tag = "films",
    params(("id_or_slug" = String, Path, description = "The genre's id or slug")), responses(
    (status = 200, description = "The genre", body = Labelled),
    (status = 308, description = "A former slug", headers(("Location" = String, description = "The genre's present address"))),
    WithId,
))]
pub(crate) async fn get_genre(
    State(app): State<Arc<App>>,
    PathId(address): PathId<Address>,
) -> Result<Response, ApiError> {
    let id = slug::locate(&app.db, Kind::Genre, &address).await?.ok_or(NO_GENRE)?;
    let genre = db::genre::find(&app.db, id).await?.ok_or(NO_GENRE)?;
    if address.is_former(&genre.slug) {
        return Ok(moved(db::Audience::Anybody, "genres", &genre.slug));
    }
    Ok((cache(db::Audience::Anybody), Json(Labelled::from(genre))).into_response())
}

impl From<db::genre::Genre> for Labelled {
    fn from(genre: db::genre::Genre) -> Self {
        Self { id: genre.id, slug: genre.slug, names: Titles(genre.names) }
    }
}
