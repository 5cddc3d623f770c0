//! Renews the lease of a running job. Each renewal also reports the job's progress.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior},
};
use tracing::warn;

use crate::source::{Claim, Source};

/// Completed frames, and the total.
pub(crate) type Progress = (u64, u64);

/// Returns a channel through which the running job passes its progress to the heartbeat.
pub(crate) fn progress_channel() -> (watch::Sender<Progress>, watch::Receiver<Progress>) {
    watch::channel((0, 0))
}

/// Maximum time between two reports of progress to the database, from which the admin pages show it.
const REPORT_INTERVAL: Duration = Duration::from_secs(2);

/// Renews the lease at least three times in its length, and sends the time of each renewal to `renewed`. Returns when the lease
/// is lost: another worker took the job, the job was cancelled, the worker's token was revoked, or the server did not answer for the
/// length of the lease.
pub(crate) async fn renew_until_lost(
    source: &Source,
    claim: &Claim,
    progress: watch::Receiver<Progress>,
    renewed: &watch::Sender<Instant>,
) {
    let mut beat = tokio::time::interval(REPORT_INTERVAL.min(claim.lease_time / 3));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.tick().await;
    loop {
        beat.tick().await;
        let (done, total) = *progress.borrow();
        let reported = (total > 0).then_some((done, total));
        let begun = Instant::now();
        let ends = *renewed.borrow() + claim.lease_time;
        let answer = tokio::time::timeout_at(
            ends.max(begun + Duration::from_millis(100)),
            source.renew(claim, reported),
        );
        match answer.await {
            Ok(Ok(())) => {
                renewed.send_replace(begun);
            }
            Ok(Err(error)) if error.is_lease_lost() || error.is_unauthorized() => return,
            Ok(Err(error)) => warn!(%error, "Cannot renew the job's lease; retrying until it ends"),
            Err(_) => warn!("Cannot renew the job's lease: the server does not answer"),
        }
        if renewed.borrow().elapsed() >= claim.lease_time {
            return;
        }
    }
}
