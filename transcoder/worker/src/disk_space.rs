//! Checks before each claim whether the storage has enough free space to encode.
//!
//! If not, chunks and audio tracks wait in the queue, which records the reason. Jobs that need no disk space, or that free some, run
//! as usual.

use db::Db;
use storage::Storage;
use tokio::{sync::Mutex, time::Instant};
use tracing::{info, warn};

use crate::queue::{Config, POLL_INTERVAL};

/// The check, shared by the slots of a worker.
pub(crate) struct DiskSpace {
    db: Db,
    storage: Storage,
    reserve_bytes: u64,
    /// Whether there was enough free space, and when the queue was last updated with that.
    recorded: Mutex<Option<(bool, Instant)>>,
}

impl DiskSpace {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            db: config.db.clone(),
            storage: config.storage.clone(),
            reserve_bytes: config.min_free_bytes,
            recorded: Mutex::new(None),
        }
    }

    /// Whether parts may be encoded now. If not, marks the waiting parts in the queue.
    pub(crate) async fn is_enough(&self) -> bool {
        let free_bytes = match self.storage.free_bytes().await {
            Ok(free) => free,
            Err(error) => {
                // A job that stores something gets the same error and reports it for its film.
                warn!(%error, "Cannot read the free space of the storage; encoding continues without this check");
                return true;
            }
        };
        let enough = free_bytes.is_none_or(|free| free >= self.reserve_bytes);
        let mut recorded = self.recorded.lock().await;
        let before = recorded.map(|(enough, _)| enough);
        // A shortage is recorded repeatedly, because new parts may have been queued; its end is recorded once.
        let is_recorded =
            recorded.is_some_and(|(before, at)| before == enough && (enough || at.elapsed() < POLL_INTERVAL));
        if is_recorded {
            return enough;
        }
        match self.record(enough).await {
            Ok(()) => *recorded = Some((enough, Instant::now())),
            Err(error) => {
                warn!(%error, "Cannot record in the queue whether encoding waits for disk space; retrying at the next claim");
            }
        }
        match (before, enough) {
            (Some(false), true) => info!("The storage has enough free space again; encoding resumes"),
            (Some(true) | None, false) => {
                warn!(
                    free_bytes,
                    self.reserve_bytes,
                    "The storage has less free space than its reserve; encoding waits. Delete films or add disk space"
                );
            }
            _ => {}
        }
        enough
    }

    async fn record(&self, enough: bool) -> db::Result<()> {
        if enough {
            db::queue::clear_waiting_for_disk_space(&self.db).await
        } else {
            db::queue::mark_waiting_for_disk_space(&self.db, self.reserve_bytes).await.map(|_| ())
        }
    }
}
