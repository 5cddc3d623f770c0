//! Taking a film away: deleted, it can come back; purged, nothing is left but the audit log.
//!
//! Deleting stops its work and lets its builds be collected, and keeps its masters. Restoring within a day finds the build still
//! there; later it is encoded again from its newest master. Purging removes masters and objects by a job, and that job's completion
//! the rows.

use domain::{
    id::{BuildId, FileId, FilmId},
    plan::Plan,
};
use serde_json::json;
use sqlx::types::Json;

use super::{Film, edit::lock_whole, mark_processing, mark_ready};
use crate::{
    Db, DbError, Result, Tx,
    audit::{self, Author, Entry},
    job::{self, CollectWhen, Lease},
};

/// Deletes the film if its version is still `expected_version`; `None` if it is not, or if there is no such film.
pub async fn delete(db: &Db, author: &Author, id: FilmId, expected_version: i64) -> Result<Option<Film>> {
    let mut tx = db.begin().await?;
    let film = lock_whole(&mut tx, id).await?.filter(|film| film.version == expected_version);
    let Some(film) = film else { return Ok(None) };
    if film.deleted_at.is_some() {
        return Err(DbError::conflict("films_not_deleted", "the film is deleted already"));
    }
    let last_lease = job::cancel_of_film(&mut tx, id, "the film was deleted").await?;
    let stopped = sqlx::query_scalar!(
        "UPDATE builds SET state = 'cancelled', finished_at = now()
         WHERE film_id = $1 AND state IN ('encoding', 'publishing') RETURNING id",
        id.0
    )
    .fetch_all(&mut *tx)
    .await?;
    for build in stopped {
        job::insert_collect(&mut tx, id, BuildId(build), CollectWhen::After(last_lease)).await?;
    }
    let shown = sqlx::query_scalar!(
        "UPDATE builds SET state = 'superseded' WHERE film_id = $1 AND state = 'ready' RETURNING id",
        id.0
    )
    .fetch_all(&mut *tx)
    .await?;
    for build in shown {
        job::insert_collect(&mut tx, id, BuildId(build), CollectWhen::InADay).await?;
    }
    sqlx::query!(
        "UPDATE films SET deleted_at = now(), status = 'empty', failure = NULL, build_id = NULL, duration_ms = NULL, width = NULL,
                          height = NULL, version = version + 1, updated_at = now()
         WHERE id = $1",
        id.0
    )
    .execute(&mut *tx)
    .await?;
    finish(tx, author, "film.delete", &film).await.map(Some)
}

/// Brings a deleted film back if its version is still `expected_version`; `None` if it is not, or if there is no such film.
pub async fn restore(db: &Db, author: &Author, id: FilmId, expected_version: i64) -> Result<Option<Film>> {
    let mut tx = db.begin().await?;
    let film = lock_whole(&mut tx, id).await?.filter(|film| film.version == expected_version);
    let Some(film) = film else { return Ok(None) };
    expect_deleted(&film)?;
    if job::is_being_purged(&mut tx, id).await? {
        return Err(DbError::conflict("films_not_purged", "its masters are being removed"));
    }
    sqlx::query!(
        "UPDATE films SET deleted_at = NULL, version = version + 1, updated_at = now() WHERE id = $1",
        id.0
    )
    .execute(&mut *tx)
    .await?;
    if !reinstate_build(&mut tx, id).await? {
        let master = sqlx::query_scalar!(
            "SELECT id FROM film_files WHERE film_id = $1 AND state = 'uploaded' AND deleted_at IS NULL
             ORDER BY created_at DESC, id DESC LIMIT 1",
            id.0
        );
        if let Some(master) = master.fetch_optional(&mut *tx).await? {
            job::insert_probe(&mut tx, id, FileId(master)).await?;
            mark_processing(&mut tx, id).await?;
        }
    }
    finish(tx, author, "film.restore", &film).await.map(Some)
}

/// Shows the newest build again that was ready and of which nothing has been deleted yet. False if there is none.
async fn reinstate_build(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let builds = sqlx::query!(
        r#"SELECT id, plan AS "plan: Json<Plan>" FROM builds WHERE film_id = $1 AND state = 'superseded' AND deleted_at IS NULL
           ORDER BY created_at DESC, id DESC"#,
        film.0
    )
    .fetch_all(&mut **tx)
    .await?;
    for build in builds {
        let id = BuildId(build.id);
        if job::cancel_untouched_collect(tx, id).await? {
            sqlx::query!("UPDATE builds SET state = 'ready' WHERE id = $1", id.0).execute(&mut **tx).await?;
            mark_ready(tx, film, id, &build.plan.0).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Queues the removal of a deleted film's masters, objects and rows, if its version is still `expected_version`; `None` if it is
/// not, or if there is no such film.
pub async fn purge(db: &Db, author: &Author, id: FilmId, expected_version: i64) -> Result<Option<Film>> {
    let mut tx = db.begin().await?;
    let film = lock_whole(&mut tx, id).await?.filter(|film| film.version == expected_version);
    let Some(film) = film else { return Ok(None) };
    expect_deleted(&film)?;
    if job::is_being_purged(&mut tx, id).await? {
        return Err(DbError::conflict("films_not_purged", "its masters are being removed"));
    }
    job::insert_purge(&mut tx, id).await?;
    sqlx::query!("UPDATE films SET version = version + 1, updated_at = now() WHERE id = $1", id.0)
        .execute(&mut *tx)
        .await?;
    finish(tx, author, "film.purge", &film).await.map(Some)
}

/// The film's objects are gone: so are its rows, the job's own included.
pub async fn complete_purge(db: &Db, held: &Lease) -> Result<()> {
    let mut tx = db.begin().await?;
    let id = job::hold_purge(&mut tx, held).await?;
    for delete in [
        sqlx::query!("DELETE FROM playback_sessions WHERE film_id = $1", id.0),
        sqlx::query!(
            "DELETE FROM job_attempts USING jobs WHERE jobs.id = job_attempts.job_id AND jobs.film_id = $1",
            id.0
        ),
        sqlx::query!("DELETE FROM jobs WHERE film_id = $1", id.0),
        sqlx::query!(
            "DELETE FROM renditions USING builds WHERE builds.id = renditions.build_id AND builds.film_id = $1",
            id.0
        ),
        sqlx::query!("DELETE FROM builds WHERE film_id = $1", id.0),
        sqlx::query!("DELETE FROM film_files WHERE film_id = $1", id.0),
        sqlx::query!("DELETE FROM films WHERE id = $1", id.0),
    ] {
        delete.execute(&mut *tx).await?;
    }
    let entry = Entry {
        author: &Author::NANG,
        action: "film.purged",
        subject: "film",
        subject_id: Some(id.0),
        label: None,
        changes: json!({}),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

fn expect_deleted(film: &Film) -> Result<()> {
    match film.deleted_at {
        Some(_) => Ok(()),
        None => Err(DbError::conflict("films_deleted", "the film is not deleted")),
    }
}

async fn finish(mut tx: Tx, author: &Author, action: &'static str, before: &Film) -> Result<Film> {
    let after =
        lock_whole(&mut tx, before.id).await?.ok_or(DbError::Invariant("reading a film just locked"))?;
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
