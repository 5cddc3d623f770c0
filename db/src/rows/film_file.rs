//! Masters, dubs and subtitle files: a row is first an upload and then the uploaded file.
//!
//! `received_bytes` never exceeds what is durable in storage. Only the holder of an upload's lease changes it, and each
//! checkpoint names the offset at which it started.

use domain::{
    id::{FileId, FilmId, UserId},
    reason::Reason,
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Cursor, Db, Result, Tx, expect_one,
    rows::audit::{self, Author, Entry},
    stored_reason::{from_json, to_json},
};

text_enum! {
    /// The state of a file.
    FileState {
        /// Bytes are missing.
        Uploading = "uploading",
        /// Complete, hashed and stored.
        Uploaded = "uploaded",
        /// The film already has a file with the same bytes; they are not stored twice.
        Duplicate = "duplicate",
        /// The master or dub cannot be used; `note` says why.
        Refused = "refused",
        /// The upload expired: no data arrived for too long.
        Expired = "expired",
    }
}

text_enum! {
    /// What a file is for.
    FilePurpose {
        /// The film itself: video and audio.
        Master = "master",
        /// Audio of the whole film in another language or version.
        Dub = "dub",
        /// A subtitle file.
        Subtitle = "subtitle",
    }
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmFile {
    /// Its id, also that of the upload.
    pub id: FileId,
    /// The film that it belongs to.
    pub film_id: FilmId,
    /// What it is for.
    pub purpose: FilePurpose,
    /// File name on the editor's computer.
    pub name: String,
    /// Size of the whole file.
    pub size_bytes: u64,
    /// Number of bytes that are durable in storage.
    pub received_bytes: u64,
    /// Its state.
    pub state: FileState,
    /// SHA-256 of the whole file, lower-case hexadecimal.
    pub sha256: Option<String>,
    /// State of the running hash after `received_bytes`.
    pub hash_state: Option<Vec<u8>>,
    /// A note for the editor, such as why it was refused.
    pub note: Option<String>,
    /// The same as a code with values; `None` if it has no code.
    pub note_reason: Option<Reason>,
    /// `domain::facts::MediaFacts`, once probed.
    pub facts: Option<serde_json::Value>,
    /// When an unfinished upload expires if no data arrives.
    pub expires_at: OffsetDateTime,
    /// When the upload was created.
    pub created_at: OffsetDateTime,
    /// The author of the upload.
    pub author: Author,
    /// When an editor deleted it. Its object is being or has been deleted.
    pub deleted_at: Option<OffsetDateTime>,
}

impl FilmFile {
    /// Returns the cursor of the list page that begins after this file.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// Which files to list; `None` means all.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileFilter {
    /// Only files of this film.
    pub film_id: Option<FilmId>,
    /// Only files in this state.
    pub state: Option<FileState>,
    /// Only files for this purpose; without it, all but subtitle files, which are small and belong to their tracks.
    pub purpose: Option<FilePurpose>,
}

pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) film_id: Uuid,
    pub(crate) purpose: FilePurpose,
    pub(crate) name: String,
    pub(crate) size_bytes: i64,
    pub(crate) received_bytes: i64,
    pub(crate) state: FileState,
    pub(crate) sha256: Option<String>,
    pub(crate) hash_state: Option<Vec<u8>>,
    pub(crate) note: Option<String>,
    pub(crate) note_reason: Option<serde_json::Value>,
    pub(crate) facts: Option<serde_json::Value>,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) created_by: Option<Uuid>,
    pub(crate) created_by_email: Option<String>,
    pub(crate) deleted_at: Option<OffsetDateTime>,
}

impl From<Row> for FilmFile {
    fn from(row: Row) -> Self {
        Self {
            id: FileId(row.id),
            film_id: FilmId(row.film_id),
            purpose: row.purpose,
            name: row.name,
            size_bytes: row.size_bytes.cast_unsigned(),
            received_bytes: row.received_bytes.cast_unsigned(),
            state: row.state,
            sha256: row.sha256,
            hash_state: row.hash_state,
            note: row.note,
            note_reason: from_json(row.note_reason),
            facts: row.facts,
            expires_at: row.expires_at,
            created_at: row.created_at,
            author: Author { user_id: row.created_by.map(UserId), user_email: row.created_by_email },
            deleted_at: row.deleted_at,
        }
    }
}

