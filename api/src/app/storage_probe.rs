//! Whether storage takes uploads now, for readiness checks: however many ask, it is probed once in a few seconds.

use std::time::Duration;

use storage::{Storage, StorageError};
use tokio::{sync::Mutex, time::Instant};
use tracing::{info, warn};

/// How long an answer holds. A probe writes a few kilobytes and takes three seconds at most (`Storage::check_writable`).
const HOLDS: Duration = Duration::from_secs(5);

/// The last answer, and how long it holds.
pub(crate) struct StorageProbe {
    last: Mutex<Option<Answer>>,
    holds: Duration,
}

struct Answer {
    at: Instant,
    fault: Option<String>,
}

impl Default for StorageProbe {
    fn default() -> Self {
        Self { last: Mutex::default(), holds: HOLDS }
    }
}

impl StorageProbe {
    /// Why storage takes no uploads, as a sentence for operators; `None` if it takes them.
    pub(crate) async fn fault(&self, storage: &Storage, min_free_bytes: u64) -> Option<String> {
        // Held while probing: whoever asks meanwhile waits for the same answer.
        let mut last = self.last.lock().await;
        if let Some(answer) = last.as_ref().filter(|answer| answer.at.elapsed() < self.holds) {
            return answer.fault.clone();
        }
        let fault = probe(storage, min_free_bytes).await;
        match (&fault, last.take().and_then(|answer| answer.fault)) {
            (Some(fault), before) if before.as_ref() != Some(fault) => {
                warn!(fault, "Storage takes no uploads");
            }
            (None, Some(_)) => info!("Storage takes uploads again"),
            _ => {}
        }
        *last = Some(Answer { at: Instant::now(), fault: fault.clone() });
        fault
    }
}

async fn probe(storage: &Storage, min_free_bytes: u64) -> Option<String> {
    match storage.check_writable().await {
        Ok(()) => {}
        Err(StorageError::Full(_)) => return Some("The storage is full: free disk space.".to_owned()),
        Err(StorageError::Denied { .. }) => {
            return Some(
                "The storage is read-only for this server: check its permissions and mount.".to_owned(),
            );
        }
        Err(error) => {
            warn!(%error, "Storage could not be written");
            return Some("The storage does not answer.".to_owned());
        }
    }
    match storage.free_bytes().await {
        Ok(Some(free)) if free < min_free_bytes => {
            // Whole megabytes, so that the answer is the same until something changes.
            let (free, least) = (free >> 20, min_free_bytes >> 20);
            Some(format!(
                "The storage has {free} MiB free, less than the {least} MiB of min_free_bytes: free disk space."
            ))
        }
        Ok(_) => None,
        Err(error) => {
            warn!(%error, "Storage does not tell its free space");
            Some("The storage does not answer.".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_holds_for_a_while_and_then_storage_is_probed_again() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::local(folder.path()).unwrap();
        for (holds, asks_again) in [(Duration::MAX, false), (Duration::ZERO, true)] {
            let probe = StorageProbe { holds, ..StorageProbe::default() };
            assert_eq!(probe.fault(&storage, 0).await, None);
            assert_eq!(probe.fault(&storage, u64::MAX).await.is_some(), asks_again, "{holds:?}");
        }
    }
}
