//! Deletes rows that are no longer needed: expired account sessions, old playback sessions and old finished jobs; and retires unused
//! presentations. Without it these tables and the storage would grow without limit.

use std::time::Duration;

use db::{Db, DbError, account_session, figure, playback_session, workflow};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

const INTERVAL: Duration = Duration::from_hours(1);
/// Maximum number of rows that one statement deletes, so that no statement holds locks for long.
const BATCH: u32 = 1000;

/// Cleans up now and every hour, until `shutdown`. Several processes may do so at once.
pub(super) async fn run(db: Db, shutdown: CancellationToken) {
    loop {
        report("expired account sessions", account_session::delete_expired(&db).await);
        report("old playback sessions", delete_playback_sessions(&db, &shutdown).await);
        let jobs =
            in_batches(&shutdown, || workflow::delete_old_jobs(&db, workflow::KEEP_FINISHED_JOBS, BATCH))
                .await;
        report("old finished jobs", jobs);
        report("unused presentations", workflow::retire_presentations(&db).await);
        report("unfinished subtitles", workflow::delete_abandoned_subtitles(&db).await);
        if shutdown.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_none() {
            return;
        }
    }
}

/// Deletes old playback sessions, after their figures are stored. Returns their number.
async fn delete_playback_sessions(db: &Db, shutdown: &CancellationToken) -> Result<u64, DbError> {
    figure::keep_old(db).await?;
    in_batches(shutdown, || playback_session::delete_old(db, BATCH)).await
}

/// Repeats `delete` until a batch is not full or the process stops. Returns the number of deleted rows.
async fn in_batches<F: Future<Output = Result<u64, DbError>>>(
    shutdown: &CancellationToken,
    delete: impl Fn() -> F,
) -> Result<u64, DbError> {
    let mut deleted = 0;
    while !shutdown.is_cancelled() {
        let batch = delete().await?;
        deleted += batch;
        if batch < u64::from(BATCH) {
            break;
        }
    }
    Ok(deleted)
}

fn report(what: &'static str, deleted: Result<u64, DbError>) {
    match deleted {
        Ok(0) => {}
        Ok(count) => info!(count, "Deleted {what}"),
        Err(error) => error!(%error, "Cannot delete {what}; trying again in an hour"),
    }
}