/// A checked query for whole rows. Takes the text after `FROM film_files`, and the arguments.
macro_rules! select_files {
    ($tail:literal $(+ $more:literal)* $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::rows::film_file::Row,
            r#"SELECT id, film_id, purpose AS "purpose: _", name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, note_reason, facts,
                      expires_at, created_at, created_by, created_by_email, deleted_at
               FROM film_files "# + $tail $(+ $more)* $(, $argument)*
        )
    };
}
pub(crate) use select_files;

/// Returns the file; `None` if it does not exist.
pub async fn find(db: &Db, id: FileId) -> Result<Option<FilmFile>> {
    let row = select_files!("WHERE id = $1", id.0).fetch_optional(&db.pools.all).await?;
    Ok(row.map(FilmFile::from))
}

/// Returns the trace of the request that created the upload, as a W3C `traceparent`.
pub async fn trace_context(db: &Db, id: FileId) -> Result<Option<String>> {
    let context = sqlx::query_scalar!("SELECT trace_context FROM film_files WHERE id = $1", id.0);
    Ok(context.fetch_optional(&db.pools.all).await?.flatten())
}

/// Returns all files of the film, oldest first, including deleted ones, since their objects may still exist.
pub async fn list_by_film(db: &Db, film: FilmId) -> Result<Vec<FilmFile>> {
    let rows =
        select_files!("WHERE film_id = $1 ORDER BY created_at, id", film.0).fetch_all(&db.pools.all).await?;
    Ok(rows.into_iter().map(FilmFile::from).collect())
}

/// Returns the masters of these films, oldest first, without deleted ones.
pub async fn list_masters_by_films(db: &Db, films: &[FilmId]) -> Result<Vec<FilmFile>> {
    let ids: Vec<Uuid> = films.iter().map(|film| film.0).collect();
    let rows = select_files!(
        "WHERE film_id = ANY($1) AND purpose = 'master' AND deleted_at IS NULL ORDER BY created_at, id",
        &ids
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(FilmFile::from).collect())
}

/// Returns at most `limit` files after `after`, newest first, without deleted ones.
pub async fn list(db: &Db, filter: FileFilter, after: Option<Cursor>, limit: u32) -> Result<Vec<FilmFile>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    // Several statements instead of one with optional conditions, so that each uses its own index.
    macro_rules! files {
        ($filter:literal $($argument:tt)*) => {
            select_files!(
                "WHERE deleted_at IS NULL AND ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2))
                   AND (purpose = $4 OR ($4::text IS NULL AND purpose <> 'subtitle')) " + $filter + " ORDER BY created_at DESC, id DESC LIMIT $3",
                created_at,
                id,
                i64::from(limit),
                filter.purpose.map(FilePurpose::as_str)
                $($argument)*
            )
            .fetch_all(&db.pools.all)
            .await?
        };
    }
    let state = filter.state.map(FileState::as_str);
    let rows = match (filter.film_id, filter.state) {
        (Some(film), _) => files!("AND film_id = $5 AND ($6::text IS NULL OR state = $6)", film.0, state),
        (None, Some(FileState::Uploading)) => files!("AND state = 'uploading'"),
        (None, _) => files!("AND ($5::text IS NULL OR state = $5)", state),
    };
    Ok(rows.into_iter().map(FilmFile::from).collect())
}

/// Records the facts of a probe. The file must be uploaded.
pub(crate) async fn set_facts(tx: &mut Tx, id: FileId, facts: &serde_json::Value) -> Result<()> {
    let done =
        sqlx::query!("UPDATE film_files SET facts = $2 WHERE id = $1 AND state = 'uploaded'", id.0, facts)
            .execute(&mut **tx)
            .await?;
    expect_one(done.rows_affected(), "recording a file's facts")
}

/// Marks the file as refused, because it cannot be used.
pub(crate) async fn refuse(tx: &mut Tx, id: FileId, reason: &Reason) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE film_files SET state = 'refused', note = $2, note_reason = $3 WHERE id = $1 AND state = 'uploaded'",
        id.0,
        reason.to_string(),
        to_json(reason),
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "refusing a file")
}

