//! The values that filters of the list of films can have.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::identity::Viewer,
    http::{cache::cache_headers, error::ApiError, json::render, responses::Authenticated},
};

/// A value of a filter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Facet {
    /// The value: an ISO 3166-1 alpha-2 code or a BCP 47 language tag.
    #[schema(examples("lo"))]
    pub(crate) value: String,
    /// Number of films that have it.
    pub(crate) count: u64,
}

/// The values that filters of the list of films can have, most frequent first.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct FilmFacets {
    /// Countries of production.
    pub(crate) countries: Vec<Facet>,
    /// Spoken languages.
    pub(crate) languages: Vec<Facet>,
    /// Languages of audio tracks.
    pub(crate) audio_languages: Vec<Facet>,
    /// Languages of subtitles.
    pub(crate) subtitle_languages: Vec<Facet>,
    /// Year of the oldest film; null if no film has a year.
    #[schema(required)]
    pub(crate) year_from: Option<u16>,
    /// Year of the newest film; null if no film has a year.
    #[schema(required)]
    pub(crate) year_to: Option<u16>,
}

/// Approximate size of the response, in bytes.
const SIZE_BYTES: usize = 2000;

/// Returns the values that filters of the list of films can have.
///
/// Only films count that the caller may see listed.
#[utoipa::path(get, path = "/facets", tag = "films", security((), ("bearer" = [])), responses(
    (status = 200, description = "The values", body = FilmFacets),
    Authenticated,
))]
pub(crate) async fn list_film_facets(
    State(app): State<Arc<App>>,
    viewer: Viewer,
) -> Result<Response, ApiError> {
    let audience = viewer.audience();
    // The values are the same for all callers of an audience.
    let values = async || {
        let facets = db::film::facets(&app.db, audience).await?;
        render(&FilmFacets::from(facets), SIZE_BYTES)
    };
    let json = app.list_cache.get_or_render(format!("facets {audience:?}"), values).await?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok((cache_headers(audience), [kind], json).into_response())
}

impl From<db::film::Facets> for FilmFacets {
    fn from(facets: db::film::Facets) -> Self {
        let list = |values: Vec<(String, u64)>| {
            values.into_iter().map(|(value, count)| Facet { value, count }).collect()
        };
        Self {
            countries: list(facets.countries),
            languages: list(facets.languages),
            audio_languages: list(facets.audio_languages),
            subtitle_languages: list(facets.subtitle_languages),
            year_from: facets.year_from,
            year_to: facets.year_to,
        }
    }
}
