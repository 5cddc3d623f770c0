//! One box over everything that is said of films.

use std::sync::Arc;

use axum::{Json, extract::State};
use db::search::{Field, Found, SearchCursor, Suggested};
use domain::lao::index::{self, Query};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Viewer,
    film::Film,
    http::{error::ApiError, problem::Problem, query::ValidQuery, responses::WithQuery},
    search_match::{best_text, excerpt},
};

/// Items on a page that does not say how many it wants.
const DEFAULT_LIMIT: u32 = 20;
/// Most suggestions.
const MAX_SUGGESTIONS: u32 = 8;
/// Longest text that is looked for, in characters; a title may be as long.
const MAX_QUERY_CHARS: usize = 200;

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// What was typed, in Lao or any other script; without a letter or digit in it nothing is found
    #[param(max_length = 200, example = "luang prabang")]
    #[garde(length(chars, max = MAX_QUERY_CHARS), custom(no_nul))]
    q: String,
    /// `next_cursor` of the page before, for the same `q`; none for the first page
    #[garde(skip)]
    cursor: Option<String>,
    /// Most items to return, 1 to 100; 20 if not given
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// What is being typed.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuggestionsQuery {
    /// What was typed so far
    #[param(max_length = 200, example = "ຫຼວງ")]
    #[garde(length(chars, max = MAX_QUERY_CHARS), custom(no_nul))]
    q: String,
}

/// A character that no text can have, and Postgres does not take.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "how garde hands over its context")]
fn no_nul(text: &str, (): &()) -> garde::Result {
    if text.contains('\0') { Err(garde::Error::new("must not contain NUL")) } else { Ok(()) }
}

/// What of a film matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MatchedField {
    /// One of its titles.
    Title,
    /// Somebody in its credits.
    Person,
    /// One of its synopses.
    Synopsis,
}

/// Why a film was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Match {
    /// What matched.
    pub(crate) field: MatchedField,
    /// The title or name that matched, or the sentence of the synopsis.
    pub(crate) text: String,
}

/// A film that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FoundFilm {
    /// The film.
    #[serde(flatten)]
    pub(crate) film: Film,
    /// Why it was found.
    #[serde(rename = "match")]
    pub(crate) matched: Match,
}

/// One page of films, the best match first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FoundPage {
    /// The films.
    pub(crate) items: Vec<FoundFilm>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Something to search for, or to open.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Suggestion {
    /// A film.
    Film {
        /// The film's.
        id: Uuid,
        /// The title that begins so.
        text: String,
        /// The film.
        film: Box<Film>,
    },
    /// Somebody in the credits of a film.
    Person {
        /// The person's.
        id: Uuid,
        /// The name that begins so.
        text: String,
        /// The person.
        person: SuggestedPerson,
    },
}

/// A person, as far as a suggestion shows them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SuggestedPerson {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its names by BCP 47 language tag.
    pub(crate) names: std::collections::BTreeMap<String, String>,
}

/// At most eight titles and people, the best first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Suggestions {
    /// Films and people.
    pub(crate) items: Vec<Suggestion>,
}

/// Finds films by title, person or synopsis, the best match first: titles before people before synopses, whole before
/// part, exact before mistyped. Lao is found by any part of a word, with or without tone marks, and by its Latin spellings.
#[utoipa::path(get, path = "/search", tag = "films", params(SearchQuery), security((), ("bearer" = [])), responses(
    (status = 200, description = "A page of films", body = FoundPage),
    (status = 401, description = "The access token that was sent is not valid", body = Problem, content_type = "application/problem+json"),
    WithQuery,
))]
pub(crate) async fn search_films(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    ValidQuery(search): ValidQuery<SearchQuery>,
) -> Result<Json<FoundPage>, ApiError> {
    let after = search
        .cursor
        .map(|cursor| cursor.parse::<SearchCursor>())
        .transpose()
        .map_err(|_| ApiError::invalid_query("cursor", "is not a next_cursor of this list"))?;
    let limit = search.limit.unwrap_or(DEFAULT_LIMIT);
    let Some(query) = index::query(&search.q) else {
        return Ok(Json(FoundPage { items: Vec::new(), next_cursor: None }));
    };
    let mut found = db::search::find(&app.db, &query, viewer.audience(), after, limit + 1).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let next_cursor = found.last().filter(|_| more).map(|last| last.cursor().to_string());
    let ids: Vec<_> = found.iter().map(|found| found.film_id.0).collect();
    let films = db::film::list_by_ids(&app.db, &ids).await?;
    // One that was deleted in between has no film any more.
    let items = films
        .into_iter()
        .filter_map(|film| {
            let found = found.iter().find(|found| found.film_id == film.id)?;
            Some(FoundFilm { matched: Match::of(&query, found), film: film.into() })
        })
        .collect();
    Ok(Json(FoundPage { items, next_cursor }))
}

/// Titles and people that begin as what is being typed, at most eight.
#[utoipa::path(get, path = "/search/suggestions", tag = "films", params(SuggestionsQuery), security((), ("bearer" = [])), responses(
    (status = 200, description = "Films and people", body = Suggestions),
    (status = 401, description = "The access token that was sent is not valid", body = Problem, content_type = "application/problem+json"),
    WithQuery,
))]
pub(crate) async fn list_suggestions(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    ValidQuery(typed): ValidQuery<SuggestionsQuery>,
) -> Result<Json<Suggestions>, ApiError> {
    let Some(query) = index::query(&typed.q) else { return Ok(Json(Suggestions { items: Vec::new() })) };
    let suggested = db::search::suggest(&app.db, &query, viewer.audience(), MAX_SUGGESTIONS).await?;
    let ids: Vec<_> = suggested
        .iter()
        .filter_map(|suggested| match suggested {
            Suggested::Film(id, _) => Some(id.0),
            Suggested::Person(..) => None,
        })
        .collect();
    let mut films = db::film::list_by_ids(&app.db, &ids).await?;
    let items = suggested
        .into_iter()
        .filter_map(|suggested| match suggested {
            Suggested::Film(id, titles) => {
                let at = films.iter().position(|film| film.id == id)?;
                let film = films.swap_remove(at);
                Some(Suggestion::Film {
                    id: id.0,
                    text: best_text(&query, &titles),
                    film: Box::new(film.into()),
                })
            }
            Suggested::Person(id, names) => {
                let text = best_text(&query, names.values());
                Some(Suggestion::Person { id, text, person: SuggestedPerson { id, names } })
            }
        })
        .collect();
    Ok(Json(Suggestions { items }))
}

impl Match {
    fn of(query: &Query, found: &Found) -> Self {
        let texts = &found.texts;
        let (field, text) = match found.field {
            Field::Title => (MatchedField::Title, best_text(query, texts)),
            Field::Person => (MatchedField::Person, best_text(query, texts)),
            Field::Synopsis => (MatchedField::Synopsis, excerpt(query, texts)),
        };
        Self { field, text }
    }
}
