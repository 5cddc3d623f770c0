//! Whether the storage has room for what encoding makes, looked at before each claim.
//!
//! Without room parts stay in the queue, where they say what they wait for; what needs no room, or gives some back, is done as ever.

use db::Db;
use storage::Storage;
use tokio::{sync::Mutex, time::Instant};
use tracing::{info, warn};

use crate::queue::{Config, POLL};

/// Shared by the slots of a worker.
pub(crate) struct Room {
    db: Db,
    storage: Storage,
    reserve_bytes: u64,
    /// What was last found, and when parts that wait were last told so.
    found: Mutex<Option<(bool, Instant)>>,
}

impl Room {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            db: config.db.clone(),
            storage: config.storage.clone(),
            reserve_bytes: config.min_free_bytes,
            found: Mutex::new(None),
        }
    }

    /// Whether parts may be encoded now; those that may not say so from now on.
    pub(crate) async fn is_there(&self) -> bool {
        let free_bytes = match self.storage.free_bytes().await {
            Ok(free) => free,
            Err(error) => {
                // Whoever stores something meets the same error, and says what it meant for a film.
                warn!(%error, "Cannot ask how much room the storage has");
                return true;
            }
        };
        let there = free_bytes.is_none_or(|free| free >= self.reserve_bytes);
        let mut found = self.found.lock().await;
        let before = found.map(|(there, _)| there);
        // New parts may have come meanwhile; that there is room is told once.
        let is_told = found.is_some_and(|(told, at)| told == there && (there || at.elapsed() < POLL));
        if is_told {
            return there;
        }
        match self.tell(there).await {
            Ok(()) => *found = Some((there, Instant::now())),
            Err(error) => warn!(%error, "Cannot say that films wait for room"),
        }
        match (before, there) {
            (Some(false), true) => info!("The storage has room again"),
            (Some(true) | None, false) => {
                warn!(free_bytes, self.reserve_bytes, "The storage has no room: encoding waits");
            }
            _ => {}
        }
        there
    }

    async fn tell(&self, there: bool) -> db::Result<()> {
        if there {
            db::queue::clear_waiting_for_disk_space(&self.db).await
        } else {
            db::queue::mark_waiting_for_disk_space(&self.db, self.reserve_bytes).await.map(|_| ())
        }
    }
}
