//! Stopping a build's jobs, and letting dead ones live again.

use domain::id::{BuildId, FileId, FilmId, JobId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{JobKind, attempt, wakeup};
use crate::{Db, DbError, Result, Tx, build, expect_one, film, film_file};

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

/// Lets a dead job be tried again with all its attempts, and with it what died or was cancelled of its build. If the build's
/// objects are being collected or are gone, or if its parts do not fit together, a new build with the same plan is begun instead. False if the job is not dead, or if its
/// build is no longer a failed one.
pub async fn retry(db: &Db, id: JobId) -> Result<bool> {
    let mut tx = db.begin().await?;
    let film = film::lock_by_job(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    // Behind the film's lock nothing but this changes a dead job, so its row needs no lock of its own.
    let job = sqlx::query!(
        r#"SELECT kind AS "kind: JobKind", file_id, build_id FROM jobs WHERE id = $1 AND state = 'dead'"#,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(job) = job else { return Ok(false) };
    if !matches!(job.kind, JobKind::Collect | JobKind::Purge) && film::is_deleted(&mut tx, film).await? {
        return Ok(false);
    }
    let revived = match (job.kind, job.file_id, job.build_id) {
        (JobKind::Collect | JobKind::Purge, ..) => revive_one(&mut tx, id).await.map(|()| true)?,
        (JobKind::Probe, Some(file), _) => retry_probe(&mut tx, film, id, FileId(file)).await?,
        (_, _, Some(build)) => retry_build(&mut tx, film, BuildId(build)).await?,
        _ => false,
    };
    if revived {
        wakeup::notify(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(revived)
}

async fn retry_probe(tx: &mut Tx, film: FilmId, id: JobId, file: FileId) -> Result<bool> {
    film_file::reconsider(tx, file).await?;
    revive_one(tx, id).await?;
    film::mark_processing(tx, film).await?;
    Ok(true)
}

async fn retry_build(tx: &mut Tx, film: FilmId, build: BuildId) -> Result<bool> {
    let mendable = !build::is_unmendable(tx, build).await?;
    let revived = if mendable && cancel_untouched_collect(tx, build).await? {
        build::reopen(tx, build).await? && revive_build(tx, build).await?
    } else {
        build::start_again(tx, build).await?.is_some()
    };
    if revived {
        film::mark_processing(tx, film).await?;
    }
    Ok(revived)
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

async fn revive_build(tx: &mut Tx, build: BuildId) -> Result<bool> {
    // Its last part queues the publishing again: until then there is nothing to publish.
    sqlx::query!(
        "UPDATE jobs SET state = 'cancelled' FROM builds
         WHERE jobs.build_id = $1 AND jobs.kind = 'publish' AND jobs.state = 'dead' AND builds.id = $1 AND builds.pending > 0",
        build.0,
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'queued', attempts = 0, error = NULL, run_at = now(), finished_at = NULL, progress_done = 0
         WHERE build_id = $1 AND kind <> 'collect' AND state IN ('dead', 'cancelled')
           AND (kind <> 'publish' OR (SELECT pending FROM builds WHERE id = $1) = 0)",
        build.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

async fn revive_one(tx: &mut Tx, id: JobId) -> Result<()> {
    let id: Uuid = id.0;
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'queued', attempts = 0, error = NULL, run_at = now(), finished_at = NULL, progress_done = 0
         WHERE id = $1 AND state = 'dead'",
        id,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "retrying a job")
}
