//! Masters: a row is the upload and then the file it became.
//!
//! `received_bytes` never runs ahead of what storage holds for certain; each checkpoint names the offset it started from, so of
//! two writers of one upload only one gets on.

use std::collections::HashMap;

use domain::id::{FileId, FilmId, JobId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Db, DbError, Result, expect_one, film, job};

text_enum! {
    /// How far a file is.
    FileState {
        /// Bytes are still to come.
        Uploading = "uploading",
        /// Whole, hashed and stored.
        Uploaded = "uploaded",
        /// The same bytes were already in the film; not stored twice.
        Duplicate = "duplicate",
        /// It cannot be shown; `note` says why.
        Refused = "refused",
        /// Given up: no bytes came for too long.
        Expired = "expired",
    }
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmFile {
    /// Its id, also the upload's.
    pub id: FileId,
    /// The film it is a master of.
    pub film_id: FilmId,
    /// What the admin's computer called it.
    pub name: String,
    /// Size of the whole file.
    pub size_bytes: u64,
    /// What is durable in storage so far.
    pub received_bytes: u64,
    /// How far it is.
    pub state: FileState,
    /// SHA-256 of the whole file, lower-case hexadecimal.
    pub sha256: Option<String>,
    /// The running hash after `received_bytes`.
    pub hash_state: Option<Vec<u8>>,
    /// What the admin should know of it.
    pub note: Option<String>,
    /// `domain::facts::MediaFacts`, once probed.
    pub facts: Option<serde_json::Value>,
    /// When an unfinished upload is given up.
    pub expires_at: OffsetDateTime,
    /// When the upload was begun.
    pub created_at: OffsetDateTime,
}

/// An upload to be begun.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Its id.
    pub id: FileId,
    /// The film it is for.
    pub film_id: FilmId,
    /// What the admin's computer calls it.
    pub name: String,
    /// Size of the whole file.
    pub size_bytes: u64,
    /// When it is given up if nothing comes.
    pub expires_at: OffsetDateTime,
}

/// What came of a finished upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The probe that was queued, unless the file is a duplicate.
    pub job: Option<JobId>,
    /// The file of the same film with the same bytes. The new one's bytes may be deleted.
    pub duplicate_of: Option<FileId>,
}

struct Row {
    id: Uuid,
    film_id: Uuid,
    name: String,
    size_bytes: i64,
    received_bytes: i64,
    state: FileState,
    sha256: Option<String>,
    hash_state: Option<Vec<u8>>,
    note: Option<String>,
    facts: Option<serde_json::Value>,
    expires_at: OffsetDateTime,
    created_at: OffsetDateTime,
}

impl From<Row> for FilmFile {
    fn from(row: Row) -> Self {
        Self {
            id: FileId(row.id),
            film_id: FilmId(row.film_id),
            name: row.name,
            size_bytes: row.size_bytes.cast_unsigned(),
            received_bytes: row.received_bytes.cast_unsigned(),
            state: row.state,
            sha256: row.sha256,
            hash_state: row.hash_state,
            note: row.note,
            facts: row.facts,
            expires_at: row.expires_at,
            created_at: row.created_at,
        }
    }
}

/// Begins an upload.
pub async fn create(db: &Db, new: NewFile) -> Result<FilmFile> {
    let row = sqlx::query_as!(
        Row,
        r#"INSERT INTO film_files (id, film_id, name, size_bytes, expires_at) VALUES ($1, $2, $3, $4, $5)
           RETURNING id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                     expires_at, created_at"#,
        new.id.0,
        new.film_id.0,
        new.name,
        new.size_bytes.cast_signed(),
        new.expires_at,
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(row.into())
}

/// The file, if there is one.
pub async fn find(db: &Db, id: FileId) -> Result<Option<FilmFile>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                  expires_at, created_at
           FROM film_files WHERE id = $1"#,
        id.0,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(row.map(FilmFile::from))
}

/// The film's files, oldest first.
pub async fn list_by_film(db: &Db, film: FilmId) -> Result<Vec<FilmFile>> {
    list_by_films(db, &[film]).await
}

/// The files of these films, oldest first.
pub async fn list_by_films(db: &Db, films: &[FilmId]) -> Result<Vec<FilmFile>> {
    let ids: Vec<Uuid> = films.iter().map(|film| film.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                  expires_at, created_at
           FROM film_files WHERE film_id = ANY($1) ORDER BY created_at, id"#,
        &ids,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows.into_iter().map(FilmFile::from).collect())
}

