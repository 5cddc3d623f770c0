//! The running server: started, waited for, kept running and stopped.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use db::{Db, DbError};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::Child,
    sync::oneshot,
    time::{Instant, sleep, timeout},
};
use tracing::{error, info, warn};

use super::{
    STOP_FAST, account::Account, cluster::Cluster, distribution::Distribution, leftover,
    postmaster::Postmaster,
};

/// Recovering from a crash reads at most `max_wal_size` of log: minutes on the slowest disk.
const START: Duration = Duration::from_mins(10);
const TELL_AFTER: Duration = Duration::from_secs(10);
/// A connection over a socket is made at once or hangs because the server is stopped.
const CONNECT: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// How long the end of a process that was killed takes to be seen.
const REAPED: Duration = Duration::from_secs(1);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_LOG_BYTES: u64 = 10 << 20;

/// All that is needed to start it, any number of times.
pub(super) struct Server {
    pub(super) distribution: Distribution,
    pub(super) account: Account,
    pub(super) cluster: Cluster,
    /// Where the socket is; the user PostgreSQL runs as owns it.
    pub(super) folder: PathBuf,
    /// Where the log is; nobody but nang's own user can put a link in its place.
    pub(super) data: PathBuf,
    pub(super) url: String,
    pub(super) postmaster: Arc<Postmaster>,
}

impl Server {
    /// Clears away what an earlier server left, starts one, and waits until it answers.
    pub(super) async fn start(&self) -> anyhow::Result<Child> {
        leftover::clear(&self.cluster.path).await?;
        let mut log = self.open_log()?;
        let said_before = log.seek(SeekFrom::End(0))?;
        let mut command = self.account.command(&self.distribution.program("postgres"), &self.folder);
        command
            .arg("-D")
            .arg(&self.cluster.path)
            // No TCP at all. The socket's folder is relative to the cluster, so that no path needs quoting.
            .args(["-c", "listen_addresses=", "-c", "port=5432", "-c", "unix_socket_directories=.."])
            .args(["-c", "unix_socket_permissions=0700", "-c", "fsync=on", "-c", "full_page_writes=on"])
            // Everything the server says goes to its standard error, which is the log file.
            .args(["-c", "logging_collector=off", "-c", "log_destination=stderr"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            // Its own process group: Ctrl-C on the terminal reaches nang alone, which stops the server last.
            .process_group(0);
        let mut child = self.postmaster.spawn(&mut command)?;
        match self.wait_until_ready(&mut child).await {
            Ok(()) => Ok(child),
            Err(error) => {
                let said = tail(&mut log, said_before);
                let _ = self.stop(child, STOP_FAST).await;
                Err(error)
                    .with_context(|| format!("PostgreSQL says in {}:\n{said}", self.log_path().display()))
            }
        }
    }

    /// Ready means that Nang's own database can be connected to.
    async fn wait_until_ready(&self, child: &mut Child) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut tell_after = TELL_AFTER;
        loop {
            match timeout(CONNECT, Db::ensure_database(&self.url)).await {
                Ok(Ok(())) => return Ok(()),
                // Not listening yet, or still recovering.
                Ok(Err(DbError::Unavailable(_))) | Err(_) => {}
                Ok(Err(error)) => return Err(error).context("cannot connect to the private PostgreSQL"),
            }
            if let Some(status) = child.try_wait()? {
                bail!("PostgreSQL ended at its start ({status})");
            }
            if begun.elapsed() >= START {
                bail!("PostgreSQL does not answer after {} s", START.as_secs());
            }
            if begun.elapsed() >= tell_after {
                info!(log = %self.log_path().display(), "PostgreSQL is still starting");
                tell_after += TELL_AFTER;
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Keeps it running until told to stop: a server that was killed (by the kernel, for want of memory) is started again. Connections
    /// are made anew by the pools that lost them.
    pub(super) async fn keep(
        self,
        mut child: Child,
        mut stopped: oneshot::Receiver<Duration>,
    ) -> anyhow::Result<()> {
        let mut pause = SHORTEST_PAUSE;
        loop {
            let begun = Instant::now();
            let status = tokio::select! {
                // A dropped sender means that its owner has stopped the server at once.
                told = &mut stopped => return match told {
                    Ok(fast) => self.stop(child, fast).await,
                    Err(_) => Ok(()),
                },
                status = child.wait() => status?,
            };
            error!(%status, log = %self.log_path().display(), "PostgreSQL ended; starting it again");
            if begun.elapsed() > LONGEST_PAUSE {
                pause = SHORTEST_PAUSE;
            }
            child = loop {
                tokio::select! {
                    _ = &mut stopped => return Ok(()),
                    () = sleep(pause) => {}
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
                // Not to be interrupted half-way: it ends by itself, and the order to stop is kept.
                match self.start().await {
                    Ok(child) => break child,
                    Err(error) => error!(error = format!("{error:#}"), "PostgreSQL does not start"),
                }
            };
            info!("PostgreSQL is running again");
        }
    }

    /// Stops it, letting it write what is in memory for as long as `fast`; then at once, to recover at its next start.
    async fn stop(&self, mut child: Child, fast: Duration) -> anyhow::Result<()> {
        let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else { return Ok(()) };
        // The child is not yet waited for, so its id is still its own.
        kill_process(pid, Signal::INT).context("cannot stop PostgreSQL")?;
        if let Ok(status) = timeout(fast, child.wait()).await {
            let status = status?;
            if !status.success() {
                warn!(%status, log = %self.log_path().display(), "PostgreSQL ended with an error");
            }
            return Ok(());
        }
        warn!(
            "PostgreSQL did not stop within {} s; sending SIGQUIT. It will run crash recovery at the next start.",
            fast.as_secs()
        );
        let postmaster = Arc::clone(&self.postmaster);
        tokio::task::spawn_blocking(move || postmaster.stop_at_once()).await?;
        timeout(REAPED, child.wait()).await.context("PostgreSQL does not end, even by SIGKILL")??;
        Ok(())
    }

    fn log_path(&self) -> PathBuf {
        self.data.join("postgres.log")
    }

    /// One old log is kept beside the present one.
    fn open_log(&self) -> anyhow::Result<File> {
        let path = self.log_path();
        if fs::metadata(&path).is_ok_and(|log| log.len() > LONGEST_LOG_BYTES) {
            fs::rename(&path, path.with_extension("log.old"))?;
        }
        let log = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path);
        log.with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The last of what was said since.
fn tail(log: &mut File, since: u64) -> String {
    const LONGEST: u64 = 4000;
    let mut text = Vec::new();
    let end = log.seek(SeekFrom::End(0)).unwrap_or(since);
    let _ = log.seek(SeekFrom::Start(since.max(end.saturating_sub(LONGEST))));
    let _ = log.read_to_end(&mut text);
    String::from_utf8_lossy(&text).trim().to_owned()
}
