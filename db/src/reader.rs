//! Connections for statements that are asked all the time and change nothing: searches, and leafing through the catalogue.
//!
//! They plan each statement once whatever its values are. What they carry out is small lookups whose plan never depends on them, and
//! planning takes several times as long; elsewhere the planner is better told.
//!
//! They are not sqlx's pool's because that asks every connection that comes back for a sign of life, which takes as long as such a
//! statement does.

use deadpool::{
    Runtime,
    managed::{self, Metrics, Object, PoolError, RecycleResult},
};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgConnectOptions};

use super::{ACQUIRE_TIMEOUT, TRUSTED_FOR};

/// Some such connections. Cloning is cheap and shares them.
#[derive(Clone, Debug)]
pub(crate) enum Reader {
    /// Its own.
    Own(managed::Pool<Connector>),
    /// Those of a pool that somebody else made.
    Shared(PgPool),
}

impl Reader {
    /// At most so many, each made when it is needed.
    pub(crate) fn new(options: PgConnectOptions, max_connections: usize) -> Self {
        let connector = Connector(options.options([("plan_cache_mode", "force_generic_plan")]));
        let pool = managed::Pool::builder(connector)
            .max_size(max_connections)
            .runtime(Runtime::Tokio1)
            .timeouts(managed::Timeouts {
                wait: Some(ACQUIRE_TIMEOUT),
                create: Some(ACQUIRE_TIMEOUT),
                recycle: Some(ACQUIRE_TIMEOUT),
            });
        Self::Own(pool.build().expect("a runtime is given, so timeouts are possible"))
    }

    /// Asks of a connection that is nobody else's meanwhile.
    pub(crate) async fn ask<T>(
        &self,
        statement: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        match self {
            Self::Shared(pool) => statement(&mut *pool.acquire().await?).await,
            Self::Own(pool) => {
                let connection = pool.get().await.map_err(|error| match error {
                    PoolError::Backend(error) => error,
                    PoolError::Closed => sqlx::Error::PoolClosed,
                    _ => sqlx::Error::PoolTimedOut,
                })?;
                let mut lease = Lease(Some(connection));
                let connection = lease.0.as_mut().expect("taken only below");
                let answer = statement(connection).await;
                if matches!(answer, Ok(_) | Err(sqlx::Error::Database(_))) {
                    lease.0.take();
                }
                answer
            }
        }
    }

    /// Closes those that are idle; others as they come back.
    pub(crate) async fn close(&self) {
        match self {
            Self::Own(pool) => pool.close(),
            Self::Shared(pool) => pool.close().await,
        }
    }
}

/// A connection at work. Whoever asked may go away in the middle of the answer, which then lies before the next: dropped with
/// the connection still in it, this closes it.
struct Lease(Option<Object<Connector>>);

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

/// Makes the connections.
#[derive(Debug)]
pub(crate) struct Connector(PgConnectOptions);

impl managed::Manager for Connector {
    type Type = PgConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> sqlx::Result<PgConnection> {
        PgConnection::connect_with(&self.0).await
    }

    async fn recycle(&self, connection: &mut PgConnection, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if metrics.last_used() > TRUSTED_FOR {
            connection.ping().await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::PgPool;

    use super::Reader;

    async fn backend(reader: &Reader) -> i32 {
        let pid = sqlx::query_scalar("SELECT pg_backend_pid()");
        reader.ask(async |connection| pid.fetch_one(connection).await).await.unwrap()
    }

    #[sqlx::test(migrations = false)]
    async fn a_connection_is_kept_unless_it_was_left_in_the_middle_of_an_answer(pool: PgPool) {
        let reader = Reader::new((*pool.connect_options()).clone(), 1);
        let mode = sqlx::query_scalar("SHOW plan_cache_mode");
        let mode: String = reader.ask(async |connection| mode.fetch_one(connection).await).await.unwrap();
        assert_eq!(mode, "force_generic_plan");

        let first = backend(&reader).await;
        let refused = sqlx::query("SELECT 1 / 0");
        let refused = reader.ask(async |connection| refused.execute(connection).await).await;
        assert!(matches!(refused, Err(sqlx::Error::Database(_))), "{refused:?}");
        assert_eq!(backend(&reader).await, first);

        let slow = sqlx::query("SELECT pg_sleep(600)");
        let slow = reader.ask(async |connection| slow.execute(connection).await);
        tokio::time::timeout(Duration::from_millis(50), slow).await.unwrap_err();
        // The only one there may be: its place is free again.
        let second = backend(&reader).await;
        assert_ne!(second, first);

        for pid in [first, second] {
            sqlx::query("SELECT pg_terminate_backend($1, 30000)").bind(pid).execute(&pool).await.unwrap();
        }
        let lost = sqlx::query("SELECT 1");
        let lost = reader.ask(async |connection| lost.execute(connection).await).await;
        assert!(lost.is_err());
        assert_ne!(backend(&reader).await, second);

        reader.close().await;
        let closed = sqlx::query("SELECT 1");
        let closed = reader.ask(async |connection| closed.execute(connection).await).await;
        assert!(matches!(closed, Err(sqlx::Error::PoolClosed)), "{closed:?}");
    }
}
