//! Feeds of changed films: the subscribers, and the last published state of each film. `admin/feed.rs` polls the films and publishes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::id::FilmId;
use tokio::sync::watch;

/// A film as JSON.
pub(crate) type FilmJson = Arc<str>;

/// The last state of each film with unfinished jobs, and of those whose jobs have just ended.
pub(crate) type FilmsInWork = Arc<HashMap<FilmId, FilmJson>>;

/// A feed for each film that has subscribers, and one for all films with unfinished jobs.
#[derive(Default)]
pub(crate) struct FilmFeeds(
    Mutex<HashMap<FilmId, watch::Sender<FilmJson>>>,
    Mutex<Option<watch::Sender<FilmsInWork>>>,
);

impl FilmFeeds {
    /// Subscribes to `film`, whose state was just read as `now`. The receiver closes when the film is deleted or the server stops.
    /// Returns true for the first subscriber, which must start the task that calls [`Self::publish`].
    pub(crate) fn subscribe(&self, film: FilmId, now: FilmJson) -> (watch::Receiver<FilmJson>, bool) {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = feeds.get(&film) {
            return (feed.subscribe(), false);
        }
        let (feed, receiver) = watch::channel(now);
        feeds.insert(film, feed);
        (receiver, true)
    }

    /// Subscribes to all films with unfinished jobs. The receiver closes when the server stops. Returns true for the first
    /// subscriber, which must start the task that calls [`Self::publish_all`].
    pub(crate) fn subscribe_all(&self) -> (watch::Receiver<FilmsInWork>, bool) {
        let mut feed = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = &*feed {
            return (feed.subscribe(), false);
        }
        let (sender, receiver) = watch::channel(FilmsInWork::default());
        *feed = Some(sender);
        (receiver, true)
    }

    /// Publishes the state of all films with unfinished jobs. Without subscribers or `films`, removes the feed and returns false.
    pub(crate) fn publish_all(&self, films: Option<FilmsInWork>) -> bool {
        let mut feed = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let is_open = match (&*feed, films) {
            (Some(sender), Some(films)) if sender.receiver_count() > 0 => {
                sender.send_replace(films);
                true
            }
            _ => false,
        };
        if !is_open {
            *feed = None;
        }
        is_open
    }

    /// Publishes the film if it has changed. Without subscribers or `json`, removes the feed and returns false.
    pub(crate) fn publish(&self, film: FilmId, json: Option<FilmJson>) -> bool {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_open = match (feeds.get(&film), json) {
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
        if !is_open {
            feeds.remove(&film);
        }
        is_open
    }
}
