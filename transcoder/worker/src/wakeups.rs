//! Wakes idle slots when a job is queued. The worker has one listener with its own connection, for any number of slots.
//!
//! The listener is optional: without it, a slot finds new jobs a few seconds later, when it polls the queue.

use std::time::Duration;

use db::{Db, queue::Wakeup};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

use crate::queue::POLL_INTERVAL;

/// Listens for new jobs until it is dropped.
pub(crate) struct Wakeups {
    received: watch::Receiver<()>,
    _listening: Option<AbortOnDropHandle<()>>,
}

/// One slot's receiver of wake-ups.
pub(crate) struct Subscription(watch::Receiver<()>);

impl Wakeups {
    pub(crate) fn listen(db: Db) -> Self {
        let (sender, received) = watch::channel(());
        let listening = tokio::spawn(async move {
            loop {
                match Wakeup::listen(&db).await {
                    Ok(mut wakeup) => loop {
                        if wakeup.wait(POLL_INTERVAL).await {
                            sender.send_replace(());
                        }
                    },
                    Err(error) => {
                        debug!(%error, "Cannot listen for new jobs; retrying. Until then, idle slots poll the queue");
                        tokio::time::sleep(POLL_INTERVAL).await;
                    }
                }
            }
        });
        Self { received, _listening: Some(AbortOnDropHandle::new(listening)) }
    }

    /// Wakes no slot: it polls.
    pub(crate) fn none() -> Self {
        Self { received: watch::channel(()).1, _listening: None }
    }

    pub(crate) fn subscribe(&self) -> Subscription {
        Subscription(self.received.clone())
    }
}

impl Subscription {
    /// Discards the wake-ups received until now.
    pub(crate) fn discard(&mut self) {
        self.0.mark_unchanged();
    }

    /// Returns when a job was queued since [`Self::discard`], or after `longest`.
    pub(crate) async fn wait(&mut self, longest: Duration) {
        match tokio::time::timeout(longest, self.0.changed()).await {
            Ok(Ok(())) | Err(_) => {}
            // The listener has ended.
            Ok(Err(_)) => tokio::time::sleep(longest).await,
        }
    }
}
