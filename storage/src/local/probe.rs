//! Whether the folder takes writes now. A full, read-only or unplugged disk says no; one that hangs says nothing, so
//! the answer has a deadline.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Local, finished};
use crate::StorageError;

/// How long a check may take, waiting for another check included.
const LIMIT: Duration = Duration::from_secs(3);
/// Enough for a file system to need a block for it.
const PROBE: [u8; 4096] = [0x6e; 4096];

impl Local {
    pub(crate) async fn check_writable(&self) -> Result<(), StorageError> {
        let deadline = Instant::now() + LIMIT;
        let late = |_| {
            let error = io::Error::new(io::ErrorKind::TimedOut, "the disk did not answer in time");
            StorageError::io("write a test file", error)
        };
        let place = timeout_at(deadline, self.0.probe.clone().acquire_owned()).await.map_err(late)?;
        let folder = self.0.clone();
        let probing = tokio::task::spawn_blocking(move || {
            let _place = place.expect("the semaphore is never closed");
            let failed = |error: io::Error| StorageError::io("write a test file", error);
            let mut file = folder.temporary_for("write a test file")?;
            file.write(&PROBE).map_err(failed)?;
            file.sync().map_err(failed)
        });
        finished(timeout_at(deadline, probing).await.map_err(late)?)
    }
}
