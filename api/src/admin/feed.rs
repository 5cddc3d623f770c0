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

/// Films in work, and those whose work has just ended, each as it was last seen.
pub(crate) type FilmsInWork = Arc<HashMap<FilmId, FilmJson>>;

/// Looks for which a film whose work has ended is still told of, so that slow watchers do not miss how it ended.
const LAST_LOOKS: u32 = 30;
/// Most films that are told of at once, those longest in work first.
const MOST_FILMS: u32 = 200;

/// The films that somebody watches, and all those in work.
#[derive(Default)]
pub(crate) struct FilmFeeds(
    Mutex<HashMap<FilmId, watch::Sender<FilmJson>>>,
    Mutex<Option<watch::Sender<FilmsInWork>>>,
);

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

    /// Joins those who watch all films in work. The receiver closes when the server stops.
    pub(crate) fn subscribe_all(app: &Arc<App>) -> watch::Receiver<FilmsInWork> {
        let mut feed = app.film_feeds.1.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = &*feed {
            return feed.subscribe();
        }
        let (sender, receiver) = watch::channel(FilmsInWork::default());
        *feed = Some(sender);
        tokio::spawn(poll_all(Arc::clone(app)).instrument(tracing::info_span!("work_feed")));
        receiver
    }

    /// Passes on how all films in work are. False when nobody is left to hear, or nothing to tell: the feed has ended.
    fn publish_all(&self, films: Option<FilmsInWork>) -> bool {
        let mut feed = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = match (&*feed, films) {
            (Some(sender), Some(films)) if sender.receiver_count() > 0 => {
                sender.send_replace(films);
                true
            }
            _ => false,
        };
        if !alive {
            *feed = None;
        }
        alive
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

/// All films in work as editors see them, and those whose work has ended in one of the last looks, of which `left` counts them.
async fn films_in_work(app: &App, left: &mut HashMap<FilmId, u32>) -> Result<FilmsInWork, ApiError> {
    let working = db::job::films_in_work(&app.db, MOST_FILMS).await?;
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
