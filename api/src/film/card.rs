//! A film as lists show it.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{http::error::ApiError, image::Image, titles::Titles};

/// A film in the catalogue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Film {
    /// Its id.
    pub(crate) id: Uuid,
    /// The readable part of its address.
    #[schema(examples("sabaidi-louangphabang"))]
    pub(crate) slug: String,
    /// Its titles.
    pub(crate) titles: Titles,
    /// Title in its own language and script.
    #[schema(required)]
    pub(crate) original_title: Option<String>,
    /// Of first release.
    #[schema(required, examples(2008))]
    pub(crate) year: Option<u16>,
    /// As the country's board writes it.
    #[schema(required)]
    pub(crate) age_rating: Option<String>,
    /// Length in milliseconds, once it has been encoded.
    #[schema(required)]
    pub(crate) duration_ms: Option<u64>,
    /// Width of its best rendition in pixels.
    #[schema(required)]
    pub(crate) width: Option<u32>,
    /// Height of its best rendition in pixels.
    #[schema(required)]
    pub(crate) height: Option<u32>,
    /// Its poster.
    #[schema(required)]
    pub(crate) poster: Option<Image>,
    /// When it was added.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// What is said of a film that is not there, or not for the caller.
pub(crate) const NO_FILM: ApiError = ApiError::NotFound("There is no such film.");

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
            created_at: film.created_at,
        }
    }
}
