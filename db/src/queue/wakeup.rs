//! Waking idle workers. A wakeup is only a hint: a worker that misses it finds the job at its next poll.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{Db, Result, Tx};

const CHANNEL: &str = "nang_jobs";

/// Listens for new jobs on a dedicated connection.
#[derive(Debug)]
pub struct Wakeup {
    listener: PgListener,
}

impl Wakeup {
    /// Begins to listen, on a connection outside the pools: it is held as long as the listener exists, so it would never return to its
    /// pool.
    pub async fn listen(db: &Db) -> Result<Self> {
        // The listener reconnects through a pool, so it gets a separate pool with one connection.
        let own = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let own = own.connect_with(db.pools.all.connect_options().as_ref().clone()).await?;
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self { listener })
    }

    /// Waits until a job is queued, or for `longest`. Returns true if it was woken. After a lost connection the next call
    /// reconnects; wakeups in between are missed.
    pub async fn wait(&mut self, longest: Duration) -> bool {
        let deadline = Instant::now() + longest;
        match timeout_at(deadline, self.listener.try_recv()).await {
            Ok(Ok(Some(_))) => {
                // One poll of the queue serves all hints that have already arrived.
                while self.listener.next_buffered().is_some() {}
                true
            }
            // The connection was lost, and perhaps hints with it: poll the queue at once.
            Ok(Ok(None)) => true,
            Ok(Err(_)) => {
                sleep_until(deadline).await;
                false
            }
            Err(_) => false,
        }
    }
}

/// Wakes all listeners when the transaction commits.
pub(crate) async fn notify(tx: &mut Tx) -> Result<()> {
    sqlx::query_scalar!("SELECT pg_notify($1, '')", CHANNEL).fetch_one(&mut **tx).await?;
    Ok(())
}
