//! Holding a job: what only the holder of its lease may do.

use std::time::Duration;

use domain::id::{BuildId, FileId, FilmId};
use time::OffsetDateTime;

use super::{AttemptOutcome, JobKind, JobState, Lease, attempt, wakeup};
use crate::{Db, DbError, Result, Tx, expect_one};

/// Renews the lease to `lease` from now and records progress as (done, total). [`DbError::LeaseLost`] means that the work must be
/// thrown away.
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

/// Gives the job back untried, since the worker was asked to stop. The attempt does not count: a job that kills its worker never gets
/// to say this.
pub async fn release(db: &Db, held: &Lease) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = hold(&mut tx, held).await?;
    attempt::close(&mut tx, held.token, AttemptOutcome::Released, Some("the worker was stopped")).await?;
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

/// Gives the job back untried, since this machine could not begin it for a reason that has nothing to do with it, to be claimed again
/// after `pause`. The attempt does not count.
pub async fn postpone(db: &Db, held: &Lease, reason: &str, pause: Duration) -> Result<()> {
    let mut tx = db.begin().await?;
    hold(&mut tx, held).await?;
    attempt::close(&mut tx, held.token, AttemptOutcome::Released, Some(reason)).await?;
    // However long it lasts, the history keeps one row of it.
    attempt::forget_repeated(&mut tx, held, reason).await?;
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'queued', attempts = attempts - 1, lease_token = NULL, lease_until = NULL, progress_done = 0,
                         error = $3, run_at = now() + make_interval(secs => $4)
         WHERE id = $1 AND lease_token = $2 AND state = 'running'",
        held.job.0,
        held.token,
        reason,
        pause.as_secs_f64(),
    )
    .execute(&mut *tx)
    .await?;
    expect_one(done.rows_affected(), "postponing a job")?;
    tx.commit().await?;
    Ok(())
}

/// Ends every running lease: to be called when a machine starts that knows that no worker lives, such as `nang up` with its own
/// PostgreSQL before it starts its workers. Their jobs can be claimed at once instead of when the leases run out. Attempts stay
/// counted, so a job that kills its worker each time still ends dead: on its last attempt by the next claim. Says how many.
///
/// A worker that lives after all loses its job and changes nothing more; the job is done again.
pub async fn end_all_leases(db: &Db) -> Result<u64> {
    let mut tx = db.begin().await?;
    // Waits for whoever is just ending or cancelling one of them, and then finds it ended. In the order of their ids, as anybody else
    // who does this at the same time.
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
        attempt::close(&mut tx, token, AttemptOutcome::LeaseExpired, Some("the worker was restarted"))
            .await?;
    }
    // These stay running, with a lease that is over: failing them is the workflow's, at the next claim.
    let last =
        sqlx::query!("UPDATE jobs SET lease_until = least(lease_until, now()) WHERE state = 'running'")
            .execute(&mut *tx)
            .await?;
    wakeup::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(tokens.len() as u64 + last.rows_affected())
}

/// A job whose row is locked by the transaction, and whose lease was found good.
pub(crate) struct Held {
    pub(crate) lease: Lease,
    pub(crate) kind: JobKind,
    pub(crate) film: FilmId,
    pub(crate) file: Option<FileId>,
    pub(crate) build: Option<BuildId>,
    pub(crate) index: Option<u32>,
    pub(crate) attempts: u32,
    pub(crate) max_attempts: u32,
    pub(crate) queued_since: OffsetDateTime,
}

impl Held {
    pub(crate) fn file(&self) -> Result<FileId> {
        self.file.ok_or(DbError::Invariant("a job without its file"))
    }

    pub(crate) fn build(&self) -> Result<BuildId> {
        self.build.ok_or(DbError::Invariant("a job without its build"))
    }

    /// That a completion is of the right kind: calling another one is the worker's mistake, and nothing is changed.
    pub(crate) fn expect_kind(&self, kinds: &[JobKind]) -> Result<()> {
        if kinds.contains(&self.kind) {
            Ok(())
        } else {
            Err(DbError::Invariant("a job completed as another kind"))
        }
    }
}

/// Locks the job against a claimer that finds the lease expired, against cancelling and against a second completion by the same
/// holder. Fails with [`DbError::LeaseLost`] if the lease is no longer good. A caller that also changes the job's film locks the film
/// before.
pub(crate) async fn hold(tx: &mut Tx, lease: &Lease) -> Result<Held> {
    let row = sqlx::query!(
        r#"SELECT kind AS "kind: JobKind", film_id, file_id, build_id, part_index, attempts, max_attempts, queued_since FROM jobs
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
    error: Option<&str>,
    result: Option<serde_json::Value>,
) -> Result<()> {
    attempt::close(tx, held.lease.token, outcome, error).await?;
    let done = sqlx::query!(
        "UPDATE jobs SET state = $3, error = $4, result = $5, lease_token = NULL, lease_until = NULL, finished_at = now(),
                         progress_done = CASE WHEN $3 = 'done' THEN progress_total ELSE progress_done END
         WHERE id = $1 AND lease_token = $2 AND state = 'running'",
        held.lease.job.0,
        held.lease.token,
        state.as_str(),
        error,
        result,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "ending a job")
}

/// Queues a held job again after its attempt failed with `error`: after 2 s, 8 s, 32 s … (10 min at most).
pub(crate) async fn queue_again(tx: &mut Tx, held: &Held, error: &str) -> Result<()> {
    attempt::close(tx, held.lease.token, AttemptOutcome::Failed, Some(error)).await?;
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'queued', error = $3, lease_token = NULL, lease_until = NULL, progress_done = 0,
                         run_at = now() + make_interval(secs => least(600, 2 * 4 ^ (attempts - 1)))
         WHERE id = $1 AND lease_token = $2 AND state = 'running'",
        held.lease.job.0,
        held.lease.token,
        error,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "queueing a failed job again")
}

/// Ends a held job whose last lease ran out: dead, with `reason`.
pub(crate) async fn give_up(tx: &mut Tx, held: &Held, reason: &str) -> Result<()> {
    attempt::close(tx, held.lease.token, AttemptOutcome::LeaseExpired, Some("lease expired")).await?;
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'dead', error = $2, lease_token = NULL, lease_until = NULL, finished_at = now()
         WHERE lease_token = $1 AND state = 'running'",
        held.lease.token,
        reason,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "failing an expired job")
}
