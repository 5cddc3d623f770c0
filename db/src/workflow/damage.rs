//! Builds that wait for an editor because their master or dub is seriously damaged.

use domain::{
    build_record::BuildRecord,
    id::{BuildId, FileId, FilmId, PresentationId},
    reason::Reason,
};
use serde_json::json;

use super::{dub, lock, presentation::show};
use crate::{
    Db, DbError, Result, Tx,
    queue::{self, AttemptOutcome, CollectWhen, JobKind, JobState, Lease},
    rows::{
        audit::{self, Author, Entry},
        build::{self, BuildState},
        film, presentation, rendition, track,
    },
};

/// Completes a publish job whose build is seriously damaged: all its objects are in storage and checked, and it waits until an editor
/// publishes or deletes it. The film shows what it showed. If the build is of a dub, its track gets the reason `of_dub`.
pub async fn hold_damaged(
    db: &Db,
    held: &Lease,
    record: &BuildRecord,
    of_dub: Option<&Reason>,
) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Publish])?;
    let build = job.build()?;
    queue::end(&mut tx, &job, JobState::Done, AttemptOutcome::Done, None, None).await?;
    rendition::insert_subtitles(&mut tx, build, record).await?;
    rendition::set_measured(&mut tx, build, record).await?;
    build::set_subtitle_notes(&mut tx, build, &record.subtitle_notes).await?;
    build::record_damage(&mut tx, build, record).await?;
    build::hold(&mut tx, build).await?;
    if let Some(reason) = of_dub {
        track::fail_build(&mut tx, build, reason).await?;
    } else if build::is_outdated(&mut tx, job.film, build).await? {
        collect(&mut tx, job.film, build).await?;
    } else if !dub::has_film_work(&mut tx, job.film).await? {
        film::mark_damaged(&mut tx, job.film).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Publishes a damaged build because an editor says so: the film shows the `presentation` that was made with it from the one that the
/// film showed, `base`. Returns false, and changes nothing, if the film shows another; the caller must make the presentation again.
pub async fn publish_damaged(
    db: &Db,
    author: &Author,
    id: BuildId,
    presentation: PresentationId,
    base: Option<PresentationId>,
) -> Result<bool> {
    let mut tx = db.begin().await?;
    let film = lock::film_of_build(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    if film::is_deleted(&mut tx, film).await? {
        return Err(DbError::conflict("films_not_deleted", "the film is deleted"));
    }
    expect_damaged(&mut tx, id).await?;
    if presentation::shown_id(&mut tx, film).await? != base {
        return Ok(false);
    }
    let stored = presentation::lock(&mut tx, film, presentation)
        .await?
        .filter(|stored| stored.retired_at.is_none())
        .ok_or(DbError::Invariant("publishing a presentation that is retired"))?;
    build::approve(&mut tx, author, id).await?;
    show(&mut tx, &stored, base).await?;
    track::clear_failure_of_build(&mut tx, id).await?;
    collect_damaged_before(&mut tx, film, id).await?;
    let entry = Entry {
        author,
        action: "build.publish",
        subject: "build",
        subject_id: Some(id.0),
        label: None,
        changes: json!({ "film_id": film, "presentation": stored.number }),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(true)
}

/// Collects all damaged builds of the film.
pub(super) async fn collect_damaged(tx: &mut Tx, film: FilmId) -> Result<()> {
    for old in build::damaged_of_film(tx, film).await? {
        collect(tx, film, old).await?;
    }
    Ok(())
}

/// Collects the damaged builds of a dub's file, which is not wanted any more.
pub(super) async fn collect_damaged_of_file(tx: &mut Tx, film: FilmId, file: FileId) -> Result<()> {
    for old in build::damaged_of_file(tx, file).await? {
        collect(tx, film, old).await?;
    }
    Ok(())
}

/// Collects the damaged builds that `newer`, which the film shows from now on, replaces.
pub(super) async fn collect_damaged_before(tx: &mut Tx, film: FilmId, newer: BuildId) -> Result<()> {
    for old in build::damaged_before(tx, newer).await? {
        collect(tx, film, old).await?;
    }
    Ok(())
}

/// Discards a damaged build and deletes its objects.
pub(super) async fn collect(tx: &mut Tx, film: FilmId, id: BuildId) -> Result<()> {
    build::discard(tx, id).await?;
    queue::insert_collect(tx, film, id, CollectWhen::After(None)).await
}

async fn expect_damaged(tx: &mut Tx, id: BuildId) -> Result<()> {
    match build::state(tx, id).await? {
        Some((BuildState::Damaged, _)) => Ok(()),
        Some(_) => Err(DbError::conflict(
            "builds_damaged",
            "only a damaged build that waits for a decision can be published",
        )),
        None => Err(DbError::NotFound),
    }
}
