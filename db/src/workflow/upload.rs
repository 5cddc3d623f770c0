//! Uploads of masters and dubs: creating, recording progress, finishing, expiring and deleting them.

mod lease;

use std::collections::HashMap;

use domain::{
    id::{FileId, FilmId, JobId},
    reason::{Reason, ReasonCode},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::dub;
use crate::{
    Db, DbError, Result, Tx, queue,
    rows::{
        audit::Author,
        film,
        film_file::{FilePurpose, FileState, FilmFile, Row, film_and_purpose, record, select_files},
        track,
    },
    stored_reason::to_json,
};

pub use lease::{UploadLease, is_leased, release_all_leases, release_lease, renew_lease, take_lease};

/// An upload to create.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Its id.
    pub id: FileId,
    /// The film it is for.
    pub film_id: FilmId,
    /// File name on the editor's computer.
    pub name: String,
    /// Size of the whole file.
    pub size_bytes: u64,
    /// When the upload expires if no data arrives.
    pub expires_at: OffsetDateTime,
}

/// The result of finishing an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The probe that was queued; `None` for a duplicate, and for a deleted film.
    pub job: Option<JobId>,
    /// An earlier file of the same film with the same bytes. The bytes of the new file may be deleted.
    pub duplicate_of: Option<FileId>,
}

/// Creates an upload of a master.
pub async fn create(db: &Db, author: &Author, new: NewFile) -> Result<FilmFile> {
    let mut tx = db.begin().await?;
    let file = insert(&mut tx, author, &new, FilePurpose::Master).await?;
    tx.commit().await?;
    Ok(file)
}

/// Inserts the row of an upload.
pub(super) async fn insert(
    tx: &mut Tx,
    author: &Author,
    new: &NewFile,
    purpose: FilePurpose,
) -> Result<FilmFile> {
    let row = sqlx::query_as!(
        Row,
        r#"INSERT INTO film_files (id, film_id, name, size_bytes, expires_at, created_by, created_by_email, purpose)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           RETURNING id, film_id, purpose AS "purpose: _", name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, note_reason, facts,
                     expires_at, created_at, created_by, created_by_email, deleted_at"#,
        new.id.0,
        new.film_id.0,
        new.name,
        new.size_bytes.cast_signed(),
        new.expires_at,
        author.user_id.map(|user| user.0),
        author.user_email,
        purpose.as_str(),
    )
    .fetch_one(&mut **tx)
    .await?;
    let file = FilmFile::from(row);
    record(tx, author, "file.upload", &file).await?;
    Ok(file)
}

