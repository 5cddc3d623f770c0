//! The server process, as seen by code that must end it: also without the asynchronous runtime, whose threads may all hang.

use std::{
    os::fd::OwnedFd,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use anyhow::{Context, ensure};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal},
};
use tokio::process::{Child, Command};

use super::leftover;

/// How long an immediate shutdown may take; it writes nothing.
const IMMEDIATE: Duration = Duration::from_millis(1500);
/// How long the kernel may take to end a killed process.
const KILLED: Duration = Duration::from_millis(500);

/// All of this process, for [`stop_all_at_once`].
static ALL: Mutex<Vec<Weak<Postmaster>>> = Mutex::new(Vec::new());

/// The server of one cluster. At most one process runs at a time, and none is started after [`Postmaster::stop_at_once`].
pub(super) struct Postmaster {
    cluster: PathBuf,
    state: Mutex<State>,
}

enum State {
    NeverStarted,
    /// The process started last; it may have ended. A descriptor, unlike an id, never names another process.
    Started(OwnedFd),
    Over,
}

/// Stops the server, if it still runs, when the last owner of a [`PrivatePostgres`](super::PrivatePostgres) goes: after an error, a
/// panic, or a start that was given up.
pub(super) struct StopOnDrop(pub(super) Arc<Postmaster>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop_at_once();
    }
}

/// Stops every private PostgreSQL of this process and returns when they have ended, at most [`IMMEDIATE`] + [`KILLED`] later each. For
/// a process that is about to exit.
pub(crate) fn stop_all_at_once() {
    let all = std::mem::take(&mut *lock(&ALL));
    for postmaster in all.iter().filter_map(Weak::upgrade) {
        postmaster.stop_at_once();
    }
}

impl Postmaster {
    /// A server that does not run yet.
    pub(super) fn new(cluster: PathBuf) -> Arc<Self> {
        let postmaster = Arc::new(Self { cluster, state: Mutex::new(State::NeverStarted) });
        let mut all = lock(&ALL);
        all.retain(|other| other.strong_count() > 0);
        all.push(Arc::downgrade(&postmaster));
        postmaster
    }

    /// Starts the process. Refused once the server was stopped at once.
    pub(super) fn spawn(&self, command: &mut Command) -> anyhow::Result<Child> {
        let mut state = lock(&self.state);
        ensure!(!matches!(*state, State::Over), "Nang is stopping, so PostgreSQL is not started");
        let mut child = command.spawn().context("postgres cannot be run")?;
        let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).context("postgres has no id")?;
        let process = pidfd_open(pid, PidfdFlags::empty());
        if process.is_err() {
            let _ = child.start_kill();
        }
        *state = State::Started(process.context("cannot open the process of postgres")?);
        Ok(child)
    }

    /// Ends the server without letting it write what is in memory: it recovers from its log at its next start. Blocks until the process
    /// has ended. What does not end on SIGQUIT is killed.
    pub(super) fn stop_at_once(&self) {
        // Held to the end, so that a second caller returns when the server has ended and not before.
        let mut state = lock(&self.state);
        if let State::Started(process) = &*state {
            let _ = pidfd_send_signal(process, Signal::QUIT);
            if !has_ended(process, IMMEDIATE) {
                let _ = pidfd_send_signal(process, Signal::KILL);
                has_ended(process, KILLED);
            }
            // Without a server its workers end by themselves, unless they are stopped or busy.
            for pid in leftover::processes(&self.cluster) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        *state = State::Over;
    }
}

/// Waits for the end of a process.
fn has_ended(process: &OwnedFd, within: Duration) -> bool {
    let Ok(within) = Timespec::try_from(within) else { return false };
    let mut waited = [PollFd::new(process, PollFlags::IN)];
    matches!(poll(&mut waited, Some(&within)), Ok(1))
}

/// A panic elsewhere leaves nothing half done behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
