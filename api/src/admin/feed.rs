//! Films being watched as they change: one poll of the database a second for each film, however many people look.
//!
//! Polling ends when the last of them leaves.

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

/// How often a film is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// Looks for which a film whose work has ended is still told of, so that slow watchers do not miss how it ended.
const LAST_LOOKS: u32 = 30;
/// Most films that are told of at once, those longest in work first.
const MOST_FILMS: u32 = 200;

/// Subscribes to a film; see [`FilmFeeds::subscribe`](crate::app::film_feeds::FilmFeeds::subscribe).
pub(crate) fn subscribe(app: &Arc<App>, film: FilmId, now: FilmJson) -> watch::Receiver<FilmJson> {
    let (receiver, is_first) = app.film_feeds.subscribe(film, now);
    if is_first {
        let span = tracing::info_span!("film_feed", film.id = %film);
        tokio::spawn(poll(Arc::clone(app), film).instrument(span));
    }
    receiver
}

/// Subscribes to all films in work.
pub(crate) fn subscribe_all(app: &Arc<App>) -> watch::Receiver<FilmsInWork> {
    let (receiver, is_first) = app.film_feeds.subscribe_all();
    if is_first {
        tokio::spawn(poll_all(Arc::clone(app)).instrument(tracing::info_span!("work_feed")));
    }
    receiver
}

/// The film as editors see it, or `None` if there is none.
pub(crate) async fn film_json(app: &App, id: FilmId) -> Result<Option<FilmJson>, ApiError> {
    let Some(film) = AdminFilm::find(app, id).await? else { return Ok(None) };
    serde_json::to_string(&film).map(|json| Some(json.into())).map_err(ApiError::internal)
}

/// All films in work as editors see them, and those whose work has ended in one of the last looks, of which `left` counts them.
async fn films_in_work(app: &App, left: &mut HashMap<FilmId, u32>) -> Result<FilmsInWork, ApiError> {
    let working = db::queue::films_in_work(&app.db, MOST_FILMS).await?;
    for looks in left.values_mut() {
        *looks += 1;
    }
    left.extend(working.iter().map(|film| (*film, 0)));
    left.retain(|_, looks| *looks <= LAST_LOOKS);
    let ids: Vec<FilmId> = left.keys().copied().collect();
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
    let mut left = HashMap::new();
    loop {
        tokio::select! {
            () = app.shutdown.cancelled() => {
                app.film_feeds.publish_all(None);
                return;
            }
            _ = ticks.tick() => {}
        }
        let films = match films_in_work(&app, &mut left).await {
            Ok(films) => films,
            Err(error) => {
                warn!(%error, "Cannot look at films in work; trying again");
                continue;
            }
        };
        if !app.film_feeds.publish_all(Some(films)) {
            debug!("Nobody watches any more");
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
                warn!(%error, "Cannot look at a watched film; trying again");
                continue;
            }
        };
        if !app.film_feeds.publish(film, json) {
            debug!("Nobody watches any more");
            return;
        }
    }
}
