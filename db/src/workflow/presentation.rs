//! Making, showing and retiring presentations.

use domain::id::{FilmId, PresentationId};
use serde_json::json;

use super::lock;
use crate::{
    Db, DbError, Result, Tx,
    queue::{self, CollectWhen, JobKind, Lease},
    rows::{
        audit::{self, Author, Entry},
        build, film,
        presentation::{self, NewPresentation, StoredPresentation},
    },
};

/// Inserts a presentation whose objects are about to be written. It keeps the builds that it names. If [`show_presentation`] does not
/// follow within an hour, a sweep deletes it.
pub async fn begin_presentation(db: &Db, author: &Author, new: &NewPresentation) -> Result<()> {
    let mut tx = db.begin().await?;
    film::lock(&mut tx, new.film_id).await?.then_some(()).ok_or(DbError::NotFound)?;
    expect_not_deleted(&mut tx, new.film_id).await?;
    presentation::insert(&mut tx, author, new).await?;
    tx.commit().await?;
    Ok(())
}

/// Like [`begin_presentation`], for a presentation of the build that the job publishes. Fails with [`DbError::LeaseLost`] if the job's
/// lease is no longer valid, for example because the build was cancelled.
pub async fn begin_publish(db: &Db, held: &Lease, new: &NewPresentation) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Publish])?;
    presentation::insert(&mut tx, &Author::NANG, new).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes the film show a presentation whose objects are stored: a new one, or an earlier one. `base` is the presentation that the
/// caller believes to be shown. Returns false, and changes nothing, if the film shows another.
pub async fn show_presentation(
    db: &Db,
    author: &Author,
    film: FilmId,
    id: PresentationId,
    base: Option<PresentationId>,
) -> Result<bool> {
    let mut tx = db.begin().await?;
    film::lock(&mut tx, film).await?.then_some(()).ok_or(DbError::NotFound)?;
    expect_not_deleted(&mut tx, film).await?;
    if presentation::shown_id(&mut tx, film).await? != base {
        return Ok(false);
    }
    let stored = presentation::lock(&mut tx, film, id).await?.ok_or(DbError::NotFound)?;
    if stored.retired_at.is_some() {
        return Err(DbError::conflict(
            "presentations_showable",
            "the presentation is too old: data that it needs has been deleted",
        ));
    }
    let action = if stored.shown_at.is_some() { "presentation.restore" } else { "presentation.show" };
    show(&mut tx, &stored, base).await?;
    let entry = Entry {
        author,
        action,
        subject: "film",
        subject_id: Some(film.0),
        label: None,
        changes: json!({ "presentation": stored.number, "made_by": stored.made_by }),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(true)
}

/// Makes the film show the presentation instead of `base`. The caller must have locked the film and checked both.
pub(super) async fn show(
    tx: &mut Tx,
    stored: &StoredPresentation,
    base: Option<PresentationId>,
) -> Result<()> {
    if let Some(base) = base.filter(|base| *base != stored.id) {
        presentation::mark_replaced(tx, base).await?;
    }
    presentation::mark_shown(tx, stored.id).await?;
    film::mark_ready(tx, stored).await
}

/// Discards a presentation that was never shown, and collects its objects.
pub async fn discard_presentation(db: &Db, film: FilmId, id: PresentationId) -> Result<()> {
    let mut tx = db.begin().await?;
    film::lock(&mut tx, film).await?;
    if presentation::retire_unshown(&mut tx, id).await? {
        queue::insert_collect_of_presentation(&mut tx, film, id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Retires presentations that nothing needs any more, and collects their objects and those of builds that no presentation names. Returns
/// the number of retired presentations. Several processes may call this at once.
pub async fn retire_presentations(db: &Db) -> Result<u64> {
    let mut count = 0;
    for film in presentation::films_to_sweep(db).await? {
        let mut tx = db.begin().await?;
        if !film::lock(&mut tx, film).await? {
            continue;
        }
        let retired = presentation::retire(&mut tx, film).await?;
        for id in &retired {
            queue::insert_collect_of_presentation(&mut tx, film, *id).await?;
        }
        for build in presentation::unneeded_builds(&mut tx, film).await? {
            build::supersede(&mut tx, build).await?;
            queue::insert_collect(&mut tx, film, build, CollectWhen::After(None)).await?;
        }
        tx.commit().await?;
        count += retired.len() as u64;
    }
    Ok(count)
}

async fn expect_not_deleted(tx: &mut Tx, film: FilmId) -> Result<()> {
    if film::is_deleted(tx, film).await? {
        return Err(DbError::conflict("films_not_deleted", "the film is deleted"));
    }
    Ok(())
}
