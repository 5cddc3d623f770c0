//! The running server: how it is started, restarted after a crash, and stopped.

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

/// Time limit of a start. Crash recovery reads at most `max_wal_size` of log, which takes minutes on the slowest disk.
const START_TIMEOUT: Duration = Duration::from_mins(10);
const LOG_INTERVAL: Duration = Duration::from_secs(10);
/// Time limit of an attempt to connect. Over a socket it succeeds immediately, or hangs because the server process is stopped.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Time limit for the runtime to report the end of a killed process.
const REAP_TIMEOUT: Duration = Duration::from_secs(1);
const MIN_RESTART_DELAY: Duration = Duration::from_millis(100);
const MAX_RESTART_DELAY: Duration = Duration::from_secs(30);
const MAX_LOG_BYTES: u64 = 10 << 20;

/// Everything that is needed to start the server repeatedly.
pub(super) struct Server {
    pub(super) distribution: Distribution,
    pub(super) account: Account,
    pub(super) cluster: Cluster,
    /// The folder of the socket. It belongs to the account that PostgreSQL runs as.
    pub(super) folder: PathBuf,
    /// The folder of the log. Only the account that Nang runs as can write here, so no other account can replace the log with a link.
    pub(super) data: PathBuf,
    pub(super) url: String,
    pub(super) postmaster: Arc<Postmaster>,
}

impl Server {
    /// Cleans up after an earlier server, starts a server, and waits until it accepts connections.
    pub(super) async fn start(&self) -> anyhow::Result<Child> {
        leftover::clear(&self.cluster.path).await?;
        let mut log = self.open_log()?;
        let log_start = log.seek(SeekFrom::End(0))?;
        let mut command = self.account.command(&self.distribution.program("postgres"), &self.folder);
        command
            .arg("-D")
            .arg(&self.cluster.path)
            // No TCP. The socket's folder is relative to the cluster, so that no path needs quoting.
            .args(["-c", "listen_addresses=", "-c", "port=5432", "-c", "unix_socket_directories=.."])
            .args(["-c", "unix_socket_permissions=0700", "-c", "fsync=on", "-c", "full_page_writes=on"])
            // The server logs to its standard error, which is the log file.
            .args(["-c", "logging_collector=off", "-c", "log_destination=stderr"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            // A separate process group: Ctrl-C on the terminal reaches only nang, which stops the server last.
            .process_group(0);
        let mut child = self.postmaster.spawn(&mut command)?;
        match self.wait_until_ready(&mut child).await {
            Ok(()) => Ok(child),
            Err(error) => {
                let last_lines = tail(&mut log, log_start);
                let _ = self.stop(child, STOP_FAST).await;
                Err(error).with_context(|| {
                    format!("PostgreSQL's log {} says:\n{last_lines}", self.log_path().display())
                })
            }
        }
    }

    /// Waits until Nang's database accepts connections.
    async fn wait_until_ready(&self, child: &mut Child) -> anyhow::Result<()> {
        let started = Instant::now();
        let mut log_after = LOG_INTERVAL;
        loop {
            match timeout(CONNECT_TIMEOUT, Db::ensure_database(&self.url)).await {
                Ok(Ok(())) => return Ok(()),
                // Not listening yet, or still in crash recovery.
                Ok(Err(DbError::Unavailable(_))) | Err(_) => {}
                Ok(Err(error)) => return Err(error).context("cannot connect to the private PostgreSQL"),
            }
            if let Some(status) = child.try_wait()? {
                bail!("PostgreSQL exited during its start ({status})");
            }
            if started.elapsed() >= START_TIMEOUT {
                bail!("PostgreSQL did not accept connections within {} s", START_TIMEOUT.as_secs());
            }
            if started.elapsed() >= log_after {
                info!(log = %self.log_path().display(), "PostgreSQL is still starting; waiting for it");
                log_after += LOG_INTERVAL;
            }
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Restarts the server whenever it ends (for example because the kernel killed it when memory ran out), until `stopped` receives
    /// the time limit of the shutdown. Connection pools reconnect by themselves.
    pub(super) async fn supervise(
        self,
        mut child: Child,
        mut stopped: oneshot::Receiver<Duration>,
    ) -> anyhow::Result<()> {
        let mut delay = MIN_RESTART_DELAY;
        loop {
            let started = Instant::now();
            let status = tokio::select! {
                // A dropped sender means that its owner has already stopped the server.
                received = &mut stopped => return match received {
                    Ok(fast) => self.stop(child, fast).await,
                    Err(_) => Ok(()),
                },
                status = child.wait() => status?,
            };
            error!(%status, log = %self.log_path().display(), "PostgreSQL exited unexpectedly; restarting it");
            if started.elapsed() > MAX_RESTART_DELAY {
                delay = MIN_RESTART_DELAY;
            }
            child = loop {
                tokio::select! {
                    _ = &mut stopped => return Ok(()),
                    () = sleep(delay) => {}
                }
                delay = (delay * 2).min(MAX_RESTART_DELAY);
                // A start must not be cancelled half-way. It has a time limit, and a request to stop stays in the channel.
                match self.start().await {
                    Ok(child) => break child,
                    Err(error) => {
                        error!(error = format!("{error:#}"), "Cannot restart PostgreSQL; trying again");
                    }
                }
            };
            info!("PostgreSQL is running again");
        }
    }

    /// Starts a fast shutdown and waits for it for at most `fast`. After that limit, stops the server immediately, so that it runs
    /// crash recovery at its next start.
    async fn stop(&self, mut child: Child, fast: Duration) -> anyhow::Result<()> {
        let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else { return Ok(()) };
        // The child has not been reaped, so its process id is still valid.
        kill_process(pid, Signal::INT).context("cannot stop PostgreSQL")?;
        if let Ok(status) = timeout(fast, child.wait()).await {
            let status = status?;
            if !status.success() {
                warn!(%status, log = %self.log_path().display(), "PostgreSQL exited with an error");
            }
            return Ok(());
        }
        warn!(
            "PostgreSQL did not stop within {} s; sending SIGQUIT. It will run crash recovery at the next start.",
            fast.as_secs()
        );
        let postmaster = Arc::clone(&self.postmaster);
        tokio::task::spawn_blocking(move || postmaster.stop_immediately()).await?;
        timeout(REAP_TIMEOUT, child.wait())
            .await
            .context("PostgreSQL did not exit, even after SIGKILL")??;
        Ok(())
    }

    fn log_path(&self) -> PathBuf {
        self.data.join("postgres.log")
    }

    /// Opens the log. Renames it first if it is too large; one old log is kept.
    fn open_log(&self) -> anyhow::Result<File> {
        let path = self.log_path();
        if fs::metadata(&path).is_ok_and(|log| log.len() > MAX_LOG_BYTES) {
            fs::rename(&path, path.with_extension("log.old"))?;
        }
        let log = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path);
        log.with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Returns the end of what was logged after the position `since`.
fn tail(log: &mut File, since: u64) -> String {
    const MAX_BYTES: u64 = 4000;
    let mut text = Vec::new();
    let end = log.seek(SeekFrom::End(0)).unwrap_or(since);
    let _ = log.seek(SeekFrom::Start(since.max(end.saturating_sub(MAX_BYTES))));
    let _ = log.read_to_end(&mut text);
    String::from_utf8_lossy(&text).trim().to_owned()
}
