//! Builds begun, begun again, cancelled and deleted, each with its jobs.

use domain::{
    id::{BuildId, FileId, FilmId},
    output::PartOutput,
    plan::Plan,
};
use serde_json::json;
use time::OffsetDateTime;

use super::lock;
use crate::{
    Db, DbError, Result, Tx,
    queue::{self, CollectWhen},
    rows::{
        audit::{self, Author, Entry},
        build::{self, BuildState},
        film, rendition,
    },
};

/// What its finished parts are made of: chunks in order, then audio tracks in order.
pub async fn finished_parts(db: &Db, build: BuildId) -> Result<Vec<PartOutput>> {
    let results = queue::results_of(db, build).await?.into_iter();
    results
        .map(|result| {
            serde_json::from_value(result)
                .map_err(|_| DbError::Invariant("the recorded result of a part that is no part"))
        })
        .collect()
}

/// Makes a build with its renditions and one job for each chunk and audio track.
pub(super) async fn start_build(
    tx: &mut Tx,
    film: FilmId,
    file: FileId,
    id: BuildId,
    plan: &Plan,
    queued_since: OffsetDateTime,
) -> Result<()> {
    let chunks = (0..plan.chunk_count()).filter_map(|index| plan.chunk(index));
    let chunk_frames: Vec<i64> = chunks.map(|chunk| chunk.frames.cast_signed()).collect();
    let tracks = i32::try_from(plan.audio.len()).unwrap_or(i32::MAX);
    let parts = plan.chunk_count().cast_signed().saturating_add(tracks);
    build::insert(tx, film, file, id, plan, parts).await?;
    rendition::insert_planned(tx, id, plan).await?;
    queue::insert_parts(tx, film, file, id, &chunk_frames, tracks, queued_since).await
}

/// Makes the same build once more under a new id, with the same master and plan: for one whose objects are gone. False if it is
/// not failed, or if a later build of the same master and profile makes that pointless.
pub(super) async fn start_build_again(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let Some((film, file)) = build::replaceable(tx, id).await? else { return Ok(false) };
    let plan = build::plan_of(tx, id).await?;
    let (new, now) = build::new_id(tx).await?;
    start_build(tx, film, file, new, &plan, now).await?;
    Ok(true)
}

/// Stops a build that is not finished: its jobs are cancelled and its objects collected once workers that still work on it
/// must have noticed. False if it is finished already.
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

/// As [`cancel_build`], behind the film's lock.
pub(super) async fn stop_build(tx: &mut Tx, film: FilmId, id: BuildId) -> Result<bool> {
    if !build::mark_cancelled(tx, id).await? {
        return Ok(false);
    }
    let last_lease = queue::cancel_of_build(tx, id, "the build was cancelled").await?;
    queue::insert_collect(tx, film, id, CollectWhen::After(last_lease)).await?;
    fail_idle_film(tx, film, "The encode was cancelled.").await?;
    Ok(true)
}

/// The film has failed, if nothing else is under way for it and it has no build to play.
pub(super) async fn fail_idle_film(tx: &mut Tx, film: FilmId, reason: &str) -> Result<()> {
    if queue::has_work(tx, film).await? {
        return Ok(());
    }
    film::mark_failed(tx, film, reason).await
}

/// Deletes a build that is neither shown nor being made: its objects are collected now, not in a day, and its dead jobs cannot be
/// retried any more.
pub async fn delete_build(db: &Db, author: &Author, id: BuildId) -> Result<()> {
    let mut tx = db.begin().await?;
    let film = lock::film_of_build(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    let (state, ended_at) = build::state(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    let from = match state {
        BuildState::Encoding | BuildState::Publishing => {
            return Err(DbError::conflict("builds_ended", "the build is being made; cancel it first"));
        }
        BuildState::Ready => {
            return Err(DbError::conflict("builds_not_shown", "viewers are shown this build"));
        }
        // Workers at parts that were stopped with a failed one may still write for as long as their leases hold; ten minutes are
        // longer than any.
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
