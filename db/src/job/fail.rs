//! Jobs that go wrong: tried again, or dead with their build and film.
//!
//! A build needs all of its parts, so when one is dead its siblings are cancelled at once. Its objects are kept for a day, so that
//! a retry goes on from what is there; unless they are of no use, or are themselves what filled the storage.

use std::fmt::Write;

use domain::{
    id::{BuildId, JobId},
    plan::Plan,
};
use uuid::Uuid;

use super::{
    AttemptOutcome, CollectWhen, JobKind, JobState, Lease, attempt, cancel_unfinished, insert,
    lease::{self, Held},
};
use crate::{Db, DbError, Result, Tx, build, expect_one, film, film_file};

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

/// What becomes of what was made of a build that failed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Remains {
    ForADay,
    GoAtOnce,
}

/// The attempt failed with `error`. The job is queued again after 2 s, 8 s, 32 s … (10 min at most), or is dead: then its build and
/// its film have failed, unless the film has a build to play. Says which.
pub async fn fail(db: &Db, held: &Lease, error: &str, retry: Retry) -> Result<JobState> {
    let mut tx = db.begin().await?;
    let job = lease::hold(&mut tx, held).await?;
    let later = matches!(retry, Retry::Later | Retry::LaterIfRoom);
    let state = if later && job.attempts < job.max_attempts {
        attempt::close(&mut tx, held.token, AttemptOutcome::Failed, Some(error)).await?;
        let done = sqlx::query!(
            "UPDATE jobs SET state = 'queued', error = $3, lease_token = NULL, lease_until = NULL, progress_done = 0,
                             run_at = now() + make_interval(secs => least(600, 2 * 4 ^ (attempts - 1)))
             WHERE id = $1 AND lease_token = $2 AND state = 'running'",
            held.job.0,
            held.token,
            error,
        )
        .execute(&mut *tx)
        .await?;
        expect_one(done.rows_affected(), "queueing a failed job again")?;
        JobState::Queued
    } else {
        lease::end(&mut tx, &job, JobState::Dead, AttemptOutcome::Failed, Some(error), None).await?;
        let times =
            if job.attempts > 1 { format!(" {} times, the last time", job.attempts) } else { String::new() };
        let reason = format!("{} failed{times}: {error}", capitalised(&work(&mut tx, &job).await?));
        let remains = match retry {
            Retry::Later | Retry::Never => Remains::ForADay,
            Retry::LaterIfRoom | Retry::InNewBuild => Remains::GoAtOnce,
        };
        mourn(&mut tx, &job, &reason, remains).await?;
        if retry == Retry::InNewBuild {
            build::mark_unmendable(&mut tx, job.build()?).await?;
        }
        JobState::Dead
    };
    tx.commit().await?;
    Ok(state)
}

/// Publishing found that objects of these parts are not in storage, or not as they were stored. The build has failed; a retry of this
/// job makes the parts again, and nothing else.
pub async fn fail_damaged(db: &Db, held: &Lease, error: &str, damaged: &[(JobKind, u32)]) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lease::hold(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Publish])?;
    lease::end(&mut tx, &job, JobState::Dead, AttemptOutcome::Failed, Some(error), None).await?;
    mourn(&mut tx, &job, &format!("Publishing the film failed: {error}"), Remains::ForADay).await?;
    undo_parts(&mut tx, job.build()?, damaged).await?;
    tx.commit().await?;
    Ok(())
}

/// Said of a part that must be made again.
const DAMAGED: &str = "what it stored is missing or damaged; it is made again when publishing is retried";

/// Takes back that these parts of a failed build are done.
async fn undo_parts(tx: &mut Tx, build: BuildId, parts: &[(JobKind, u32)]) -> Result<()> {
    let (kinds, indices): (Vec<String>, Vec<i32>) =
        parts.iter().map(|(kind, index)| (kind.as_str().to_owned(), index.cast_signed())).unzip();
    let undone = sqlx::query_scalar!(
        "UPDATE jobs SET state = 'cancelled', result = NULL, progress_done = 0, error = $4
         FROM unnest($2::text[], $3::integer[]) AS damaged (kind, part_index)
         WHERE jobs.build_id = $1 AND jobs.kind = damaged.kind AND jobs.part_index = damaged.part_index AND jobs.state = 'done'
         RETURNING jobs.id",
        build.0,
        &kinds,
        &indices,
        DAMAGED,
    )
    .fetch_all(&mut **tx)
    .await?;
    attempt::undo(tx, &undone, DAMAGED).await?;
    build::parts_undone(tx, build, undone.len() as u64).await
}

