//! Cancelling one job.

use domain::{id::JobId, reason::ReasonCode};
use serde_json::json;

use super::{
    build::{fail_idle_film, stop_build},
    lock,
};
use crate::{
    Db, DbError, Result,
    queue::{self, JobKind},
    rows::{
        audit::{self, Author, Entry},
        film, track,
    },
};

/// Cancels a queued or running job. A build needs all of its parts, so cancelling a part cancels the build. Jobs that delete objects
/// cannot be cancelled, except a purge that no worker has begun. Returns false if the job has already ended.
pub async fn cancel_job(db: &Db, author: &Author, id: JobId) -> Result<bool> {
    let mut tx = db.begin().await?;
    let film = lock::film_of_job(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    let Some(job) = queue::lock_unfinished(&mut tx, id).await? else { return Ok(false) };
    match (job.kind, job.build) {
        (
            JobKind::Analyse
            | JobKind::Plan
            | JobKind::EncodeChunk
            | JobKind::EncodeAudio
            | JobKind::EncodeSubtitles
            | JobKind::Publish,
            Some(build),
        ) => {
            if !stop_build(&mut tx, film, build).await? {
                return Ok(false);
            }
        }
        (JobKind::Collect, _) => {
            return Err(DbError::conflict(
                "jobs_collect_not_cancellable",
                "the job deletes objects that are no longer needed and would otherwise stay for ever",
            ));
        }
        (JobKind::Purge, _) if job.was_claimed || film::has_purge_begun(&mut tx, film).await? => {
            return Err(DbError::conflict(
                "jobs_purge_not_cancellable",
                "some objects of the film are already deleted",
            ));
        }
        _ => {
            queue::cancel_one(&mut tx, &job, &ReasonCode::AttemptJobCancelled.into()).await?;
            if job.kind == JobKind::Probe {
                if let Some(file) = job.file {
                    track::fail(&mut tx, file, &ReasonCode::DubEncodingCancelled.into()).await?;
                }
                fail_idle_film(&mut tx, film, &ReasonCode::ReadingCancelled.into()).await?;
            }
        }
    }
    let entry = Entry {
        author,
        action: "job.cancel",
        subject: "job",
        subject_id: Some(id.0),
        label: Some(job.kind.to_string()),
        changes: json!({ "film_id": film, "build_id": job.build }),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(true)
}
