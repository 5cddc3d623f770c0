//! Whether storage accepts uploads, for readiness checks. It is probed at most once in a few seconds, however many checks there are.

use std::time::Duration;

use storage::{Storage, StorageError};
use tokio::{sync::Mutex, time::Instant};
use tracing::{info, warn};

/// How long a result is valid. A probe writes a few kilobytes and takes at most three seconds (`Storage::check_writable`).
const RESULT_LIFETIME: Duration = Duration::from_secs(5);

/// The last result, and how long a result is valid.
pub(crate) struct StorageProbe {
    last: Mutex<Option<ProbeResult>>,
    lifetime: Duration,
}

struct ProbeResult {
    at: Instant,
    fault: Option<String>,
}

impl Default for StorageProbe {
    fn default() -> Self {
        Self { last: Mutex::default(), lifetime: RESULT_LIFETIME }
    }
}

impl StorageProbe {
    /// Returns why storage accepts no uploads, as a sentence for operators; `None` if it accepts them.
    pub(crate) async fn fault(&self, storage: &Storage, min_free_bytes: u64) -> Option<String> {
        // Held during the probe, so that concurrent checks wait for the same result.
        let mut last = self.last.lock().await;
        if let Some(result) = last.as_ref().filter(|result| result.at.elapsed() < self.lifetime) {
            return result.fault.clone();
        }
        let fault = storage_fault(storage, min_free_bytes).await;
        match (&fault, last.take().and_then(|result| result.fault)) {
            (Some(fault), before) if before.as_ref() != Some(fault) => {
                warn!(fault, "Readiness check failed: storage accepts no uploads");
            }
            (None, Some(_)) => info!("Storage accepts uploads again"),
            _ => {}
        }
        *last = Some(ProbeResult { at: Instant::now(), fault: fault.clone() });
        fault
    }
}

/// Returns why storage accepts no uploads now, as a sentence for operators; `None` if it accepts them.
pub async fn storage_fault(storage: &Storage, min_free_bytes: u64) -> Option<String> {
    match storage.check_writable().await {
        Ok(()) => {}
        Err(StorageError::Full(_)) => return Some("The storage is full: free disk space.".to_owned()),
        Err(StorageError::Denied { .. }) => {
            return Some(
                "The storage is read-only for this server: check its permissions and mount.".to_owned(),
            );
        }
        Err(error) => {
            warn!(%error, "Readiness check failed: cannot write to storage");
            return Some("The storage does not respond.".to_owned());
        }
    }
    match storage.free_bytes().await {
        Ok(Some(free)) if free < min_free_bytes => {
            // Whole mebibytes, so that the text changes (and is logged) only when the free space changes noticeably.
            let (free, least) = (free >> 20, min_free_bytes >> 20);
            Some(format!(
                "The storage has {free} MiB free, less than the {least} MiB of min_free_bytes: free disk space."
            ))
        }
        Ok(_) => None,
        Err(error) => {
            warn!(%error, "Readiness check failed: cannot read the free space of storage");
            Some("The storage does not respond.".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn storage_is_probed_again_when_the_last_result_has_expired() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::local(folder.path()).unwrap();
        for (lifetime, probes_again) in [(Duration::MAX, false), (Duration::ZERO, true)] {
            let probe = StorageProbe { lifetime, ..StorageProbe::default() };
            assert_eq!(probe.fault(&storage, 0).await, None);
            assert_eq!(probe.fault(&storage, u64::MAX).await.is_some(), probes_again, "{lifetime:?}");
        }
    }
}
