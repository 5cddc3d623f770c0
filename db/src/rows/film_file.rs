//! Masters: a row is the upload and then the file it became.
//!
//! `received_bytes` never runs ahead of what storage holds for certain. Only the holder of an upload's lease changes it, and
//! each checkpoint names the offset it started from.

use domain::id::{FileId, FilmId, UserId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Cursor, Db, Result, Tx, expect_one,
    rows::audit::{self, Author, Entry},
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

pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) film_id: Uuid,
    pub(crate) name: String,
    pub(crate) size_bytes: i64,
    pub(crate) received_bytes: i64,
    pub(crate) state: FileState,
    pub(crate) sha256: Option<String>,
    pub(crate) hash_state: Option<Vec<u8>>,
    pub(crate) note: Option<String>,
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

/// A checked query for whole rows: what follows `FROM film_files`, and its arguments.
macro_rules! select_files {
    ($tail:literal $(+ $more:literal)* $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::rows::film_file::Row,
            r#"SELECT id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                      expires_at, created_at, created_by, created_by_email, deleted_at
               FROM film_files "# + $tail $(+ $more)* $(, $argument)*
        )
    };
}
pub(crate) use select_files;

/// The file, if there is one.
pub async fn find(db: &Db, id: FileId) -> Result<Option<FilmFile>> {
    let row = select_files!("WHERE id = $1", id.0).fetch_optional(&db.pools.all).await?;
    Ok(row.map(FilmFile::from))
}

/// All files that the film has or had, oldest first: of those that were taken away as well, for objects may still be there.
pub async fn list_by_film(db: &Db, film: FilmId) -> Result<Vec<FilmFile>> {
    let rows =
        select_files!("WHERE film_id = $1 ORDER BY created_at, id", film.0).fetch_all(&db.pools.all).await?;
    Ok(rows.into_iter().map(FilmFile::from).collect())
}

/// The files of these films, oldest first, but those that were taken away.
pub async fn list_by_films(db: &Db, films: &[FilmId]) -> Result<Vec<FilmFile>> {
    let ids: Vec<Uuid> = films.iter().map(|film| film.0).collect();
    let rows = select_files!("WHERE film_id = ANY($1) AND deleted_at IS NULL ORDER BY created_at, id", &ids)
        .fetch_all(&db.pools.all)
        .await?;
    Ok(rows.into_iter().map(FilmFile::from).collect())
}

/// At most `limit` files after `after`, newest first. Those that were taken away are not told.
pub async fn list(db: &Db, filter: FileFilter, after: Option<Cursor>, limit: u32) -> Result<Vec<FilmFile>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    // Statements rather than switches, so that each runs along its own index.
    macro_rules! files {
        ($filter:literal $($argument:tt)*) => {
            select_files!(
                "WHERE deleted_at IS NULL AND ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2)) " + $filter + " ORDER BY created_at DESC, id DESC LIMIT $3",
                created_at,
                id,
                i64::from(limit)
                $($argument)*
            )
            .fetch_all(&db.pools.all)
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

/// Records what probing found; the file must be a whole one.
pub(crate) async fn set_facts(tx: &mut Tx, id: FileId, facts: &serde_json::Value) -> Result<()> {
    let done =
        sqlx::query!("UPDATE film_files SET facts = $2 WHERE id = $1 AND state = 'uploaded'", id.0, facts)
            .execute(&mut **tx)
            .await?;
    expect_one(done.rows_affected(), "recording a file's facts")
}

/// The master cannot be shown.
pub(crate) async fn refuse(tx: &mut Tx, id: FileId, reason: &str) -> Result<()> {
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
pub(crate) async fn reconsider(tx: &mut Tx, id: FileId) -> Result<()> {
    sqlx::query!(
        "UPDATE film_files SET state = 'uploaded', note = NULL WHERE id = $1 AND state = 'refused'",
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

/// The film of a file, which never changes.
pub(crate) async fn film_of(tx: &mut Tx, id: FileId) -> Result<Option<FilmId>> {
    let film = sqlx::query_scalar!("SELECT film_id FROM film_files WHERE id = $1", id.0);
    Ok(film.fetch_optional(&mut **tx).await?.map(FilmId))
}

/// The file, locked, unless it was deleted. The caller holds its film's lock.
pub(crate) async fn lock(tx: &mut Tx, id: FileId) -> Result<Option<FilmFile>> {
    let row = select_files!("WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE", id.0);
    Ok(row.fetch_optional(&mut **tx).await?.map(FilmFile::from))
}

/// The master that the film would be encoded from again.
pub(crate) async fn newest_master(tx: &mut Tx, film: FilmId) -> Result<Option<FileId>> {
    let newest = sqlx::query_scalar!(
        "SELECT id FROM film_files WHERE film_id = $1 AND state = 'uploaded' AND deleted_at IS NULL
         ORDER BY created_at DESC, id DESC LIMIT 1",
        film.0
    );
    Ok(newest.fetch_optional(&mut **tx).await?.map(FileId))
}

/// An editor deleted the file.
pub(crate) async fn mark_deleted(tx: &mut Tx, id: FileId) -> Result<()> {
    let done = sqlx::query!("UPDATE film_files SET deleted_at = now() WHERE id = $1", id.0)
        .execute(&mut **tx)
        .await?;
    expect_one(done.rows_affected(), "deleting a file")
}

/// Whether an editor deleted the file.
pub(crate) async fn is_deleted(tx: &mut Tx, id: FileId) -> Result<bool> {
    let deleted = sqlx::query_scalar!(
        r#"SELECT deleted_at IS NOT NULL AS "deleted!" FROM film_files WHERE id = $1"#,
        id.0
    );
    Ok(deleted.fetch_one(&mut **tx).await?)
}
