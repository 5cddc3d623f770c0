//! A lock that lets only one nang use a data folder.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

use anyhow::{Context, bail};
use tokio::time::{Instant, sleep};

/// How long to wait for the lock. A nang that is exiting holds it a moment longer, and so does a child of a killed nang until it
/// executes another program.
const TIMEOUT: Duration = Duration::from_secs(1);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// An advisory lock on the data folder. The kernel releases it when this process ends, even after a crash. Children do not inherit it.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) async fn take(data: &Path) -> anyhow::Result<Self> {
        let path = data.join("postgres.lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(POLL_INTERVAL).await,
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // Only for the message. The holder may not have written its process id yet.
                    let _ = file.read_to_string(&mut holder);
                    let holder = holder.trim();
                    let process =
                        if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
                    bail!(
                        "another nang{process} is using the data folder {}; stop it, or choose another folder with --data",
                        data.display()
                    );
                }
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("cannot lock {}", path.display()));
                }
            }
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { _file: file })
    }
}
