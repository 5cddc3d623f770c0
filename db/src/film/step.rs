//! What the pipeline does to a film's row. All of it happens behind the film's lock.

use std::collections::BTreeSet;

use domain::{
    id::{BuildId, FilmId, JobId},
    plan::Plan,
};

use crate::{Result, Tx, expect_one};

/// Locks the film's row until the transaction ends, against every other step of the same film: completions of its parts,
/// failures, cancelling, retrying, publishing and new masters take turns. `NO KEY UPDATE` lets rows that refer to the film be
/// inserted meanwhile. False if there is no such film.
pub(crate) async fn lock(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let row = sqlx::query!("SELECT 1 AS one FROM films WHERE id = $1 FOR NO KEY UPDATE", film.0);
    Ok(row.fetch_optional(&mut **tx).await?.is_some())
}

/// As [`lock`], by one of its jobs. A job's film never changes, so it may be looked up before it is locked.
pub(crate) async fn lock_by_job(tx: &mut Tx, job: JobId) -> Result<Option<FilmId>> {
    let row = sqlx::query_scalar!(
        "SELECT films.id FROM films JOIN jobs ON jobs.film_id = films.id WHERE jobs.id = $1 FOR NO KEY UPDATE OF films",
        job.0
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(FilmId))
}

/// As [`lock`], by one of its builds.
pub(crate) async fn lock_by_build(tx: &mut Tx, build: BuildId) -> Result<Option<FilmId>> {
    let row = sqlx::query_scalar!(
        "SELECT films.id FROM films JOIN builds ON builds.film_id = films.id WHERE builds.id = $1
         FOR NO KEY UPDATE OF films",
        build.0
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(FilmId))
}

/// Work on the film has begun (again). A film that is ready stays so.
pub(crate) async fn mark_processing(tx: &mut Tx, film: FilmId) -> Result<()> {
    sqlx::query!(
        "UPDATE films SET status = 'processing', failure = NULL, updated_at = now()
         WHERE id = $1 AND status IN ('empty', 'failed')",
        film.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was under way has come to nothing. The film fails only if it has no build to play and nothing else is under way.
pub(crate) async fn mark_failed(tx: &mut Tx, film: FilmId, reason: &str) -> Result<()> {
    sqlx::query!(
        "UPDATE films SET status = 'failed', failure = $2, updated_at = now()
         WHERE id = $1 AND status = 'processing'
           AND NOT EXISTS (SELECT FROM jobs WHERE jobs.film_id = $1 AND jobs.state IN ('queued', 'running')
                                              AND jobs.kind NOT IN ('collect', 'purge'))",
        film.0,
        reason
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// From now on viewers get this build.
pub(crate) async fn mark_ready(tx: &mut Tx, film: FilmId, build: BuildId, plan: &Plan) -> Result<()> {
    let best = plan.rungs.first();
    let spoken: BTreeSet<_> = plan.audio.iter().filter_map(|track| track.language.clone()).collect();
    let audio_languages: Vec<_> = spoken.into_iter().collect();
    let done = sqlx::query!(
        "UPDATE films SET status = 'ready', failure = NULL, build_id = $2, duration_ms = $3, width = $4, height = $5,
                          audio_languages = $6, updated_at = now()
         WHERE id = $1",
        film.0,
        build.0,
        plan.duration_ms().cast_signed(),
        best.map(|rung| rung.width.cast_signed()),
        best.map(|rung| rung.height.cast_signed()),
        &audio_languages,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "publishing a film")
}

/// Whether the film is deleted; the caller holds its lock.
pub(crate) async fn is_deleted(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let deleted = sqlx::query_scalar!(
        r#"SELECT deleted_at IS NOT NULL AS "deleted!" FROM films WHERE id = $1"#,
        film.0
    );
    Ok(deleted.fetch_one(&mut **tx).await?)
}