/// Records that bytes `from..to` are durable, and the state of the running hash after them. Returns false if the lease was lost, the
/// upload is not at `from`, or it has ended.
pub async fn checkpoint(
    db: &Db,
    held: &UploadLease,
    from: u64,
    to: u64,
    hash_state: &[u8],
    expires_at: OffsetDateTime,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE film_files SET received_bytes = $3, hash_state = $4, expires_at = $5
         WHERE id = $1 AND lease_token = $6 AND state = 'uploading' AND received_bytes = $2",
        held.file.0,
        from.cast_signed(),
        to.cast_signed(),
        hash_state,
        expires_at,
        held.token,
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Finishes an upload whose bytes have all arrived: in one transaction the lease ends, the file becomes uploaded, its probe is queued
/// and, for a master, the film becomes processing. If the film already has a master with the same bytes that is being probed, encoded or
/// shown with the same profile, or waits for an editor, the new master becomes a duplicate and no job is queued.
pub async fn finish(db: &Db, held: &UploadLease, sha256: &str) -> Result<Finished> {
    let id = held.file;
    let mut tx = db.begin().await?;
    let (film, purpose) = film_and_purpose(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    // Two uploads of the same bytes may finish at once. Under the film's lock the second sees the first.
    film::lock(&mut tx, film).await?;
    let duplicate_of = sqlx::query!(
        "SELECT twin.id, twin.name FROM film_files twin JOIN films ON films.id = twin.film_id
         WHERE $4 AND twin.film_id = $1 AND twin.sha256 = $2 AND twin.id <> $3 AND twin.purpose = 'master'
           AND twin.state = 'uploaded' AND twin.deleted_at IS NULL
           AND (EXISTS (SELECT FROM builds WHERE builds.file_id = twin.id AND builds.profile = films.profile
                                             AND builds.state IN ('analysing', 'encoding', 'publishing', 'ready', 'damaged'))
             OR EXISTS (SELECT FROM jobs WHERE jobs.file_id = twin.id AND jobs.kind = 'probe'
                                           AND jobs.state IN ('queued', 'running')))
         ORDER BY twin.created_at LIMIT 1",
        film.0,
        sha256,
        id.0,
        purpose == FilePurpose::Master,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let (state, note) = match &duplicate_of {
        Some(twin) => (FileState::Duplicate, Some(ReasonCode::FileDuplicate.with("name", &twin.name))),
        None => (FileState::Uploaded, None),
    };
    let done = sqlx::query!(
        "UPDATE film_files SET state = $3, sha256 = $2, note = $4, note_reason = $6, hash_state = NULL, lease_token = NULL, lease_until = NULL
         WHERE id = $1 AND lease_token = $5 AND state = 'uploading' AND received_bytes = size_bytes",
        id.0,
        sha256,
        state.as_str(),
        note.as_ref().map(ToString::to_string),
        held.token,
        note.as_ref().map(to_json),
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(DbError::conflict(
            "film_files_finish_once",
            "the upload is incomplete or already finished, or another request holds its lease",
        ));
    }
    let finished = if let Some(twin) = duplicate_of {
        Finished { job: None, duplicate_of: Some(FileId(twin.id)) }
    } else if film::is_deleted(&mut tx, film).await? {
        // A master is kept with the film's other masters, and probed if the film is restored.
        track::fail(&mut tx, id, &ReasonCode::DubFilmDeleted.into()).await?;
        Finished { job: None, duplicate_of: None }
    } else {
        let probe = queue::insert_probe(&mut tx, film, id).await?;
        if purpose == FilePurpose::Master {
            film::mark_processing(&mut tx, film).await?;
        }
        Finished { job: Some(probe), duplicate_of: None }
    };
    tx.commit().await?;
    Ok(finished)
}

/// Deletes an unfinished upload. Returns false if the lease was lost or the upload is finished.
pub async fn delete(db: &Db, author: &Author, held: &UploadLease) -> Result<bool> {
    let mut tx = db.begin().await?;
    if let Some((film, FilePurpose::Dub)) = film_and_purpose(&mut tx, held.file).await? {
        film::lock(&mut tx, film).await?;
        dub::drop_upload(&mut tx, held.file).await?;
    }
    let row = sqlx::query_as!(
        Row,
        r#"DELETE FROM film_files WHERE id = $1 AND lease_token = $2 AND state = 'uploading'
           RETURNING id, film_id, purpose AS "purpose: _", name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, note_reason, facts,
                     expires_at, created_at, created_by, created_by_email, deleted_at"#,
        held.file.0,
        held.token,
    );
    let Some(row) = row.fetch_optional(&mut *tx).await? else { return Ok(false) };
    record(&mut tx, author, "file.end_upload", &row.into()).await?;
    tx.commit().await?;
    Ok(true)
}

/// Returns uploads whose bytes have all been recorded but that were not finished, oldest first.
pub async fn list_whole(db: &Db) -> Result<Vec<FilmFile>> {
    let rows =
        select_files!("WHERE state = 'uploading' AND received_bytes = size_bytes ORDER BY created_at, id")
            .fetch_all(&db.pools.all)
            .await?;
    Ok(rows.into_iter().map(FilmFile::from).collect())
}

/// Returns the number of missing bytes of all unfinished uploads that were created before `file`. Ids increase with time, so of two
/// uploads that do not both fit, the earlier one continues.
pub async fn outstanding_before(db: &Db, file: FileId) -> Result<u64> {
    let bytes = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(size_bytes - received_bytes), 0)::bigint AS "bytes!"
           FROM film_files WHERE state = 'uploading' AND id < $1"#,
        file.0,
    )
    .fetch_one(&db.pools.all)
    .await?;
    Ok(bytes.cast_unsigned())
}

/// Returns the states of `files`, without those that do not exist.
pub async fn states(db: &Db, files: &[FileId]) -> Result<HashMap<FileId, FileState>> {
    let ids: Vec<Uuid> = files.iter().map(|file| file.0).collect();
    let rows =
        sqlx::query!(r#"SELECT id, state AS "state: FileState" FROM film_files WHERE id = ANY($1)"#, &ids)
            .fetch_all(&db.pools.all)
            .await?;
    Ok(rows.into_iter().map(|row| (FileId(row.id), row.state)).collect())
}

/// Expires at most `limit` uploads whose time is over and that no request is writing, and returns them. The caller deletes their
/// bytes. An upload whose bytes have all arrived never expires.
pub async fn take_expired(db: &Db, limit: u32) -> Result<Vec<FileId>> {
    let note = Reason::from(ReasonCode::UploadExpired);
    // Locks against other calls, and against a checkpoint at the last moment: its row is locked and skipped.
    let ids = sqlx::query_scalar!(
        "UPDATE film_files SET state = 'expired', hash_state = NULL, note = $2, note_reason = $3,
                               lease_token = NULL, lease_until = NULL
         WHERE id IN (SELECT id FROM film_files WHERE state = 'uploading' AND received_bytes < size_bytes AND expires_at <= now()
                                                  AND (lease_until IS NULL OR lease_until <= now())
                      ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
         RETURNING id",
        i64::from(limit),
        note.to_string(),
        to_json(&note),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(ids.into_iter().map(FileId).collect())
}
