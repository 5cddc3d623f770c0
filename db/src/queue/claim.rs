//! Claiming jobs, and finding jobs whose lease expired.

use std::time::Duration;

use domain::{id::JobId, reason::ReasonCode};
use uuid::Uuid;

use super::{AttemptOutcome, ClaimedJob, Job, JobKind, Lease, attempt, retry, select};
use crate::{Db, DbError, Result, Tx};

/// Claims the next job, with a lease that ends `lease` from now; `None` if no job can be claimed. Order: the highest priority, then
/// the film that has waited longest, then its audio tracks, then its chunks in order, then its subtitles. A job whose lease expired counts
/// as queued. Claims only jobs of these kinds.
pub(crate) async fn claim(
    db: &Db,
    worker: &str,
    lease: Duration,
    kinds: &[JobKind],
) -> Result<Option<ClaimedJob>> {
    let kinds: Vec<String> = kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
    let mut tx = db.begin().await?;
    // Locks one row. Other claims skip it and take the next. Transactions that end or cancel the job wait for this one and then see
    // its new token; if one of them holds the row already, this claim skips the row and does not wait.
    let claimed = sqlx::query!(
        "WITH next AS (
             SELECT id, lease_token AS lost_token FROM jobs
             WHERE state IN ('queued', 'running') AND attempts < max_attempts
               AND CASE state WHEN 'queued' THEN run_at ELSE lease_until END <= now()
               AND kind = ANY ($2)
             ORDER BY priority DESC, queued_since, kind, part_index, id
             LIMIT 1 FOR UPDATE SKIP LOCKED
         )
         UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_token = gen_random_uuid(),
                         lease_until = now() + make_interval(secs => $1), started_at = now(), progress_done = 0
         FROM next WHERE jobs.id = next.id
         RETURNING jobs.id, jobs.lease_token, next.lost_token, jobs.trace_context",
        lease.as_secs_f64(),
        &kinds,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(claimed) = claimed else { return Ok(None) };
    let id = JobId(claimed.id);
    let token = claimed.lease_token.ok_or(DbError::Invariant("reading the lease of a claimed job"))?;
    if let Some(lost) = claimed.lost_token {
        attempt::close(
            &mut tx,
            lost,
            AttemptOutcome::LeaseExpired,
            Some(&ReasonCode::AttemptLeaseExpired.into()),
        )
        .await?;
    }
    attempt::open(&mut tx, id, token, worker).await?;
    let job = select(&mut *tx, id).await?.ok_or(DbError::Invariant("reading a claimed job"))?;
    let mut job = Job::from(job);
    if let (true, Some(build)) = (job.kind.is_part(), job.build_id) {
        job.damaged_keys = retry::damaged_keys(&mut tx, build).await?;
    }
    tx.commit().await?;
    Ok(Some(ClaimedJob { lease: Lease { job: id, token }, job, trace_context: claimed.trace_context }))
}

/// Returns jobs whose lease expired on their last attempt: every worker that claimed them failed without a report.
pub(crate) async fn expired_on_last_attempt(db: &Db) -> Result<Vec<Lease>> {
    let expired = sqlx::query!(
        r#"SELECT id, lease_token AS "lease_token!" FROM jobs
           WHERE state = 'running' AND lease_until <= now() AND attempts >= max_attempts"#
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(expired.into_iter().map(|job| Lease { job: JobId(job.id), token: job.lease_token }).collect())
}

/// Whether the lease has expired. The caller must have locked the job: a heartbeat may have renewed the lease after it was found
/// expired.
pub(crate) async fn is_expired(tx: &mut Tx, token: Uuid) -> Result<bool> {
    let expired = sqlx::query_scalar!(
        r#"SELECT lease_until <= now() AS "expired!" FROM jobs WHERE lease_token = $1"#,
        token
    );
    Ok(expired.fetch_one(&mut **tx).await?)
}
