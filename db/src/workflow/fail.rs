//! Failing jobs: a job is retried, or becomes dead and its build and film fail.
//!
//! A build needs all of its parts, so when one becomes dead the others are cancelled at once. The build's objects are kept for a day,
//! so that a retry can reuse them, unless they are unusable or filled the storage.

use std::time::Duration;

use domain::reason::{Reason, ReasonCode};
use serde::{Deserialize, Serialize};

use super::{build::fail_idle_film, describe::describe, lock};
use crate::{
    Db, DbError, Result, Tx,
    queue::{self, AttemptOutcome, ClaimedJob, CollectWhen, Held, JobKind, JobState, Lease},
    rows::{build, film_file, track},
};

/// Whether another attempt can succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Another attempt follows after a pause, unless the attempts are used up.
    Later,
    /// Like `Later`, when the storage is full. When the attempts are used up, the build's objects are deleted at once.
    LaterIfDiskSpace,
    /// Another attempt would fail in the same way.
    Never,
    /// Another attempt would fail in the same way, because the build's parts do not fit together. The build's objects are deleted at
    /// once, and a retry of the dead job starts a new build.
    InNewBuild,
}

/// When the objects of a failed build are deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cleanup {
    InADay,
    Immediate,
}

/// Ends an attempt that failed with `error`. The job is queued again, to run in 2 s, 8 s, 32 s … (at most 10 min), or becomes dead:
/// then its build fails, and its film too unless it has a playable build. Returns the job's new state.
pub async fn fail(db: &Db, held: &Lease, error: impl Into<Reason>, retry: Retry) -> Result<JobState> {
    let error = error.into();
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    let later = matches!(retry, Retry::Later | Retry::LaterIfDiskSpace);
    let state = if later && job.attempts < job.max_attempts {
        queue::queue_again(&mut tx, &job, &error).await?;
        JobState::Queued
    } else {
        queue::end(&mut tx, &job, JobState::Dead, AttemptOutcome::Failed, Some(&error), None).await?;
        let reason = match job.attempts {
            ..=1 => Reason::from(ReasonCode::JobFailed),
            times => ReasonCode::JobFailedTimes.with("times", times),
        };
        let work = describe(&mut tx, &job).await?;
        let reason = reason.with_reason("work", work).with_reason("cause", error);
        let cleanup = match retry {
            Retry::Later | Retry::Never => Cleanup::InADay,
            Retry::LaterIfDiskSpace | Retry::InNewBuild => Cleanup::Immediate,
        };
        fail_build_of(&mut tx, &job, &reason, cleanup).await?;
        if retry == Retry::InNewBuild {
            build::mark_unmendable(&mut tx, job.build()?).await?;
        }
        JobState::Dead
    };
    tx.commit().await?;
    Ok(state)
}

/// Fails a publish job that found the objects `damaged_keys` of the parts `damaged_parts` missing or altered. The build fails. A retry
/// of this job encodes only these parts again. Claims of the build's jobs receive the keys ([`crate::queue::Job::damaged_keys`]): only
/// these objects may be overwritten.
pub async fn fail_damaged(
    db: &Db,
    held: &Lease,
    error: impl Into<Reason>,
    damaged_parts: &[(JobKind, u32)],
    damaged_keys: &[String],
) -> Result<()> {
    let error = error.into();
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Publish])?;
    queue::end(&mut tx, &job, JobState::Dead, AttemptOutcome::Failed, Some(&error), None).await?;
    let work = describe(&mut tx, &job).await?;
    let reason = ReasonCode::JobFailed.with_reason("work", work).with_reason("cause", error);
    fail_build_of(&mut tx, &job, &reason, Cleanup::InADay).await?;
    queue::set_damaged_keys(&mut tx, &job, damaged_keys).await?;
    let build = job.build()?;
    let undone = queue::undo_parts(&mut tx, build, damaged_parts, &ReasonCode::PartDamaged.into()).await?;
    build::parts_undone(&mut tx, build, undone).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a job that found that the master or dub cannot be used, and the job's build. The reason is the text of the planner or of the job,
