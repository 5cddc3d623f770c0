//! Leases: operations that only the holder of a job's lease may do.

use std::time::Duration;

use domain::{
    id::{BuildId, FileId, FilmId, PresentationId},
    reason::{Reason, ReasonCode},
};
use time::OffsetDateTime;

use super::{AttemptOutcome, JobKind, JobState, Lease, attempt, wakeup};
use crate::{Db, DbError, Result, Tx, expect_one, stored_reason::to_json};

/// Extends the lease to `lease` from now and records progress as (done, total). After [`DbError::LeaseLost`] the worker must discard
/// its work.
pub async fn heartbeat(db: &Db, held: &Lease, lease: Duration, progress: Option<(u64, u64)>) -> Result<()> {
    let (progress_done, progress_total) = progress.unzip();
    let done = sqlx::query!(
        "UPDATE jobs SET lease_until = now() + make_interval(secs => $3), progress_done = coalesce($4, progress_done),
                         progress_total = coalesce($5, progress_total)
         WHERE id = $1 AND lease_token = $2 AND state = 'running'",
        held.job.0,
        held.token,
        lease.as_secs_f64(),
        progress_done.map(u64::cast_signed),
        progress_total.map(u64::cast_signed),
    )
    .execute(&db.pools.all)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(DbError::LeaseLost) }
}

/// Returns the job to the queue because the worker was asked to stop. The attempt does not count: a job that crashes its worker never
/// reaches this call.
pub async fn release(db: &Db, held: &Lease) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = hold(&mut tx, held).await?;
    attempt::close(
        &mut tx,
        held.token,
        AttemptOutcome::Released,
        Some(&ReasonCode::AttemptWorkerStopped.into()),
    )
    .await?;
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'queued', attempts = attempts - 1, lease_token = NULL, lease_until = NULL, progress_done = 0,
                         run_at = now()
         WHERE id = $1 AND lease_token = $2 AND state = 'running'",
        job.lease.job.0,
        job.lease.token,
    )
    .execute(&mut *tx)
    .await?;
    expect_one(done.rows_affected(), "releasing a job")?;
    wakeup::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Returns the job to the queue because this machine could not begin it for a reason unrelated to the job. It can be claimed again
/// after `pause`. The attempt does not count.
pub async fn postpone(db: &Db, held: &Lease, reason: impl Into<Reason>, pause: Duration) -> Result<()> {
    let reason = &reason.into();
    let mut tx = db.begin().await?;
    hold(&mut tx, held).await?;
    attempt::close(&mut tx, held.token, AttemptOutcome::Released, Some(reason)).await?;
    // The history keeps one row for the reason, however often it repeats.
    attempt::delete_repeated(&mut tx, held, reason).await?;
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'queued', attempts = attempts - 1, lease_token = NULL, lease_until = NULL, progress_done = 0,
                         error = $3, error_reason = $5, run_at = now() + make_interval(secs => $4)
         WHERE id = $1 AND lease_token = $2 AND state = 'running'",
        held.job.0,
        held.token,
        reason.to_string(),
        pause.as_secs_f64(),
        to_json(reason),
    )
    .execute(&mut *tx)
    .await?;
    expect_one(done.rows_affected(), "postponing a job")?;
    tx.commit().await?;
    Ok(())
}

/// Ends all leases, so that their jobs can be claimed at once instead of when the leases expire. Only for a process that knows that no
/// worker is running, such as `nang up` with its own PostgreSQL before it starts its workers. Attempts still count: a job that crashes
/// every worker becomes dead, after its last attempt at the next claim. Returns the number of leases.
///
/// If a worker is running after all, it loses its job and can change nothing more; the job is done again.
pub async fn end_all_leases(db: &Db) -> Result<u64> {
    let mut tx = db.begin().await?;
    // Waits for transactions that are ending or cancelling one of these jobs, and then skips that job. Locks in the order of the ids,
    // as another call at the same time does.
    let tokens = sqlx::query_scalar!(
        r#"WITH held AS (
             SELECT id, lease_token FROM jobs WHERE state = 'running' AND attempts < max_attempts ORDER BY id FOR UPDATE
         )
         UPDATE jobs SET state = 'queued', lease_token = NULL, lease_until = NULL, progress_done = 0, run_at = now()
         FROM held WHERE jobs.id = held.id RETURNING held.lease_token AS "lease_token!""#
    )
    .fetch_all(&mut *tx)
    .await?;
    for &token in &tokens {
        attempt::close(
            &mut tx,
            token,
            AttemptOutcome::LeaseExpired,
            Some(&ReasonCode::AttemptWorkerRestarted.into()),
        )
        .await?;
    }
    // Jobs on their last attempt stay running with an expired lease: the workflow fails them at the next claim.
    let last =
        sqlx::query!("UPDATE jobs SET lease_until = least(lease_until, now()) WHERE state = 'running'")
            .execute(&mut *tx)
            .await?;
    wakeup::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(tokens.len() as u64 + last.rows_affected())
}

