//! Connection pools for PostgreSQL, and the time limits of their connections.
//!
//! There are three pools: a general one; one for frequent reads (lists and film pages), whose statements are small lookups with plans
//! that do not depend on the parameter values, so PostgreSQL plans each statement once per connection; and a separate one of the same
//! kind for searches, so that searches do not delay lists.

use std::time::Duration;

use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// Number of connections for lists and film pages.
const LOOKUP_CONNECTIONS: u32 = 8;
/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that was idle for longer is pinged before use. Pinging busy connections would only slow them down.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// Time limits that PostgreSQL enforces on every connection of the pools. `Db::begin_long` lifts them for one transaction; migrations
/// run without limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For one statement, including its waits for locks.
    pub(crate) statement: Duration,
    /// For the wait for one lock.
    pub(crate) lock: Duration,
    /// For an open transaction that sends no statement: its client hangs, and other transactions wait for its locks.
    pub(crate) idle_in_transaction: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            statement: Duration::from_secs(30),
            lock: Duration::from_secs(20),
            idle_in_transaction: Duration::from_mins(1),
        }
    }
}

impl Limits {
    fn apply(self, options: PgConnectOptions) -> PgConnectOptions {
        let milliseconds = |limit: Duration| limit.as_millis().to_string();
        options.options([
            ("statement_timeout", milliseconds(self.statement)),
            ("lock_timeout", milliseconds(self.lock)),
            ("idle_in_transaction_session_timeout", milliseconds(self.idle_in_transaction)),
        ])
    }
}

/// The pools of one database. Clones share them and are cheap.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    /// For all other statements.
    pub(crate) all: PgPool,
    /// For lists and film pages.
    pub(crate) lookups: PgPool,
    /// For searches.
    pub(crate) searches: PgPool,
    /// Options without time limits, for connections outside the pools.
    unlimited: PgConnectOptions,
}

impl Pools {
    /// Opens one connection to check that the server responds; others are opened on demand.
    pub(crate) async fn connect(
        options: PgConnectOptions,
        max_connections: u32,
        limits: Limits,
    ) -> sqlx::Result<Self> {
        let limited = limits.apply(options.clone());
        let planned_once = limited.clone().options([("plan_cache_mode", "force_generic_plan")]);
        Ok(Self {
            all: pool(max_connections).connect_with(limited).await?,
            lookups: pool(LOOKUP_CONNECTIONS).connect_lazy_with(planned_once.clone()),
            searches: pool(search_connections()).connect_lazy_with(planned_once),
            unlimited: options,
        })
    }

    /// Uses one pool for everything, with that pool's own limits.
    pub(crate) fn shared(pool: PgPool) -> Self {
        let unlimited = (*pool.connect_options()).clone();
        Self { lookups: pool.clone(), searches: pool.clone(), all: pool, unlimited }
    }

    /// Opens a connection outside the pools without time limits.
    pub(crate) async fn unlimited(&self) -> sqlx::Result<PgConnection> {
        PgConnection::connect_with(&self.unlimited).await
    }

    /// Closes all connections and waits for those in use.
    pub(crate) async fn close(&self) {
        self.all.close().await;
        self.lookups.close().await;
        self.searches.close().await;
    }
}

/// Returns the number of processors (2 to 16): a search uses one fully, so more searches at once would only slow each other down.
fn search_connections() -> u32 {
    std::thread::available_parallelism()
        .map_or(2, |processors| u32::try_from(processors.get()).unwrap_or(16))
        .clamp(2, 16)
}

