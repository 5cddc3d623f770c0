//! Jobs of a build that was begun with library versions other than the worker's.
//!
//! Such a worker would produce different bytes, so it returns the job. After an upgrade it can happen that no worker has the build's
//! versions any more; then the build is restarted automatically.

use std::time::Duration;

use domain::{
    id::BuildId,
    libraries::Libraries,
    plan::Plan,
    reason::{Reason, ReasonCode},
};

use super::{build::start_build, lock};
use crate::{
    Db, Result,
    queue::{self, CollectWhen, JobKind, Lease},
    rows::build,
};

/// The build that a worker starts if it cannot continue one with other library versions.
#[derive(Clone, Debug)]
pub struct Replacement {
    /// The worker's library versions.
    pub libraries: Libraries,
    /// Id of the new build, which starts if no other worker continues the old build.
    pub build: BuildId,
    /// How long the old build must have made no progress.
    pub stall_timeout: Duration,
}

/// Returns the job to the queue as [`queue::postpone`] does or, if its build has made no progress for the replacement's
/// `stall_timeout`, restarts the build with the replacement's library versions. Returns whether the build was restarted.
pub async fn decline(
    db: &Db,
    held: &Lease,
    reason: impl Into<Reason>,
    pause: Duration,
    replacement: &Replacement,
) -> Result<bool> {
    let reason = reason.into();
    if restart(db, held, &reason, replacement).await? {
        return Ok(true);
    }
    queue::postpone(db, held, reason, pause).await?;
    Ok(false)
}

async fn restart(db: &Db, held: &Lease, reason: &Reason, replacement: &Replacement) -> Result<bool> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::EncodeChunk, JobKind::EncodeAudio, JobKind::EncodeSubtitles])?;
    let old = job.build()?;
    if !queue::is_stalled(&mut tx, old, &job, replacement.stall_timeout).await? {
        return Ok(false);
    }
    let plan = Plan { libraries: Some(replacement.libraries.clone()), ..build::plan_of(&mut tx, old).await? };
    let failure = ReasonCode::BuildRestarted.with_reason("cause", reason);
    build::mark_failed(&mut tx, old, &failure).await?;
    build::mark_unmendable(&mut tx, old).await?;
    let last_lease = queue::cancel_of_build(&mut tx, old, &ReasonCode::AttemptBuildRestarted.into()).await?;
    queue::insert_collect(&mut tx, job.film, old, CollectWhen::After(last_lease)).await?;
    start_build(&mut tx, job.film, job.file()?, replacement.build, &plan, job.queued_since).await?;
    tx.commit().await?;
    Ok(true)
}
