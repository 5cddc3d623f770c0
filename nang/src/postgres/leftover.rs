//! What an earlier run left behind: a server that outlived its nang, or workers that outlived their server.
//!
//! Nothing may be started on a cluster while any process of an earlier server is alive: PostgreSQL guards itself against that with
//! postmaster.pid, which is fooled when the process id has been given to somebody else (after a reboot, or in a container,
//! where they are small). So the processes themselves are looked for, by the folder they are in, and only when there are none is that
//! file removed.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

/// A fast shutdown writes all that is in memory: on a slow disk that takes a while.
const FAST: Duration = Duration::from_mins(1);
/// An immediate one only ends processes.
const IMMEDIATE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Ends every PostgreSQL process that works on `cluster`, and removes what would keep a new server from starting.
pub(super) async fn clear(cluster: &Path) -> anyhow::Result<()> {
    let orphan = postmaster(cluster);
    if let Some(postmaster) = orphan.filter(|pid| processes(cluster).contains(pid)) {
        info!(pid = postmaster.as_raw_nonzero(), "Stopping the PostgreSQL of an earlier run");
        signal(postmaster, Signal::INT)?;
        if !gone(cluster, FAST).await {
            warn!("It does not stop, and is stopped at once; it recovers at its start");
            signal(postmaster, Signal::QUIT)?;
        }
    }
    // Without a server its workers end by themselves, unless they are busy.
    if !gone(cluster, Duration::from_secs(5)).await {
        for pid in processes(cluster) {
            signal(pid, Signal::QUIT)?;
        }
    }
    ensure!(
        gone(cluster, IMMEDIATE).await,
        "processes of an earlier PostgreSQL do not end: {}; end them, then start again",
        processes(cluster).iter().map(|pid| pid.as_raw_nonzero().to_string()).collect::<Vec<_>>().join(", ")
    );
    for stale in [
        cluster.join("postmaster.pid"),
        cluster.join("../.s.PGSQL.5432"),
        cluster.join("../.s.PGSQL.5432.lock"),
    ] {
        match fs::remove_file(&stale) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", stale.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The server that postmaster.pid names, whether it is alive or not.
pub(super) fn postmaster(cluster: &Path) -> Option<Pid> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    // Standalone servers write a negative number.
    Pid::from_raw(text.lines().next()?.trim().parse::<i32>().ok()?.checked_abs()?)
}

/// Processes that run PostgreSQL in the cluster's folder: a server and all its workers are in there.
pub(super) fn processes(cluster: &Path) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
            let link = |name: &str| fs::read_link(entry.path().join(name)).ok();
            // Somebody may have opened a shell in there. After an update of the package the program's name ends in " (deleted)".
            let program = link("exe")?;
            let is_postgres = program.file_name()?.to_str()?.trim_end_matches(" (deleted)") == "postgres";
            (is_postgres && link("cwd")? == real(cluster)).then_some(pid)
        })
        .collect()
}

fn real(cluster: &Path) -> PathBuf {
    fs::canonicalize(cluster).unwrap_or_else(|_| cluster.to_owned())
}

async fn gone(cluster: &Path, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    while !processes(cluster).is_empty() {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(LOOK_AGAIN).await;
    }
    true
}

/// It may end by itself at any moment, which is as good.
fn signal(pid: Pid, signal: Signal) -> anyhow::Result<()> {
    match kill_process(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot stop process {}", pid.as_raw_nonzero())),
    }
}
