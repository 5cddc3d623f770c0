//! New jobs wake idle slots: one listener for the whole worker, on a connection of its own, however many slots there are.
//!
//! Listening is a help, not a need: without it a slot's own look at the queue finds the work a few seconds later.

use std::time::Duration;

use db::{Db, queue::Wakeup};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

use crate::queue::POLL;

/// Listens until it is dropped.
pub(crate) struct Hints {
    heard: watch::Receiver<()>,
    _listening: AbortOnDropHandle<()>,
}

/// One slot's view of what was heard.
pub(crate) struct Subscription(watch::Receiver<()>);

impl Hints {
    pub(crate) fn listen(db: Db) -> Self {
        let (tell, heard) = watch::channel(());
        let listening = tokio::spawn(async move {
            loop {
                match Wakeup::listen(&db).await {
                    Ok(mut wakeup) => loop {
                        if wakeup.wait(POLL).await {
                            tell.send_replace(());
                        }
                    },
                    Err(error) => {
                        debug!(%error, "Cannot listen for new jobs; trying again");
                        tokio::time::sleep(POLL).await;
                    }
                }
            }
        });
        Self { heard, _listening: AbortOnDropHandle::new(listening) }
    }

    pub(crate) fn subscribe(&self) -> Subscription {
        Subscription(self.heard.clone())
    }
}

impl Subscription {
    /// What was heard until now wakes nobody any more.
    pub(crate) fn forget(&mut self) {
        self.0.mark_unchanged();
    }

    /// Returns when a job was queued since [`Self::forget`], or after `longest`.
    pub(crate) async fn wait(&mut self, longest: Duration) {
        match tokio::time::timeout(longest, self.0.changed()).await {
            Ok(Ok(())) | Err(_) => {}
            // Nobody listens any more.
            Ok(Err(_)) => tokio::time::sleep(longest).await,
        }
    }
}
