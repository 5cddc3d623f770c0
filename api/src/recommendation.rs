//! What to watch next, with the reason said. Counting what many watch is a task of its own: [`count_watching`].

use std::{collections::HashSet, sync::Arc, time::Duration};

use axum::{Json, extract::State};
use db::{
    Db,
    recommendation::{self, Recommendation},
    slug::{self, Address, Kind},
};
use domain::id::FilmId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    auth::identity::Viewer,
    film::{Film, NO_FILM},
    film_lookup::FilmLookup,
    http::{
        error::ApiError,
        path::PathId,
        problem::Problem,
        query::ValidQuery,
        responses::{WithId, WithQuery},
    },
    stream::right::audience,
    titles::Titles,
};

/// Films watched last that rows of recommendations follow from.
const SOURCES: u32 = 3;
/// Films in a row.
const ROW_FILMS: usize = 12;
/// How often what many watch is counted.
const COUNT_EVERY: Duration = Duration::from_hours(1);

/// Why a film is recommended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReasonKind {
    /// The same director.
    SameDirector,
    /// The same person in front of or behind the camera.
    SameCast,
    /// The same genre.
    SameGenre,
    /// People who watch the one watch the other.
    WatchedTogether,
    /// Many watch it.
    Popular,
    /// It was added not long ago.
    New,
}

/// Why a film is recommended, and by what.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// The kind of reason.
    pub(crate) kind: ReasonKind,
    /// Names by language of the person, the genre, or the film it is watched together with; null where the kind says all.
    #[schema(required)]
    pub(crate) label: Option<Titles>,
}

/// A film the caller may like.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RecommendedFilm {
    /// The film.
    pub(crate) film: Film,
    /// Why.
    pub(crate) reason: Reason,
}

/// Films like another.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SimilarFilms {
    /// The likest first.
    pub(crate) items: Vec<RecommendedFilm>,
}

/// What a row of recommendations has in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowKind {
    /// They are like `film`, which the caller watched.
    BecauseYouWatched,
    /// Many watch them.
    Popular,
    /// They were added last.
    New,
}

/// A row of films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RecommendationRow {
    /// What they have in common.
    pub(crate) kind: RowKind,
    /// Of `because_you_watched`: the film the caller watched.
    #[schema(required)]
    pub(crate) film: Option<Film>,
    /// The films; each is in one row alone.
    pub(crate) items: Vec<RecommendedFilm>,
}

/// Rows of films, none of them empty.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Recommendations {
    /// The rows, in the order to show them in.
    pub(crate) items: Vec<RecommendationRow>,
}

/// How many are wanted.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SimilarQuery {
    /// Most films to return, 1 to 40; 12 if not given
    #[param(minimum = 1, maximum = 40)]
    #[garde(range(min = 1, max = 40))]
    limit: Option<u32>,
}

/// Lists films like this one: the same people, genres, categories, words, or watched by the same people. Where there are too
/// few, what many watch and what is new follows. Nothing that the caller has watched to the end.
#[utoipa::path(get, path = "/films/{id_or_slug}/similar", tag = "films", security((), ("bearer" = [])),
    params(("id_or_slug" = String, Path, description = "The film's id or slug, a former one too"), SimilarQuery), responses(
    (status = 200, description = "The films", body = SimilarFilms),
    (status = 401, description = "An access token was sent and is not valid", body = Problem, content_type = "application/problem+json"),
    WithId, WithQuery,
))]
pub(crate) async fn list_similar_films(
    State(app): State<Arc<App>>,
    Viewer(user): Viewer,
    PathId(address): PathId<Address>,
    ValidQuery(query): ValidQuery<SimilarQuery>,
) -> Result<Json<SimilarFilms>, ApiError> {
    let id = FilmId(slug::locate(&app.db, Kind::Film, &address).await?.ok_or(NO_FILM)?);
    if !db::playback_context::is_shown(&app.db, id, audience(user.as_ref())).await? {
        return Err(NO_FILM);
    }
    let viewer = user.map(|user| user.account.id);
    let limit = query.limit.unwrap_or(12);
    let similar = recommendation::similar(&app.db, id, viewer, limit).await?;
    let ids: Vec<_> = similar.iter().map(|one| one.film_id).collect();
    let films = FilmLookup::load(&app.db, &ids).await?;
    Ok(Json(SimilarFilms { items: on_wire(similar, &films) }))
}

/// Recommends films in rows: because of what the caller watched last, what many watch, and what is new. Somebody who is
/// new or not logged in gets the last two.
#[utoipa::path(get, path = "/recommendations", tag = "viewer", security((), ("bearer" = [])), responses(
    (status = 200, description = "Rows of films", body = Recommendations),
    (status = 401, description = "An access token was sent and is not valid", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list_recommendations(
    State(app): State<Arc<App>>,
    Viewer(user): Viewer,
) -> Result<Json<Recommendations>, ApiError> {
    let viewer = user.map(|user| user.account.id);
    let mut rows: Vec<(RowKind, Option<FilmId>, Vec<Recommendation>)> = Vec::new();
    if let Some(viewer) = viewer {
        let because = recommendation::because_watched(&app.db, viewer, SOURCES, 40).await?;
        rows.extend(because.into_iter().map(|(film, like)| (RowKind::BecauseYouWatched, Some(film), like)));
    }
    // As many as the rows before may have taken from them, and a row.
    let most = (SOURCES + 2) * u32::try_from(ROW_FILMS + 1).unwrap_or(u32::MAX);
    rows.push((RowKind::Popular, None, recommendation::popular(&app.db, viewer, most).await?));
    rows.push((RowKind::New, None, recommendation::newest(&app.db, viewer, most).await?));

    // A film is in one row; one that a row is about is nobody's news.
    let mut taken: HashSet<FilmId> = rows.iter().filter_map(|(_, film, _)| *film).collect();
    let mut ids: Vec<FilmId> = taken.iter().copied().collect();
    for (_, _, row) in &mut rows {
        row.retain(|one| !taken.contains(&one.film_id));
        row.truncate(ROW_FILMS);
        taken.extend(row.iter().map(|one| one.film_id));
        ids.extend(row.iter().map(|one| one.film_id));
    }
    let films = FilmLookup::load(&app.db, &ids).await?;
    let items = rows
        .into_iter()
        .map(|(kind, film, row)| RecommendationRow {
            kind,
            film: film.and_then(|film| films.get(film)),
            items: on_wire(row, &films),
        })
        .filter(|row| !row.items.is_empty())
        .collect();
    Ok(Json(Recommendations { items }))
}

fn on_wire(recommended: Vec<Recommendation>, films: &FilmLookup) -> Vec<RecommendedFilm> {
    let one = |one: Recommendation| {
        let reason = Reason { kind: one.kind.into(), label: one.label.map(Titles) };
        Some(RecommendedFilm { film: films.get(one.film_id)?, reason })
    };
    recommended.into_iter().filter_map(one).collect()
}

same_words!(recommendation::ReasonKind => ReasonKind { SameDirector, SameCast, SameGenre, WatchedTogether, Popular, New });

/// Counts every hour what many watch and what is watched together, until `shutdown`. Every server may run this; one of
/// them counts.
pub async fn count_watching(db: Db, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(COUNT_EVERY);
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        // A little less than the interval, so that the hour after is not taken for too early.
        match recommendation::count(&db, COUNT_EVERY * 9 / 10).await {
            Ok(true) => info!("Counted what is watched"),
            Ok(false) => {}
            Err(error) => warn!(%error, "What is watched could not be counted; again in an hour"),
        }
    }
}
