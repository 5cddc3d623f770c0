//! Jobs of a build that was begun with other versions of the libraries than the worker's own.
//!
//! Such a worker would make other bytes, so it gives the job back. After an upgrade no worker may have the build's versions
//! any more: the build is then begun again, so that nobody has to do it.

use std::time::Duration;

use domain::{id::BuildId, libraries::Libraries, plan::Plan};

use super::{build::start_build, lock};
use crate::{
    Db, Result,
    queue::{self, CollectWhen, JobKind, Lease},
    rows::build,
};

/// What a worker has that cannot continue a build.
#[derive(Clone, Debug)]
pub struct Replacement {
    /// Its versions.
    pub libraries: Libraries,
    /// Id of the build that it begins if no other worker continues the old one.
    pub build: BuildId,
    /// How long no part of the old build must have been made or been in work.
    pub patience: Duration,
}

/// Gives the job back as [`queue::postpone`] does, or, if no worker has taken its build further for the replacement's
/// patience, begins the build again with the replacement's versions. Says whether it was begun again.
pub async fn decline(
    db: &Db,
    held: &Lease,
    reason: &str,
    pause: Duration,
    replacement: &Replacement,
) -> Result<bool> {
    if begin_again(db, held, reason, replacement).await? {
        return Ok(true);
    }
    queue::postpone(db, held, reason, pause).await?;
    Ok(false)
}

async fn begin_again(db: &Db, held: &Lease, reason: &str, replacement: &Replacement) -> Result<bool> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::EncodeChunk, JobKind::EncodeAudio])?;
    let old = job.build()?;
    if !queue::stands_still(&mut tx, old, &job, replacement.patience).await? {
        return Ok(false);
    }
    let plan = Plan { libraries: Some(replacement.libraries.clone()), ..build::plan_of(&mut tx, old).await? };
    let failure =
        format!("Begun again with a worker's own versions, since no other worker continued it: {reason}");
    build::mark_failed(&mut tx, old, &failure).await?;
    build::mark_unmendable(&mut tx, old).await?;
    let last_lease =
        queue::cancel_of_build(&mut tx, old, "the build was begun again with other libraries").await?;
    queue::insert_collect(&mut tx, job.film, old, CollectWhen::After(last_lease)).await?;
    start_build(&mut tx, job.film, job.file()?, replacement.build, &plan, job.queued_since).await?;
    tx.commit().await?;
    Ok(true)
}
