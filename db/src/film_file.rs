//! Masters: a row is the upload and then the file it became.
//!
//! `received_bytes` never runs ahead of what storage holds for certain; each checkpoint names the offset it started from, so of
//! two writers of one upload only one gets on.

use std::collections::HashMap;

use domain::id::{FileId, FilmId, JobId, UserId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Cursor, Db, DbError, Result, Tx,
    audit::{self, Author, Entry},
    expect_one, film, job,
};

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
    /// Who began it.
    pub author: Author,
    /// When an editor took it away: its object is being removed or is gone.
    pub deleted_at: Option<OffsetDateTime>,
}

impl FilmFile {
    /// Where a list goes on after this file.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// Which files to list; `None` means all.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileFilter {
    /// Of one film.
    pub film_id: Option<FilmId>,
    /// This far.
    pub state: Option<FileState>,
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
    created_by: Option<Uuid>,
    created_by_email: Option<String>,
    deleted_at: Option<OffsetDateTime>,
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
            author: Author { user_id: row.created_by.map(UserId), user_email: row.created_by_email },
            deleted_at: row.deleted_at,
        }
    }
}

/// Begins an upload, for the command line or Nang itself.
pub async fn create(db: &Db, new: NewFile) -> Result<FilmFile> {
    create_by(db, &Author::NANG, new).await
}

/// Begins an upload.
pub async fn create_by(db: &Db, author: &Author, new: NewFile) -> Result<FilmFile> {
    let mut tx = db.begin().await?;
    let row = sqlx::query_as!(
        Row,
        r#"INSERT INTO film_files (id, film_id, name, size_bytes, expires_at, created_by, created_by_email)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           RETURNING id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                     expires_at, created_at, created_by, created_by_email, deleted_at"#,
        new.id.0,
        new.film_id.0,
        new.name,
        new.size_bytes.cast_signed(),
        new.expires_at,
        author.user_id.map(|user| user.0),
        author.user_email,
    )
    .fetch_one(&mut *tx)
    .await?;
    let file = FilmFile::from(row);
    record(&mut tx, author, "file.upload", &file).await?;
    tx.commit().await?;
    Ok(file)
}

/// The file, if there is one.
pub async fn find(db: &Db, id: FileId) -> Result<Option<FilmFile>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                  expires_at, created_at, created_by, created_by_email, deleted_at
           FROM film_files WHERE id = $1"#,
        id.0,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(row.map(FilmFile::from))
}

/// All files that the film has or had, oldest first: of those that were taken away as well, for objects may still be there.
pub async fn list_by_film(db: &Db, film: FilmId) -> Result<Vec<FilmFile>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                  expires_at, created_at, created_by, created_by_email, deleted_at
           FROM film_files WHERE film_id = $1 ORDER BY created_at, id"#,
        film.0,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows.into_iter().map(FilmFile::from).collect())
}

/// The files of these films, oldest first, but those that were taken away.
pub async fn list_by_films(db: &Db, films: &[FilmId]) -> Result<Vec<FilmFile>> {
    let ids: Vec<Uuid> = films.iter().map(|film| film.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                  expires_at, created_at, created_by, created_by_email, deleted_at
           FROM film_files WHERE film_id = ANY($1) AND deleted_at IS NULL ORDER BY created_at, id"#,
        &ids,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows.into_iter().map(FilmFile::from).collect())
}

/// At most `limit` files after `after`, newest first. Those that were taken away are not told.
pub async fn list(db: &Db, filter: FileFilter, after: Option<Cursor>, limit: u32) -> Result<Vec<FilmFile>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    // Statements rather than switches, so that each runs along its own index.
    macro_rules! files {
        ($filter:literal $($argument:tt)*) => {
            sqlx::query_as!(
                Row,
                r#"SELECT id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                          expires_at, created_at, created_by, created_by_email, deleted_at
                   FROM film_files
                   WHERE deleted_at IS NULL AND ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2)) "# + $filter
                + " ORDER BY created_at DESC, id DESC LIMIT $3",
                created_at,
                id,
                i64::from(limit)
                $($argument)*
            )
            .fetch_all(&db.pool)
            .await?
        };
    }
    let state = filter.state.map(FileState::as_str);
    let rows = match (filter.film_id, filter.state) {
        (Some(film), _) => files!("AND film_id = $4 AND ($5::text IS NULL OR state = $5)", film.0, state),
        (None, Some(FileState::Uploading)) => files!("AND state = 'uploading'"),
        (None, _) => files!("AND ($4::text IS NULL OR state = $4)", state),
    };
    Ok(rows.into_iter().map(FilmFile::from).collect())
}

