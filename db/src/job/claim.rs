//! Taking a job.

use std::time::Duration;

use domain::id::JobId;

use super::{AttemptOutcome, ClaimedJob, Job, Lease, attempt, fail, select};
use crate::{Db, DbError, Result};

/// Takes the next job for `lease` from now, if there is one: the highest priority, then the film that has waited longest, then its
/// sound tracks, then its chunks in order. A job whose lease ran out counts as waiting. First buries jobs whose lease ran
/// out on their last attempt.
pub async fn claim(db: &Db, worker: &str, lease: Duration) -> Result<Option<ClaimedJob>> {
    take(db, worker, lease, true).await
}

/// As [`claim`], while the storage has no room: parts are left where they are, since encoding is what fills it.
pub async fn claim_without_room(db: &Db, worker: &str, lease: Duration) -> Result<Option<ClaimedJob>> {
    take(db, worker, lease, false).await
}

async fn take(db: &Db, worker: &str, lease: Duration, room: bool) -> Result<Option<ClaimedJob>> {
    fail::bury_expired(db).await?;
    let mut tx = db.begin().await?;
    // Locks one row against other claimers, who skip it and take the next, and against whoever ends or cancels the job, for whom
    // this transaction does not wait (it skips their row) and who see its new token afterwards.
    let claimed = sqlx::query!(
        "WITH next AS (
             SELECT id, lease_token AS lost_token FROM jobs
             WHERE state IN ('queued', 'running') AND attempts < max_attempts
               AND CASE state WHEN 'queued' THEN run_at ELSE lease_until END <= now()
               AND ($2 OR kind NOT IN ('encode_chunk', 'encode_audio'))
             ORDER BY priority DESC, queued_since, kind, part_index, id
             LIMIT 1 FOR UPDATE SKIP LOCKED
         )
         UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_token = gen_random_uuid(),
                         lease_until = now() + make_interval(secs => $1), started_at = now(), progress_done = 0
         FROM next WHERE jobs.id = next.id
         RETURNING jobs.id, jobs.lease_token, next.lost_token",
        lease.as_secs_f64(),
        room,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(claimed) = claimed else { return Ok(None) };
    let id = JobId(claimed.id);
    let token = claimed.lease_token.ok_or(DbError::Invariant("a claim without a lease"))?;
    if let Some(lost) = claimed.lost_token {
        attempt::close(&mut tx, lost, AttemptOutcome::LeaseExpired, Some("lease expired")).await?;
    }
    attempt::open(&mut tx, id, token, worker).await?;
    let job = select(&mut *tx, id).await?.ok_or(DbError::Invariant("a claimed job that is gone"))?;
    tx.commit().await?;
    Ok(Some(ClaimedJob { lease: Lease { job: id, token }, job: Job::from(job) }))
}
