//! Dubs: audio tracks that are encoded from an uploaded file. While its file has no complete build, a dub is in the making.

use std::collections::HashMap;

use domain::{
    id::{BuildId, FileId, FilmId, TrackId},
    presentation::TrackSettings,
    reason::Reason,
};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{AddedTrack, find};
use crate::{
    Db, Result, Tx,
    rows::{build::BuildState, film_file::FileState},
    stored_reason::{from_json, to_json},
};

/// A dub in the making, as its rows describe it.
#[derive(Clone, Debug)]
pub(crate) struct DubRow {
    pub(crate) track: TrackId,
    pub(crate) settings: TrackSettings,
    pub(crate) failure: Option<String>,
    pub(crate) failure_reason: Option<Reason>,
    pub(crate) file: FileId,
    pub(crate) file_name: String,
    pub(crate) file_state: FileState,
    pub(crate) size_bytes: u64,
    pub(crate) received_bytes: u64,
    pub(crate) note: Option<String>,
    pub(crate) note_reason: Option<Reason>,
    pub(crate) created_at: OffsetDateTime,
    /// The newest build of the file, and its state.
    pub(crate) build: Option<(BuildId, BuildState)>,
}

/// The file that a dub build was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct DubSource {
    /// Name of the file on the editor's computer.
    pub file_name: String,
    /// Which of the file's audio tracks was used, for editors.
    pub note: Option<String>,
    /// The plan of the build, in the format of the version of Nang that made it.
    pub plan: serde_json::Value,
}

/// Returns the film's dubs in the making, oldest first.
pub(crate) async fn in_the_making(db: &Db, film: FilmId) -> Result<Vec<DubRow>> {
    let rows = sqlx::query!(
        r#"SELECT tracks.id, tracks.settings AS "settings: Json<TrackSettings>", tracks.failure, tracks.failure_reason, film_files.id AS file_id,
                  film_files.name, film_files.state AS "file_state: FileState", film_files.size_bytes,
                  film_files.received_bytes, film_files.note, film_files.note_reason, film_files.created_at,
                  newest.id AS "build_id?", newest.state AS "build_state?: BuildState"
           FROM tracks JOIN film_files ON film_files.id = tracks.file_id
           LEFT JOIN LATERAL (
               SELECT builds.id, builds.state FROM builds WHERE builds.track_id = tracks.id AND builds.file_id = tracks.file_id
               ORDER BY builds.created_at DESC, builds.id DESC LIMIT 1) AS newest ON true
           WHERE tracks.film_id = $1 AND tracks.kind = 'audio' AND tracks.deleted_at IS NULL
             AND NOT EXISTS (SELECT FROM builds AS complete
                             WHERE complete.track_id = tracks.id AND complete.file_id = tracks.file_id
                               AND complete.state IN ('ready', 'superseded'))
           ORDER BY film_files.created_at, film_files.id"#,
        film.0,
    );
    let rows = rows.fetch_all(&db.pools.all).await?.into_iter().map(|row| DubRow {
        track: TrackId(row.id),
        settings: row.settings.0,
        failure: row.failure,
        failure_reason: from_json(row.failure_reason),
        file: FileId(row.file_id),
        file_name: row.name,
        file_state: row.file_state,
        size_bytes: row.size_bytes.cast_unsigned(),
        received_bytes: row.received_bytes.cast_unsigned(),
        note: row.note,
        note_reason: from_json(row.note_reason),
        created_at: row.created_at,
        build: row.build_id.map(BuildId).zip(row.build_state),
    });
    Ok(rows.collect())
}

/// Returns the sources of these builds, without those that are not dubs.
pub async fn sources(db: &Db, builds: &[BuildId]) -> Result<HashMap<BuildId, DubSource>> {
    let ids: Vec<Uuid> = builds.iter().map(|build| build.0).collect();
    let rows = sqlx::query!(
        "SELECT builds.id, film_files.name, film_files.note, builds.plan FROM builds
         JOIN film_files ON film_files.id = builds.file_id WHERE builds.id = ANY($1) AND builds.kind = 'dub'",
        &ids,
    );
    let rows = rows.fetch_all(&db.pools.all).await?.into_iter();
    Ok(rows
        .map(|row| {
            (
                BuildId(row.id),
                DubSource { file_name: row.name, note: row.note, plan: row.plan.unwrap_or_default() },
            )
        })
        .collect())
}

/// Returns the number of audio tracks of the film that are in the making for the first time.
pub(crate) async fn count_in_the_making(tx: &mut Tx, film: FilmId) -> Result<usize> {
    let tracks = sqlx::query_scalar!(
        r#"SELECT count(*) AS "tracks!" FROM tracks
           WHERE film_id = $1 AND kind = 'audio' AND deleted_at IS NULL AND file_id IS NOT NULL
             AND NOT EXISTS (SELECT FROM builds WHERE builds.track_id = tracks.id AND builds.state IN ('ready', 'superseded'))"#,
        film.0,
    );
    Ok(usize::try_from(tracks.fetch_one(&mut **tx).await?).unwrap_or(usize::MAX))
}

