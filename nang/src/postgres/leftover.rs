//! Processes that an earlier run left behind: a server whose nang was killed, or backends whose server was killed.
//!
//! No server may start on a cluster while any process of an earlier server runs. PostgreSQL checks this with postmaster.pid, but the
//! process id in it may belong to another program by now (after a reboot, or in a container, where ids are small). Nang therefore
//! looks for the processes themselves, by their working folder, and deletes that file only when there are no such processes.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

/// Time limit of a fast shutdown, which writes all data in memory to the disk.
const FAST: Duration = Duration::from_mins(1);
/// Time limit of an immediate shutdown, which only ends processes.
const IMMEDIATE: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Ends every PostgreSQL process of `cluster`, and deletes the files that would keep a new server from starting.
pub(super) async fn clear(cluster: &Path) -> anyhow::Result<()> {
    let orphan = postmaster(cluster);
    if let Some(postmaster) = orphan.filter(|pid| processes(cluster).contains(pid)) {
        info!(pid = postmaster.as_raw_nonzero(), "Stopping the PostgreSQL of an earlier run");
        signal(postmaster, Signal::INT)?;
        if !have_ended(cluster, FAST).await {
            warn!(
                "The PostgreSQL of an earlier run did not stop within {} s; sending SIGQUIT. It will run crash recovery at the \
                 next start.",
                FAST.as_secs()
            );
            signal(postmaster, Signal::QUIT)?;
        }
    }
    // Backends exit by themselves when their server has ended, unless they are busy.
    if !have_ended(cluster, Duration::from_secs(5)).await {
        for pid in processes(cluster) {
            signal(pid, Signal::QUIT)?;
        }
    }
    ensure!(
        have_ended(cluster, IMMEDIATE).await,
        "processes of an earlier PostgreSQL did not exit after SIGQUIT: {}; kill them, then start Nang again",
        processes(cluster).iter().map(|pid| pid.as_raw_nonzero().to_string()).collect::<Vec<_>>().join(", ")
    );
    for stale in [
        cluster.join("postmaster.pid"),
        cluster.join("../.s.PGSQL.5432"),
        cluster.join("../.s.PGSQL.5432.lock"),
    ] {
        match fs::remove_file(&stale) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot delete {}", stale.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Returns the process id of the server in postmaster.pid. The process may have ended.
pub(super) fn postmaster(cluster: &Path) -> Option<Pid> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    // A standalone backend writes a negative number.
    Pid::from_raw(text.lines().next()?.trim().parse::<i32>().ok()?.checked_abs()?)
}

/// Returns the PostgreSQL processes whose working folder is the cluster: the server and all its backends.
pub(super) fn processes(cluster: &Path) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
            let link = |name: &str| fs::read_link(entry.path().join(name)).ok();
            // Other programs may have this working folder too, such as a shell. After an update of the package, the name of the
            // running program ends in " (deleted)".
            let program = link("exe")?;
            let is_postgres = program.file_name()?.to_str()?.trim_end_matches(" (deleted)") == "postgres";
            (is_postgres && link("cwd")? == real(cluster)).then_some(pid)
        })
        .collect()
}

fn real(cluster: &Path) -> PathBuf {
    fs::canonicalize(cluster).unwrap_or_else(|_| cluster.to_owned())
}

async fn have_ended(cluster: &Path, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    while !processes(cluster).is_empty() {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(POLL_INTERVAL).await;
    }
    true
}

/// Sends a signal. It is not an error if the process has already ended.
fn signal(pid: Pid, signal: Signal) -> anyhow::Result<()> {
    match kill_process(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => {
            Err(error).with_context(|| format!("cannot send a signal to process {}", pid.as_raw_nonzero()))
        }
    }
}
