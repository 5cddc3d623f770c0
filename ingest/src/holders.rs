//! Who is writing which upload in this process (other processes are kept out by storage's lock).
//!
//! A request whose link died without a word would hold its upload until it is noticed; so a newcomer may end a holder
//! to which no byte came for a while, and waits a moment for any holder, since a client that comes back is often
//! quicker than the end of its last request.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::FileId;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::error::IngestError;

/// How long a newcomer waits.
const PATIENCE: Duration = Duration::from_secs(2);
/// A holder that received nothing for so long may be ended.
const STALLED: Duration = Duration::from_secs(5);

/// The uploads being written.
#[derive(Clone, Default)]
pub(crate) struct Holders(Arc<Mutex<HashMap<FileId, Arc<Holder>>>>);

struct Holder {
    stop: CancellationToken,
    gone: CancellationToken,
    last_byte: Mutex<Instant>,
}

/// The right to write an upload, until it is dropped.
pub(crate) struct Hold {
    holders: Holders,
    file: FileId,
    holder: Arc<Holder>,
}

impl Holders {
    /// Waits for the upload to be free, at most a moment.
    pub(crate) async fn acquire(&self, file: FileId) -> Result<Hold, IngestError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let holder = match self.lock().entry(file) {
                Entry::Occupied(entry) => entry.get().clone(),
                Entry::Vacant(entry) => {
                    let holder = Arc::new(Holder {
                        stop: CancellationToken::new(),
                        gone: CancellationToken::new(),
                        last_byte: Mutex::new(Instant::now()),
                    });
                    entry.insert(holder.clone());
                    return Ok(Hold { holders: self.clone(), file, holder });
                }
            };
            if lock(&holder.last_byte).elapsed() >= STALLED {
                holder.stop.cancel();
            }
            timeout_at(deadline, holder.gone.cancelled()).await.map_err(|_| IngestError::Busy)?;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<FileId, Arc<Holder>>> {
        lock(&self.0)
    }
}

impl Hold {
    /// Says that a byte came.
    pub(crate) fn touch(&self) {
        *lock(&self.holder.last_byte) = Instant::now();
    }

    /// Returns when the hold is to be given up.
    pub(crate) async fn stopped(&self) {
        self.holder.stop.cancelled().await;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.holders.lock().remove(&self.file);
        self.holder.gone.cancel();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