fn pool(max_connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{str::FromStr, time::Duration};

    use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgConnectOptions};

    use super::{Limits, Pools};
    use crate::{Db, DbError};

    const LONG: Duration = Duration::from_mins(10);
    const SLEEP: &str = "SELECT pg_sleep(600)";

    async fn limited(pool: &PgPool, limits: Limits) -> Db {
        let options = (*pool.connect_options()).clone();
        Db { pools: Pools::connect(options, 4, limits).await.unwrap(), trace: None }
    }

    #[sqlx::test(migrations = false)]
    async fn a_slow_statement_ends_in_every_pool(pool: PgPool) {
        let limits = Limits { statement: Duration::from_millis(50), lock: LONG, idle_in_transaction: LONG };
        let db = limited(&pool, limits).await;
        for pool in [&db.pools.all, &db.pools.lookups, &db.pools.searches] {
            let slow = DbError::from(sqlx::query(SLEEP).execute(pool).await.unwrap_err());
            assert!(matches!(slow, DbError::TimedOut(_)), "{slow:?}");
            // The connection is still usable.
            sqlx::query("SELECT 1").execute(pool).await.unwrap();
        }
        let mode: String =
            sqlx::query_scalar("SHOW plan_cache_mode").fetch_one(&db.pools.lookups).await.unwrap();
        assert_eq!(mode, "force_generic_plan");

        let mut long = db.begin_long().await.unwrap();
        sqlx::query("SELECT pg_sleep(0.2)").execute(&mut *long).await.unwrap();
        long.commit().await.unwrap();
        let mut after = db.begin().await.unwrap();
        let slow = sqlx::query(SLEEP).execute(&mut *after).await.unwrap_err();
        assert!(
            matches!(DbError::from(slow), DbError::TimedOut(_)),
            "the limits stayed lifted after the transaction"
        );
        let mut outside = db.pools.unlimited().await.unwrap();
        sqlx::query("SELECT pg_sleep(0.2)").execute(&mut outside).await.unwrap();
    }

    #[sqlx::test(migrations = false)]
    async fn waiting_for_a_lock_and_an_idle_transaction_end_at_their_limits(pool: PgPool) {
        sqlx::query("CREATE TABLE things (id int)").execute(&pool).await.unwrap();
        let limits = Limits { statement: LONG, lock: Duration::from_millis(50), idle_in_transaction: LONG };
        let db = limited(&pool, limits).await;
        let mut holder = pool.begin().await.unwrap();
        sqlx::query("LOCK TABLE things").execute(&mut *holder).await.unwrap();
        let waits = sqlx::query("SELECT * FROM things").execute(&db.pools.all).await.unwrap_err();
        assert!(matches!(DbError::from(waits), DbError::Busy(_)));
        holder.rollback().await.unwrap();

        let limits = Limits { statement: LONG, lock: LONG, idle_in_transaction: Duration::from_millis(50) };
        let db = limited(&pool, limits).await;
        let mut silent = db.begin().await.unwrap();
        sqlx::query("LOCK TABLE things").execute(&mut *silent).await.unwrap();
        // Waits until the server has ended the idle transaction.
        sqlx::query("SELECT * FROM things").execute(&pool).await.unwrap();
        let ended = DbError::from(sqlx::query("SELECT 1").execute(&mut *silent).await.unwrap_err());
        assert!(matches!(ended, DbError::Unavailable(_)), "{ended:?}");
    }

    /// The server rejects unencrypted connections, requires a password, and has a certificate of a private authority.
    #[sqlx::test(migrations = false)]
    async fn tls_is_as_strict_as_sslmode_says(pool: PgPool) {
        // `scripts/with-postgres` puts the authority's certificate beside the socket, and TCP and the socket use the same port.
        let unencrypted = pool.connect_options();
        let folder =
            unencrypted.get_socket().map_or(unencrypted.get_host(), |folder| folder.to_str().unwrap());
        let port = unencrypted.get_port();
        let private_ca = format!("sslrootcert={folder}/ca.pem");
        for (host, parameters, is_accepted) in [
            ("localhost", "sslmode=disable".to_owned(), false),
            ("localhost", "sslmode=require".to_owned(), true),
            ("localhost", "sslmode=verify-full".to_owned(), false),
            ("localhost", format!("sslmode=verify-full&{private_ca}"), true),
            // The certificate names only the host name, not the address.
            ("127.0.0.1", format!("sslmode=verify-ca&{private_ca}"), true),
            ("127.0.0.1", format!("sslmode=verify-full&{private_ca}"), false),
        ] {
            let url = format!("postgres://nang:p%40ss%2Fw%C3%B6rd@{host}:{port}/postgres?{parameters}");
            let options = PgConnectOptions::from_str(&url).unwrap();
            let ssl = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            let answer = match PgConnection::connect_with(&options).await {
                Ok(mut connection) => sqlx::query_scalar::<_, bool>(ssl).fetch_one(&mut connection).await,
                Err(error) => Err(error),
            };
            assert_eq!(answer.as_ref().ok(), is_accepted.then_some(&true), "{host} {parameters}: {answer:?}");
        }
    }
}
