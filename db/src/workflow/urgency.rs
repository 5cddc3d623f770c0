//! Putting a job, or all jobs of a build, first or last in the queue.

use domain::id::JobId;
use serde_json::json;

use super::lock;
use crate::{
    Db, DbError, Result,
    queue::{self, JobKind, Urgency},
    rows::audit::{self, Author, Entry},
};

/// Changes the urgency of a queued or running job. A build needs all of its parts, so all jobs of its build get it, also those that the
/// build gets later. Returns false if the job has already ended.
pub async fn set_job_urgency(db: &Db, author: &Author, id: JobId, urgency: Urgency) -> Result<bool> {
    let mut tx = db.begin().await?;
    let film = lock::film_of_job(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    let Some(job) = queue::lock_unfinished(&mut tx, id).await? else { return Ok(false) };
    let build = job.build.filter(|_| job.kind != JobKind::Collect);
    let changed = queue::set_urgency(&mut tx, id, build, urgency).await?;
    let entry = Entry {
        author,
        action: "job.set_urgency",
        subject: "job",
        subject_id: Some(id.0),
        label: Some(job.kind.to_string()),
        changes: json!({ "film_id": film, "build_id": build, "urgency": format!("{urgency:?}").to_lowercase(), "jobs": changed }),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(true)
}