/// without an addition.
pub async fn refuse_file(db: &Db, held: &Lease, reason: impl Into<Reason>) -> Result<()> {
    let reason = &reason.into();
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[
        JobKind::Probe,
        JobKind::Analyse,
        JobKind::EncodeChunk,
        JobKind::EncodeAudio,
        JobKind::EncodeSubtitles,
        JobKind::Publish,
    ])?;
    queue::end(&mut tx, &job, JobState::Dead, AttemptOutcome::Refused, Some(reason), None).await?;
    film_file::refuse(&mut tx, job.file()?, reason).await?;
    fail_build_of(&mut tx, &job, reason, Cleanup::InADay).await?;
    tx.commit().await?;
    Ok(())
}

/// Fails jobs whose lease expired on their last attempt, then claims the next job, with a lease that ends `lease` from now; `None` if
/// no job can be claimed. Order: the highest priority, then the film that has waited longest, then its audio tracks, then its chunks.
pub async fn claim(db: &Db, worker: &str, lease: Duration) -> Result<Option<ClaimedJob>> {
    claim_of(db, worker, lease, JobKind::ALL).await
}

/// Like [`claim`], for a worker that runs only jobs of these kinds.
pub async fn claim_of(
    db: &Db,
    worker: &str,
    lease: Duration,
    kinds: &[JobKind],
) -> Result<Option<ClaimedJob>> {
    fail_expired_jobs(db).await?;
    queue::claim(db, worker, lease, kinds).await
}

/// Fails jobs whose lease expired on their last attempt: every worker that claimed them stopped without a report. If a job cannot be
/// failed, that is logged, the next call tries again, and other jobs can still be claimed.
async fn fail_expired_jobs(db: &Db) -> Result<()> {
    for expired in queue::expired_on_last_attempt(db).await? {
        match fail_expired(db, &expired).await {
            // Another worker has failed it, or it was cancelled.
            Ok(()) | Err(DbError::LeaseLost) => {}
            // No other statement can succeed either.
            Err(error @ DbError::Unavailable(_)) => return Err(error),
            Err(error) => {
                tracing::error!(job.id = %expired.job, error = describe_error(&error), "Could not mark a job as dead whose lease expired on its last attempt; trying again at the next claim");
            }
        }
    }
    Ok(())
}

async fn fail_expired(db: &Db, expired: &Lease) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, expired).await?;
    // A heartbeat may have renewed the lease before the job was locked.
    if !queue::is_expired(&mut tx, expired.token).await? {
        return Ok(());
    }
    let work = describe(&mut tx, &job).await?;
    let reason = match job.attempts {
        1 => Reason::from(ReasonCode::WorkerLost),
        times => ReasonCode::WorkerLostTimes.with("times", times),
    };
    let reason = reason.with_reason("work", work);
    queue::end_expired(&mut tx, &job, &reason).await?;
    fail_build_of(&mut tx, &job, &reason, Cleanup::InADay).await?;
    tx.commit().await?;
    tracing::warn!(job.id = %expired.job, film.id = %job.film, "Job is dead: {reason} An admin may retry it.");
    Ok(())
}

/// Returns the error's text with those of its causes.
fn describe_error(error: &DbError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Fails the build of a dead job, cancels the build's other jobs, and fails the film unless it has a playable build. A dub's track gets
/// the reason.
async fn fail_build_of(tx: &mut Tx, job: &Held, reason: &Reason, cleanup: Cleanup) -> Result<()> {
    match job.kind {
        // Objects that are not deleted only cost disk space.
        JobKind::Collect | JobKind::Purge => return Ok(()),
        JobKind::Probe => {}
        JobKind::Analyse
        | JobKind::Plan
        | JobKind::EncodeChunk
        | JobKind::EncodeAudio
        | JobKind::EncodeSubtitles
        | JobKind::Publish => {
            let build = job.build()?;
            build::mark_failed(tx, build, reason).await?;
            let last_lease =
                queue::cancel_of_build(tx, build, &ReasonCode::AttemptBuildFailed.into()).await?;
            let when = match cleanup {
                Cleanup::InADay => CollectWhen::InADay,
                Cleanup::Immediate => CollectWhen::After(last_lease),
            };
            queue::insert_collect(tx, job.film, build, when).await?;
        }
    }
    if let Some(file) = job.file {
        track::fail(tx, file, reason).await?;
    }
    fail_idle_film(tx, job.film, reason).await
}
