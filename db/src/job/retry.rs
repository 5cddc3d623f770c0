//! Letting dead jobs live again.

use domain::id::{BuildId, FileId, FilmId, JobId};
use serde_json::json;
use uuid::Uuid;

use super::{JobKind, cancel::cancel_untouched_collect, wakeup};
use crate::{
    Db, DbError, Result, Tx,
    audit::{self, Author, Entry},
    build, expect_one, film, film_file,
};

/// Lets a dead job be tried again with all its attempts, and with it what died or was cancelled of its build. If the build's
/// objects are being collected or are gone, or if its parts do not fit together, a new build with the same plan is begun instead. False if the job is not dead, or if its
/// build is no longer a failed one.
pub async fn retry(db: &Db, author: &Author, id: JobId) -> Result<bool> {
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
    let gone = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM film_files WHERE id = $1 AND deleted_at IS NOT NULL)
               OR EXISTS (SELECT FROM builds JOIN film_files ON film_files.id = builds.file_id
                          WHERE builds.id = $2 AND (builds.deleted_at IS NOT NULL OR film_files.deleted_at IS NOT NULL)) AS "gone!""#,
        job.file_id,
        job.build_id,
    );
    if job.kind != JobKind::Collect && gone.fetch_one(&mut *tx).await? {
        return Err(DbError::conflict("jobs_retry_of_kept", "its master or its build was deleted"));
    }
    let revived = match (job.kind, job.file_id, job.build_id) {
        (JobKind::Collect | JobKind::Purge, ..) => revive_one(&mut tx, id).await.map(|()| true)?,
        (JobKind::Probe, Some(file), _) => retry_probe(&mut tx, film, id, FileId(file)).await?,
        (_, _, Some(build)) => retry_build(&mut tx, film, BuildId(build)).await?,
        _ => false,
    };
    if revived {
        wakeup::notify(&mut tx).await?;
        let entry = Entry {
            author,
            action: "job.retry",
            subject: "job",
            subject_id: Some(id.0),
            label: Some(job.kind.to_string()),
            changes: json!({ "film_id": film, "build_id": job.build_id }),
        };
        audit::record(&mut tx, entry).await?;
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
