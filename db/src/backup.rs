//! What a backup reads and a restore checks. One transaction sees one state of the whole database; `pg_dump` can read the same state.

use std::collections::BTreeMap;

use domain::{
    id::{BuildId, FileId, FilmId, ImageId, PresentationId},
    key::{BuildRoot, PresentationRoot},
};

use sqlx::AssertSqlSafe;

use crate::{Db, DbError, MIGRATIONS, Result, Tx};

/// An open transaction that sees one state of the database.
#[derive(Debug)]
pub struct Snapshot {
    tx: Tx,
    id: String,
}

/// An uploaded file in storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMaster {
    /// Its id.
    pub id: FileId,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 of the whole file, lower-case hexadecimal.
    pub sha256: String,
}

/// What storage must contain for a state of the database.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Files that were uploaded and not deleted: masters, dubs and subtitle files.
    pub masters: Vec<StoredMaster>,
    /// Folders of the builds whose objects are complete and not being deleted.
    pub builds: Vec<BuildRoot>,
    /// Folders of the presentations that are shown or can be shown again.
    pub presentations: Vec<PresentationRoot>,
    /// Images of films and people.
    pub images: Vec<ImageId>,
}

impl Snapshot {
    /// Begins the transaction. It must stay open while `pg_dump` reads the snapshot.
    pub async fn take(db: &Db) -> Result<Self> {
        let mut tx = db.begin_long().await?;
        sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").execute(&mut *tx).await?;
        let id = sqlx::query_scalar!(r#"SELECT pg_export_snapshot() AS "id!""#).fetch_one(&mut *tx).await?;
        Ok(Self { tx, id })
    }

    /// The name of the snapshot for `pg_dump --snapshot`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what storage must contain.
    pub async fn contents(&mut self) -> Result<Contents> {
        let tx = &mut *self.tx;
        let masters = sqlx::query!(
            r#"SELECT id, size_bytes, sha256 AS "sha256!" FROM film_files
               WHERE state IN ('uploaded', 'refused') AND deleted_at IS NULL AND sha256 IS NOT NULL
               ORDER BY id"#
        )
        .fetch_all(&mut *tx)
        .await?;
        let builds = sqlx::query!(
            "SELECT id, film_id, is_legacy FROM builds
             WHERE state IN ('ready', 'damaged') AND objects_deletion_began_at IS NULL ORDER BY film_id, id"
        )
        .fetch_all(&mut *tx)
        .await?;
        let presentations = sqlx::query!(
            "SELECT id, film_id, build_id, is_legacy FROM presentations
             WHERE retired_at IS NULL AND shown_at IS NOT NULL ORDER BY film_id, id"
        )
        .fetch_all(&mut *tx)
        .await?;
        let images = sqlx::query_scalar!("SELECT id FROM images ORDER BY id").fetch_all(&mut *tx).await?;
        Ok(Contents {
            masters: masters
                .into_iter()
                .map(|row| StoredMaster {
                    id: FileId(row.id),
                    size_bytes: row.size_bytes.cast_unsigned(),
                    sha256: row.sha256,
                })
                .collect(),
            builds: builds
                .into_iter()
                .map(|row| {
                    let (film, build) = (FilmId(row.film_id), BuildId(row.id));
                    if row.is_legacy { BuildRoot::Legacy(film, build) } else { BuildRoot::Film(film, build) }
                })
                .collect(),
            presentations: presentations
                .into_iter()
                .map(|row| {
                    let film = FilmId(row.film_id);
                    if row.is_legacy {
                        PresentationRoot::Legacy(film, BuildId(row.build_id))
                    } else {
                        PresentationRoot::Film(film, PresentationId(row.id))
                    }
                })
                .collect(),
            images: images.into_iter().map(ImageId).collect(),
        })
    }

    /// Counts the rows of every table.
    pub async fn row_counts(&mut self) -> Result<BTreeMap<String, i64>> {
        row_counts(&mut self.tx).await
    }
}

/// Whether the database has no table: nothing has been restored or migrated.
pub async fn is_empty(db: &Db) -> Result<bool> {
    let empty = sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')) AS "empty!""#
    );
    Ok(empty.fetch_one(&db.pools.all).await?)
}

/// Counts the rows of every table of a restored database.
pub async fn count_rows(db: &Db) -> Result<BTreeMap<String, i64>> {
    let mut tx = db.begin_long().await?;
    let counts = row_counts(&mut tx).await?;
    tx.rollback().await?;
    Ok(counts)
}

async fn row_counts(tx: &mut Tx) -> Result<BTreeMap<String, i64>> {
    let tables = sqlx::query!(
        r#"SELECT relname::text AS "name!", format('%I', relname) AS "quoted!"
           FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"#
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut counts = BTreeMap::new();
    for table in tables {
        // PostgreSQL quoted the name of its own table.
        let count = AssertSqlSafe(format!("SELECT count(*) FROM public.{}", table.quoted));
        counts.insert(table.name, sqlx::query_scalar(count).fetch_one(&mut **tx).await?);
    }
    Ok(counts)
}

/// Returns the number of this program's newest migration.
pub fn newest_migration() -> Result<i64> {
    MIGRATIONS.iter().map(|one| one.version).max().ok_or(DbError::Invariant("a program without migrations"))
}
