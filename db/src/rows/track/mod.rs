//! Tracks that editors add to a film. Tracks of the master have no row.

mod dub;

pub use dub::{DubSource, find_of_dub, sources};
pub(crate) use dub::{
    clear_failure, clear_failure_of_build, count_in_the_making, drop_file, fail, fail_build, fail_unfinished,
    in_the_making, is_in_the_making, of_dub,
};

use domain::{
    id::{FileId, FilmId, TrackId},
    presentation::TrackSettings,
};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Db, Result, Tx, expect_one, rows::audit::Author};

text_enum! {
    /// Whether a track is heard or read.
    TrackKind {
        /// An audio track.
        Audio = "audio",
        /// A subtitle track.
        Subtitle = "subtitle",
    }
}

/// A track that an editor added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedTrack {
    /// Its id in all presentations of the film.
    pub id: TrackId,
    /// The film.
    pub film_id: FilmId,
    /// Whether it is heard or read.
    pub kind: TrackKind,
    /// The file that it is made from; `None` until an upload for it begins.
    pub file_id: Option<FileId>,
    /// What the editor wants of it.
    pub settings: TrackSettings,
    /// Why it could not be made from its file.
    pub failure: Option<String>,
    /// When it was added.
    pub created_at: OffsetDateTime,
}

struct Row {
    id: Uuid,
    film_id: Uuid,
    kind: TrackKind,
    file_id: Option<Uuid>,
    settings: Json<TrackSettings>,
    failure: Option<String>,
    created_at: OffsetDateTime,
}

impl From<Row> for AddedTrack {
    fn from(row: Row) -> Self {
        Self {
            id: TrackId(row.id),
            film_id: FilmId(row.film_id),
            kind: row.kind,
            file_id: row.file_id.map(FileId),
            settings: row.settings.0,
            failure: row.failure,
            created_at: row.created_at,
        }
    }
}

/// Returns the track; `None` if it does not exist or was removed.
pub async fn find(db: &Db, id: TrackId) -> Result<Option<AddedTrack>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, kind AS "kind: _", file_id, settings AS "settings: _", failure, created_at
           FROM tracks WHERE id = $1 AND deleted_at IS NULL"#,
        id.0
    );
    Ok(row.fetch_optional(&db.pools.all).await?.map(AddedTrack::from))
}

/// Whether a track was ever added with this id. True also after its removal.
pub async fn is_known(db: &Db, id: TrackId) -> Result<bool> {
    let known = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM tracks WHERE id = $1) AS "known!""#, id.0);
    Ok(known.fetch_one(&db.pools.all).await?)
}

/// Returns the film's added tracks, oldest first, without removed ones.
pub async fn list(db: &Db, film: FilmId) -> Result<Vec<AddedTrack>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, kind AS "kind: _", file_id, settings AS "settings: _", failure, created_at
           FROM tracks WHERE film_id = $1 AND deleted_at IS NULL ORDER BY created_at, id"#,
        film.0
    );
    Ok(rows.fetch_all(&db.pools.all).await?.into_iter().map(AddedTrack::from).collect())
}

/// Locks and returns the track; `None` if the film has no track of this kind with this id. The caller must have locked the film.
pub(crate) async fn lock(
    tx: &mut Tx,
    film: FilmId,
    id: TrackId,
    kind: TrackKind,
) -> Result<Option<AddedTrack>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, kind AS "kind: _", file_id, settings AS "settings: _", failure, created_at
           FROM tracks WHERE film_id = $1 AND id = $2 AND kind = $3 AND deleted_at IS NULL FOR NO KEY UPDATE"#,
        film.0,
        id.0,
        kind.as_str(),
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(AddedTrack::from))
}

/// Inserts a track.
pub(crate) async fn insert(
    tx: &mut Tx,
    author: &Author,
    film: FilmId,
    id: TrackId,
    kind: TrackKind,
    settings: &TrackSettings,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO tracks (id, film_id, kind, settings, created_by, created_by_email) VALUES ($1, $2, $3, $4, $5, $6)",
        id.0,
        film.0,
        kind.as_str(),
        Json(settings) as _,
        author.user_id.map(|user| user.0),
        author.user_email,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Records the file and settings from which the track is made now, and forgets an earlier failure.
pub(crate) async fn set_source(
    tx: &mut Tx,
    id: TrackId,
    file: FileId,
    settings: &TrackSettings,
) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE tracks SET file_id = $2, settings = $3, failure = NULL, failure_reason = NULL WHERE id = $1 AND deleted_at IS NULL",
        id.0,
        file.0,
        Json(settings) as _,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "recording the file of a track")
}
