//! Builds of subtitle files, which have no jobs: the process that accepts the file makes them. Notes on the subtitles of masters.

use std::collections::HashMap;

use domain::{
    build_record::SubtitleNote,
    id::{BuildId, FileId, FilmId, TrackId},
    reason::{Reason, ReasonCode},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Db, Result, Tx, expect_one, stored_reason::to_json};

/// Inserts a subtitle build, which consists of one part without a job.
pub(crate) async fn insert_subtitle(
    tx: &mut Tx,
    film: FilmId,
    file: FileId,
    id: BuildId,
    track: TrackId,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO builds (id, film_id, file_id, kind, track_id, profile, plan, parts, pending, state)
         VALUES ($1, $2, $3, 'subtitle', $4, '', '{}', 1, 0, 'publishing')",
        id.0,
        film.0,
        file.0,
        track.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Records what editors should know of the subtitle tracks of a build's master.
pub(crate) async fn set_subtitle_notes(tx: &mut Tx, id: BuildId, notes: &[SubtitleNote]) -> Result<()> {
    let done = sqlx::query!("UPDATE builds SET subtitle_notes = $2 WHERE id = $1", id.0, Json(notes) as _);
    expect_one(done.execute(&mut **tx).await?.rows_affected(), "recording notes on subtitles")
}

/// Returns the notes of these builds, without builds that have none.
pub async fn subtitle_notes(db: &Db, builds: &[BuildId]) -> Result<HashMap<BuildId, Vec<SubtitleNote>>> {
    let ids: Vec<Uuid> = builds.iter().map(|build| build.0).collect();
    let rows = sqlx::query!(
        r#"SELECT id, subtitle_notes AS "notes: Json<Vec<SubtitleNote>>" FROM builds
           WHERE id = ANY($1) AND subtitle_notes <> '[]'"#,
        &ids,
    );
    let rows = rows.fetch_all(&db.pools.all).await?.into_iter();
    Ok(rows.map(|row| (BuildId(row.id), row.notes.0)).collect())
}

/// Returns subtitle builds that began more than an hour ago and that no presentation names, with their films.
pub(crate) async fn abandoned_subtitles(db: &Db) -> Result<Vec<(FilmId, BuildId)>> {
    let rows = sqlx::query!(
        "SELECT film_id, id FROM builds
         WHERE kind = 'subtitle' AND state IN ('publishing', 'ready') AND created_at < now() - interval '1 hour'
           AND NOT EXISTS (SELECT FROM presentation_builds JOIN presentations ON presentations.id = presentation_id
                           WHERE presentation_builds.build_id = builds.id AND retired_at IS NULL)"
    );
    let rows = rows.fetch_all(&db.pools.all).await?.into_iter();
    Ok(rows.map(|row| (FilmId(row.film_id), BuildId(row.id))).collect())
}

/// Marks a subtitle build as superseded or failed if still no presentation names it. Returns whether it did.
pub(crate) async fn abandon_subtitle(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let reason = Reason::from(ReasonCode::SubtitlesInterrupted);
    let done = sqlx::query!(
        "UPDATE builds SET state = CASE state WHEN 'ready' THEN 'superseded' ELSE 'failed' END,
                           failure = CASE state WHEN 'ready' THEN NULL ELSE $2 END,
                           failure_reason = CASE state WHEN 'ready' THEN NULL ELSE $3::jsonb END,
                           finished_at = coalesce(finished_at, now())
         WHERE id = $1 AND kind = 'subtitle' AND state IN ('publishing', 'ready')
           AND NOT EXISTS (SELECT FROM presentation_builds JOIN presentations ON presentations.id = presentation_id
                           WHERE presentation_builds.build_id = builds.id AND retired_at IS NULL)",
        id.0,
        reason.to_string(),
        to_json(&reason),
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}
