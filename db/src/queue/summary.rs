//! How full the queue is.

use time::OffsetDateTime;

use crate::{Db, Result};

/// Numbers of jobs, without those that only delete objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Jobs that wait for a worker.
    pub queued: u64,
    /// Jobs that a worker runs.
    pub running: u64,
    /// Jobs that failed for good and can be retried.
    pub dead: u64,
    /// Workers that run them.
    pub workers: u64,
    /// When the job that has waited longest could have begun; `None` if no job waits.
    pub waiting_since: Option<OffsetDateTime>,
}

/// Returns how full the queue is.
pub async fn summary(db: &Db) -> Result<Summary> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE state = 'queued') AS "queued!",
                  count(*) FILTER (WHERE state = 'running') AS "running!",
                  count(*) FILTER (WHERE state = 'dead') AS "dead!",
                  min(run_at) FILTER (WHERE state = 'queued' AND run_at <= now()) AS waiting_since,
                  (SELECT count(DISTINCT worker) FROM job_attempts WHERE finished_at IS NULL) AS "workers!"
           FROM jobs WHERE state IN ('queued', 'running', 'dead') AND kind NOT IN ('collect', 'purge')"#
    )
    .fetch_one(&db.pools.all)
    .await?;
    Ok(Summary {
        queued: row.queued.cast_unsigned(),
        running: row.running.cast_unsigned(),
        dead: row.dead.cast_unsigned(),
        workers: row.workers.cast_unsigned(),
        waiting_since: row.waiting_since,
    })
}
