//! The list of films, with filters and sort orders.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use db::{
    Audience, SortedCursor,
    film::FilmFilter,
    slug::{self, Kind},
};
use domain::{catalogue::rule::canonical_tag, id::UserId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::card::Film;
use crate::{
    app::App,
    auth::identity::Viewer,
    http::{
        cache::cache_headers,
        error::ApiError,
        json::render,
        query::ValidQuery,
        responses::{Authenticated, WithQuery},
    },
    page::Page,
};

/// Sort order of films.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FilmSort {
    /// Time of addition, newest first.
    #[default]
    Newest,
    /// Time of addition, oldest first.
    Oldest,
    /// Year of first release, newest first.
    Year,
    /// Title, for readers of Lao.
    TitleLo,
    /// Title, for readers of English.
    TitleEn,
    /// Duration, shortest first.
    Runtime,
}

/// Whether the present moment is before, in or after the period in which a film may be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AvailabilityState {
    /// Before the period.
    Soon,
    /// In the period.
    Now,
    /// After the period.
    Over,
}

convert_enum!(FilmSort => db::film::FilmSort { Newest, Oldest, Year, TitleLo, TitleEn, Runtime });
convert_enum!(AvailabilityState => db::film::Availability { Soon, Now, Over });

/// Approximate size of a film in a response, in bytes.
const ITEM_BYTES: usize = 700;

/// Maximum duration in a filter: a thousand hours.
const MAX_RUNTIME_MS: u64 = 3_600_000_000;

/// Query parameters of the list of films.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FilmQuery {
    /// Sort order; default newest first. A cursor is valid only with the sort order it was issued for
    #[param(inline)]
    sort: Option<FilmSort>,
    /// Only films of this genre: its id or slug
    genre: Option<String>,
    /// Only films in this category: its id or slug
    category: Option<String>,
    /// Only films that credit this person: their id or slug
    person: Option<String>,
    /// Only films released in this year or later
    year_from: Option<u16>,
    /// Only films released in this year or earlier
    year_to: Option<u16>,
    /// Only films of this country of production: an ISO 3166-1 alpha-2 code
    #[param(example = "LA")]
    #[garde(inner(custom(|code: &str, (): &()| is_country(code))))]
    country: Option<String>,
    /// Only films in which this language is spoken: a BCP 47 tag
    #[garde(inner(custom(|tag: &str, (): &()| is_language(tag))))]
    language: Option<String>,
    /// Only films with an audio track in this language: a BCP 47 tag
    #[garde(inner(custom(|tag: &str, (): &()| is_language(tag))))]
    audio: Option<String>,
    /// Only films with subtitles in this language: a BCP 47 tag
    #[garde(inner(custom(|tag: &str, (): &()| is_language(tag))))]
    subtitle: Option<String>,
    /// Minimum duration in milliseconds
    #[param(maximum = 3_600_000_000_u64)]
    #[garde(range(max = MAX_RUNTIME_MS))]
    runtime_min_ms: Option<u64>,
    /// Maximum duration in milliseconds
    #[param(maximum = 3_600_000_000_u64)]
    #[garde(range(max = MAX_RUNTIME_MS))]
    runtime_max_ms: Option<u64>,
    /// Only films that may be played now, later or no longer
    availability: Option<AvailabilityState>,
    /// `next_cursor` of the previous page; omit it for the first page
    cursor: Option<String>,
    /// Maximum number of items, 1 to 100; default 20
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

fn is_country(code: &str) -> garde::Result {
    if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(());
    }
    Err(garde::Error::new("is not an ISO 3166-1 code of two letters, such as LA"))
}

fn is_language(tag: &str) -> garde::Result {
    match canonical_tag(tag) {
        Some(_) => Ok(()),
        None => Err(garde::Error::new("is not a BCP 47 language tag such as lo or en")),
    }
}

/// A page of the list of films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilmList {
    /// The films.
    pub(crate) items: Vec<Film>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the public films and, for a caller with an access token, the films for members.
#[utoipa::path(get, path = "/films", tag = "films", security((), ("bearer" = [])), params(FilmQuery), responses(
    (status = 200, description = "A page of the list", body = FilmList),
    Authenticated, WithQuery,
))]
pub(crate) async fn list_films(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    ValidQuery(query): ValidQuery<FilmQuery>,
) -> Result<Response, ApiError> {
    let audience = viewer.audience();
    let json = match audience {
        // The key has the whole query and nothing about the caller.
        Audience::Anonymous => {
            let request = format!("{query:?}");
            app.list_cache.get_or_render(request, || render_list(&app, audience, None, query)).await?
        }
        Audience::Member | Audience::Editor => render_list(&app, audience, viewer.user_id(), query).await?,
    };
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok((cache_headers(audience), [kind], json).into_response())
}

async fn render_list(
    app: &App,
    audience: Audience,
    viewer: Option<UserId>,
    query: FilmQuery,
) -> Result<Bytes, ApiError> {
    let page = Page::<SortedCursor>::new(query.cursor.as_deref(), query.limit)?;
    let sort: db::film::FilmSort = query.sort.unwrap_or_default().into();
    let films = match query.filter(app).await? {
        Some(filter) => {
            db::film::list(&app.db, audience, viewer, &filter, sort, page.after.as_ref(), page.rows()).await?
        }
        None => Vec::new(),
    };
    let (films, next_cursor) = page.cut(films, |last| last.cursor(sort));
    let items: Vec<_> = films.into_iter().map(|listed| Film::from(listed.film)).collect();
    let size_bytes = (items.len() + 1) * ITEM_BYTES;
    render(&FilmList { items, next_cursor }, size_bytes)
}

impl FilmQuery {
    /// Returns the filter for the database; `None` if a genre, category or person does not exist, so that no film matches.
    async fn filter(self, app: &App) -> Result<Option<FilmFilter>, ApiError> {
        let mut ids = [None; 3];
        let named = [(Kind::Genre, self.genre), (Kind::Category, self.category), (Kind::Person, self.person)];
        for (id, (kind, name)) in ids.iter_mut().zip(named) {
            if let Some(name) = name {
                *id = locate(app, kind, &name).await?;
                if id.is_none() {
                    return Ok(None);
                }
            }
        }
        let [genre, category, person] = ids;
        let tag = |tag: Option<String>| tag.as_deref().and_then(canonical_tag);
        Ok(Some(FilmFilter {
            genre,
            category,
            person,
            year_from: self.year_from,
            year_to: self.year_to,
            country: self.country.map(|code| code.to_ascii_uppercase()),
            language: tag(self.language),
            audio: tag(self.audio),
            subtitle: tag(self.subtitle),
            runtime_min_ms: self.runtime_min_ms,
            runtime_max_ms: self.runtime_max_ms,
            availability: self.availability.map(Into::into),
        }))
    }
}

async fn locate(app: &App, kind: Kind, name: &str) -> Result<Option<Uuid>, ApiError> {
    match name.parse() {
        Ok(address) => Ok(slug::locate(&app.db, kind, &address).await?),
        Err(_) => Ok(None),
    }
}