/// Returns the track that is made from the file; `None` if the file is not the present file of an audio track.
pub async fn find_of_dub(db: &Db, file: FileId) -> Result<Option<AddedTrack>> {
    let id = sqlx::query_scalar!(
        "SELECT id FROM tracks WHERE file_id = $1 AND kind = 'audio' AND deleted_at IS NULL",
        file.0,
    );
    match id.fetch_optional(&db.pools.all).await? {
        Some(id) => find(db, TrackId(id)).await,
        None => Ok(None),
    }
}

/// Whether the track's present file has no complete build. The caller must have locked the track.
pub(crate) async fn is_in_the_making(tx: &mut Tx, id: TrackId) -> Result<bool> {
    let unfinished = sqlx::query_scalar!(
        r#"SELECT tracks.file_id IS NOT NULL AND NOT EXISTS (
                      SELECT FROM builds WHERE builds.track_id = tracks.id AND builds.file_id = tracks.file_id
                                           AND builds.state IN ('ready', 'superseded')) AS "unfinished!"
           FROM tracks WHERE tracks.id = $1"#,
        id.0,
    );
    Ok(unfinished.fetch_one(&mut **tx).await?)
}

/// Like [`find_of_dub`].
pub(crate) async fn of_dub(tx: &mut Tx, file: FileId) -> Result<Option<TrackId>> {
    let track = sqlx::query_scalar!(
        "SELECT id FROM tracks WHERE file_id = $1 AND kind = 'audio' AND deleted_at IS NULL",
        file.0,
    );
    Ok(track.fetch_optional(&mut **tx).await?.map(TrackId))
}

/// Records why the track could not be made from its file. Ok if no track is made from the file any more.
pub(crate) async fn fail(tx: &mut Tx, file: FileId, reason: &Reason) -> Result<()> {
    sqlx::query!(
        "UPDATE tracks SET failure = $2, failure_reason = $3 WHERE file_id = $1 AND kind = 'audio' AND deleted_at IS NULL",
        file.0,
        reason.to_string(),
        to_json(reason),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Like [`fail`], for the track that the build makes.
pub(crate) async fn fail_build(tx: &mut Tx, build: BuildId, reason: &Reason) -> Result<()> {
    sqlx::query!(
        "UPDATE tracks SET failure = $2, failure_reason = $3 FROM builds
         WHERE builds.id = $1 AND builds.track_id = tracks.id AND builds.file_id = tracks.file_id AND tracks.deleted_at IS NULL",
        build.0,
        reason.to_string(),
        to_json(reason),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets why the track could not be made, because it is tried again.
pub(crate) async fn clear_failure(tx: &mut Tx, file: FileId) -> Result<()> {
    sqlx::query!(
        "UPDATE tracks SET failure = NULL, failure_reason = NULL WHERE file_id = $1 AND kind = 'audio'",
        file.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets why the track of the build was not shown, because an editor publishes the build.
pub(crate) async fn clear_failure_of_build(tx: &mut Tx, build: BuildId) -> Result<()> {
    sqlx::query!(
        "UPDATE tracks SET failure = NULL, failure_reason = NULL FROM builds
         WHERE builds.id = $1 AND builds.track_id = tracks.id AND builds.file_id = tracks.file_id",
        build.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Like [`fail`], for all dubs of the film whose files are uploaded and that are in the making.
pub(crate) async fn fail_unfinished(tx: &mut Tx, film: FilmId, reason: &Reason) -> Result<()> {
    sqlx::query!(
        "UPDATE tracks SET failure = $2, failure_reason = $3 FROM film_files
         WHERE tracks.film_id = $1 AND tracks.kind = 'audio' AND tracks.failure IS NULL AND tracks.deleted_at IS NULL
           AND film_files.id = tracks.file_id AND film_files.state = 'uploaded'
           AND NOT EXISTS (SELECT FROM builds WHERE builds.track_id = tracks.id AND builds.file_id = tracks.file_id
                                                AND builds.state IN ('ready', 'superseded'))",
        film.0,
        reason.to_string(),
        to_json(reason),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives up the track's present file: the track has the file of its newest complete build again. A track without one is deleted,
/// because it was never part of a presentation.
pub(crate) async fn drop_file(tx: &mut Tx, id: TrackId) -> Result<()> {
    sqlx::query!(
        "UPDATE tracks SET failure = NULL, failure_reason = NULL, file_id = complete.file_id,
                           deleted_at = CASE WHEN complete.file_id IS NULL THEN now() END
         FROM (SELECT (SELECT builds.file_id FROM builds WHERE builds.track_id = $1 AND builds.state = 'ready'
                       ORDER BY builds.created_at DESC, builds.id DESC LIMIT 1) AS file_id) AS complete
         WHERE tracks.id = $1 AND tracks.deleted_at IS NULL",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
