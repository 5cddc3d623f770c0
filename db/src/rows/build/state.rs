//! Changes of a build's state. The caller must have locked the film, and each statement names the expected previous state.

use domain::{
    id::{BuildId, FilmId},
    reason::Reason,
};

use crate::{DbError, Result, Tx, expect_one, stored_reason::to_json};

/// Marks the build as cancelled. Returns false if it has already ended.
pub(crate) async fn mark_cancelled(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE builds SET state = 'cancelled', finished_at = now() WHERE id = $1 AND state IN ('analysing', 'encoding', 'publishing')",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks all unfinished builds of the film as cancelled and returns them.
pub(crate) async fn cancel_of_film(tx: &mut Tx, film: FilmId) -> Result<Vec<BuildId>> {
    let builds = sqlx::query_scalar!(
        "UPDATE builds SET state = 'cancelled', finished_at = now()
         WHERE film_id = $1 AND state IN ('analysing', 'encoding', 'publishing') RETURNING id",
        film.0
    );
    Ok(builds.fetch_all(&mut **tx).await?.into_iter().map(BuildId).collect())
}

/// Marks a ready build that no presentation names as superseded, so that its objects can be deleted.
pub(crate) async fn supersede(tx: &mut Tx, id: BuildId) -> Result<()> {
    let done = sqlx::query!("UPDATE builds SET state = 'superseded' WHERE id = $1 AND state = 'ready'", id.0)
        .execute(&mut **tx)
        .await?;
    expect_one(done.rows_affected(), "superseding a build")
}

/// Marks the build as deleted by an editor. It must have ended.
pub(crate) async fn mark_deleted(tx: &mut Tx, id: BuildId) -> Result<()> {
    let done =
        sqlx::query!("UPDATE builds SET deleted_at = now() WHERE id = $1", id.0).execute(&mut **tx).await?;
    expect_one(done.rows_affected(), "deleting a build")
}

/// Counts one more completed analysis. Returns true if it was the last.
pub(crate) async fn analysis_done(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let pending = sqlx::query_scalar!(
        "UPDATE builds SET pending = pending - 1 WHERE id = $1 AND state = 'analysing' RETURNING pending",
        id.0
    );
    let pending = pending.fetch_optional(&mut **tx).await?;
    pending.map(|pending| pending == 0).ok_or(DbError::Invariant("completing an analysis"))
}

/// Counts one more completed part. Returns true if it was the last; then the build is `publishing`.
pub(crate) async fn part_done(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let pending = sqlx::query_scalar!(
        "UPDATE builds SET pending = pending - 1, state = CASE WHEN pending = 1 THEN 'publishing' ELSE 'encoding' END
         WHERE id = $1 AND state = 'encoding' RETURNING pending",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    pending.map(|pending| pending == 0).ok_or(DbError::Invariant("completing a part"))
}

/// Marks the build as ready: all its objects are stored and checked.
pub(crate) async fn mark_ready(tx: &mut Tx, id: BuildId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE builds SET state = 'ready', finished_at = now() WHERE id = $1 AND state = 'publishing' AND pending = 0",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "publishing a build")
}

/// Whether the presentation that the film shows has the video of a newer build.
pub(crate) async fn is_outdated(tx: &mut Tx, film: FilmId, id: BuildId) -> Result<bool> {
    let newer = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM films JOIN presentations ON presentations.id = films.presentation_id
                          JOIN builds AS shown ON shown.id = presentations.build_id, builds AS this
                          WHERE films.id = $1 AND this.id = $2
                            AND (shown.created_at, shown.id) > (this.created_at, this.id)) AS "newer!""#,
        film.0,
        id.0,
    );
    Ok(newer.fetch_one(&mut **tx).await?)
}

/// Marks the build as failed, because one of its jobs is dead.
pub(crate) async fn mark_failed(tx: &mut Tx, id: BuildId, reason: &Reason) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE builds SET state = 'failed', failure = $2, failure_reason = $3, finished_at = now()
         WHERE id = $1 AND state IN ('analysing', 'encoding', 'publishing')",
        id.0,
        reason.to_string(),
        to_json(reason),
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "failing a build")
}

/// Records that the build's parts cannot be used.
pub(crate) async fn mark_unmendable(tx: &mut Tx, id: BuildId) -> Result<()> {
    let done = sqlx::query!("UPDATE builds SET unmendable = true WHERE id = $1 AND state = 'failed'", id.0)
        .execute(&mut **tx)
        .await?;
    expect_one(done.rows_affected(), "marking a build's parts as unusable")
}

/// Whether the build's parts cannot be used.
pub(crate) async fn is_unmendable(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let unmendable = sqlx::query_scalar!("SELECT unmendable FROM builds WHERE id = $1", id.0);
    Ok(unmendable.fetch_one(&mut **tx).await?)
}

/// Records that this many parts of a failed build are no longer done.
pub(crate) async fn parts_undone(tx: &mut Tx, id: BuildId, parts: u64) -> Result<()> {
    let parts = i32::try_from(parts).map_err(|_| DbError::Invariant("counting the parts of a build"))?;
    let done = sqlx::query!(
        "UPDATE builds SET pending = pending + $2 WHERE id = $1 AND state = 'failed'",
        id.0,
        parts
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "undoing parts of a build")
}

/// Resumes a failed build. Returns the number of analyses or parts that are not done; `None` if the build is not failed.
pub(crate) async fn reopen(tx: &mut Tx, id: BuildId) -> Result<Option<u32>> {
    let pending = sqlx::query_scalar!(
        "UPDATE builds SET state = CASE WHEN plan IS NULL THEN 'analysing' WHEN pending = 0 THEN 'publishing' ELSE 'encoding' END, failure = NULL, failure_reason = NULL, finished_at = NULL
         WHERE id = $1 AND state = 'failed' RETURNING pending",
        id.0,
    );
    Ok(pending.fetch_optional(&mut **tx).await?.map(i32::cast_unsigned))
}

/// Records that a worker is about to delete the build's objects. The build must have ended and must not be shown.
pub(crate) async fn mark_deletion_begun(tx: &mut Tx, id: BuildId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE builds SET objects_deletion_began_at = coalesce(objects_deletion_began_at, now())
         WHERE id = $1 AND state IN ('failed', 'cancelled', 'superseded')",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "beginning to delete a build's objects")
}

/// Records that the build's objects are deleted.
pub(crate) async fn mark_objects_deleted(tx: &mut Tx, id: BuildId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE builds SET objects_deletion_began_at = coalesce(objects_deletion_began_at, now()),
                           objects_deleted_at = coalesce(objects_deleted_at, now())
         WHERE id = $1 AND state IN ('failed', 'cancelled', 'superseded')",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "recording that a build's objects are deleted")
}

/// Whether all objects of the build still exist, so that the build can be resumed or shown.
pub(crate) async fn has_objects(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let has = sqlx::query_scalar!(
        r#"SELECT objects_deletion_began_at IS NULL AS "has!" FROM builds WHERE id = $1"#,
        id.0
    );
    Ok(has.fetch_one(&mut **tx).await?)
}
