//! Starting, restarting, cancelling and deleting builds with their jobs.

use domain::{
    child::Analysed,
    id::{BuildId, FileId, FilmId},
    output::PartOutput,
    plan::Plan,
    reason::{Reason, ReasonCode},
};
use serde_json::json;
use time::OffsetDateTime;

use super::{damage, dub, lock};
use crate::{
    Db, DbError, Result, Tx,
    queue::{self, CollectWhen},
    rows::{
        audit::{self, Author, Entry},
        build::{self, BuildState},
        film, film_file, presentation, rendition, track,
    },
};

/// Returns the outputs of the build's completed parts: chunks in order, then audio tracks in order, then the
/// subtitles.
pub async fn finished_parts(db: &Db, build: BuildId) -> Result<Vec<PartOutput>> {
    let results = queue::results_of(db, build).await?.into_iter();
    results
        .map(|result| {
            serde_json::from_value(result).map_err(|_| DbError::Invariant("reading the result of a part"))
        })
        .collect()
}

/// Returns the measurements of the build's audio tracks, in order.
pub async fn finished_analyses(db: &Db, build: BuildId) -> Result<Vec<Analysed>> {
    let results = queue::analyses_of(db, build).await?.into_iter();
    results
        .map(|result| {
            serde_json::from_value(result)
                .map_err(|_| DbError::Invariant("reading the result of an analysis"))
        })
        .collect()
}

/// Creates a build with its renditions and a job for each part.
pub(super) async fn start_build(
    tx: &mut Tx,
    film: FilmId,
    file: FileId,
    id: BuildId,
    plan: &Plan,
    queued_since: OffsetDateTime,
) -> Result<()> {
    let source = source(tx, film, file).await?;
    build::insert(tx, source, id, plan, part_count(plan)).await?;
    start_encoding(tx, film, file, id, plan, queued_since).await
}

/// Creates the renditions and part jobs of a build whose plan is recorded.
pub(super) async fn start_encoding(
    tx: &mut Tx,
    film: FilmId,
    file: FileId,
    id: BuildId,
    plan: &Plan,
    queued_since: OffsetDateTime,
) -> Result<()> {
    let parts = (0..plan.video_part_count()).filter_map(|index| plan.video_part(index));
    let frames: Vec<i64> = parts.map(|part| part.chunk.frames.cast_signed()).collect();
    rendition::insert_planned(tx, id, plan).await?;
    if !plan.subtitles.is_empty() {
        queue::insert_subtitles_part(tx, film, file, id, queued_since).await?;
    }
    queue::insert_parts(tx, film, file, id, &frames, audio_count(plan), queued_since).await
}

/// What a build of the file is made from.
pub(super) async fn source(tx: &mut Tx, film: FilmId, file: FileId) -> Result<build::Source> {
    let track = track::of_dub(tx, file).await?;
    if track.is_none() && film_file::is_dub(tx, file).await? {
        return Err(DbError::conflict("builds_dub_wanted", "the dub was removed or got another file"));
    }
    Ok(build::Source { film, file, track })
}

/// Number of jobs that encode the plan.
pub(super) fn part_count(plan: &Plan) -> i32 {
    let subtitles = i32::from(!plan.subtitles.is_empty());
    plan.video_part_count().cast_signed().saturating_add(audio_count(plan)).saturating_add(subtitles)
}

fn audio_count(plan: &Plan) -> i32 {
    i32::try_from(plan.audio.len()).unwrap_or(i32::MAX)
}

/// Creates a build with a new id and the same master and plan, to replace a failed build whose objects cannot be used. If this version of
/// Nang cannot read the plan, queues a probe of the master instead. Returns false
/// if the build has not failed, or if another build of the same master and profile, or a probe of the master, is ready or in progress.
pub(super) async fn start_build_again(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let Some((film, file)) = build::replaceable(tx, id).await? else { return Ok(false) };
    match build::plan_of(tx, id).await {
        Ok(plan) => {
            let (new, now) = build::new_id(tx).await?;
            start_build(tx, film, file, new, &plan, now).await?;
        }
        // It has no plan, or another version of Nang made it; the master is probed and planned again.
        Err(DbError::UnreadablePlan { .. }) => {
            if queue::has_work_on_file(tx, file).await? {
                return Ok(false);
            }
            queue::insert_probe(tx, film, file).await?;
        }
        Err(error) => return Err(error),
    }
    Ok(true)
}

