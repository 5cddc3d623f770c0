//! The process of a child: a process group of its own, so that whatever it may have started ends with it.

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
    /// Takes a child that was started as the leader of its own process group.
    pub(super) fn new(child: Child) -> io::Result<Self> {
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let group = id.ok_or_else(|| io::Error::other("the child has no process id"))?;
        Ok(Self { child, group })
    }

    /// Kills the whole group. Ok if nothing of it is left.
    pub(super) fn kill(&self) {
        // Only while the leader is not reaped: until then its id cannot be another process's.
        if self.child.id().is_some() {
            let _ = kill_process_group(self.group, Signal::KILL);
        }
    }

    /// Whether a signal has stopped the child, and none has continued it.
    pub(super) fn is_stopped(&self) -> bool {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(self.group), options)
            .is_ok_and(|status| status.is_some_and(|status| status.stopped()))
    }

    /// Waits until the child has ended, kills what is left of its group, and gives the child's exit status.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        let leader = self.group;
        let ended = move || {
            // Without reaping it, so that its id stays the group's until the group is killed.
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

    /// A shell that starts another process and says so; both ignore what asks them to end.
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

    /// A group is gone when all of it are reaped; a test's grandchildren are reaped by the system's first process.
    async fn expect_gone(group: Pid) {
        until(|| test_kill_process_group(group) == Err(Errno::SRCH) || only_zombies(group)).await;
    }

    /// Whether nothing of a group runs. In a container the first process may never reap.
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
    async fn dropping_a_child_ends_what_it_started() {
        let (process, group) = family(FAMILY).await;
        assert!(!only_zombies(group));
        drop(process);
        expect_gone(group).await;
    }

    #[tokio::test]
    async fn a_child_that_ends_by_itself_leaves_nothing_behind() {
        let (mut process, group) = family("sleep 600 & echo; exit 3").await;
        assert_eq!(process.wait().await.unwrap().code(), Some(3));
        expect_gone(group).await;
    }

    #[tokio::test]
    async fn a_stopped_child_is_seen_and_can_be_killed() {
        let (mut process, group) = family(FAMILY).await;
        assert!(!process.is_stopped());
        kill_process(group, Signal::STOP).unwrap();
        until(|| process.is_stopped()).await;
        // Looking does not change what there is to see.
        assert!(process.is_stopped());
        kill_process(group, Signal::CONT).unwrap();
        until(|| !process.is_stopped()).await;
        kill_process(group, Signal::STOP).unwrap();
        process.kill();
        process.wait().await.unwrap();
        expect_gone(group).await;
    }
}
