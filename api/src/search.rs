//! Full-text search of films by title, person and synopsis.

use std::sync::Arc;

use axum::{Json, extract::State};
use db::search::{Field, Found, FoundPerson as Person, SearchCursor, Suggested};
use domain::lao::index::{self, Query};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Viewer,
    film::{Film, Labelled},
    http::{error::ApiError, problem::Problem, query::ValidQuery, responses::WithQuery},
    image::Image,
    search_match::{best_text, excerpt},
    titles::Titles,
};

/// Page size if the request has no `limit`.
const DEFAULT_LIMIT: u32 = 20;
/// Maximum number of people in a page of results.
const MAX_PEOPLE: u32 = 12;
/// Maximum number of suggestions.
const MAX_SUGGESTIONS: u32 = 8;
/// Maximum length of a query in characters; the same as of a title.
const MAX_QUERY_CHARS: usize = 200;

/// Query parameters of a search.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Text to search for, in Lao or any other script; a text without letters and digits finds nothing
    #[param(max_length = 200, example = "luang prabang")]
    #[garde(length(chars, max = MAX_QUERY_CHARS), custom(no_nul))]
    q: String,
    /// `next_cursor` of the previous page, for the same `q`; omit it for the first page
    #[garde(skip)]
    cursor: Option<String>,
    /// Maximum number of items, 1 to 100; default 20
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Query parameters of suggestions.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuggestionsQuery {
    /// Text that the viewer has typed so far
    #[param(max_length = 200, example = "ຫຼວງ")]
    #[garde(length(chars, max = MAX_QUERY_CHARS), custom(no_nul))]
    q: String,
}

/// For garde: rejects NUL, which PostgreSQL does not accept in a text.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "signature required by garde")]
fn no_nul(text: &str, (): &()) -> garde::Result {
    if text.contains('\0') { Err(garde::Error::new("must not contain NUL")) } else { Ok(()) }
}

/// The kind of text that matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MatchedField {
    /// A title of the film.
    Title,
    /// The name of a person in its credits.
    Person,
    /// A synopsis of the film.
    Synopsis,
}

/// The text that matched.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Match {
    /// The kind of text.
    pub(crate) field: MatchedField,
    /// The title or name that matched, or the sentence of the synopsis.
    pub(crate) text: String,
    /// Whether the film matches only a similar spelling of the query.
    pub(crate) corrected: bool,
}

/// A film that matches a search.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FoundFilm {
    /// The film.
    #[serde(flatten)]
    pub(crate) film: Film,
    /// The text that matched.
    #[serde(rename = "match")]
    pub(crate) matched: Match,
}

/// A person whose name matches a search.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FoundPerson {
    /// The person.
    #[serde(flatten)]
    pub(crate) person: Labelled,
    /// The name that matches best.
    pub(crate) text: String,
    /// Portrait of the person; null if the person has none.
    #[schema(required)]
    pub(crate) portrait: Option<Image>,
}

/// A page of search results, best match first.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct FoundPage {
    /// The films.
    pub(crate) items: Vec<FoundFilm>,
    /// People whose names match; at most 12, and only on the first page.
    pub(crate) people: Vec<FoundPerson>,
    /// Whether nothing matches the query as it was typed, so that films and people with similar spellings are listed.
    pub(crate) corrected: bool,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A suggested film or person.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Suggestion {
    /// A film.
    Film {
        /// Id of the film.
        id: Uuid,
        /// The title that matches best.
        text: String,
        /// The film.
        film: Box<Film>,
    },
    /// A person in the credits of a film.
    Person {
        /// Id of the person.
        id: Uuid,
        /// The name that matches best.
        text: String,
        /// The person.
        person: SuggestedPerson,
    },
}

/// A suggested person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SuggestedPerson {
    /// The person.
    #[serde(flatten)]
    pub(crate) person: Labelled,
    /// Portrait of the person; null if the person has none.
    #[schema(required)]
    pub(crate) portrait: Option<Image>,
}

/// At most eight suggestions, best match first.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Suggestions {
    /// The suggested films and people.
    pub(crate) items: Vec<Suggestion>,
    /// Whether nothing begins with the typed text, so that films and people with similar spellings are suggested.
    pub(crate) corrected: bool,
}

