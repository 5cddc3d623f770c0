//! Changes of a film's row by the transcode pipeline. The caller must have locked the film.

use domain::{id::FilmId, presentation::Presentation, reason::Reason};

use crate::{Result, Tx, expect_one, rows::presentation::StoredPresentation, stored_reason::to_json};

/// Locks the film's row until the transaction ends, against every other step of the same film: completed parts, failures,
/// cancellations, retries, publishing and new masters take turns. `NO KEY UPDATE` lets other transactions insert rows that refer to
/// the film. Returns false if the film does not exist.
pub(crate) async fn lock(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let row = sqlx::query!("SELECT 1 AS one FROM films WHERE id = $1 FOR NO KEY UPDATE", film.0);
    Ok(row.fetch_optional(&mut **tx).await?.is_some())
}

/// Marks the film as processing. A film that is ready stays ready.
pub(crate) async fn mark_processing(tx: &mut Tx, film: FilmId) -> Result<()> {
    sqlx::query!(
        "UPDATE films SET status = 'processing', failure = NULL, failure_reason = NULL, updated_at = now()
         WHERE id = $1 AND status IN ('empty', 'failed', 'damaged')",
        film.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks the film as failed when no job is left that could complete. A film that is ready stays ready.
pub(crate) async fn mark_failed(tx: &mut Tx, film: FilmId, reason: &Reason) -> Result<()> {
    sqlx::query!(
        "UPDATE films SET status = 'failed', failure = $2, failure_reason = $3, updated_at = now()
         WHERE id = $1 AND status = 'processing'",
        film.0,
        reason.to_string(),
        to_json(reason),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks the film as waiting for an editor, because its build is damaged. A film that is ready stays ready.
pub(crate) async fn mark_damaged(tx: &mut Tx, film: FilmId) -> Result<()> {
    sqlx::query!(
        "UPDATE films SET status = 'damaged', failure = NULL, failure_reason = NULL, updated_at = now() WHERE id = $1 AND status <> 'ready'",
        film.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks a film that waited for an editor as failed, because the build was deleted.
pub(crate) async fn mark_discarded(tx: &mut Tx, film: FilmId, reason: &Reason) -> Result<()> {
    sqlx::query!(
        "UPDATE films SET status = 'failed', failure = $2, failure_reason = $3, updated_at = now() WHERE id = $1 AND status = 'damaged'",
        film.0,
        reason.to_string(),
        to_json(reason),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks the film as ready: from now on viewers play this presentation.
pub(crate) async fn mark_ready(tx: &mut Tx, presentation: &StoredPresentation) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE films SET status = 'ready', failure = NULL, failure_reason = NULL, presentation_id = $2, build_id = $4, duration_ms = $3,
                          width = best.width, height = best.height, audio_languages = $5, subtitle_languages = $6, updated_at = now()
         FROM (SELECT width, height FROM renditions WHERE build_id = $4 AND kind = 'video' ORDER BY position LIMIT 1) AS best
         WHERE id = $1",
        presentation.film_id.0,
        presentation.id.0,
        presentation.duration_ms.cast_signed(),
        presentation.content.video.0,
        &Presentation::languages(&presentation.content.audio),
        &Presentation::languages(&presentation.content.subtitles),
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "showing a presentation of a film")
}

/// Whether the film is deleted. The caller must have locked the film.
pub(crate) async fn is_deleted(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let deleted = sqlx::query_scalar!(
        r#"SELECT deleted_at IS NOT NULL AS "deleted!" FROM films WHERE id = $1"#,
        film.0
    );
    Ok(deleted.fetch_one(&mut **tx).await?)
}

/// Marks the film as deleted, without a presentation.
pub(crate) async fn mark_deleted(tx: &mut Tx, film: FilmId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE films SET deleted_at = now(), status = 'empty', failure = NULL, failure_reason = NULL, presentation_id = NULL, build_id = NULL, duration_ms = NULL, width = NULL,
                          height = NULL, version = version + 1, updated_at = now()
         WHERE id = $1",
        film.0
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "deleting a film")
}

/// Marks the film as no longer deleted.
pub(crate) async fn mark_restored(tx: &mut Tx, film: FilmId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE films SET deleted_at = NULL, version = version + 1, updated_at = now() WHERE id = $1",
        film.0
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "restoring a film")
}

/// Counts the purge request as an edit of the film.
pub(crate) async fn mark_purging(tx: &mut Tx, film: FilmId) -> Result<()> {
    let done =
        sqlx::query!("UPDATE films SET version = version + 1, updated_at = now() WHERE id = $1", film.0)
            .execute(&mut **tx)
            .await?;
    expect_one(done.rows_affected(), "purging a film")
}

/// Deletes the film's row and all rows that belong only to it. Its jobs must already be deleted.
pub(crate) async fn delete_rows(tx: &mut Tx, film: FilmId) -> Result<()> {
    for delete in [
        sqlx::query!("DELETE FROM playback_sessions WHERE film_id = $1", film.0),
        sqlx::query!(
            "DELETE FROM renditions USING builds WHERE builds.id = renditions.build_id AND builds.film_id = $1",
            film.0
        ),
        sqlx::query!(
            "DELETE FROM presentation_builds USING presentations
             WHERE presentations.id = presentation_builds.presentation_id AND presentations.film_id = $1",
            film.0
        ),
        sqlx::query!("DELETE FROM presentations WHERE film_id = $1", film.0),
        sqlx::query!("DELETE FROM builds WHERE film_id = $1", film.0),
        sqlx::query!("DELETE FROM tracks WHERE film_id = $1", film.0),
        sqlx::query!("DELETE FROM film_files WHERE film_id = $1", film.0),
        sqlx::query!("DELETE FROM films WHERE id = $1", film.0),
    ] {
        delete.execute(&mut **tx).await?;
    }
    Ok(())
}

/// Records that a worker is about to delete the film's masters and objects. The film must be marked as deleted.
pub(crate) async fn mark_purge_begun(tx: &mut Tx, film: FilmId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE films SET purge_began_at = coalesce(purge_began_at, now()) WHERE id = $1 AND deleted_at IS NOT NULL",
        film.0
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "beginning to purge a film")
}

/// Whether a worker has begun to delete the film's masters and objects.
pub(crate) async fn has_purge_begun(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let begun = sqlx::query_scalar!(
        r#"SELECT purge_began_at IS NOT NULL AS "begun!" FROM films WHERE id = $1"#,
        film.0
    );
    Ok(begun.fetch_one(&mut **tx).await?)
}
