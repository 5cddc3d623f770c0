//! How much work the queue holds, for operators and for engines that start and stop workers.

use std::time::Duration;

use super::JobKind;
use crate::{Db, Result};

/// The unfinished jobs of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// The kind.
    pub kind: JobKind,
    /// Jobs that a worker could claim now, and jobs whose lease expired.
    pub waiting: u64,
    /// Queued jobs that no worker may claim yet: retries after a pause, and planned deletions.
    pub later: u64,
    /// Jobs that a worker runs.
    pub running: u64,
}

/// Counts the unfinished jobs of every kind, in the order of a film's processing. Kinds without such jobs are included.
pub async fn depth(db: &Db) -> Result<Vec<Depth>> {
    let rows = sqlx::query!(
        r#"SELECT kind AS "kind: JobKind",
                  count(*) FILTER (WHERE CASE state WHEN 'queued' THEN run_at ELSE lease_until END <= now()) AS "waiting!",
                  count(*) FILTER (WHERE state = 'queued' AND run_at > now()) AS "later!",
                  count(*) FILTER (WHERE state = 'running' AND lease_until > now()) AS "running!"
           FROM jobs WHERE state IN ('queued', 'running') GROUP BY kind"#
    )
    .fetch_all(&db.pools.all)
    .await?;
    let of = |kind: JobKind| {
        let row = rows.iter().find(|row| row.kind == kind);
        let (waiting, later, running) = row.map_or((0, 0, 0), |row| (row.waiting, row.later, row.running));
        Depth {
            kind,
            waiting: waiting.cast_unsigned(),
            later: later.cast_unsigned(),
            running: running.cast_unsigned(),
        }
    };
    Ok(JobKind::ALL.iter().copied().map(of).collect())
}

/// Whether a worker without a job should wait for one: a job can be claimed within `soon`, or another worker runs a probe, an analysis or
/// a plan, after which there are more jobs.
pub async fn has_work(db: &Db, soon: Duration) -> Result<bool> {
    let work = sqlx::query_scalar!(
        r#"SELECT EXISTS (
             SELECT FROM jobs
             WHERE (state = 'queued' AND run_at <= now() + make_interval(secs => $1))
                OR (state = 'running' AND (lease_until <= now() OR kind IN ('probe', 'analyse', 'plan')))
           ) AS "work!""#,
        soon.as_secs_f64(),
    );
    Ok(work.fetch_one(&db.pools.all).await?)
}
