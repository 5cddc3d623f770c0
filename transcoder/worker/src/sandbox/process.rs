//! The process of a child. It has its own process group, so that all processes that it may have started end with it.

use std::{io, process::ExitStatus};

use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid},
};
use tokio::process::Child;

/// A running child that leads a process group. Dropping it kills the group.
pub(super) struct Process {
    child: Child,
    group: Pid,
}

impl Process {
    /// Wraps a child that was started as the leader of its own process group.
    pub(super) fn new(child: Child) -> io::Result<Self> {
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let group = id.ok_or_else(|| io::Error::other("the child has no process id"))?;
        Ok(Self { child, group })
    }

    /// Kills the whole group. Ok if no process of it is left.
    pub(super) fn kill(&self) {
        // Only until the leader is reaped: after that, its id may belong to another process.
        if self.child.id().is_some() {
            let _ = kill_process_group(self.group, Signal::KILL);
        }
    }

    /// Whether a signal has stopped the child and no signal has continued it.
    pub(super) fn is_stopped(&self) -> bool {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(self.group), options)
            .is_ok_and(|status| status.is_some_and(|status| status.stopped()))
    }

    /// Waits until the child has ended, kills the rest of its group, and returns the child's exit status.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        let leader = self.group;
        let ended = move || {
            // Does not reap it, so that its id remains the group's until the group is killed.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while waitid(WaitId::Pid(leader), options).is_err_and(|error| error == Errno::INTR) {}
        };
        tokio::task::spawn_blocking(ended).await.map_err(io::Error::other)?;
        self.kill();
        self.child.wait().await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use std::{process::Stdio, time::Duration};

    use rustix::{
        io::Errno,
        process::{Pid, Signal, kill_process, test_kill_process_group},
    };
    use tokio::{
        io::AsyncReadExt as _,
        process::Command,
        time::{Instant, sleep},
    };

    use super::Process;

    /// Starts a shell that starts another process. Returns when both run and ignore SIGTERM and SIGHUP.
    async fn family(script: &str) -> (Process, Pid) {
        let mut child = Command::new("sh")
            .args(["-c", script])
            .process_group(0)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut ready = [0; 1];
        child.stdout.take().unwrap().read_exact(&mut ready).await.unwrap();
        let process = Process::new(child).unwrap();
        let group = process.group;
        (process, group)
    }

    async fn until(what: impl Fn() -> bool) {
        let patience = Instant::now() + Duration::from_mins(1);
        while !what() {
            assert!(Instant::now() < patience, "waited for a minute");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until the group has ended. The init process reaps the grandchildren of a test.
    async fn expect_gone(group: Pid) {
        until(|| test_kill_process_group(group) == Err(Errno::SRCH) || only_zombies(group)).await;
    }

    /// Whether all processes of a group are zombies. In a container, the init process may never reap them.
    fn only_zombies(group: Pid) -> bool {
        let group = group.as_raw_nonzero().to_string();
        std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).all(|entry| {
            let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { return true };
            // After the name in parentheses: state, parent, group.
            let fields: Vec<_> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
            fields.get(2) != Some(&group.as_str()) || fields[0] == "Z"
        })
    }

    const FAMILY: &str = "trap '' TERM HUP; sleep 600 & echo; wait";

    #[tokio::test]
    async fn dropping_a_child_ends_the_processes_it_started() {
        let (process, group) = family(FAMILY).await;
        assert!(!only_zombies(group));
        drop(process);
        expect_gone(group).await;
    }

    #[tokio::test]
    async fn a_child_that_exits_leaves_no_processes() {
        let (mut process, group) = family("sleep 600 & echo; exit 3").await;
        assert_eq!(process.wait().await.unwrap().code(), Some(3));
        expect_gone(group).await;
    }

    #[tokio::test]
    async fn a_stopped_child_is_detected_and_can_be_killed() {
        let (mut process, group) = family(FAMILY).await;
        assert!(!process.is_stopped());
        kill_process(group, Signal::STOP).unwrap();
        until(|| process.is_stopped()).await;
        // The check does not change the state that it reads.
        assert!(process.is_stopped());
        kill_process(group, Signal::CONT).unwrap();
        until(|| !process.is_stopped()).await;
        kill_process(group, Signal::STOP).unwrap();
        process.kill();
        process.wait().await.unwrap();
        expect_gone(group).await;
    }
}
