//! Deleting, restoring and purging films.
//!
//! Deleting a film cancels its jobs and lets its presentations be retired, but keeps its masters. Restoring it within a day shows its
//! last presentation again; later the film is encoded again from its newest master. Purging runs a job that deletes masters and objects; the job's
//! completion deletes the rows. Only the audit log remains.

use domain::{id::FilmId, reason::ReasonCode};
use serde_json::json;

use super::{damage::collect_damaged, lock, presentation::show};
use crate::{
    Db, DbError, Result, Tx,
    queue::{self, CollectWhen, JobKind, Lease},
    rows::{
        audit::{self, Author, Entry},
        build,
        film::{self, Film},
        film_file, presentation, track,
    },
};

/// Deletes the film. Returns `None` if its version is no longer `expected_version`, or if it does not exist.
pub async fn delete_film(
    db: &Db,
    author: &Author,
    id: FilmId,
    expected_version: i64,
) -> Result<Option<Film>> {
    let mut tx = db.begin().await?;
    let film = film::lock_whole(&mut tx, id).await?.filter(|film| film.version == expected_version);
    let Some(film) = film else { return Ok(None) };
    if film.deleted_at.is_some() {
        return Err(DbError::conflict("films_not_deleted", "the film is already deleted"));
    }
    let last_lease = queue::cancel_of_film(&mut tx, id, &ReasonCode::AttemptFilmDeleted.into()).await?;
    for build in build::cancel_of_film(&mut tx, id).await? {
        queue::insert_collect(&mut tx, id, build, CollectWhen::After(last_lease)).await?;
    }
    track::fail_unfinished(&mut tx, id, &ReasonCode::DubFilmDeleted.into()).await?;
    collect_damaged(&mut tx, id).await?;
    if let Some(shown) = presentation::shown_id(&mut tx, id).await? {
        presentation::mark_replaced(&mut tx, shown).await?;
    }
    film::mark_deleted(&mut tx, id).await?;
    finish(tx, author, "film.delete", &film).await.map(Some)
}

/// Restores a deleted film. Returns `None` if its version is no longer `expected_version`, or if it does not exist.
pub async fn restore_film(
    db: &Db,
    author: &Author,
    id: FilmId,
    expected_version: i64,
) -> Result<Option<Film>> {
    let mut tx = db.begin().await?;
    let film = film::lock_whole(&mut tx, id).await?.filter(|film| film.version == expected_version);
    let Some(film) = film else { return Ok(None) };
    expect_deleted(&film)?;
    expect_not_purged(&mut tx, id).await?;
    film::mark_restored(&mut tx, id).await?;
    if let Some(last) = presentation::last_shown(&mut tx, id).await? {
        show(&mut tx, &last, None).await?;
    } else if let Some(master) = film_file::newest_master(&mut tx, id).await? {
        queue::insert_probe(&mut tx, id, master).await?;
        film::mark_processing(&mut tx, id).await?;
    }
    finish(tx, author, "film.restore", &film).await.map(Some)
}

/// Queues the deletion of a deleted film's masters, objects and rows. Returns `None` if its version is no longer `expected_version`,
/// or if it does not exist.
pub async fn purge_film(db: &Db, author: &Author, id: FilmId, expected_version: i64) -> Result<Option<Film>> {
    let mut tx = db.begin().await?;
    let film = film::lock_whole(&mut tx, id).await?.filter(|film| film.version == expected_version);
    let Some(film) = film else { return Ok(None) };
    expect_deleted(&film)?;
    expect_not_purged(&mut tx, id).await?;
    // Waits until the workers must have noticed that the film was deleted, as the collects of their builds do.
    let stopped = build::cancelled(&mut tx, id).await?;
    let noticed = queue::last_collect_of(&mut tx, &stopped).await?;
    queue::insert_purge(&mut tx, id, noticed).await?;
    film::mark_purging(&mut tx, id).await?;
    finish(tx, author, "film.purge", &film).await.map(Some)
}

/// Records that the worker is about to delete the film's masters and objects, so that the film cannot be restored however the job
/// ends. The first step of a purge. Idempotent.
pub async fn begin_purge(db: &Db, held: &Lease) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Purge])?;
    film::mark_purge_begun(&mut tx, job.film).await?;
    tx.commit().await?;
    Ok(())
}

/// Completes a purge: the film's objects are deleted, and now its rows are, including the job's.
pub async fn complete_purge(db: &Db, held: &Lease) -> Result<()> {
    let mut tx = db.begin_long().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Purge])?;
    queue::delete_of_film(&mut tx, job.film).await?;
    film::delete_rows(&mut tx, job.film).await?;
    let entry = Entry {
        author: &Author::NANG,
        action: "film.purged",
        subject: "film",
        subject_id: Some(job.film.0),
        label: None,
        changes: json!({}),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

async fn expect_not_purged(tx: &mut Tx, film: FilmId) -> Result<()> {
    if queue::has_purge(tx, film).await? || film::has_purge_begun(tx, film).await? {
        return Err(DbError::conflict("films_not_purged", "the film is being purged"));
    }
    Ok(())
}

fn expect_deleted(film: &Film) -> Result<()> {
    match film.deleted_at {
        Some(_) => Ok(()),
        None => Err(DbError::conflict("films_deleted", "the film is not deleted")),
    }
}

async fn finish(mut tx: Tx, author: &Author, action: &'static str, before: &Film) -> Result<Film> {
    let after = film::lock_whole(&mut tx, before.id)
        .await?
        .ok_or(DbError::Invariant("reading a film just locked"))?;
    let entry = Entry {
        author,
        action,
        subject: "film",
        subject_id: Some(after.id.0),
        label: audit::label(&after.titles),
        changes: audit::differences(before, &after)?.into(),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(after)
}
