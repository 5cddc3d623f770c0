//! Tests of the store itself: whether it accepts writes now, and whether it refuses to replace an object if asked to.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use uuid::Uuid;

use super::S3;
use crate::StorageError;

/// Time limit of a check whether the store accepts writes.
const LIMIT: Duration = Duration::from_secs(5);

impl S3 {
    pub(crate) async fn check_writable(&self) -> Result<(), StorageError> {
        let path = test_path();
        let check = async {
            self.put_file(&path, Bytes::from_static(b"test"), None).await?;
            self.delete_file(&path).await
        };
        timeout(LIMIT, check).await.unwrap_or_else(|_| {
            let reason = format!("the object store did not answer within {} s", LIMIT.as_secs());
            let error = io::Error::new(io::ErrorKind::TimedOut, reason);
            Err(StorageError::io("write a test object", error))
        })
    }

    /// Whether the store refuses to replace an object if asked to. Some stores ignore the condition, others refuse the request.
    pub(super) async fn can_put_conditionally(&self) -> Result<bool, StorageError> {
        // Boxed, because its future is large and seldom used.
        let probe = Box::pin(async {
            let can = self.probe_conditional_put().await?;
            if !can {
                tracing::warn!(
                    bucket = self.bucket(),
                    "The object store does not support If-None-Match; Nang asks whether an object exists before it stores it"
                );
            }
            Ok(can)
        });
        self.0.conditional_put.get_or_try_init(|| probe).await.copied()
    }

    pub(super) async fn probe_conditional_put(&self) -> Result<bool, StorageError> {
        let (path, first) = (test_path(), Bytes::from_static(b"first"));
        self.put_file(&path, first.clone(), None).await?;
        let replaced = self.put_new(&path, Bytes::from_static(b"second"), None).await;
        let stored = self.read_bytes(&path, None).await?;
        self.delete_file(&path).await?;
        match replaced {
            Ok(created) => Ok(!created && stored == Some(first)),
            // The store does not know the header.
            Err(failure) if matches!(failure.status, Some(400 | 501)) => Ok(false),
            Err(failure) => Err(failure.during("test conditional writes")),
        }
    }
}

/// Returns a path for a test object.
fn test_path() -> String {
    format!(".nang/tests/{}", Uuid::new_v4().simple())
}
