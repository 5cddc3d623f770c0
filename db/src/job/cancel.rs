//! Stopping jobs that are not finished.

use domain::id::{BuildId, FilmId, JobId};
use serde_json::json;
use time::OffsetDateTime;

use super::{AttemptOutcome, JobKind, attempt};
use crate::{
    Db, DbError, Result, Tx,
    audit::{self, Author, Entry},
    build, expect_one, film,
};

/// Stops a job that is queued or running. A build needs all of its parts, so with one of them the build is cancelled. What removes
/// objects goes on, but for a purge that no worker has begun. False if the job has ended.
pub async fn cancel(db: &Db, author: &Author, id: JobId) -> Result<bool> {
    let mut tx = db.begin().await?;
    let film = film::lock_by_job(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    // Waits for a claim that is just taking it, and then cancels what it took.
    let job = sqlx::query!(
        r#"SELECT kind AS "kind: JobKind", build_id, lease_token, started_at FROM jobs
           WHERE id = $1 AND state IN ('queued', 'running') FOR UPDATE"#,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(job) = job else { return Ok(false) };
    match (job.kind, job.build_id) {
        (JobKind::EncodeChunk | JobKind::EncodeAudio | JobKind::Publish, Some(build)) => {
            if !build::stop(&mut tx, film, BuildId(build)).await? {
                return Ok(false);
            }
        }
        (JobKind::Collect, _) => {
            return Err(DbError::conflict(
                "jobs_collect_goes_on",
                "it removes what nothing needs, which would otherwise stay for ever",
            ));
        }
        (JobKind::Purge, _) if job.started_at.is_some() => {
            return Err(DbError::conflict("jobs_purge_goes_on", "some of the film is removed already"));
        }
        _ => {
            let done = sqlx::query!(
                "UPDATE jobs SET state = 'cancelled', lease_token = NULL, lease_until = NULL, finished_at = now() WHERE id = $1",
                id.0
            )
            .execute(&mut *tx)
            .await?;
            expect_one(done.rows_affected(), "cancelling a job")?;
            if let Some(token) = job.lease_token {
                attempt::close(&mut tx, token, AttemptOutcome::Cancelled, Some("the job was cancelled"))
                    .await?;
            }
            if job.kind == JobKind::Probe {
                film::mark_failed(&mut tx, film, "Reading the master was cancelled.").await?;
            }
        }
    }
    let entry = Entry {
        author,
        action: "job.cancel",
        subject: "job",
        subject_id: Some(id.0),
        label: Some(job.kind.to_string()),
        changes: json!({ "film_id": film, "build_id": job.build_id }),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(true)
}

/// Cancels the build's jobs that are not finished. Their holders learn it at their next heartbeat, at the latest when the
/// returned moment has come: until then they may still write objects.
pub(crate) async fn cancel_unfinished(
    tx: &mut Tx,
    build: BuildId,
    reason: &str,
) -> Result<Option<OffsetDateTime>> {
    // Waits for a claim that is just taking one of them, and then cancels what it took. A heartbeat waits for this and then
    // finds its lease lost.
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

/// Cancels all unfinished work on the film but what removes objects. As [`cancel_unfinished`].
pub(crate) async fn cancel_of_film(
    tx: &mut Tx,
    film: FilmId,
    reason: &str,
) -> Result<Option<OffsetDateTime>> {
    // Waits as `cancel_unfinished` does.
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

/// Calls off the deletion of the build's objects. False once any worker has begun it, even if that failed: it may have deleted some,
/// and if it is stopped and continued it may go on deleting, so nothing may be built on that folder again.
pub(crate) async fn cancel_untouched_collect(tx: &mut Tx, build: BuildId) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'cancelled', finished_at = now()
         WHERE build_id = $1 AND kind = 'collect' AND state = 'queued' AND started_at IS NULL",
        build.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
