//! The end of a process. The first signal drains: it stops accepting, finishes requests and gives work back. A second signal, or a drain
//! that takes too long, ends the process at once. In every case the private PostgreSQL is stopped first.
//!
//! Signals are waited for on a thread and a runtime of their own, since every thread of the main runtime may hang in a system call.
//!
//! | seconds after the first signal | what ends |
//! | --- | --- |
//! | [`DRAIN`] | requests that are still open |
//! | [`PARTS`] | waiting for workers and other tasks |
//! | [`FAST`] | waiting for PostgreSQL to write what is in memory; it recovers at its next start |
//! | [`HARD`] | the process, whatever hangs |

use std::{
    process::exit,
    sync::{Arc, OnceLock, mpsc},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{error, info, warn};

use crate::postgres;

/// How long open requests may take.
pub(crate) const DRAIN: Duration = Duration::from_secs(8);
/// How long workers and other tasks may take.
const PARTS: Duration = Duration::from_secs(9);
/// When PostgreSQL is no longer waited for.
const FAST: Duration = Duration::from_secs(11);
/// When the process ends, whatever hangs. Stopping PostgreSQL at once takes two seconds more.
const HARD: Duration = Duration::from_millis(12_500);
/// As after Ctrl-C in a shell.
const STOPPED_BY_SIGNAL: i32 = 130;

/// The end of this process, as its parts see it.
#[derive(Clone)]
pub(crate) struct Shutdown {
    token: CancellationToken,
    begun: Arc<OnceLock<Instant>>,
    /// Ends the thread that waits for signals.
    _finished: Arc<DropGuard>,
}

impl Shutdown {
    /// Waits for SIGINT and SIGTERM until dropped. Whoever cancels [`Shutdown::token`] begins the end as a first signal does.
    pub(crate) fn on_signal() -> anyhow::Result<Self> {
        Self::after(HARD)
    }

    /// For commands that have nothing to drain: the first signal ends the process at once.
    pub(crate) fn at_first_signal() -> anyhow::Result<Self> {
        Self::after(Duration::ZERO)
    }

    fn after(hard: Duration) -> anyhow::Result<Self> {
        let (token, finished) = (CancellationToken::new(), CancellationToken::new());
        let begun = Arc::new(OnceLock::new());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (mut interrupt, mut terminate) = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        let (cancelled, since, done) = (token.clone(), Arc::clone(&begun), finished.clone());
        let watch = async move {
            let mut signalled = async || {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            };
            tokio::select! {
                () = signalled() => {}
                () = cancelled.cancelled() => {}
                () = done.cancelled() => return,
            }
            since.get_or_init(Instant::now);
            cancelled.cancel();
            if hard.is_zero() {
                end_at_once(STOPPED_BY_SIGNAL, "Stopped");
            }
            info!("Stopping; a second signal stops at once");
            tokio::select! {
                () = signalled() => end_at_once(STOPPED_BY_SIGNAL, "Stopped at once after a second signal"),
                () = tokio::time::sleep(hard) => end_at_once(1, "Parts of this process did not stop in time; ended it"),
                () = done.cancelled() => {}
            }
        };
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(watch))
            .context("cannot start the thread that waits for signals")?;
        Ok(Self { token, begun, _finished: Arc::new(finished.drop_guard()) })
    }

    /// Cancelled when the end begins.
    pub(crate) fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Completes when workers and other tasks are no longer waited for.
    pub(crate) async fn parts_overdue(&self) {
        self.token.cancelled().await;
        tokio::time::sleep(self.left(PARTS)).await;
    }

    /// How long PostgreSQL may take to write what is in memory.
    pub(crate) fn fast_stop(&self) -> Duration {
        if self.token.is_cancelled() { self.left(FAST) } else { postgres::STOP_FAST }
    }

    fn left(&self, within: Duration) -> Duration {
        within.saturating_sub(self.begun.get_or_init(Instant::now).elapsed())
    }
}

/// Ends this process after PostgreSQL, also when nothing else in it moves any more.
fn end_at_once(code: i32, why: &'static str) {
    postgres::stop_all_at_once();
    // Whoever reads the log may be stalled too; then nothing is said.
    let (said, heard) = mpsc::channel();
    thread::spawn(move || {
        if code == STOPPED_BY_SIGNAL {
            warn!("{why}");
        } else {
            error!("{why}");
        }
        let _ = said.send(());
    });
    let _ = heard.recv_timeout(Duration::from_millis(500));
    exit(code);
}