/// Makes a refused file uploaded again, so that it can be probed again.
pub(crate) async fn clear_refusal(tx: &mut Tx, id: FileId) -> Result<()> {
    sqlx::query!(
        "UPDATE film_files SET state = 'uploaded', note = NULL, note_reason = NULL WHERE id = $1 AND state = 'refused'",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Records an action on the file in the audit log.
pub(crate) async fn record(
    tx: &mut Tx,
    author: &Author,
    action: &'static str,
    file: &FilmFile,
) -> Result<()> {
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

/// Returns the film of a file and its purpose. They never change.
pub(crate) async fn film_and_purpose(tx: &mut Tx, id: FileId) -> Result<Option<(FilmId, FilePurpose)>> {
    let row = sqlx::query!(
        r#"SELECT film_id, purpose AS "purpose: FilePurpose" FROM film_files WHERE id = $1"#,
        id.0
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(|row| (FilmId(row.film_id), row.purpose)))
}

/// Whether the file is a dub.
pub(crate) async fn is_dub(tx: &mut Tx, id: FileId) -> Result<bool> {
    Ok(film_and_purpose(tx, id).await?.is_some_and(|(_, purpose)| purpose == FilePurpose::Dub))
}

/// Sets the note for editors.
pub(crate) async fn set_note(tx: &mut Tx, id: FileId, note: &str) -> Result<()> {
    let done = sqlx::query!("UPDATE film_files SET note = $2, note_reason = NULL WHERE id = $1", id.0, note);
    expect_one(done.execute(&mut **tx).await?.rows_affected(), "setting the note of a file")
}

/// Ends an unfinished upload whose bytes are not wanted any more, also while a request writes it: the request finds that it has lost
/// its lease. A sweep deletes the bytes. Returns false if the upload is finished.
pub(crate) async fn abandon(tx: &mut Tx, id: FileId, note: &Reason) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE film_files SET state = 'expired', note = $2, note_reason = $3, hash_state = NULL, lease_token = NULL, lease_until = NULL
         WHERE id = $1 AND state = 'uploading'",
        id.0,
        note.to_string(),
        to_json(note),
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Inserts a subtitle file that is completely stored.
pub(crate) async fn insert_whole(
    tx: &mut Tx,
    author: &Author,
    film: FilmId,
    id: FileId,
    name: &str,
    size_bytes: u64,
    sha256: &str,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO film_files (id, film_id, purpose, name, size_bytes, received_bytes, state, sha256, expires_at, created_by,
                                 created_by_email)
         VALUES ($1, $2, 'subtitle', $3, $4, $4, 'uploaded', $5, now(), $6, $7)",
        id.0,
        film.0,
        name,
        size_bytes.cast_signed(),
        sha256,
        author.user_id.map(|user| user.0),
        author.user_email,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Locks and returns the file unless it was deleted. The caller must have locked its film.
pub(crate) async fn lock(tx: &mut Tx, id: FileId) -> Result<Option<FilmFile>> {
    let row = select_files!("WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE", id.0);
    Ok(row.fetch_optional(&mut **tx).await?.map(FilmFile::from))
}

/// Returns the master from which the film would be encoded again.
pub(crate) async fn newest_master(tx: &mut Tx, film: FilmId) -> Result<Option<FileId>> {
    let newest = sqlx::query_scalar!(
        "SELECT id FROM film_files WHERE film_id = $1 AND purpose = 'master' AND state = 'uploaded' AND deleted_at IS NULL
         ORDER BY created_at DESC, id DESC LIMIT 1",
        film.0
    );
    Ok(newest.fetch_optional(&mut **tx).await?.map(FileId))
}

/// Marks the file as deleted. It must be uploaded, refused or a duplicate.
pub(crate) async fn mark_deleted(tx: &mut Tx, id: FileId) -> Result<()> {
    let done = sqlx::query!("UPDATE film_files SET deleted_at = now() WHERE id = $1", id.0)
        .execute(&mut **tx)
        .await?;
    expect_one(done.rows_affected(), "deleting a file")
}

/// Whether the file was deleted.
pub(crate) async fn is_deleted(tx: &mut Tx, id: FileId) -> Result<bool> {
    let deleted = sqlx::query_scalar!(
        r#"SELECT deleted_at IS NOT NULL AS "deleted!" FROM film_files WHERE id = $1"#,
        id.0
    );
    Ok(deleted.fetch_one(&mut **tx).await?)
}
