//! Recommendations, each with its reason. A background task updates the counts they use: [`update_watch_counts`].

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

/// Number of recently watched films that get a row of similar films.
const SOURCES: u32 = 3;
/// Maximum number of films in a row.
const ROW_FILMS: usize = 12;
/// Interval at which the counts of watched films are updated.
const COUNT_INTERVAL: Duration = Duration::from_hours(1);

/// Kind of reason for a recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReasonKind {
    /// The films have the same director.
    SameDirector,
    /// The films credit the same person.
    SameCast,
    /// The films are of the same genre.
    SameGenre,
    /// Viewers of one film also watched the other.
    WatchedTogether,
    /// Many viewers watch the film.
    Popular,
    /// The film was added recently.
    New,
}

/// The reason for a recommendation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// The kind of reason.
    pub(crate) kind: ReasonKind,
    /// Name, by BCP 47 language tag, of the shared person or genre, or of the film that is watched together with it; null for other
    /// kinds.
    #[schema(required)]
    pub(crate) label: Option<Titles>,
}

/// A recommended film.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RecommendedFilm {
    /// The film.
    pub(crate) film: Film,
    /// The reason for the recommendation.
    pub(crate) reason: Reason,
}

/// Films similar to another film.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SimilarFilms {
    /// The films, most similar first.
    pub(crate) items: Vec<RecommendedFilm>,
}

/// Kind of a row of recommendations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowKind {
    /// Films similar to `film`, which the caller watched.
    BecauseYouWatched,
    /// Films that many viewers watch.
    Popular,
    /// Films added most recently.
    New,
}

/// A row of recommended films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RecommendationRow {
    /// What the films of the row have in common.
    pub(crate) kind: RowKind,
    /// With `because_you_watched`, the film that the caller watched; null for other kinds.
    #[schema(required)]
    pub(crate) film: Option<Film>,
    /// The films. A film is in only one row.
    pub(crate) items: Vec<RecommendedFilm>,
}

/// Rows of recommended films. No row is empty.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Recommendations {
    /// The rows in display order.
    pub(crate) items: Vec<RecommendationRow>,
}

/// Query parameters of the list of similar films.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SimilarQuery {
    /// Maximum number of films, 1 to 40; default 12
    #[param(minimum = 1, maximum = 40)]
    #[garde(range(min = 1, max = 40))]
    limit: Option<u32>,
}

/// Lists films similar to a film.
///
/// Similar films share people, genres, categories or words with it, or have the same viewers. If there are fewer than `limit`, popular
/// films and then new films follow. The list has no film that the caller watched to the end.
#[utoipa::path(get, path = "/films/{id_or_slug}/similar", tag = "films", security((), ("bearer" = [])),
    params(("id_or_slug" = String, Path, description = "The film's id or its present or former slug"), SimilarQuery), responses(
    (status = 200, description = "The similar films", body = SimilarFilms),
    (status = 401, description = "The request has an access token that is not valid", body = Problem, content_type = "application/problem+json"),
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
    let films = FilmLookup::load(&app.db, &ids, viewer).await?;
    Ok(Json(SimilarFilms { items: recommended_films(similar, &films) }))
}

/// Lists recommended films in rows: similar to films that the caller watched last, popular, and new.
///
/// A caller without watch history or without an access token gets only the popular and the new row.
#[utoipa::path(get, path = "/recommendations", tag = "viewer", security((), ("bearer" = [])), responses(
    (status = 200, description = "The rows", body = Recommendations),
    (status = 401, description = "The request has an access token that is not valid", body = Problem, content_type = "application/problem+json"),
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
    // Enough for a full row after removing the films that the earlier rows may already have.
    let most = (SOURCES + 2) * u32::try_from(ROW_FILMS + 1).unwrap_or(u32::MAX);
    rows.push((RowKind::Popular, None, recommendation::popular(&app.db, viewer, most).await?));
    rows.push((RowKind::New, None, recommendation::newest(&app.db, viewer, most).await?));

    // A film is in only one row, and a film that a row is about is in none.
    let mut taken: HashSet<FilmId> = rows.iter().filter_map(|(_, film, _)| *film).collect();
    let mut ids: Vec<FilmId> = taken.iter().copied().collect();
    for (_, _, row) in &mut rows {
        row.retain(|one| !taken.contains(&one.film_id));
        row.truncate(ROW_FILMS);
        taken.extend(row.iter().map(|one| one.film_id));
        ids.extend(row.iter().map(|one| one.film_id));
    }
    let films = FilmLookup::load(&app.db, &ids, viewer).await?;
    let items = rows
        .into_iter()
        .map(|(kind, film, row)| RecommendationRow {
            kind,
            film: film.and_then(|film| films.get(film)),
            items: recommended_films(row, &films),
        })
        .filter(|row| !row.items.is_empty())
        .collect();
    Ok(Json(Recommendations { items }))
}

fn recommended_films(recommended: Vec<Recommendation>, films: &FilmLookup) -> Vec<RecommendedFilm> {
    let one = |one: Recommendation| {
        let reason = Reason { kind: one.kind.into(), label: one.label.map(Titles) };
        Some(RecommendedFilm { film: films.get(one.film_id)?, reason })
    };
    recommended.into_iter().filter_map(one).collect()
}

convert_enum!(recommendation::ReasonKind => ReasonKind { SameDirector, SameCast, SameGenre, WatchedTogether, Popular, New });

/// Every hour until `shutdown`, updates the counts of which films many viewers watch and which films the same viewers watch. Every
/// server may run this task; only one of them does the work each hour.
pub async fn update_watch_counts(db: Db, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(COUNT_INTERVAL);
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        // Slightly less than the interval, so that the next tick does not count as too early.
        match recommendation::count(&db, COUNT_INTERVAL * 9 / 10).await {
            Ok(true) => info!("Counted watched films"),
            Ok(false) => {}
            Err(error) => {
                warn!(%error, "Could not count watched films; using the previous counts and trying again in an hour");
            }
        }
    }
}
