//! One nang for one data folder.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

use anyhow::{Context, bail};
use tokio::time::{Instant, sleep};

/// One that is just ending holds it a moment longer; so does a child of a killed one, until it has become another program.
const PATIENCE: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// An advisory lock on the data folder. The system releases it when this process ends, however it ends; children do not inherit it.
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
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(LOOK_AGAIN).await,
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // Only for the message: who holds it may be just writing.
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
