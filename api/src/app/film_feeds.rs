//! Films being watched as they change: who is told, and the last that was told. `admin/feed.rs` looks at the films.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::id::FilmId;
use tokio::sync::watch;

/// A film as JSON.
pub(crate) type FilmJson = Arc<str>;

/// Films in work, and those whose work has just ended, each as it was last seen.
pub(crate) type FilmsInWork = Arc<HashMap<FilmId, FilmJson>>;

/// The films that somebody watches, and all those in work.
#[derive(Default)]
pub(crate) struct FilmFeeds(
    Mutex<HashMap<FilmId, watch::Sender<FilmJson>>>,
    Mutex<Option<watch::Sender<FilmsInWork>>>,
);

impl FilmFeeds {
    /// Subscribes to `film`; `now` is how the caller has just seen it. The receiver closes when the film is gone or the
    /// server stops. True for the first subscriber, who must start what calls [`Self::publish`].
    pub(crate) fn subscribe(&self, film: FilmId, now: FilmJson) -> (watch::Receiver<FilmJson>, bool) {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = feeds.get(&film) {
            return (feed.subscribe(), false);
        }
        let (feed, receiver) = watch::channel(now);
        feeds.insert(film, feed);
        (receiver, true)
    }

    /// Subscribes to all films in work. The receiver closes when the server stops. True for the first subscriber, who must
    /// start what calls [`Self::publish_all`].
    pub(crate) fn subscribe_all(&self) -> (watch::Receiver<FilmsInWork>, bool) {
        let mut feed = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = &*feed {
            return (feed.subscribe(), false);
        }
        let (sender, receiver) = watch::channel(FilmsInWork::default());
        *feed = Some(sender);
        (receiver, true)
    }

    /// Passes on how all films in work are. False when nobody is left to hear, or nothing to tell: the feed has ended.
    pub(crate) fn publish_all(&self, films: Option<FilmsInWork>) -> bool {
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
    pub(crate) fn publish(&self, film: FilmId, json: Option<FilmJson>) -> bool {
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