/// Cancels an unfinished build and its jobs. Its objects are collected when all workers must have noticed the cancellation. Returns
/// false if the build has already ended.
pub async fn cancel_build(db: &Db, author: &Author, id: BuildId) -> Result<bool> {
    let mut tx = db.begin().await?;
    let film = lock::film_of_build(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    if !stop_build(&mut tx, film, id).await? {
        return Ok(false);
    }
    record(&mut tx, author, "build.cancel", film, id).await?;
    tx.commit().await?;
    Ok(true)
}

/// Like [`cancel_build`]. The caller must have locked the film.
pub(super) async fn stop_build(tx: &mut Tx, film: FilmId, id: BuildId) -> Result<bool> {
    if !build::mark_cancelled(tx, id).await? {
        return Ok(false);
    }
    let last_lease = queue::cancel_of_build(tx, id, &ReasonCode::AttemptBuildCancelled.into()).await?;
    queue::insert_collect(tx, film, id, CollectWhen::After(last_lease)).await?;
    track::fail_build(tx, id, &ReasonCode::DubEncodingCancelled.into()).await?;
    fail_idle_film(tx, film, &ReasonCode::EncodingCancelled.into()).await?;
    Ok(true)
}

/// Marks the film as failed if it has no other unfinished jobs and no playable build. If a damaged build waits for an editor, the film
/// does too.
pub(super) async fn fail_idle_film(tx: &mut Tx, film: FilmId, reason: &Reason) -> Result<()> {
    if dub::has_film_work(tx, film).await? {
        return Ok(());
    }
    if build::is_waiting(tx, film).await? {
        return film::mark_damaged(tx, film).await;
    }
    film::mark_failed(tx, film, reason).await
}

/// Deletes a build that is neither shown nor in progress, with the earlier presentations that name it. Its objects are collected now
/// instead of in a day, and its dead jobs cannot be retried any more.
pub async fn delete_build(db: &Db, author: &Author, id: BuildId) -> Result<()> {
    let mut tx = db.begin().await?;
    let film = lock::film_of_build(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    let (state, ended_at) = build::state(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    let from = match state {
        BuildState::Analysing | BuildState::Encoding | BuildState::Publishing => {
            return Err(DbError::conflict("builds_ended", "the build is still in progress; cancel it first"));
        }
        BuildState::Ready => {
            if build::is_shown(&mut tx, id).await? {
                return Err(DbError::conflict("builds_not_shown", "viewers play this build"));
            }
            for named in presentation::retire_naming(&mut tx, id).await? {
                queue::insert_collect_of_presentation(&mut tx, film, named).await?;
            }
            build::supersede(&mut tx, id).await?;
            queue::insert_collect(&mut tx, film, id, CollectWhen::After(None)).await?;
            None
        }
        BuildState::Damaged => {
            damage::collect(&mut tx, film, id).await?;
            if !build::is_waiting(&mut tx, film).await? {
                film::mark_discarded(&mut tx, film, &ReasonCode::BuildDiscarded.into()).await?;
            }
            None
        }
        // Workers whose parts were cancelled with a failed part may still write until their leases expire; ten minutes are longer than
        // any lease.
        BuildState::Failed => ended_at.map(|at| at + time::Duration::minutes(10)),
        BuildState::Superseded => ended_at,
        BuildState::Cancelled => None,
    };
    build::mark_deleted(&mut tx, id).await?;
    queue::collect_from(&mut tx, id, from).await?;
    record(&mut tx, author, "build.delete", film, id).await?;
    tx.commit().await?;
    Ok(())
}

async fn record(tx: &mut Tx, author: &Author, action: &'static str, film: FilmId, id: BuildId) -> Result<()> {
    let changes = json!({ "film_id": film });
    let entry = Entry { author, action, subject: "build", subject_id: Some(id.0), label: None, changes };
    audit::record(tx, entry).await
}
