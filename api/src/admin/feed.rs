//! Films being watched as they change: one poll of the database a second for each film, however many people look.
//!
//! Polling ends when the last of them leaves.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::id::FilmId;
use tokio::{sync::watch, time::MissedTickBehavior};
use tracing::{Instrument, debug, warn};

use super::film::AdminFilm;
use crate::{app::App, http::error::ApiError};

/// How often a film is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// A film as JSON.
pub(crate) type FilmJson = Arc<str>;

/// The films that somebody watches.
#[derive(Default)]
pub(crate) struct FilmFeeds(Mutex<HashMap<FilmId, watch::Sender<FilmJson>>>);

impl FilmFeeds {
    /// Joins those who watch `film`; `now` is how the caller has just seen it. The receiver closes when the film is gone
    /// or the server stops.
    pub(crate) fn subscribe(app: &Arc<App>, film: FilmId, now: FilmJson) -> watch::Receiver<FilmJson> {
        let mut feeds = app.film_feeds.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = feeds.get(&film) {
            return feed.subscribe();
        }
        let (feed, receiver) = watch::channel(now);
        feeds.insert(film, feed);
        tokio::spawn(
            poll(Arc::clone(app), film).instrument(tracing::info_span!("film_feed", film.id = %film)),
        );
        receiver
    }

    /// Passes a changed film on. False when nobody is left to hear, or nothing to tell: the feed has ended.
    fn publish(&self, film: FilmId, json: Option<FilmJson>) -> bool {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = match (feeds.get(&film), json) {
            (Some(feed), Some(json)) if feed.receiver_count() > 0 => {
                feed.send_if_modified(|last| {
                    let changed = *last != json;
                    if changed {
                        *last = json;
                    }
                    changed
                });
                true
            }
            _ => false,
        };
        if !alive {
            feeds.remove(&film);
        }
        alive
    }
}

/// The film as editors see it, or `None` if there is none.
pub(crate) async fn film_json(app: &App, id: FilmId) -> Result<Option<FilmJson>, ApiError> {
    let Some(film) = AdminFilm::find(app, id).await? else { return Ok(None) };
    serde_json::to_string(&film).map(|json| Some(json.into())).map_err(ApiError::internal)
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
