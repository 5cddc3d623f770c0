//! Retrying dead jobs.

use domain::id::{BuildId, FileId, FilmId, JobId};
use serde_json::json;

use super::{build::start_build_again, lock};
use crate::{
    Db, DbError, Result, Tx,
    queue::{self, JobKind},
    rows::{
        audit::{self, Author, Entry},
        build, film, film_file, track,
    },
};

/// Queues a dead job again and resets its attempts, together with all dead and cancelled jobs of its build. If the build's objects are
/// being or have been deleted, or if its parts do not fit together, a new build with the same plan starts instead. Returns false if
/// the job is not dead, or if its build is not failed any more.
pub async fn retry_job(db: &Db, author: &Author, id: JobId) -> Result<bool> {
    let mut tx = db.begin().await?;
    let film = lock::film_of_job(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    // Under the film's lock only this function changes a dead job, so the job's row needs no lock.
    let Some(job) = queue::find_dead(&mut tx, id).await? else { return Ok(false) };
    if !matches!(job.kind, JobKind::Collect | JobKind::Purge) && film::is_deleted(&mut tx, film).await? {
        return Ok(false);
    }
    if job.kind != JobKind::Collect && is_deleted(&mut tx, job.file, job.build).await? {
        return Err(DbError::conflict("jobs_retry_of_kept", "its master or its build was deleted"));
    }
    let retried = match (job.kind, job.file, job.build) {
        (JobKind::Collect | JobKind::Purge, ..) => {
            queue::retry_one(&mut tx, id).await?;
            true
        }
        (JobKind::Probe, Some(file), _) => {
            retry_probe(&mut tx, film, id, file).await?;
            true
        }
        (_, file, Some(build)) => {
            let retried = retry_build(&mut tx, build).await?;
            if retried && let Some(file) = file {
                film_file::clear_refusal(&mut tx, file).await?;
                mark_processing(&mut tx, film, file).await?;
            }
            retried
        }
        _ => false,
    };
    if retried {
        if let Some(file) = job.file {
            track::clear_failure(&mut tx, file).await?;
        }
        queue::notify(&mut tx).await?;
        let entry = Entry {
            author,
            action: "job.retry",
            subject: "job",
            subject_id: Some(id.0),
            label: Some(job.kind.to_string()),
            changes: json!({ "film_id": film, "build_id": job.build }),
        };
        audit::record(&mut tx, entry).await?;
        tx.commit().await?;
    }
    Ok(retried)
}

/// Whether an editor deleted the master or the build that the job works on.
async fn is_deleted(tx: &mut Tx, file: Option<FileId>, build: Option<BuildId>) -> Result<bool> {
    if let Some(build) = build
        && build::is_deleted(tx, build).await?
    {
        return Ok(true);
    }
    match file {
        Some(file) => film_file::is_deleted(tx, file).await,
        None => Ok(false),
    }
}

async fn retry_probe(tx: &mut Tx, film: FilmId, id: JobId, file: FileId) -> Result<()> {
    film_file::clear_refusal(tx, file).await?;
    queue::retry_one(tx, id).await?;
    mark_processing(tx, film, file).await
}

/// Marks the film as processing, unless the file is a dub.
async fn mark_processing(tx: &mut Tx, film: FilmId, file: FileId) -> Result<()> {
    if film_file::is_dub(tx, file).await? {
        return Ok(());
    }
    film::mark_processing(tx, film).await
}

async fn retry_build(tx: &mut Tx, build: BuildId) -> Result<bool> {
    let mendable = !build::is_unmendable(tx, build).await? && build::has_objects(tx, build).await?;
    if mendable && queue::cancel_unstarted_collect(tx, build).await? {
        match build::reopen(tx, build).await? {
            Some(pending) => queue::retry_parts(tx, build, pending == 0).await,
            None => Ok(false),
        }
    } else {
        start_build_again(tx, build).await
    }
}
