//! Processes: running ones, how to signal them, and how to find them in `/proc`.

use std::{path::Path, process::Child};

/// A process that is killed when the test ends.
pub struct Process(pub Child);

impl Process {
    pub fn id(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }

    /// Kills the process with SIGKILL and waits for its end.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal to a process.
pub fn signal(pid: i32, signal: rustix::process::Signal) {
    let _ = rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal);
}

/// Returns the ids of the children of a process.
fn children(pid: i32) -> Vec<i32> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|text| text.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<i32>>())
        .collect()
}

/// Returns the ids of the sandboxed children of a process.
pub fn sandboxes(pid: i32) -> Vec<i32> {
    let is_sandbox = |id: &i32| {
        std::fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| line.ends_with(b"\0media\0"))
    };
    children(pid).into_iter().filter(is_sandbox).collect()
}

/// Returns the id of the private PostgreSQL server of a data folder, if it runs.
pub fn postmaster(data: &Path) -> Option<i32> {
    let text = std::fs::read_to_string(data.join("postgres/cluster/postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok().filter(|pid| postgres_processes(data).contains(pid))
}

/// Returns the ids of all processes of the private PostgreSQL of a data folder, even if the server itself has ended. They are
/// recognised by their working folder.
pub fn postgres_processes(data: &Path) -> Vec<i32> {
    let cluster = data.join("postgres");
    let is_postgres = |pid: &i32| {
        let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok();
        let folder = std::fs::read_link(format!("/proc/{pid}/cwd")).ok();
        program.is_some_and(|program| program.ends_with("postgres"))
            && folder.is_some_and(|folder| folder.starts_with(&cluster))
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_postgres).collect()
}
