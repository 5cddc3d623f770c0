//! Nang's PostgreSQL database. The server's SQL is in this crate and in no other.
//!
//! # Layers
//!
//! A module uses only modules of lower layers. From the bottom up:
//!
//! - `queue`: jobs, their leases and their attempts. It knows no other table.
//! - `rows`: all other tables, one file or folder for each. They do not call each other, except for the audit log, slugs and
//!   the search index, which most edits also write.
//! - `workflow` (films, masters, builds), `account` (users and sessions) and `catalogue` (import and export): the transactions
//!   that change several tables.
//!
//! # Transactions
//!
//! Each processing step of a film is one function of `workflow` and one transaction. The transaction that ends a step also
//! creates the next step, so a crash loses no work. Every state change names the expected previous state and checks that it
//! changed a row ([`DbError::Invariant`] otherwise). Leases and other deadlines use the database's `now()`, so the clocks
//! of Nang's machines need not agree.
//!
//! # Lock order
//!
//! Every transaction takes its row locks in this order, so that transactions do not deadlock:
//!
//! 1. films; of one film its own row, then its builds, jobs and attempts,
//! 2. genres, people and categories,
//! 3. slugs,
//! 4. words of the search index.
//!
//! Films, genres, people and categories are each locked in the order of their ids. These rules follow:
//!
//! - A transaction that changes more than one row of a film locks the film first.
//! - A transaction that adds genres or people to a film locks these before it writes the references, in the order of their
//!   ids; the foreign keys alone would lock them in the order in which the film lists them.
//! - A transaction that merges or renames genres or people locks their films first.
//! - A claim and a heartbeat change one job and lock no film. A claim skips locked rows, so it never waits.

#![allow(clippy::similar_names, reason = "film and file are the domain's nouns")]

#[macro_use]
mod text_enum;

pub mod account;
mod audience;
pub mod backup;
pub mod catalogue;
mod cursor;
mod diagnosis;
mod error;
mod pools;
pub mod queue;
mod rows;
mod stored_reason;
mod transient;
pub mod workflow;

pub use audience::Audience;
pub use cursor::{Cursor, InvalidCursor, SortKey, SortedCursor};
pub use diagnosis::{Diagnosis, Migrations};
pub use error::DbError;
pub use rows::account_session::refresh_token;
pub use rows::{
    account_session, audit, build, category, desk, figure, film, film_file, genre, heartbeat, identity,
    image, invitation, password_reset, person, playback_context, playback_right, playback_session,
    presentation, preview_link, recommendation, rendition, resume_point, revoked_playback, search, sitemap,
    slug, storage, stored_object, track, user, watch_history, watchlist, worker_token,
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

/// Minimum `server_version_num`: PostgreSQL 15 introduced `UNIQUE NULLS NOT DISTINCT`, ICU as a database's locale provider and
/// `MERGE`, and Debian 12 includes it.
const OLDEST_SERVER: i32 = 150_000;

/// The result type of this crate.
pub type Result<T, E = DbError> = std::result::Result<T, E>;

/// Connection pools for Nang's database. Clones share the pools and are cheap.
#[derive(Clone, Debug)]
pub struct Db {
    pools: Pools,
    /// Returns the trace of the work in progress; `None` if no traces are made.
    trace: Option<TraceSource>,
}

/// Returns the trace of the present task as a W3C `traceparent`, if it has one.
pub type TraceSource = fn() -> Option<String>;

impl Db {
    /// Opens one connection to check that the server responds. More connections are opened on demand: at most `max_connections`,
    /// plus eight for lists and film pages, plus one per processor (2 to 16) for searches. PostgreSQL stops a statement that takes
    /// longer than 30 s ([`DbError::TimedOut`]).
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("nang");
        Ok(Self { pools: Pools::connect(options, max_connections, Limits::default()).await?, trace: None })
    }

    /// Records the trace of the work that queues a job in the job's row. Costs one more statement for each transaction.
    #[must_use]
    pub fn with_traces(mut self, source: Option<TraceSource>) -> Self {
        self.trace = source;
        self
    }

    /// Creates the database that `url` names unless it exists. Several processes may call this at once.
    pub async fn ensure_database(url: &str) -> Result<()> {
        if Postgres::database_exists(url).await? {
            return Ok(());
        }
        match Postgres::create_database(url).await {
            // Another process created it first.
            Err(_) if Postgres::database_exists(url).await? => Ok(()),
            created => Ok(created?),
        }
    }

    /// Wraps an existing pool, for tests.
    pub fn from_pool(pool: PgPool) -> Self {
        Self { pools: Pools::shared(pool), trace: None }
    }

    /// Checks the server's version and locale, then applies all pending migrations. Several processes may call this at once: they take
    /// turns.
    pub async fn migrate(&self) -> Result<()> {
        let version = sqlx::query_scalar!("SELECT current_setting('server_version_num')::integer")
            .fetch_one(&self.pools.all)
            .await?
            .unwrap_or_default();
        if version < OLDEST_SERVER {
            return Err(DbError::OldServer { major: version / 10_000 });
        }
        // Search splits texts into words by the letters of the database's locale. The locale C classifies only ASCII letters.
        let classifies_unicode = sqlx::query_scalar!("SELECT lower('Ж') = 'ж' AND 'ກ' ~ '^[[:alpha:]]$'")
            .fetch_one(&self.pools.all)
            .await?;
        if classifies_unicode != Some(true) {
            return Err(DbError::AsciiLocale);
        }
        // Without time limits: a migration may take long, and waits while another process migrates.
        let mut connection = self.pools.unlimited().await?;
        MIGRATIONS.run(&mut connection).await?;
        connection.close().await?;
        rows::search::ensure_current(self).await
    }

    /// Checks that the server responds.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query_scalar!("SELECT 1 AS one").fetch_one(&self.pools.all).await?;
        Ok(())
    }

    /// Closes all connections and waits for those in use. Must be called before the database server is stopped.
    pub async fn close(&self) {
        self.pools.close().await;
    }

    async fn begin(&self) -> Result<Tx> {
        let mut tx = self.pools.all.begin().await?;
        if let Some(trace) = self.trace.and_then(|source| source()) {
            // The default of `jobs.trace_context`; ends with the transaction.
            sqlx::query_scalar!("SELECT set_config('nang.trace_context', $1, true)", trace)
                .fetch_one(&mut *tx)
                .await?;
        }
        Ok(tx)
    }

    /// Begins a transaction without the time limits of [`Limits`], for work on many rows that no request waits for.
    async fn begin_long(&self) -> Result<Tx> {
        let mut tx = self.begin().await?;
        let lifted = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
            .map(|limit| format!("SET LOCAL {limit} = 0"))
            .join("; ");
        sqlx::raw_sql(AssertSqlSafe(lifted)).execute(&mut *tx).await?;
        Ok(tx)
    }
}

/// An open transaction. Dropping it without `commit` rolls it back.
type Tx = Transaction<'static, Postgres>;

/// Checks that a guarded change affected exactly one row. Under the film's lock no other transaction can have changed that row.
fn expect_one(rows: u64, what: &'static str) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(DbError::Invariant(what)) }
}
