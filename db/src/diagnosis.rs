//! What is wrong with a database, for operators. Changes nothing.

use sqlx::{PgConnection, migrate::Migrate};
use time::OffsetDateTime;

use crate::{Db, MIGRATIONS, OLDEST_SERVER, Result};

/// The table in which applied migrations are recorded.
const TABLE: &str = "_sqlx_migrations";
/// Extensions that migrations create.
const EXTENSIONS: [&str; 2] = ["pg_trgm", "pgcrypto"];

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Version of the server: `15.8 (Debian 15.8-0+deb12u1)`.
    pub server_version: String,
    /// Whether the server is new enough.
    pub is_supported: bool,
    /// Whether the database's locale classifies the letters of all scripts, which search needs.
    pub classifies_unicode: bool,
    /// Extensions that the server does not offer.
    pub missing_extensions: Vec<String>,
    /// Whether the database is of this version of Nang.
    pub migrations: Migrations,
    /// The server's clock.
    pub clock: OffsetDateTime,
}

/// How the migrations of a database compare with those of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrations {
    /// All are applied, and no others.
    Current,
    /// This many are not applied.
    Pending(usize),
    /// The database has migrations that this program does not know.
    Newer,
    /// This migration was interrupted.
    Failed(i64),
}

impl Db {
    /// Reads what an operator must know about the database.
    pub async fn diagnose(&self) -> Result<Diagnosis> {
        let mut connection = self.pools.all.acquire().await?;
        let row = sqlx::query!(
            r#"SELECT current_setting('server_version') AS "server_version!",
                      current_setting('server_version_num')::integer AS "version!",
                      lower('Ж') = 'ж' AND 'ກ' ~ '^[[:alpha:]]$' AS "classifies_unicode!",
                      ARRAY(SELECT name FROM pg_available_extensions WHERE name = ANY($1::text[]))::text[] AS "extensions!",
                      clock_timestamp() AS "clock!""#,
            &EXTENSIONS.map(str::to_owned)[..],
        )
        .fetch_one(&mut *connection)
        .await?;
        let missing = EXTENSIONS.iter().filter(|name| !row.extensions.iter().any(|found| found == *name));
        Ok(Diagnosis {
            server_version: row.server_version,
            is_supported: row.version >= OLDEST_SERVER,
            classifies_unicode: row.classifies_unicode,
            missing_extensions: missing.map(|name| (*name).to_owned()).collect(),
            migrations: migrations(&mut connection).await?,
            clock: row.clock,
        })
    }
}

/// Compares the applied migrations with those of this program.
pub(crate) async fn migrations(connection: &mut PgConnection) -> Result<Migrations> {
    let is_begun = sqlx::query_scalar!(r#"SELECT to_regclass($1) IS NOT NULL AS "begun!""#, TABLE)
        .fetch_one(&mut *connection)
        .await?;
    if !is_begun {
        return Ok(Migrations::Pending(MIGRATIONS.iter().count()));
    }
    if let Some(version) = connection.dirty_version(TABLE).await? {
        return Ok(Migrations::Failed(version));
    }
    let applied = connection.list_applied_migrations(TABLE).await?;
    if applied.iter().any(|one| !MIGRATIONS.version_exists(one.version)) {
        return Ok(Migrations::Newer);
    }
    match MIGRATIONS.iter().filter(|one| applied.iter().all(|done| done.version != one.version)).count() {
        0 => Ok(Migrations::Current),
        pending => Ok(Migrations::Pending(pending)),
    }
}
