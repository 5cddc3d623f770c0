//! Jobs that go wrong: tried again, or dead with their build and film.
//!
//! A build needs all of its parts, so when one is dead its siblings are cancelled at once. Its objects are kept for a day, so that
//! a retry goes on from what is there; unless they are of no use, or are themselves what filled the storage.

use std::time::Duration;

use super::{build::fail_idle_film, describe::describe, lock};
use crate::{
    Db, DbError, Result, Tx,
    queue::{self, AttemptOutcome, ClaimedJob, CollectWhen, Held, JobKind, JobState, Lease},
    rows::{build, film_file},
};

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// After a while, unless the attempts are used up.
    Later,
    /// As `Later`, the storage being full. When the attempts are used up, what was made of the build is removed at once.
    LaterIfRoom,
    /// It would go wrong the same way.
    Never,
    /// It would go wrong the same way in this build, whose parts do not fit together: they are removed at once, and a retry of the
    /// dead job begins a new build.
    InNewBuild,
}

/// When the objects of a failed build are deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cleanup {
    InADay,
    Immediate,
}

/// The attempt failed with `error`. The job is queued again after 2 s, 8 s, 32 s … (10 min at most), or is dead: then its build and
/// its film have failed, unless the film has a build to play. Says which.
pub async fn fail(db: &Db, held: &Lease, error: &str, retry: Retry) -> Result<JobState> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    let later = matches!(retry, Retry::Later | Retry::LaterIfRoom);
    let state = if later && job.attempts < job.max_attempts {
        queue::queue_again(&mut tx, &job, error).await?;
        JobState::Queued
    } else {
        queue::end(&mut tx, &job, JobState::Dead, AttemptOutcome::Failed, Some(error), None).await?;
        let times =
            if job.attempts > 1 { format!(" {} times, the last time", job.attempts) } else { String::new() };
        let reason = format!("{} failed{times}: {error}", capitalised(&describe(&mut tx, &job).await?));
        let cleanup = match retry {
            Retry::Later | Retry::Never => Cleanup::InADay,
            Retry::LaterIfRoom | Retry::InNewBuild => Cleanup::Immediate,
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

/// Publishing found that the objects `damaged_keys` of the parts `damaged_parts` are not in storage, or not as they were stored. The
/// build has failed; a retry of this job makes the parts again, and nothing else. Jobs of the build are handed the keys when they
/// are claimed ([`crate::queue::Job::damaged_keys`]): these objects alone may be overwritten.
pub async fn fail_damaged(
    db: &Db,
    held: &Lease,
    error: &str,
    damaged_parts: &[(JobKind, u32)],
    damaged_keys: &[String],
) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Publish])?;
    queue::end(&mut tx, &job, JobState::Dead, AttemptOutcome::Failed, Some(error), None).await?;
    fail_build_of(&mut tx, &job, &format!("Publishing the film failed: {error}"), Cleanup::InADay).await?;
    queue::set_damaged_keys(&mut tx, &job, damaged_keys).await?;
    let build = job.build()?;
    let undone = queue::undo_parts(&mut tx, build, damaged_parts, DAMAGED).await?;
    build::parts_undone(&mut tx, build, undone).await?;
    tx.commit().await?;
    Ok(())
}

/// The error of a part that must be made again.
const DAMAGED: &str = "what it stored is missing or damaged; it is made again when publishing is retried";

/// The probe found that the master cannot be shown. The reason stands alone, as the planner words it.
pub async fn refuse_master(db: &Db, held: &Lease, reason: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Probe])?;
    queue::end(&mut tx, &job, JobState::Dead, AttemptOutcome::Refused, Some(reason), None).await?;
    film_file::refuse(&mut tx, job.file()?, reason).await?;
    fail_build_of(&mut tx, &job, reason, Cleanup::InADay).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes the next job for `lease` from now, if there is one, after failing jobs whose lease ran out on their last attempt. Order:
/// the highest priority, then the film that has waited longest, then its audio tracks, then its chunks.
pub async fn claim(db: &Db, worker: &str, lease: Duration) -> Result<Option<ClaimedJob>> {
    fail_expired_jobs(db).await?;
    queue::claim(db, worker, lease, true).await
}

/// As [`claim`], while the storage has no free space: chunks and audio tracks, which fill it, are not taken.
pub async fn claim_without_parts(db: &Db, worker: &str, lease: Duration) -> Result<Option<ClaimedJob>> {
    fail_expired_jobs(db).await?;
    queue::claim(db, worker, lease, false).await
}

/// Fails jobs whose lease ran out on their last attempt: they kill each worker that takes them. One that cannot be failed is logged
/// and left for the next call, and keeps nothing else from being claimed.
async fn fail_expired_jobs(db: &Db) -> Result<()> {
    for expired in queue::expired_on_last_attempt(db).await? {
        match fail_expired(db, &expired).await {
            // Another worker failed it, or it was cancelled.
            Ok(()) | Err(DbError::LeaseLost) => {}
            // Nothing else can be done either.
            Err(error @ DbError::Unavailable(_)) => return Err(error),
            Err(error) => {
                tracing::error!(job.id = %expired.job, error = describe_error(&error), "Cannot fail an expired job; trying again at the next claim");
            }
        }
    }
    Ok(())
}

async fn fail_expired(db: &Db, expired: &Lease) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, expired).await?;
    // A heartbeat may have come between the look and the lock.
    if !queue::is_expired(&mut tx, expired.token).await? {
        return Ok(());
    }
    let work = describe(&mut tx, &job).await?;
    let reason = match job.attempts {
        1 => format!("The worker died while {work}."),
        times => format!("The worker died {times} times while {work}."),
    };
    queue::give_up(&mut tx, &job, &reason).await?;
    fail_build_of(&mut tx, &job, &reason, Cleanup::InADay).await?;
    tx.commit().await?;
    tracing::warn!(job.id = %expired.job, film.id = %job.film, "{reason}");
    Ok(())
}

/// An error with its causes.
fn describe_error(error: &DbError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The job is dead: its build fails, its sibling jobs are cancelled, and its film fails unless it has a build to play.
async fn fail_build_of(tx: &mut Tx, job: &Held, reason: &str, cleanup: Cleanup) -> Result<()> {
    match job.kind {
        // Objects that stay cost disk space and nothing else.
        JobKind::Collect | JobKind::Purge => return Ok(()),
        JobKind::Probe => {}
        JobKind::EncodeChunk | JobKind::EncodeAudio | JobKind::Publish => {
            let build = job.build()?;
            build::mark_failed(tx, build, reason).await?;
            let last_lease = queue::cancel_of_build(tx, build, "another part of the build failed").await?;
            let when = match cleanup {
                Cleanup::InADay => CollectWhen::InADay,
                Cleanup::Immediate => CollectWhen::After(last_lease),
            };
            queue::insert_collect(tx, job.film, build, when).await?;
        }
    }
    fail_idle_film(tx, job.film, reason).await
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
