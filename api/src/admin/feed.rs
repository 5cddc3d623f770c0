//! Polls the database once per second for each film with subscribers, not once per subscriber.
//!
//! Polling ends when the last subscriber disconnects.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::id::FilmId;
use tokio::{sync::watch, time::MissedTickBehavior};
use tracing::{Instrument, debug, warn};

use super::film::AdminFilm;
use crate::{
    app::{
        App,
        film_feeds::{FilmJson, FilmsInWork},
    },
    http::error::ApiError,
};

/// Interval of polls.
const PERIOD: Duration = Duration::from_secs(1);

/// Number of polls for which a film is still published after its last job has ended, so that slow subscribers receive the result.
const IDLE_POLLS: u32 = 30;
/// Maximum number of films that are published at the same time; those that have been processed longest come first.
const MAX_FILMS: u32 = 200;

/// Subscribes to a film; see [`FilmFeeds::subscribe`](crate::app::film_feeds::FilmFeeds::subscribe).
pub(crate) fn subscribe(app: &Arc<App>, film: FilmId, now: FilmJson) -> watch::Receiver<FilmJson> {
    let (receiver, is_first) = app.film_feeds.subscribe(film, now);
    if is_first {
        let span = tracing::info_span!("film_feed", film.id = %film);
        tokio::spawn(poll(Arc::clone(app), film).instrument(span));
    }
    receiver
}

/// Subscribes to all films that are being processed.
pub(crate) fn subscribe_all(app: &Arc<App>) -> watch::Receiver<FilmsInWork> {
    let (receiver, is_first) = app.film_feeds.subscribe_all();
    if is_first {
        tokio::spawn(poll_all(Arc::clone(app)).instrument(tracing::info_span!("work_feed")));
    }
    receiver
}

/// Returns the film as editors see it, as JSON; `None` if it does not exist.
pub(crate) async fn film_json(app: &App, id: FilmId) -> Result<Option<FilmJson>, ApiError> {
    let Some(film) = AdminFilm::find(app, id).await? else { return Ok(None) };
    serde_json::to_string(&film).map(|json| Some(json.into())).map_err(ApiError::internal)
}

/// Returns all films that are being processed, and those whose last job ended during the last [`IDLE_POLLS`] polls. `idle_polls`
/// counts, for each of these films, the polls since it was last being processed.
async fn films_in_work(app: &App, idle_polls: &mut HashMap<FilmId, u32>) -> Result<FilmsInWork, ApiError> {
    let working = db::queue::films_in_work(&app.db, MAX_FILMS).await?;
    for polls in idle_polls.values_mut() {
        *polls += 1;
    }
    idle_polls.extend(working.iter().map(|film| (*film, 0)));
    idle_polls.retain(|_, polls| *polls <= IDLE_POLLS);
    let ids: Vec<FilmId> = idle_polls.keys().copied().collect();
    let films = AdminFilm::load(app, &ids).await?;
    let json = |film: AdminFilm| {
        let json = serde_json::to_string(&film).map_err(ApiError::internal)?;
        Ok((film.id(), json.into()))
    };
    films.into_iter().map(json).collect::<Result<HashMap<_, _>, ApiError>>().map(Arc::new)
}

async fn poll_all(app: Arc<App>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut idle_polls = HashMap::new();
    loop {
        tokio::select! {
            () = app.shutdown.cancelled() => {
                app.film_feeds.publish_all(None);
                return;
            }
            _ = ticks.tick() => {}
        }
        let films = match films_in_work(&app, &mut idle_polls).await {
            Ok(films) => films,
            Err(error) => {
                warn!(%error, "Cannot read the films that are being processed; trying again");
                continue;
            }
        };
        if !app.film_feeds.publish_all(Some(films)) {
            debug!("Stopped polling: no subscribers");
            return;
        }
    }
}

async fn poll(app: Arc<App>, film: FilmId) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        tokio::select! {
            () = app.shutdown.cancelled() => {
                app.film_feeds.publish(film, None);
                return;
            }
            _ = ticks.tick() => {}
        }
        let json = match film_json(&app, film).await {
            Ok(json) => json,
            Err(error) => {
                warn!(%error, "Cannot read a film that has subscribers; trying again");
                continue;
            }
        };
        if !app.film_feeds.publish(film, json) {
            debug!("Stopped polling: no subscribers");
            return;
        }
    }
}
