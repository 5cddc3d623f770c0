//! Genres: endpoints for viewers.

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
        cache::cache_headers,
        error::ApiError,
        path::PathId,
        query::ValidQuery,
        redirect::redirect_to_slug,
        responses::{WithId, WithQuery},
    },
    page::PageQuery,
    titles::Titles,
};

/// A page of the list of genres.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct GenrePage {
    /// The genres in menu order.
    pub(crate) items: Vec<Labelled>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// The genre does not exist.
pub(crate) const NO_GENRE: ApiError = ApiError::NotFound("There is no such genre.");

/// Lists the genres in menu order.
///
/// For the films of a genre, use `/films?genre=`.
#[utoipa::path(get, path = "/genres", tag = "films", params(PageQuery), responses(
    (status = 200, description = "A page of the list", body = GenrePage),
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
    Ok((cache_headers(db::Audience::Anonymous), Json(GenrePage { items, next_cursor })).into_response())
}

/// Returns a genre by id or slug.
#[utoipa::path(get, path = "/genres/{id_or_slug}", tag = "films",
    params(("id_or_slug" = String, Path, description = "The genre's id or slug")), responses(
    (status = 200, description = "The genre", body = Labelled),
    (status = 308, description = "The slug is a former one", headers(("Location" = String, description = "Path with the present slug"))),
    WithId,
))]
pub(crate) async fn get_genre(
    State(app): State<Arc<App>>,
    PathId(address): PathId<Address>,
) -> Result<Response, ApiError> {
    let id = slug::locate(&app.db, Kind::Genre, &address).await?.ok_or(NO_GENRE)?;
    let genre = db::genre::find(&app.db, id).await?.ok_or(NO_GENRE)?;
    if address.is_former(&genre.slug) {
        return Ok(redirect_to_slug(db::Audience::Anonymous, "genres", &genre.slug));
    }
    Ok((cache_headers(db::Audience::Anonymous), Json(Labelled::from(genre))).into_response())
}

impl From<db::genre::Genre> for Labelled {
    fn from(genre: db::genre::Genre) -> Self {
        Self { id: genre.id, slug: genre.slug, names: Titles(genre.names) }
    }
}
