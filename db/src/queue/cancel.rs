//! Cancelling unfinished jobs.

use domain::{
    id::{BuildId, FileId, FilmId, JobId},
    reason::Reason,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{AttemptOutcome, JobKind, attempt};
use crate::{Result, Tx, expect_one};

/// A job that is queued or running, locked by the transaction.
pub(crate) struct Unfinished {
    id: JobId,
    lease_token: Option<Uuid>,
    pub(crate) kind: JobKind,
    pub(crate) file: Option<FileId>,
    pub(crate) build: Option<BuildId>,
    /// Whether a worker ever claimed it.
    pub(crate) was_claimed: bool,
}

/// Locks the job if it is queued or running. Waits for a claim of it that is in progress.
pub(crate) async fn lock_unfinished(tx: &mut Tx, id: JobId) -> Result<Option<Unfinished>> {
    let job = sqlx::query!(
        r#"SELECT kind AS "kind: JobKind", file_id, build_id, lease_token, started_at FROM jobs
           WHERE id = $1 AND state IN ('queued', 'running') FOR UPDATE"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(job.map(|job| Unfinished {
        id,
        lease_token: job.lease_token,
        kind: job.kind,
        file: job.file_id.map(FileId),
        build: job.build_id.map(BuildId),
        was_claimed: job.started_at.is_some(),
    }))
}

/// Returns the queued and running probes of the file.
pub(crate) async fn unfinished_probes(tx: &mut Tx, file: FileId) -> Result<Vec<JobId>> {
    let probes = sqlx::query_scalar!(
        "SELECT id FROM jobs WHERE file_id = $1 AND kind = 'probe' AND state IN ('queued', 'running') ORDER BY id",
        file.0,
    );
    Ok(probes.fetch_all(&mut **tx).await?.into_iter().map(JobId).collect())
}

/// Cancels one locked job.
pub(crate) async fn cancel_one(tx: &mut Tx, job: &Unfinished, reason: &Reason) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'cancelled', lease_token = NULL, lease_until = NULL, finished_at = now() WHERE id = $1",
        job.id.0
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "cancelling a job")?;
    if let Some(token) = job.lease_token {
        attempt::close(tx, token, AttemptOutcome::Cancelled, Some(reason)).await?;
    }
    Ok(())
}

/// Cancels the build's unfinished jobs. Their workers notice it at the next heartbeat, and at the latest at the returned time. Until
/// then they may still write objects.
pub(crate) async fn cancel_of_build(
    tx: &mut Tx,
    build: BuildId,
    reason: &Reason,
) -> Result<Option<OffsetDateTime>> {
    // Waits for a claim in progress and then cancels the claimed job. A heartbeat waits for this transaction and then finds that its
    // lease is lost.
    let leases = sqlx::query_scalar!(
        "WITH stopped AS (
             SELECT id, lease_until FROM jobs
             WHERE build_id = $1 AND state IN ('queued', 'running') AND kind <> 'collect' FOR UPDATE
         )
         UPDATE jobs SET state = 'cancelled', lease_token = NULL, lease_until = NULL, finished_at = now()
         FROM stopped WHERE jobs.id = stopped.id RETURNING stopped.lease_until",
        build.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    attempt::close_cancelled(tx, build, reason).await?;
    Ok(leases.into_iter().flatten().max())
}

/// Like [`cancel_of_build`], for all unfinished jobs of the film except those that delete objects.
pub(crate) async fn cancel_of_film(
    tx: &mut Tx,
    film: FilmId,
    reason: &Reason,
) -> Result<Option<OffsetDateTime>> {
    // Waits like `cancel_of_build`.
    let leases = sqlx::query_scalar!(
        "WITH stopped AS (
             SELECT id, lease_until FROM jobs
             WHERE film_id = $1 AND state IN ('queued', 'running') AND kind NOT IN ('collect', 'purge') FOR UPDATE
         )
         UPDATE jobs SET state = 'cancelled', lease_token = NULL, lease_until = NULL, finished_at = now()
         FROM stopped WHERE jobs.id = stopped.id RETURNING stopped.lease_until",
        film.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    attempt::close_cancelled_of_film(tx, film, reason).await?;
    Ok(leases.into_iter().flatten().max())
}

/// Cancels the deletion of the build's objects. Returns false if a worker has begun it, even if that attempt failed: the worker may
/// have deleted some objects, and a suspended worker may delete more when it resumes, so the build's folder must not be used again.
pub(crate) async fn cancel_unstarted_collect(tx: &mut Tx, build: BuildId) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'cancelled', finished_at = now()
         WHERE build_id = $1 AND kind = 'collect' AND state = 'queued' AND started_at IS NULL",
        build.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
