//! The shutdown of a process. After the first signal, the process accepts no more connections, finishes requests and releases its
//! jobs. After a second signal, or if the shutdown takes too long, the process exits immediately. The private PostgreSQL always stops
//! first.
//!
//! A separate thread with its own runtime waits for signals, because every thread of the main runtime may hang in a system call.
//!
//! | seconds after the first signal | what happens |
//! | --- | --- |
//! | [`DRAIN`] | open requests are cancelled |
//! | [`PARTS`] | Nang stops waiting for workers and other tasks |
//! | [`FAST`] | Nang stops waiting for PostgreSQL to write its data to the disk; it will run crash recovery at its next start |
//! | [`HARD`] | the process exits, even if a part of it hangs |

use std::{
    process::exit,
    sync::{Arc, OnceLock, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::postgres;

/// Time limit for open requests.
pub(crate) const DRAIN: Duration = Duration::from_secs(8);
/// Time limit for workers and other tasks.
const PARTS: Duration = Duration::from_secs(9);
/// Time limit for the fast shutdown of PostgreSQL.
const FAST: Duration = Duration::from_secs(11);
/// Time limit for everything. Stopping PostgreSQL immediately takes up to two seconds more.
const HARD: Duration = Duration::from_millis(12_500);
/// The exit status that shells report after Ctrl-C.
const STOPPED_BY_SIGNAL: i32 = 130;

/// The shutdown of this process.
pub(crate) struct Shutdown {
    token: CancellationToken,
    started: Arc<OnceLock<Instant>>,
    /// Ends the thread that waits for signals.
    finished: CancellationToken,
    /// `None` only while it is dropped.
    signals: Option<JoinHandle<()>>,
}

impl Shutdown {
    /// Waits for SIGINT and SIGTERM until dropped. Cancelling [`Shutdown::token`] has the effect of a first signal.
    pub(crate) fn on_signal() -> anyhow::Result<Self> {
        Self::after(HARD)
    }

    /// For commands without requests to finish: the first signal ends the process immediately.
    pub(crate) fn at_first_signal() -> anyhow::Result<Self> {
        Self::after(Duration::ZERO)
    }

    fn after(hard: Duration) -> anyhow::Result<Self> {
        let (token, finished) = (CancellationToken::new(), CancellationToken::new());
        let started = Arc::new(OnceLock::new());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (mut interrupt, mut terminate) = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        let (cancelled, since, done) = (token.clone(), Arc::clone(&started), finished.clone());
        let watch = async move {
            let mut signalled = async || {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            };
            tokio::select! {
                biased;
                () = signalled() => {}
                () = cancelled.cancelled() => {}
                () = done.cancelled() => return,
            }
            since.get_or_init(Instant::now);
            cancelled.cancel();
            if hard.is_zero() {
                exit_immediately(STOPPED_BY_SIGNAL, "Stopped by a signal");
            }
            info!("Stopping; a second signal stops immediately");
            tokio::select! {
                biased;
                () = signalled() => exit_immediately(STOPPED_BY_SIGNAL, "Stopped immediately after a second signal"),
                () = tokio::time::sleep(hard) => exit_immediately(1, "Parts of this process did not stop in time; exiting now"),
                () = done.cancelled() => {}
            }
        };
        let signals = thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(watch))
            .context("cannot start the thread that waits for signals")?;
        Ok(Self { token, started, finished, signals: Some(signals) })
    }

    /// Returns the token that is cancelled when the shutdown begins.
    pub(crate) fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Completes when the time limit for workers and other tasks is over.
    pub(crate) async fn parts_overdue(&self) {
        self.token.cancelled().await;
        tokio::time::sleep(self.left(PARTS)).await;
    }

    /// Returns the time limit for the fast shutdown of PostgreSQL.
    pub(crate) fn fast_stop(&self) -> Duration {
        if self.token.is_cancelled() { self.left(FAST) } else { postgres::STOP_FAST }
    }

    fn left(&self, within: Duration) -> Duration {
        within.saturating_sub(self.started.get_or_init(Instant::now).elapsed())
    }
}

impl Drop for Shutdown {
    /// Waits for the thread that waits for signals. If that thread has begun to exit, this never returns: the main thread may have
    /// noticed that PostgreSQL was killed, and must not end the process first, with another exit status.
    fn drop(&mut self) {
        self.finished.cancel();
        if let Some(signals) = self.signals.take() {
            let _ = signals.join();
        }
    }
}

/// Stops PostgreSQL and exits, even if all other threads of this process hang.
fn exit_immediately(code: i32, why: &'static str) {
    postgres::stop_all_immediately();
    // The reader of the log may hang too, so the time for this line is limited.
    let (logged, is_logged) = mpsc::channel();
    thread::spawn(move || {
        if code == STOPPED_BY_SIGNAL {
            warn!("{why}");
        } else {
            error!("{why}");
        }
        let _ = logged.send(());
    });
    let _ = is_logged.recv_timeout(Duration::from_millis(500));
    exit(code);
}
