//! Keeping a lease alive, and carrying progress with each sign of life.

use std::time::Duration;

use db::queue::Lease;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior},
};
use tracing::warn;

use crate::queue::Config;

/// Frames done, and in all.
pub(crate) type Progress = (u64, u64);

/// A place where work leaves its progress and the heartbeat finds it.
pub(crate) fn progress() -> (watch::Sender<Progress>, watch::Receiver<Progress>) {
    watch::channel((0, 0))
}

/// How often progress reaches the database, for those who watch.
const REPORT: Duration = Duration::from_secs(2);

/// Renews the lease, at least three times in its length, and tells `renewed` when it did. Returns when it is lost: taken,
/// cancelled, or not renewable for its whole length because the database is away.
pub(crate) async fn keep(
    config: &Config,
    lease: &Lease,
    progress: watch::Receiver<Progress>,
    renewed: &watch::Sender<Instant>,
) {
    let mut beat = tokio::time::interval(REPORT.min(config.lease / 3));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.tick().await;
    loop {
        beat.tick().await;
        let (done, total) = *progress.borrow();
        let reported = (total > 0).then_some((done, total));
        let begun = Instant::now();
        let ends = *renewed.borrow() + config.lease;
        let answer = tokio::time::timeout_at(
            ends.max(begun + Duration::from_millis(100)),
            db::queue::heartbeat(&config.db, lease, config.lease, reported),
        );
        match answer.await {
            Ok(Ok(())) => {
                renewed.send_replace(begun);
            }
            Ok(Err(db::DbError::LeaseLost)) => return,
            Ok(Err(error)) => warn!(%error, "Cannot renew the lease; trying again"),
            Err(_) => warn!("Cannot renew the lease: the database does not answer"),
        }
        if renewed.borrow().elapsed() >= config.lease {
            return;
        }
    }
}
