//! Deleting objects that are no longer needed: those of a build or a presentation, or a master.

use super::lock;
use crate::{
    Db, DbError, Result, Tx,
    queue::{self, AttemptOutcome, Held, JobKind, JobState, Lease},
    rows::{build, film_file},
};

/// Records that the worker is about to delete the objects of a build or a presentation, or a master, so that the build cannot be used
/// again however the job ends. The first step of a collect. Idempotent.
pub async fn begin_collect(db: &Db, held: &Lease) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Collect])?;
    match (job.build, job.presentation) {
        (Some(build), _) => build::mark_deletion_begun(&mut tx, build).await?,
        // A retired presentation stays retired.
        (None, Some(_)) => {}
        (None, None) => expect_deleted_master(&mut tx, &job).await?,
    }
    tx.commit().await?;
    Ok(())
}

/// Completes a collect: the objects are deleted.
pub async fn complete_collect(db: &Db, held: &Lease) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Collect])?;
    if let Some(build) = job.build {
        build::mark_objects_deleted(&mut tx, build).await?;
    }
    queue::end(&mut tx, &job, JobState::Done, AttemptOutcome::Done, None, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Checks that an editor has deleted the master.
async fn expect_deleted_master(tx: &mut Tx, job: &Held) -> Result<()> {
    if film_file::is_deleted(tx, job.file()?).await? {
        return Ok(());
    }
    Err(DbError::Invariant("deleting a master that is in use"))
}
