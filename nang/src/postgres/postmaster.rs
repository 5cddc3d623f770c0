//! The server process, and how to end it even without the asynchronous runtime, whose threads may all hang.

use std::{
    os::fd::OwnedFd,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal},
};
use tokio::process::{Child, Command};

use super::leftover;

/// Time limit of an immediate shutdown, which writes nothing.
const IMMEDIATE: Duration = Duration::from_millis(1500);
/// Time limit for the kernel to end a killed process.
const KILLED: Duration = Duration::from_millis(500);

/// All servers of this process, for [`stop_all_immediately`].
static ALL: Mutex<Vec<Weak<Postmaster>>> = Mutex::new(Vec::new());

/// The server of one cluster. At most one process runs at a time, and none starts after [`Postmaster::stop_immediately`].
pub(super) struct Postmaster {
    cluster: PathBuf,
    state: Mutex<State>,
}

enum State {
    NeverStarted,
    /// The process that was started last; it may have ended. A descriptor, unlike a process id, never refers to another process.
    Started(OwnedFd),
    Stopped,
}

/// Stops the server, if it still runs, when the [`PrivatePostgres`](super::PrivatePostgres) is dropped: after an error, a panic, or a
/// start that was cancelled.
pub(super) struct StopOnDrop(pub(super) Arc<Postmaster>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop_immediately();
    }
}

/// Stops every private PostgreSQL of this process immediately, and returns when they have ended. Each takes at most [`IMMEDIATE`] +
/// [`KILLED`]. For a process that is about to exit.
pub(crate) fn stop_all_immediately() {
    let all = std::mem::take(&mut *lock(&ALL));
    for postmaster in all.iter().filter_map(Weak::upgrade) {
        postmaster.stop_immediately();
    }
}

impl Postmaster {
    /// Returns a server that has not been started.
    pub(super) fn new(cluster: PathBuf) -> Arc<Self> {
        let postmaster = Arc::new(Self { cluster, state: Mutex::new(State::NeverStarted) });
        let mut all = lock(&ALL);
        all.retain(|other| other.strong_count() > 0);
        all.push(Arc::downgrade(&postmaster));
        postmaster
    }

    /// Starts the process. Fails after [`Postmaster::stop_immediately`].
    pub(super) fn spawn(&self, command: &mut Command) -> anyhow::Result<Child> {
        let mut state = lock(&self.state);
        ensure!(!matches!(*state, State::Stopped), "Nang is stopping, so PostgreSQL is not started");
        let mut child = command.spawn().context("cannot run postgres")?;
        let pid = child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()))
            .context("the postgres process has no id")?;
        let process = pidfd_open(pid, PidfdFlags::empty());
        if process.is_err() {
            let _ = child.start_kill();
        }
        *state = State::Started(process.context("cannot open a descriptor of the postgres process")?);
        Ok(child)
    }

    /// Ends the server without writing the data in memory, so that it runs crash recovery at its next start. Sends SIGQUIT and, to
    /// processes that do not end, SIGKILL. Blocks until the process has ended.
    pub(super) fn stop_immediately(&self) {
        // Held to the end, so that a second caller does not return before the server has ended.
        let mut state = lock(&self.state);
        if let State::Started(process) = &*state {
            let _ = pidfd_send_signal(process, Signal::QUIT);
            if !has_ended(process, IMMEDIATE) {
                let _ = pidfd_send_signal(process, Signal::KILL);
                has_ended(process, KILLED);
            }
            // Backends exit by themselves when their server has ended, unless they are stopped or busy. The kernel needs a moment
            // to end a killed process, and the next server cannot start before that.
            let deadline = Instant::now() + KILLED;
            loop {
                let backends = leftover::processes(&self.cluster);
                if backends.is_empty() || Instant::now() >= deadline {
                    break;
                }
                for pid in backends {
                    let _ = kill_process(pid, Signal::KILL);
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
        *state = State::Stopped;
    }
}

/// Waits for a process to end. Returns whether it ended in time.
fn has_ended(process: &OwnedFd, within: Duration) -> bool {
    let Ok(within) = Timespec::try_from(within) else { return false };
    let mut waited = [PollFd::new(process, PollFlags::IN)];
    matches!(poll(&mut waited, Some(&within)), Ok(1))
}

/// Locks a mutex. Ignores poisoning, because a panic cannot leave the data of these locks inconsistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
