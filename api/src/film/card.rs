//! A film as an item of a list.

use axum::http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    http::{error::ApiError, problem::Problem},
    image::Image,
    titles::Titles,
};

/// A film in the catalogue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Film {
    /// Id of the film.
    pub(crate) id: Uuid,
    /// Readable name of the film in its URL.
    #[schema(examples("sabaidi-louangphabang"))]
    pub(crate) slug: String,
    /// Titles of the film.
    pub(crate) titles: Titles,
    /// Title in the film's original language and script; null if not known.
    #[schema(required)]
    pub(crate) original_title: Option<String>,
    /// Year of first release; null if not known.
    #[schema(required, examples(2008))]
    pub(crate) year: Option<u16>,
    /// Age rating as the national rating board writes it; null if not known.
    #[schema(required)]
    pub(crate) age_rating: Option<String>,
    /// Duration in milliseconds; null until the film is encoded.
    #[schema(required)]
    pub(crate) duration_ms: Option<u64>,
    /// Width of the best video rendition in pixels; null until the film is encoded.
    #[schema(required)]
    pub(crate) width: Option<u32>,
    /// Height of the best video rendition in pixels; null until the film is encoded.
    #[schema(required)]
    pub(crate) height: Option<u32>,
    /// Poster of the film; null if it has none.
    #[schema(required)]
    pub(crate) poster: Option<Image>,
    /// Backdrop of the film, a wide image; null if it has none.
    #[schema(required)]
    pub(crate) backdrop: Option<Image>,
    /// Whether the film is in the caller's watchlist; null for a caller without an access token.
    #[schema(required)]
    pub(crate) in_watchlist: Option<bool>,
    /// When the film was added to the catalogue.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// The film does not exist, or the caller may not see it.
pub(crate) const NO_FILM: ApiError = ApiError::NotFound("There is no such film.");

/// All callers who are logged in may see the film. An editor chose this, so that it exists is no secret.
pub(crate) fn members_only() -> ApiError {
    let detail = "This film is for members. Log in to watch it.";
    Problem::new(StatusCode::UNAUTHORIZED, "members-only", "For members", detail).into()
}

impl From<db::film::Card> for Film {
    fn from(film: db::film::Card) -> Self {
        Self {
            id: film.id.0,
            slug: film.slug,
            titles: Titles(film.titles),
            original_title: film.original_title,
            year: film.year,
            age_rating: film.age_rating,
            duration_ms: film.duration_ms,
            width: film.width,
            height: film.height,
            poster: film.poster.map(Image::from),
            backdrop: film.backdrop.map(Image::from),
            in_watchlist: film.in_watchlist,
            created_at: film.created_at,
        }
    }
}