/// Searches films by title, person or synopsis, best match first.
///
/// Titles rank before people, people before synopses, whole words before parts of words, and exact matches before misspelled ones. Lao
/// text matches any part of a word, with or without tone marks, and its Latin spellings.
#[utoipa::path(get, path = "/search", tag = "films", params(SearchQuery), security((), ("bearer" = [])), responses(
    (status = 200, description = "A page of results", body = FoundPage),
    (status = 401, description = "The request has an access token that is not valid", body = Problem, content_type = "application/problem+json"),
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
    let is_first_page = after.is_none();
    let limit = search.limit.unwrap_or(DEFAULT_LIMIT);
    let Some(query) = index::query(&search.q) else {
        return Ok(Json(FoundPage::default()));
    };
    let mut found = db::search::find(&app.db, &query, viewer.audience(), after, limit + 1).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let next_cursor = found.last().filter(|_| more).map(|last| last.cursor().to_string());
    let ids: Vec<_> = found.iter().map(|found| found.film_id.0).collect();
    let films = db::film::list_by_ids(&app.db, &ids, viewer.user_id()).await?;
    // Misspelled names are forgiven if no title matches as typed either; otherwise the query is not misspelled.
    let forgives = found.iter().all(|found| found.is_correction);
    let (people, people_are_corrected) = if is_first_page {
        db::search::find_people(&app.db, &query, viewer.audience(), forgives, MAX_PEOPLE).await?
    } else {
        (Vec::new(), false)
    };
    let corrected =
        forgives && (people_are_corrected || people.is_empty()) && !(found.is_empty() && people.is_empty());
    let people = people.into_iter().map(|person| FoundPerson::new(&query, person)).collect();
    // A film that was deleted after the search is missing here.
    let items = films
        .into_iter()
        .filter_map(|film| {
            let found = found.iter().find(|found| found.film_id == film.id)?;
            Some(FoundFilm { matched: Match::of(&query, found), film: film.into() })
        })
        .collect();
    Ok(Json(FoundPage { items, people, corrected, next_cursor }))
}

/// Lists at most eight films and people whose title or name begins with the typed text.
#[utoipa::path(get, path = "/search/suggestions", tag = "films", params(SuggestionsQuery), security((), ("bearer" = [])), responses(
    (status = 200, description = "The suggestions", body = Suggestions),
    (status = 401, description = "The request has an access token that is not valid", body = Problem, content_type = "application/problem+json"),
    WithQuery,
))]
pub(crate) async fn list_suggestions(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    ValidQuery(typed): ValidQuery<SuggestionsQuery>,
) -> Result<Json<Suggestions>, ApiError> {
    let Some(query) = index::query(&typed.q) else { return Ok(Json(Suggestions::default())) };
    let suggested = db::search::suggest(&app.db, &query, viewer.audience(), MAX_SUGGESTIONS).await?;
    let corrected = suggested.is_corrected;
    let ids: Vec<_> = suggested
        .items
        .iter()
        .filter_map(|suggested| match suggested {
            Suggested::Film(id, _) => Some(id.0),
            Suggested::Person(_) => None,
        })
        .collect();
    let mut films = db::film::list_by_ids(&app.db, &ids, viewer.user_id()).await?;
    let items = suggested
        .items
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
            Suggested::Person(person) => {
                let text = best_text(&query, person.names.values());
                let portrait = person.portrait.clone().map(Image::from);
                let id = person.id;
                Some(Suggestion::Person {
                    id,
                    text,
                    person: SuggestedPerson { person: person.into(), portrait },
                })
            }
        })
        .collect();
    Ok(Json(Suggestions { items, corrected }))
}

impl FoundPerson {
    fn new(query: &Query, person: Person) -> Self {
        let text = best_text(query, person.names.values());
        let portrait = person.portrait.clone().map(Image::from);
        Self { person: person.into(), text, portrait }
    }
}

impl From<Person> for Labelled {
    fn from(person: Person) -> Self {
        Self { id: person.id, slug: person.slug, names: Titles(person.names) }
    }
}

impl Match {
    fn of(query: &Query, found: &Found) -> Self {
        let texts = &found.texts;
        let (field, text) = match found.field {
            Field::Title => (MatchedField::Title, best_text(query, texts)),
            Field::Person => (MatchedField::Person, best_text(query, texts)),
            Field::Synopsis => (MatchedField::Synopsis, excerpt(query, texts)),
        };
        Self { field, text, corrected: found.is_correction }
    }
}
