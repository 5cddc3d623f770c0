//! Jobs of a build that was begun with other versions of the libraries than the worker's own.
//!
//! Such a worker would make other bytes, so it gives the job back. After an upgrade no worker may have the build's versions
//! any more: the build is then begun again, so that nobody has to do it.

use std::time::Duration;

use domain::{id::BuildId, libraries::Libraries, plan::Plan};

use super::{CollectWhen, JobKind, Lease, cancel_unfinished, insert, lease, postpone};
use crate::{Db, Result, Tx, build};

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

/// Gives the job back as [`postpone`] does, or, if no worker has taken its build further for the replacement's patience,
/// begins the build again with the replacement's versions. Says whether it was begun again.
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
    postpone(db, held, reason, pause).await?;
    Ok(false)
}

async fn begin_again(db: &Db, held: &Lease, reason: &str, replacement: &Replacement) -> Result<bool> {
    let mut tx = db.begin().await?;
    let job = lease::hold(&mut tx, held).await?;
    job.expect_kind(&[JobKind::EncodeChunk, JobKind::EncodeAudio])?;
    let old = job.build()?;
    if !is_stuck(&mut tx, old, held, replacement.patience).await? {
        return Ok(false);
    }
    let plan = Plan { libraries: Some(replacement.libraries.clone()), ..build::plan(&mut tx, old).await? };
    let failure =
        format!("Begun again with this worker's versions, since no other worker continued it: {reason}");
    build::mark_failed(&mut tx, old, &failure).await?;
    build::mark_unmendable(&mut tx, old).await?;
    let last_lease =
        cancel_unfinished(&mut tx, old, "the build was begun again with other libraries").await?;
    insert::insert_collect(&mut tx, job.film, old, CollectWhen::After(last_lease)).await?;
    build::insert(&mut tx, job.film, job.file()?, replacement.build, &plan, job.queued_since).await?;
    tx.commit().await?;
    Ok(true)
}

/// Whether no part of the build was made or was in work for so long. Jobs that are claimed only to be declined report no
/// progress.
async fn is_stuck(tx: &mut Tx, build: BuildId, held: &Lease, patience: Duration) -> Result<bool> {
    let stuck = sqlx::query_scalar!(
        r#"SELECT greatest(builds.created_at, max(jobs.finished_at) FILTER (WHERE jobs.state = 'done'))
                      <= now() - make_interval(secs => $3)
                  AND NOT bool_or(jobs.state = 'running' AND jobs.id <> $2 AND jobs.lease_until > now()
                                  AND jobs.progress_done > 0) AS "stuck!"
           FROM builds JOIN jobs ON jobs.build_id = builds.id AND jobs.kind IN ('encode_chunk', 'encode_audio')
           WHERE builds.id = $1 GROUP BY builds.created_at"#,
        build.0,
        held.job.0,
        patience.as_secs_f64(),
    );
    Ok(stuck.fetch_one(&mut **tx).await?)
}
