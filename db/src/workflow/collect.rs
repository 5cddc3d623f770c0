//! Deleting what nothing needs: a build's objects, or a master.

use super::lock;
use crate::{
    Db, DbError, Result, Tx,
    queue::{self, AttemptOutcome, Held, JobKind, JobState, Lease},
    rows::{build, film_file},
};

/// The worker is about to delete the objects of a build, or a master: records that they go, so that nothing revives the build
/// whatever becomes of the job. The first step of a collect; may be repeated.
pub async fn begin_collect(db: &Db, held: &Lease) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Collect])?;
    match job.build {
        Some(build) => build::mark_deletion_begun(&mut tx, build).await?,
        None => expect_deleted_master(&mut tx, &job).await?,
    }
    tx.commit().await?;
    Ok(())
}

/// The objects of a build, or a master, are deleted.
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

/// A master is deleted only after an editor said so.
async fn expect_deleted_master(tx: &mut Tx, job: &Held) -> Result<()> {
    if film_file::is_deleted(tx, job.file()?).await? {
        return Ok(());
    }
    Err(DbError::Invariant("deleting a master that is in use"))
}
