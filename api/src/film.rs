//! The films that anybody may see: public, and with something to play.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, header},
};
use db::film::{ListFilter, Visibility};
use domain::id::FilmId;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    http::{
        error::ApiError,
        path::PathId,
        query::ValidQuery,
        responses::{WithId, WithQuery},
    },
    page::PageQuery,
    titles::Titles,
};

/// A film in the catalogue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Film {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its titles.
    pub(crate) titles: Titles,
    /// Length in milliseconds, once it has been encoded.
    #[schema(required)]
    pub(crate) duration_ms: Option<u64>,
    /// Width of its best rendition in pixels.
    #[schema(required)]
    pub(crate) width: Option<u32>,
    /// Height of its best rendition in pixels.
    #[schema(required)]
    pub(crate) height: Option<u32>,
    /// When it was added.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// One page of films, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilmPage {
    /// The films.
    pub(crate) items: Vec<Film>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the public films that are ready to play, newest first.
#[utoipa::path(get, path = "/films", tag = "films", params(PageQuery), responses(
    (status = 200, description = "A page of films", body = FilmPage),
    WithQuery,
))]
pub(crate) async fn list_films(
    State(app): State<Arc<App>>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<FilmPage>), ApiError> {
    let page = query.page()?;
    let films = db::film::list(&app.db, ListFilter { public_only: true }, page.after, page.rows()).await?;
    let (films, next_cursor) = page.cut(films, db::film::Film::cursor);
    let items = films.into_iter().map(Film::from).collect();
    Ok(([PUBLIC], Json(FilmPage { items, next_cursor })))
}

/// One public film.
#[utoipa::path(get, path = "/films/{id}", tag = "films", params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The film", body = Film),
    WithId,
))]
pub(crate) async fn get_film(
    State(app): State<Arc<App>>,
    PathId(id): PathId<FilmId>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<Film>), ApiError> {
    let film = db::film::find(&app.db, id).await?.filter(is_shown).ok_or(NO_FILM)?;
    Ok(([PUBLIC], Json(film.into())))
}

/// The same for everybody, and seldom different a moment later.
const PUBLIC: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=10"));

/// What is said of a film that is not there, or not for the caller.
pub(crate) const NO_FILM: ApiError = ApiError::NotFound("There is no such film.");

/// Whether anybody may see and play it.
pub(crate) fn is_shown(film: &db::film::Film) -> bool {
    film.visibility == Visibility::Public && film.build_id.is_some()
}

impl From<db::film::Film> for Film {
    fn from(film: db::film::Film) -> Self {
        Self {
            id: film.id.0,
            titles: Titles(film.titles),
            duration_ms: film.duration_ms,
            width: film.width,
            height: film.height,
            created_at: film.created_at,
        }
    }
}
