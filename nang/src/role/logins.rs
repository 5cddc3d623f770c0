//! Forgets logins that expired, viewings that were over long ago, and jobs that ended long ago; these and refresh tokens would pile up
//! for ever.

use std::time::Duration;

use db::{Db, DbError, login, playback_session, workflow};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

const EVERY: Duration = Duration::from_hours(1);
/// Viewings or jobs forgotten in one statement, so that none holds locks for long.
const BATCH: u32 = 1000;

/// Forgets now and every hour, until `shutdown`. Several may run at once.
pub(super) async fn forget_expired(db: Db, shutdown: CancellationToken) {
    loop {
        match login::delete_expired(&db).await {
            Ok(0) => {}
            Ok(logins) => info!(logins, "Forgot logins that had expired"),
            Err(error) => error!(%error, "Could not forget expired logins"),
        }
        match forget_viewings(&db, &shutdown).await {
            Ok(0) => {}
            Ok(viewings) => info!(viewings, "Forgot viewings of long ago"),
            Err(error) => error!(%error, "Could not forget viewings of long ago"),
        }
        match delete_old_jobs(&db, &shutdown).await {
            Ok(0) => {}
            Ok(jobs) => info!(jobs, "Deleted old finished jobs"),
            Err(error) => error!(%error, "Cannot delete old finished jobs; trying again in an hour"),
        }
        if shutdown.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}

async fn forget_viewings(db: &Db, shutdown: &CancellationToken) -> Result<u64, DbError> {
    let mut viewings = 0;
    while !shutdown.is_cancelled() {
        let batch = playback_session::delete_old(db, BATCH).await?;
        viewings += batch;
        if batch < u64::from(BATCH) {
            break;
        }
    }
    Ok(viewings)
}

async fn delete_old_jobs(db: &Db, shutdown: &CancellationToken) -> Result<u64, DbError> {
    let mut jobs = 0;
    while !shutdown.is_cancelled() {
        let batch = workflow::delete_old_jobs(db, workflow::KEEP_FINISHED_JOBS, BATCH).await?;
        jobs += batch;
        if batch < u64::from(BATCH) {
            break;
        }
    }
    Ok(jobs)
}
