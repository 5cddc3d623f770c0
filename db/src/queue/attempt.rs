//! The history of a job: one row for each time a worker claimed it.

use std::collections::HashMap;

use domain::{
    id::{BuildId, FilmId, JobId},
    reason::Reason,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Lease;
use crate::{
    Db, Result, Tx, expect_one,
    stored_reason::{from_json, to_json},
};

text_enum! {
    /// How an attempt ended.
    AttemptOutcome {
        /// The job was completed.
        Done = "done",
        /// The worker reported an error.
        Failed = "failed",
        /// The master cannot be shown.
        Refused = "refused",
        /// The worker stopped renewing the lease.
        LeaseExpired = "lease_expired",
        /// The build was cancelled, or another of its jobs failed for good.
        Cancelled = "cancelled",
        /// The worker returned the job without a result: it was stopped, or could not begin.
        Released = "released",
    }
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobAttempt {
    /// Counts from 1, across all retries.
    pub number: u32,
    /// Name of the worker.
    pub worker: String,
    /// When the worker claimed the job.
    pub started_at: OffsetDateTime,
    /// When the attempt ended, or when its end was noticed.
    pub finished_at: Option<OffsetDateTime>,
    /// How the attempt ended; `None` while it runs.
    pub outcome: Option<AttemptOutcome>,
    /// Why it ended, unless the job was completed.
    pub error: Option<String>,
    /// The same as a code with values; `None` if an earlier version of Nang stored it.
    pub error_reason: Option<Reason>,
}

/// Returns the names of the workers that run these jobs.
pub async fn workers(db: &Db, jobs: &[JobId]) -> Result<HashMap<JobId, String>> {
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.0).collect();
    let rows = sqlx::query!(
        "SELECT job_id, worker FROM job_attempts WHERE job_id = ANY ($1) AND finished_at IS NULL ORDER BY number",
        &ids,
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(|row| (JobId(row.job_id), row.worker)).collect())
}

/// Returns the job's attempts, oldest first.
pub async fn attempts(db: &Db, job: JobId) -> Result<Vec<JobAttempt>> {
    let rows = sqlx::query!(
        r#"SELECT number, worker, started_at, finished_at, outcome AS "outcome: AttemptOutcome", error, error_reason
           FROM job_attempts WHERE job_id = $1 ORDER BY number"#,
        job.0,
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| JobAttempt {
            number: row.number.cast_unsigned(),
            worker: row.worker,
            started_at: row.started_at,
            finished_at: row.finished_at,
            outcome: row.outcome,
            error: row.error,
            error_reason: from_json(row.error_reason),
        })
        .collect())
}

/// Records a new attempt. The caller must have locked the job's row.
pub(super) async fn open(tx: &mut Tx, job: JobId, token: Uuid, worker: &str) -> Result<()> {
    sqlx::query!(
        "INSERT INTO job_attempts (job_id, number, lease_token, worker)
         SELECT $1, coalesce(max(number), 0) + 1, $2, $3 FROM job_attempts WHERE job_id = $1",
        job.0,
        token,
        worker,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the attempt that runs under this lease.
pub(crate) async fn close(
    tx: &mut Tx,
    token: Uuid,
    outcome: AttemptOutcome,
    error: Option<&Reason>,
) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE job_attempts SET outcome = $2, error = $3, error_reason = $4, finished_at = now() WHERE lease_token = $1 AND outcome IS NULL",
        token,
        outcome.as_str(),
        error.map(ToString::to_string),
        error.map(to_json),
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "ending an attempt")
}

/// Marks the completed attempts of these jobs as failed, since their results are unusable. The caller must have locked the jobs' rows.
pub(super) async fn undo(tx: &mut Tx, jobs: &[Uuid], error: &Reason) -> Result<()> {
    sqlx::query!(
        "UPDATE job_attempts SET outcome = 'failed', error = $2, error_reason = $3 WHERE job_id = ANY($1) AND outcome = 'done'",
        jobs,
        error.to_string(),
        to_json(error),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes earlier attempts that were released for the same reason. The caller must have locked the job's row.
pub(super) async fn delete_repeated(tx: &mut Tx, held: &Lease, reason: &Reason) -> Result<()> {
    sqlx::query!(
        "DELETE FROM job_attempts WHERE job_id = $1 AND lease_token <> $2 AND outcome = 'released' AND error = $3",
        held.job.0,
        held.token,
        reason.to_string(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the attempts of the build's jobs that the caller has just cancelled.
pub(super) async fn close_cancelled(tx: &mut Tx, build: BuildId, reason: &Reason) -> Result<()> {
    sqlx::query!(
        "UPDATE job_attempts SET outcome = 'cancelled', error = $2, error_reason = $3, finished_at = now()
         FROM jobs WHERE jobs.id = job_attempts.job_id AND jobs.build_id = $1 AND jobs.state = 'cancelled'
                     AND job_attempts.outcome IS NULL",
        build.0,
        reason.to_string(),
        to_json(reason),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Like [`close_cancelled`], for all jobs of a film.
pub(super) async fn close_cancelled_of_film(tx: &mut Tx, film: FilmId, reason: &Reason) -> Result<()> {
    sqlx::query!(
        "UPDATE job_attempts SET outcome = 'cancelled', error = $2, error_reason = $3, finished_at = now()
         FROM jobs WHERE jobs.id = job_attempts.job_id AND jobs.film_id = $1 AND jobs.state = 'cancelled'
                     AND job_attempts.outcome IS NULL",
        film.0,
        reason.to_string(),
        to_json(reason),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
