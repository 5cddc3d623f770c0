//! The check whether the folder accepts writes now. A full, read-only or removed disk returns an error; a disk that hangs
//! does not answer at all, so the check has a deadline.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Local, finished};
use crate::StorageError;

/// Time limit of a check, including the wait for another check.
const LIMIT: Duration = Duration::from_secs(3);
/// Large enough that the file system must allocate a block.
const PROBE: [u8; 4096] = [0x6e; 4096];

impl Local {
    pub(crate) async fn check_writable(&self) -> Result<(), StorageError> {
        let deadline = Instant::now() + LIMIT;
        let late = |_| {
            let reason = format!("the disk did not answer within {} s", LIMIT.as_secs());
            let error = io::Error::new(io::ErrorKind::TimedOut, reason);
            StorageError::io("write a test file", error)
        };
        let permit = timeout_at(deadline, self.0.probe.clone().acquire_owned()).await.map_err(late)?;
        let folder = self.0.clone();
        let probing = tokio::task::spawn_blocking(move || {
            let _permit = permit.expect("the semaphore is never closed");
            let failed = |error: io::Error| StorageError::io("write a test file", error);
            let mut file = folder.temporary_for("write a test file")?;
            file.write(&PROBE).map_err(failed)?;
            file.sync().map_err(failed)
        });
        finished(timeout_at(deadline, probing).await.map_err(late)?)
    }
}