/// Records that bytes `from..to` are durable and what the running hash is after them. False if the upload is no longer at
/// `from`, or is not uploading: somebody else wrote to it.
pub async fn checkpoint(
    db: &Db,
    id: FileId,
    from: u64,
    to: u64,
    hash_state: &[u8],
    expires_at: OffsetDateTime,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE film_files SET received_bytes = $3, hash_state = $4, expires_at = $5
         WHERE id = $1 AND state = 'uploading' AND received_bytes = $2",
        id.0,
        from.cast_signed(),
        to.cast_signed(),
        hash_state,
        expires_at,
    )
    .execute(&db.pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// All bytes are there: the file is uploaded, its probe queued and the film processing, in one transaction. When the film
/// already has a file of the same bytes that is being probed, encoded or shown with the same profile, the new one becomes a
/// duplicate and there is no job.
pub async fn finish(db: &Db, id: FileId, sha256: &str) -> Result<Finished> {
    let mut tx = db.begin().await?;
    let film = sqlx::query_scalar!("SELECT film_id FROM film_files WHERE id = $1", id.0)
        .fetch_optional(&mut *tx)
        .await?
        .map(FilmId)
        .ok_or(DbError::NotFound)?;
    // Two uploads of the same bytes may end at the same moment; behind the film's lock the second sees the first.
    film::lock(&mut tx, film).await?;
    let duplicate_of = sqlx::query!(
        "SELECT twin.id, twin.name FROM film_files twin JOIN films ON films.id = twin.film_id
         WHERE twin.film_id = $1 AND twin.sha256 = $2 AND twin.id <> $3 AND twin.state = 'uploaded'
           AND (EXISTS (SELECT FROM builds WHERE builds.file_id = twin.id AND builds.profile = films.profile
                                             AND builds.state IN ('encoding', 'publishing', 'ready'))
             OR EXISTS (SELECT FROM jobs WHERE jobs.file_id = twin.id AND jobs.kind = 'probe'
                                           AND jobs.state IN ('queued', 'running')))
         ORDER BY twin.created_at LIMIT 1",
        film.0,
        sha256,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let (state, note) = match &duplicate_of {
        Some(twin) => (
            FileState::Duplicate,
            Some(format!("The same file as “{}”, which the film already has.", twin.name)),
        ),
        None => (FileState::Uploaded, None),
    };
    let done = sqlx::query!(
        "UPDATE film_files SET state = $3, sha256 = $2, note = $4, hash_state = NULL
         WHERE id = $1 AND state = 'uploading' AND received_bytes = size_bytes",
        id.0,
        sha256,
        state.as_str(),
        note,
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(DbError::conflict(
            "film_files_finish_once",
            "the upload is not whole, or is already finished",
        ));
    }
    let finished = if let Some(twin) = duplicate_of {
        Finished { job: None, duplicate_of: Some(FileId(twin.id)) }
    } else if film::is_deleted(&mut tx, film).await? {
        // Kept with its other masters, and probed if the film is restored.
        Finished { job: None, duplicate_of: None }
    } else {
        let probe = job::insert_probe(&mut tx, film, id).await?;
        film::mark_processing(&mut tx, film).await?;
        Finished { job: Some(probe), duplicate_of: None }
    };
    tx.commit().await?;
    Ok(finished)
}

/// Ends an upload that is not finished and forgets it. False if there is none, or it is finished.
pub async fn delete(db: &Db, id: FileId) -> Result<bool> {
    let done = sqlx::query!("DELETE FROM film_files WHERE id = $1 AND state = 'uploading'", id.0)
        .execute(&db.pool)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Uploads all of whose bytes are recorded, but whose end was cut off; oldest first.
pub async fn list_whole(db: &Db) -> Result<Vec<FilmFile>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                  expires_at, created_at
           FROM film_files WHERE state = 'uploading' AND received_bytes = size_bytes ORDER BY created_at, id"#,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows.into_iter().map(FilmFile::from).collect())
}

/// Bytes still to come of all unfinished uploads that were begun before `file`. Ids rise with time, so of two uploads that do
/// not both fit, the earlier gets on.
pub async fn outstanding_before(db: &Db, file: FileId) -> Result<u64> {
    let bytes = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(size_bytes - received_bytes), 0)::bigint AS "bytes!"
           FROM film_files WHERE state = 'uploading' AND id < $1"#,
        file.0,
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(bytes.cast_unsigned())
}

/// The states of those of `files` that there are.
pub async fn states(db: &Db, files: &[FileId]) -> Result<HashMap<FileId, FileState>> {
    let ids: Vec<Uuid> = files.iter().map(|file| file.0).collect();
    let rows =
        sqlx::query!(r#"SELECT id, state AS "state: FileState" FROM film_files WHERE id = ANY($1)"#, &ids)
            .fetch_all(&db.pool)
            .await?;
    Ok(rows.into_iter().map(|row| (FileId(row.id), row.state)).collect())
}

/// Gives up at most `limit` uploads that are past their time and says which; their bytes are the caller's to delete. A whole
/// one is a master in all but name, and is never given up.
pub async fn take_expired(db: &Db, limit: u32) -> Result<Vec<FileId>> {
    // Locks against a checkpoint that comes in at the last moment (it wins, and the row is skipped) and against another sweeper.
    let ids = sqlx::query_scalar!(
        "UPDATE film_files SET state = 'expired', hash_state = NULL, note = 'The upload was given up: no data came for too long.'
         WHERE id IN (SELECT id FROM film_files WHERE state = 'uploading' AND received_bytes < size_bytes AND expires_at <= now()
                      ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
         RETURNING id",
        i64::from(limit),
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(ids.into_iter().map(FileId).collect())
}

/// Records what probing found; the file must be a whole one.
pub(crate) async fn set_facts(tx: &mut crate::Tx, id: FileId, facts: &serde_json::Value) -> Result<()> {
    let done =
        sqlx::query!("UPDATE film_files SET facts = $2 WHERE id = $1 AND state = 'uploaded'", id.0, facts)
            .execute(&mut **tx)
            .await?;
    expect_one(done.rows_affected(), "recording a file's facts")
}

/// The master cannot be shown.
pub(crate) async fn refuse(tx: &mut crate::Tx, id: FileId, reason: &str) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE film_files SET state = 'refused', note = $2 WHERE id = $1 AND state = 'uploaded'",
        id.0,
        reason
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "refusing a file")
}

/// A refused master is to be probed again.
pub(crate) async fn reconsider(tx: &mut crate::Tx, id: FileId) -> Result<()> {
    sqlx::query!(
        "UPDATE film_files SET state = 'uploaded', note = NULL WHERE id = $1 AND state = 'refused'",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