/// Takes away a master that nothing needs; its object is removed by a job. A film keeps its newest master, which it would be encoded
/// from again, and whatever it shows or is encoding.
pub async fn remove(db: &Db, author: &Author, id: FileId) -> Result<()> {
    let mut tx = db.begin().await?;
    let file = lock(&mut tx, id).await?;
    let refuse = |meaning| Err(DbError::conflict("film_files_unneeded", meaning));
    match file.state {
        FileState::Uploading => return refuse("it is still being uploaded; end its upload instead"),
        FileState::Expired => return refuse("its upload was given up, and nothing of it is left"),
        FileState::Uploaded | FileState::Duplicate | FileState::Refused => {}
    }
    let used = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM builds WHERE file_id = $1 AND state = 'ready') AS "shown!",
                  EXISTS (SELECT FROM builds WHERE file_id = $1 AND state IN ('encoding', 'publishing'))
                      OR EXISTS (SELECT FROM jobs WHERE file_id = $1 AND state IN ('queued', 'running')) AS "read!",
                  NOT EXISTS (SELECT FROM film_files other
                              WHERE other.film_id = $2 AND other.state = 'uploaded' AND other.deleted_at IS NULL
                                AND (other.created_at, other.id) > ($3, $1)) AS "newest!""#,
        id.0,
        file.film_id.0,
        file.created_at,
    )
    .fetch_one(&mut *tx)
    .await?;
    if used.read {
        return refuse("it is being encoded; wait, or cancel that first");
    }
    if used.shown {
        return refuse("the film shows what was made of it");
    }
    if used.newest && file.state == FileState::Uploaded {
        return refuse("it is the film's newest master; upload another first, or purge the film");
    }
    sqlx::query!("UPDATE film_files SET deleted_at = now() WHERE id = $1", id.0).execute(&mut *tx).await?;
    // A duplicate was not stored a second time.
    if file.state != FileState::Duplicate {
        job::insert_collect_of_file(&mut tx, file.film_id, id).await?;
    }
    record(&mut tx, author, "file.delete", &file).await?;
    tx.commit().await?;
    Ok(())
}

/// Has a stored master probed and encoded again, with the profile that its film has now.
pub async fn encode(db: &Db, author: &Author, id: FileId) -> Result<JobId> {
    let mut tx = db.begin().await?;
    let file = lock(&mut tx, id).await?;
    let refuse = |meaning| Err(DbError::conflict("film_files_encodable", meaning));
    if file.state != FileState::Uploaded {
        return refuse("only a master that is whole and was not refused can be encoded");
    }
    if film::is_deleted(&mut tx, file.film_id).await? {
        return refuse("the film is deleted");
    }
    let busy = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM builds WHERE file_id = $1 AND state IN ('encoding', 'publishing'))
               OR EXISTS (SELECT FROM jobs WHERE file_id = $1 AND state IN ('queued', 'running')) AS "busy!""#,
        id.0
    );
    if busy.fetch_one(&mut *tx).await? {
        return refuse("it is being encoded already");
    }
    let probe = job::insert_probe(&mut tx, file.film_id, id).await?;
    film::mark_processing(&mut tx, file.film_id).await?;
    record(&mut tx, author, "file.encode", &file).await?;
    tx.commit().await?;
    Ok(probe)
}

/// The file, behind its film's lock, unless it was taken away. A file's film never changes, so it may be looked up before.
async fn lock(tx: &mut Tx, id: FileId) -> Result<FilmFile> {
    let film = sqlx::query_scalar!("SELECT film_id FROM film_files WHERE id = $1", id.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(DbError::NotFound)?;
    film::lock(tx, FilmId(film)).await?;
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                  expires_at, created_at, created_by, created_by_email, deleted_at
           FROM film_files WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE"#,
        id.0,
    );
    row.fetch_optional(&mut **tx).await?.map(FilmFile::from).ok_or(DbError::NotFound)
}

async fn record(tx: &mut Tx, author: &Author, action: &'static str, file: &FilmFile) -> Result<()> {
    let entry = Entry {
        author,
        action,
        subject: "file",
        subject_id: Some(file.id.0),
        label: Some(file.name.clone()),
        changes: json!({ "film_id": file.film_id, "size_bytes": file.size_bytes, "state": file.state.as_str() }),
    };
    audit::record(tx, entry).await
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
         WHERE twin.film_id = $1 AND twin.sha256 = $2 AND twin.id <> $3 AND twin.state = 'uploaded' AND twin.deleted_at IS NULL
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

/// Ends an upload that is not finished and forgets it, for the command line or Nang itself. False if there is none, or it is finished.
pub async fn delete(db: &Db, id: FileId) -> Result<bool> {
    delete_by(db, &Author::NANG, id).await
}

/// Ends an upload that is not finished and forgets it. False if there is none, or it is finished.
pub async fn delete_by(db: &Db, author: &Author, id: FileId) -> Result<bool> {
    let mut tx = db.begin().await?;
    let row = sqlx::query_as!(
        Row,
        r#"DELETE FROM film_files WHERE id = $1 AND state = 'uploading'
           RETURNING id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                     expires_at, created_at, created_by, created_by_email, deleted_at"#,
        id.0
    );
    let Some(row) = row.fetch_optional(&mut *tx).await? else { return Ok(false) };
    record(&mut tx, author, "file.end_upload", &row.into()).await?;
    tx.commit().await?;
    Ok(true)
}

/// Uploads all of whose bytes are recorded, but whose end was cut off; oldest first.
pub async fn list_whole(db: &Db) -> Result<Vec<FilmFile>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                  expires_at, created_at, created_by, created_by_email, deleted_at
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