/// Whether the lease is valid. It may end at any time after that.
pub async fn is_held(db: &Db, lease: &Lease) -> Result<bool> {
    let held = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM jobs WHERE id = $1 AND lease_token = $2 AND state = 'running') AS "held!""#,
        lease.job.0,
        lease.token,
    );
    Ok(held.fetch_one(&db.pools.all).await?)
}

/// A job whose row the transaction has locked and whose lease is valid.
pub(crate) struct Held {
    pub(crate) lease: Lease,
    pub(crate) kind: JobKind,
    pub(crate) film: FilmId,
    pub(crate) file: Option<FileId>,
    pub(crate) build: Option<BuildId>,
    pub(crate) presentation: Option<PresentationId>,
    pub(crate) index: Option<u32>,
    pub(crate) attempts: u32,
    pub(crate) max_attempts: u32,
    pub(crate) queued_since: OffsetDateTime,
}

impl Held {
    pub(crate) fn file(&self) -> Result<FileId> {
        self.file.ok_or(DbError::Invariant("reading the file of a job"))
    }

    pub(crate) fn build(&self) -> Result<BuildId> {
        self.build.ok_or(DbError::Invariant("reading the build of a job"))
    }

    /// Checks that the job is of one of these kinds. Another kind is a bug of the worker.
    pub(crate) fn expect_kind(&self, kinds: &[JobKind]) -> Result<()> {
        if kinds.contains(&self.kind) {
            Ok(())
        } else {
            Err(DbError::Invariant("completing a job as another kind"))
        }
    }
}

/// Locks the job against a claim that finds the lease expired, against cancellation and against a second completion by the same
/// holder. Fails with [`DbError::LeaseLost`] if the lease is no longer valid. A caller that also changes the job's film must lock the
/// film first.
pub(crate) async fn hold(tx: &mut Tx, lease: &Lease) -> Result<Held> {
    let row = sqlx::query!(
        r#"SELECT kind AS "kind: JobKind", film_id, file_id, build_id, presentation_id, part_index, attempts,
                  max_attempts, queued_since FROM jobs
           WHERE id = $1 AND lease_token = $2 AND state = 'running' FOR UPDATE"#,
        lease.job.0,
        lease.token,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(DbError::LeaseLost)?;
    Ok(Held {
        lease: *lease,
        kind: row.kind,
        film: FilmId(row.film_id),
        file: row.file_id.map(FileId),
        build: row.build_id.map(BuildId),
        presentation: row.presentation_id.map(PresentationId),
        index: row.part_index.map(i32::cast_unsigned),
        attempts: row.attempts.cast_unsigned(),
        max_attempts: row.max_attempts.cast_unsigned(),
        queued_since: row.queued_since,
    })
}

/// Ends a held job and its attempt.
pub(crate) async fn end(
    tx: &mut Tx,
    held: &Held,
    state: JobState,
    outcome: AttemptOutcome,
    error: Option<&Reason>,
    result: Option<serde_json::Value>,
) -> Result<()> {
    attempt::close(tx, held.lease.token, outcome, error).await?;
    let done = sqlx::query!(
        "UPDATE jobs SET state = $3, error = $4, error_reason = $6, result = $5, lease_token = NULL, lease_until = NULL, finished_at = now(),
                         progress_done = CASE WHEN $3 = 'done' THEN progress_total ELSE progress_done END
         WHERE id = $1 AND lease_token = $2 AND state = 'running'",
        held.lease.job.0,
        held.lease.token,
        state.as_str(),
        error.map(ToString::to_string),
        result,
        error.map(to_json),
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "ending a job")
}

/// Queues a held job again after its attempt failed with `error`, to run in 2 s, 8 s, 32 s … (at most 10 min).
pub(crate) async fn queue_again(tx: &mut Tx, held: &Held, error: &Reason) -> Result<()> {
    attempt::close(tx, held.lease.token, AttemptOutcome::Failed, Some(error)).await?;
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'queued', error = $3, error_reason = $4, lease_token = NULL, lease_until = NULL, progress_done = 0,
                         run_at = now() + make_interval(secs => least(600, 2 * 4 ^ (attempts - 1)))
         WHERE id = $1 AND lease_token = $2 AND state = 'running'",
        held.lease.job.0,
        held.lease.token,
        error.to_string(),
        to_json(error),
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "queueing a failed job again")
}

/// Ends a held job whose lease expired on its last attempt: it becomes dead, with `reason`.
pub(crate) async fn end_expired(tx: &mut Tx, held: &Held, reason: &Reason) -> Result<()> {
    attempt::close(
        tx,
        held.lease.token,
        AttemptOutcome::LeaseExpired,
        Some(&ReasonCode::AttemptLeaseExpired.into()),
    )
    .await?;
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'dead', error = $2, error_reason = $3, lease_token = NULL, lease_until = NULL, finished_at = now()
         WHERE lease_token = $1 AND state = 'running'",
        held.lease.token,
        reason.to_string(),
        to_json(reason),
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "failing an expired job")
}