/// The probe found that the master cannot be shown. The reason stands alone, as the planner words it.
pub async fn refuse_file(db: &Db, held: &Lease, reason: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lease::hold(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Probe])?;
    lease::end(&mut tx, &job, JobState::Dead, AttemptOutcome::Refused, Some(reason), None).await?;
    film_file::refuse(&mut tx, job.file()?, reason).await?;
    mourn(&mut tx, &job, reason, Remains::ForADay).await?;
    tx.commit().await?;
    Ok(())
}

/// Declares jobs dead whose lease ran out on their last attempt: they kill whoever takes them.
pub(super) async fn bury_expired(db: &Db) -> Result<()> {
    let expired = sqlx::query!(
        r#"SELECT id, lease_token AS "lease_token!" FROM jobs
           WHERE state = 'running' AND lease_until <= now() AND attempts >= max_attempts"#
    )
    .fetch_all(&db.pool)
    .await?;
    for job in expired {
        match bury(db, &Lease { job: JobId(job.id), token: job.lease_token }).await {
            // Somebody else buried it, or it was cancelled.
            Ok(()) | Err(DbError::LeaseLost) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn bury(db: &Db, expired: &Lease) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lease::hold(&mut tx, expired).await?;
    // The worker may have been heard of between the look and the lock.
    if !still_expired(&mut tx, expired.token).await? {
        return Ok(());
    }
    let work = work(&mut tx, &job).await?;
    let reason = match job.attempts {
        1 => format!("The worker died while {work}."),
        times => format!("The worker died {times} times while {work}."),
    };
    attempt::close(&mut tx, expired.token, AttemptOutcome::LeaseExpired, Some("lease expired")).await?;
    kill(&mut tx, expired.token, &reason).await?;
    mourn(&mut tx, &job, &reason, Remains::ForADay).await?;
    tx.commit().await?;
    tracing::warn!(job.id = %expired.job, film.id = %job.film, "{reason}");
    Ok(())
}

async fn still_expired(tx: &mut Tx, token: Uuid) -> Result<bool> {
    let expired = sqlx::query_scalar!(
        r#"SELECT lease_until <= now() AS "expired!" FROM jobs WHERE lease_token = $1"#,
        token
    );
    Ok(expired.fetch_one(&mut **tx).await?)
}

async fn kill(tx: &mut Tx, token: Uuid, reason: &str) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'dead', error = $2, lease_token = NULL, lease_until = NULL, finished_at = now()
         WHERE lease_token = $1 AND state = 'running'",
        token,
        reason,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "burying a job")
}

/// What a job's death means for its build and film.
async fn mourn(tx: &mut Tx, job: &Held, reason: &str, remains: Remains) -> Result<()> {
    match job.kind {
        // Objects that stay behind cost room and nothing else.
        JobKind::Collect | JobKind::Purge => return Ok(()),
        JobKind::Probe => {}
        JobKind::EncodeChunk | JobKind::EncodeAudio | JobKind::Publish => {
            let build = job.build()?;
            build::mark_failed(tx, build, reason).await?;
            let last_lease = cancel_unfinished(tx, build, "another part of the build failed").await?;
            let when = match remains {
                Remains::ForADay => CollectWhen::InADay,
                Remains::GoAtOnce => CollectWhen::After(last_lease),
            };
            insert::insert_collect(tx, job.film, build, when).await?;
        }
    }
    film::mark_failed(tx, job.film, reason).await
}

/// What the job was doing, to follow "while".
async fn work(tx: &mut Tx, job: &Held) -> Result<String> {
    Ok(match (job.kind, job.index) {
        (JobKind::EncodeChunk, Some(index)) => describe_chunk(&build::plan(tx, job.build()?).await?, index),
        (JobKind::EncodeAudio, Some(index)) => describe_track(&build::plan(tx, job.build()?).await?, index),
        (JobKind::Publish, _) => "publishing the film".to_owned(),
        (JobKind::Collect, _) => "deleting what nothing needs".to_owned(),
        (JobKind::Purge, _) => "removing a deleted film".to_owned(),
        _ => "reading the master".to_owned(),
    })
}

fn describe_chunk(plan: &Plan, index: u32) -> String {
    let mut text = format!("encoding chunk {} of {}", index + 1, plan.chunk_count());
    if let Some(chunk) = plan.chunk(index) {
        let second = |frame: u64| frame * u64::from(plan.frame_ticks) / u64::from(plan.timescale.max(1));
        let (from, to) = (second(chunk.first_frame), second(chunk.first_frame + chunk.frames));
        let _ = write!(text, " ({}–{})", clock(from), clock(to));
    }
    text
}

fn describe_track(plan: &Plan, index: u32) -> String {
    let label = usize::try_from(index)
        .ok()
        .and_then(|index| plan.audio.get(index))
        .map_or("", |track| track.label.as_str());
    format!("encoding sound track {} of {} ({label})", index + 1, plan.audio.len())
}

fn clock(second: u64) -> String {
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
