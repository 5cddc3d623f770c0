//! Lists of films, by every filter and in every order.

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
use domain::catalogue::rule::canonical_tag;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::card::Film;
use crate::{
    app::App,
    auth::identity::Viewer,
    http::{
        cache::cache,
        error::ApiError,
        json::render,
        query::ValidQuery,
        responses::{SignedIn, WithQuery},
    },
    page::Page,
};

/// What films are ordered by.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FilmSort {
    /// When they were added, newest first.
    #[default]
    Newest,
    /// When they were added, oldest first.
    Oldest,
    /// Year of first release, newest first.
    Year,
    /// Title for readers of Lao.
    TitleLo,
    /// Title for readers of English.
    TitleEn,
    /// Length, shortest first.
    Runtime,
}

/// Where this moment is in the time a film may be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AvailabilityState {
    /// Before it.
    Soon,
    /// In it.
    Now,
    /// After it.
    Over,
}

same_words!(FilmSort => db::film::FilmSort { Newest, Oldest, Year, TitleLo, TitleEn, Runtime });
same_words!(AvailabilityState => db::film::Availability { Soon, Now, Over });

/// A film in a list takes about so much, in bytes.
const ITEM_BYTES: usize = 400;

/// Longest length that can be asked for: a thousand hours.
const MAX_RUNTIME_MS: u64 = 3_600_000_000;

/// Which films are wanted.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FilmQuery {
    /// Order; newest first if not given. A cursor goes on in the order it came from alone
    #[param(inline)]
    sort: Option<FilmSort>,
    /// Of this genre: its id or slug
    genre: Option<String>,
    /// In this category: its id or slug
    category: Option<String>,
    /// With this person in the credits: their id or slug
    person: Option<String>,
    /// Released in this year or later
    year_from: Option<u16>,
    /// Released in this year or earlier
    year_to: Option<u16>,
    /// In which this language is spoken: a BCP 47 tag
    #[garde(inner(custom(|tag: &str, (): &()| is_language(tag))))]
    language: Option<String>,
    /// With sound in this language
    #[garde(inner(custom(|tag: &str, (): &()| is_language(tag))))]
    audio: Option<String>,
    /// With subtitles in this language
    #[garde(inner(custom(|tag: &str, (): &()| is_language(tag))))]
    subtitle: Option<String>,
    /// At least this long, in milliseconds
    #[param(maximum = 3_600_000_000_u64)]
    #[garde(range(max = MAX_RUNTIME_MS))]
    runtime_min_ms: Option<u64>,
    /// At most this long, in milliseconds
    #[param(maximum = 3_600_000_000_u64)]
    #[garde(range(max = MAX_RUNTIME_MS))]
    runtime_max_ms: Option<u64>,
    /// Whether it may be played now, soon or no longer
    availability: Option<AvailabilityState>,
    /// `next_cursor` of the page before; none for the first page
    cursor: Option<String>,
    /// Most items to return, 1 to 100; 20 if not given
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

fn is_language(tag: &str) -> garde::Result {
    match canonical_tag(tag) {
        Some(_) => Ok(()),
        None => Err(garde::Error::new("is not a BCP 47 language tag such as lo or en")),
    }
}

/// One page of films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilmList {
    /// The films.
    pub(crate) items: Vec<Film>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the films that the caller may see and play: public ones, and those for members if they are one.
#[utoipa::path(get, path = "/films", tag = "films", security((), ("bearer" = [])), params(FilmQuery), responses(
    (status = 200, description = "A page of films", body = FilmList),
    SignedIn, WithQuery,
))]
pub(crate) async fn list_films(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    ValidQuery(query): ValidQuery<FilmQuery>,
) -> Result<Response, ApiError> {
    let audience = viewer.audience();
    let json = match audience {
        // Whatever is asked is in the question, and nothing of who asks.
        Audience::Anybody => {
            let question = format!("{query:?}");
            app.list_cache.answer(question, || render_list(&app, audience, query)).await?
        }
        Audience::Member | Audience::Editor => render_list(&app, audience, query).await?,
    };
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok((cache(audience), [kind], json).into_response())
}

async fn render_list(app: &App, audience: Audience, query: FilmQuery) -> Result<Bytes, ApiError> {
    let page = Page::<SortedCursor>::new(query.cursor.as_deref(), query.limit)?;
    let sort: db::film::FilmSort = query.sort.unwrap_or_default().into();
    let films = match query.filter(app).await? {
        Some(filter) => {
            db::film::list(&app.db, audience, &filter, sort, page.after.as_ref(), page.rows()).await?
        }
        None => Vec::new(),
    };
    let (films, next_cursor) = page.cut(films, |last| last.cursor(sort));
    let items: Vec<_> = films.into_iter().map(|listed| Film::from(listed.film)).collect();
    let size_bytes = (items.len() + 1) * ITEM_BYTES;
    render(&FilmList { items, next_cursor }, size_bytes)
}

impl FilmQuery {
    /// What the catalogue is asked; `None` if a thing is named that there is not, and so no film.
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
