//! The revocations list that the origin follows: it reads the object in storage again and again, and keeps the last list that is
//! valid.
//!
//! A list in storage replaces the list in use only if its MAC is valid and it was not made earlier, so that a copy of an older
//! list cannot make revoked tokens valid again. After any error, and also if the object is deleted, the origin keeps the list in
//! use. Each fault is logged when it begins and when it ends.

use std::{
    future::Future,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use domain::{
    id::FilmId,
    key::Key,
    revocations::{MAX_AGE_SECONDS, MAX_BYTES, Revocations, RevocationsError},
    token::{Grant, KeyRing},
};
use storage::{Storage, StorageError};
use tokio::{
    sync::Mutex,
    time::{Interval, MissedTickBehavior},
};
use tracing::{error, info, warn};

pub(crate) struct RevocationList {
    storage: Storage,
    keys: KeyRing,
    clock: fn() -> u64,
    in_use: RwLock<Option<Arc<Revocations>>>,
    /// Locked during a read, so that an earlier read never replaces the list of a later one.
    last: Mutex<LastRead>,
    /// Whether the list in use is so old that its writer has stopped.
    outdated: AtomicBool,
}

#[derive(Default)]
struct LastRead {
    /// The object that contains the list in use. An equal object is not verified again.
    object: Bytes,
    /// The result, as text. It changes only when the log must have a new entry.
    result: Option<Result<Source, String>>,
}

/// Where the list in use comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The object in storage.
    Storage,
    /// There has been no object so far.
    Nothing,
}

/// Why the object in storage does not replace the list in use. The texts do not contain times, because a new text is a new entry in
/// the log.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("it cannot be read: {0}")]
    Storage(#[from] StorageError),
    #[error("it was deleted")]
    Deleted,
    #[error(transparent)]
    Invalid(#[from] RevocationsError),
    #[error("it is older than the list in use")]
    Older,
    #[error(
        "it was made more than {MAX_AGE_SECONDS} s in the future; compare this machine's clock with that of the API process"
    )]
    Future,
    #[error("its verification stopped: {0}")]
    Stopped(#[from] tokio::task::JoinError),
}

impl RevocationList {
    pub(crate) fn new(storage: Storage, keys: KeyRing, clock: fn() -> u64) -> Self {
        Self {
            storage,
            keys,
            clock,
            in_use: RwLock::default(),
            last: Mutex::default(),
            outdated: AtomicBool::new(false),
        }
    }

    /// Whether the list in use refuses a token that is otherwise valid.
    pub(crate) fn refuses(&self, film: FilmId, grant: &Grant) -> bool {
        self.in_use().is_some_and(|list| list.refuses(film, grant))
    }

    /// Returns the age of the list in use.
    pub(crate) fn age_seconds(&self) -> Option<u64> {
        self.in_use().map(|list| (self.clock)().saturating_sub(list.made_at()))
    }

    /// Reads the object at once and then at each interval, until `shutdown` completes.
    pub(crate) async fn follow(&self, interval: Duration, shutdown: impl Future<Output = ()>) {
        let read = async {
            let mut ticks = ticks(interval);
            loop {
                ticks.tick().await;
                self.read().await;
            }
        };
        // Separate, so that it also notices a storage that does not answer.
        let check_age = async {
            let mut ticks = ticks(interval);
            loop {
                ticks.tick().await;
                self.check_age();
            }
        };
        tokio::select! {
            () = read => {}
            () = check_age => {}
            () = shutdown => {}
        }
    }

    /// Reads the object once, and logs what has changed.
    pub(crate) async fn read(&self) {
        let mut last = self.last.lock().await;
        let result = self.replace(&mut last.object).await.map_err(|fault| fault.to_string());
        if last.result.as_ref() != Some(&result) {
            let key = Key::revocations();
            match &result {
                Ok(Source::Storage) => {
                    info!(key = key.as_str(), "Following the revocations list in storage");
                }
                Ok(Source::Nothing) => info!(
                    key = key.as_str(),
                    "Storage has no revocations list, so no playback token is revoked; waiting until the API process writes one"
                ),
                Err(reason) => error!(
                    key = key.as_str(),
                    reason,
                    "Ignored the revocations list in storage. The origin keeps its last list and reads again at each interval; in \
                     the meantime, it accepts tokens that are newly revoked. Check the storage, and that the API process and the \
                     origin have the same playback keys"
                ),
            }
            last.result = Some(result);
        }
        drop(last);
        self.check_age();
    }

    /// Replaces the list in use by that in storage if it is valid and not older. `object` is the object of the list in use.
    async fn replace(&self, object: &mut Bytes) -> Result<Source, Fault> {
        // One byte more than allowed, so that a longer object is refused and not cut.
        let range = 0..MAX_BYTES as u64 + 1;
        let Some(bytes) = self.storage.get_bytes(&Key::revocations(), Some(range)).await? else {
            return if self.in_use().is_some() { Err(Fault::Deleted) } else { Ok(Source::Nothing) };
        };
        if !bytes.is_empty() && bytes == *object {
            return Ok(Source::Storage);
        }
        let (keys, verified) = (self.keys.clone(), bytes.clone());
        // A long list takes several milliseconds, for which other requests must not wait.
        let list = tokio::task::spawn_blocking(move || Revocations::verify(&keys, &verified)).await??;
        if self.in_use().is_some_and(|in_use| list.made_at() < in_use.made_at()) {
            return Err(Fault::Older);
        }
        // Such a list would make all later ones older until the clocks reach its time.
        if list.made_at() > (self.clock)().saturating_add(MAX_AGE_SECONDS) {
            return Err(Fault::Future);
        }
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(list));
        *object = bytes;
        Ok(Source::Storage)
    }

    /// Logs when the list in use has become too old, and when it is up to date again.
    fn check_age(&self) {
        let Some(age_seconds) = self.age_seconds() else { return };
        let outdated = age_seconds > MAX_AGE_SECONDS;
        if self.outdated.swap(outdated, Relaxed) == outdated {
            return;
        }
        if outdated {
            warn!(
                age_seconds,
                "The revocations list is outdated. The origin continues to serve with it, and accepts tokens that were revoked \
                 since. Check that the API process runs and can write to storage"
            );
        } else {
            info!(age_seconds, "The revocations list is up to date again");
        }
    }

    fn in_use(&self) -> Option<Arc<Revocations>> {
        self.in_use.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn ticks(interval: Duration) -> Interval {
    // An interval of zero would panic.
    let mut ticks = tokio::time::interval(interval.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
