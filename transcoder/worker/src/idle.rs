//! Ends a worker that shall not wait for work: when none of its slots has a job and no job can be expected soon.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::source::Source;

/// A job that can be claimed within this time is worth the wait, such as a retry after a pause.
const SOON: Duration = Duration::from_mins(1);

/// The slots that have a job, or are about to claim one.
pub(crate) struct Idle {
    is_wanted: bool,
    busy: AtomicUsize,
    stop: CancellationToken,
}

/// One busy slot, until dropped.
pub(crate) struct Busy<'a>(&'a AtomicUsize);

impl Idle {
    /// Cancels `stop` when the worker has no work, if that is wanted.
    pub(crate) fn new(is_wanted: bool, stop: CancellationToken) -> Self {
        Self { is_wanted, busy: AtomicUsize::new(0), stop }
    }

    /// Marks a slot as busy. Must be called before it claims: else another slot could stop the worker in between.
    pub(crate) fn busy(&self) -> Busy<'_> {
        self.busy.fetch_add(1, Ordering::SeqCst);
        Busy(&self.busy)
    }

    /// Stops the worker if there is no work. The caller is a slot that found no job and is no longer busy.
    pub(crate) async fn stop_without_work(&self, source: &Source) {
        if !self.is_wanted || self.busy.load(Ordering::SeqCst) > 0 {
            return;
        }
        match source.has_work(SOON).await {
            Ok(true) => {}
            Ok(false) => {
                info!("The queue has no work for this worker; stopping it");
                self.stop.cancel();
            }
            Err(error) => {
                warn!(%error, "Cannot read whether the queue has work; trying again within a few seconds");
            }
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
