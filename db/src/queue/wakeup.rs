//! Waking idle workers. Only a hint: a worker that misses it finds the job when it next looks.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{Db, Result, Tx};

const CHANNEL: &str = "nang_jobs";

/// Listens for new jobs, on a connection of its own.
#[derive(Debug)]
pub struct Wakeup {
    listener: PgListener,
}

impl Wakeup {
    /// Begins to listen, on a connection that is none of the pool's: it is held for as long as this lives, and who holds it never gives
    /// anything back to those who wait for the pool.
    pub async fn listen(db: &Db) -> Result<Self> {
        // The listener makes a lost connection again through a pool; nothing else does anything with this one.
        let own = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let own = own.connect_with(db.pools.all.connect_options().as_ref().clone()).await?;
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self { listener })
    }

    /// Returns when a job was queued, or after `longest`. True if it was woken. A lost connection is made again at the
    /// next call; until then it is as if nothing had been queued.
    pub async fn wait(&mut self, longest: Duration) -> bool {
        let deadline = Instant::now() + longest;
        match timeout_at(deadline, self.listener.try_recv()).await {
            Ok(Ok(Some(_))) => {
                // One look at the queue serves all hints that are already here.
                while self.listener.next_buffered().is_some() {}
                true
            }
            // The connection was lost, and with it perhaps hints: worth a look at once.
            Ok(Ok(None)) => true,
            Ok(Err(_)) => {
                sleep_until(deadline).await;
                false
            }
            Err(_) => false,
        }
    }
}

/// Wakes the listeners when the transaction commits.
pub(crate) async fn notify(tx: &mut Tx) -> Result<()> {
    sqlx::query_scalar!("SELECT pg_notify($1, '')", CHANNEL).fetch_one(&mut **tx).await?;
    Ok(())
}
