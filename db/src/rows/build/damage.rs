//! Damage of builds, and builds that wait for an editor because of it. The caller must have locked the film.

use domain::{
    build_record::BuildRecord,
    damage::BuildDamage,
    id::{BuildId, FileId, FilmId},
};
use sqlx::types::Json;

use crate::{Result, Tx, expect_one, rows::audit::Author};

/// Records what decoding concealed in a complete build.
pub(crate) async fn record_damage(tx: &mut Tx, id: BuildId, record: &BuildRecord) -> Result<()> {
    let Some(damage) = BuildDamage::of(record) else { return Ok(()) };
    let done = sqlx::query!("UPDATE builds SET damage = $2 WHERE id = $1", id.0, Json(damage) as _)
        .execute(&mut **tx)
        .await?;
    expect_one(done.rows_affected(), "recording the damage of a build")
}

/// Marks a complete build as damaged, so that it waits for an editor. Its damage must be recorded.
pub(crate) async fn hold(tx: &mut Tx, id: BuildId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE builds SET state = 'damaged', finished_at = now() WHERE id = $1 AND state = 'publishing' AND pending = 0",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "holding a damaged build")
}

/// Marks a damaged build as ready, because an editor publishes it.
pub(crate) async fn approve(tx: &mut Tx, author: &Author, id: BuildId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE builds SET state = 'ready', approved_at = now(), approved_by = $2, approved_by_email = $3
         WHERE id = $1 AND state = 'damaged'",
        id.0,
        author.user_id.map(|user| user.0),
        author.user_email,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "publishing a damaged build")
}

/// Whether a build of one of the film's masters waits for an editor.
pub(crate) async fn is_waiting(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let waiting = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM builds WHERE film_id = $1 AND kind = 'film' AND state = 'damaged') AS "waiting!""#,
        film.0
    );
    Ok(waiting.fetch_one(&mut **tx).await?)
}

/// Ends the wait of a damaged build that no editor publishes, so that its objects can be deleted. A dub is cancelled: its track was
/// never made.
pub(crate) async fn discard(tx: &mut Tx, id: BuildId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE builds SET state = CASE kind WHEN 'dub' THEN 'cancelled' ELSE 'superseded' END
         WHERE id = $1 AND state = 'damaged'",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "discarding a damaged build")
}

/// Returns the film's damaged builds, of its masters and of its dubs.
pub(crate) async fn damaged_of_film(tx: &mut Tx, film: FilmId) -> Result<Vec<BuildId>> {
    let builds =
        sqlx::query_scalar!("SELECT id FROM builds WHERE film_id = $1 AND state = 'damaged'", film.0);
    Ok(builds.fetch_all(&mut **tx).await?.into_iter().map(BuildId).collect())
}

/// Returns the damaged builds of the file.
pub(crate) async fn damaged_of_file(tx: &mut Tx, file: FileId) -> Result<Vec<BuildId>> {
    let builds =
        sqlx::query_scalar!("SELECT id FROM builds WHERE file_id = $1 AND state = 'damaged'", file.0);
    Ok(builds.fetch_all(&mut **tx).await?.into_iter().map(BuildId).collect())
}

/// Returns the damaged builds that this newer build replaces: older ones of the film's masters, or of the same dub.
pub(crate) async fn damaged_before(tx: &mut Tx, newer: BuildId) -> Result<Vec<BuildId>> {
    let builds = sqlx::query_scalar!(
        "SELECT old.id FROM builds AS old JOIN builds AS newer ON newer.film_id = old.film_id
         WHERE newer.id = $1 AND old.state = 'damaged' AND old.kind = newer.kind
           AND old.track_id IS NOT DISTINCT FROM newer.track_id
           AND (old.created_at, old.id) < (newer.created_at, newer.id)",
        newer.0,
    );
    Ok(builds.fetch_all(&mut **tx).await?.into_iter().map(BuildId).collect())
}
