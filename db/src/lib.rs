//! Everything Nang keeps in PostgreSQL, and SQL nowhere else. Three layers:
//!
//! - `queue`: jobs, leases and attempts alone;
//! - `rows`: the other tables, one file or folder each, which do not call each other;
//! - `workflow` (and `catalogue`, the import and export) above both: the transactions that join them.
//!
//! Each step of a film's way is one function of `workflow` and one transaction, which also creates the next step, so there
//! is no state in which work is lost. Every change of a state names the state before it and checks that a row changed.
//!
//! Locks, always in this order, so that no two transactions wait for each other: films, then genres, people and categories, each in the
//! order of their ids, then addresses, and last the words of search; of one film, its row, then rows of builds, jobs and attempts.
//! Whoever gives a film a genre or a person locks those first, as the foreign key would in the order of the film; whoever merges or
//! renames them locks their films before them. Whatever changes more than one of a film's rows takes the film's lock first; a claim
//! and a heartbeat touch one job alone, and a claim never waits. Time is the database's `now()`.

#![allow(clippy::similar_names, reason = "film and file are the domain's nouns")]

#[macro_use]
mod text_enum;

pub mod account;
mod audience;
pub mod catalogue;
mod cursor;
mod error;
mod pools;
pub mod queue;
mod rows;
mod transient;
pub mod workflow;

pub use audience::Audience;
pub use cursor::{Cursor, InvalidCursor, SortKey, SortedCursor};
pub use error::DbError;
pub use rows::account_session::refresh_token;
pub use rows::{
    account_session, audit, build, category, film, film_file, genre, heartbeat, identity, image, invitation,
    password_reset, person, playback_context, playback_right, playback_session, recommendation, rendition, resume_point,
    search, slug, storage, user, watch_history, watchlist,
};
pub use text_enum::UnknownText;
pub use workflow::upload;

use std::str::FromStr;

use pools::{Limits, Pools};
use sqlx::{
    AssertSqlSafe, Connection, PgPool, Postgres, Transaction,
    migrate::{MigrateDatabase, Migrator},
    postgres::PgConnectOptions,
};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// Oldest server this works with: `UNIQUE NULLS NOT DISTINCT`, ICU and `MERGE` came with it, and Debian 12 has it.
const OLDEST_SERVER: i32 = 150_000;

/// Result of everything here.
pub type Result<T, E = DbError> = std::result::Result<T, E>;

/// Connections to Nang's database. Cloning is cheap and shares them.
#[derive(Clone, Debug)]
pub struct Db {
    pools: Pools,
}

impl Db {
    /// Connects, once, to see that the server answers; further connections are made as they are needed, `max_connections` at
    /// most, eight for lists and films' pages, and as many as processors for searches. A statement that takes longer than 30 s is
    /// stopped ([`DbError::TimedOut`]).
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("nang");
        Ok(Self { pools: Pools::connect(options, max_connections, Limits::default()).await? })
    }

    /// Makes the database that `url` names if its server does not have it; several processes may do so at once.
    pub async fn ensure_database(url: &str) -> Result<()> {
        if Postgres::database_exists(url).await? {
            return Ok(());
        }
        match Postgres::create_database(url).await {
            // Another process was faster.
            Err(_) if Postgres::database_exists(url).await? => Ok(()),
            made => Ok(made?),
        }
    }

    /// Wraps a pool that somebody else made: a test's.
    pub fn from_pool(pool: PgPool) -> Self {
        Self { pools: Pools::shared(pool) }
    }

    /// Brings the tables up to date. Safe to call from several processes at once: they take turns.
    pub async fn migrate(&self) -> Result<()> {
        let version = sqlx::query_scalar!("SELECT current_setting('server_version_num')::integer")
            .fetch_one(&self.pools.all)
            .await?
            .unwrap_or_default();
        if version < OLDEST_SERVER {
            return Err(DbError::OldServer { major: version / 10_000 });
        }
        // Search takes words apart by the database's own idea of letters; one with the locale C has none but ASCII's.
        let knows_letters = sqlx::query_scalar!("SELECT lower('Ж') = 'ж' AND 'ກ' ~ '^[[:alpha:]]$'")
            .fetch_one(&self.pools.all)
            .await?;
        if knows_letters != Some(true) {
            return Err(DbError::NarrowLocale);
        }
        // A migration may take as long as it needs, and waits for as long as another process migrates.
        let mut connection = self.pools.unlimited().await?;
        MIGRATIONS.run(&mut connection).await?;
        connection.close().await?;
        rows::search::ensure_current(self).await
    }

    /// Asks the server for an answer.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query_scalar!("SELECT 1 AS one").fetch_one(&self.pools.all).await?;
        Ok(())
    }

    /// Closes all connections, waiting for those in use. Needed before the server is stopped.
    pub async fn close(&self) {
        self.pools.close().await;
    }

    async fn begin(&self) -> Result<Tx> {
        Ok(self.pools.all.begin().await?)
    }

    /// A transaction without the limits of [`Limits`]: for work on many rows that no request waits for.
    async fn begin_long(&self) -> Result<Tx> {
        let mut tx = self.begin().await?;
        let lifted = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
            .map(|limit| format!("SET LOCAL {limit} = 0"))
            .join("; ");
        sqlx::raw_sql(AssertSqlSafe(lifted)).execute(&mut *tx).await?;
        Ok(tx)
    }
}

/// An open transaction; dropped without `commit` it is rolled back.
type Tx = Transaction<'static, Postgres>;

/// Asserts that a guarded change found its one row: within a film's lock nothing else can have taken it away.
fn expect_one(rows: u64, what: &'static str) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(DbError::Invariant(what)) }
}
