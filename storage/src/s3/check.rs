//! What this store supports beyond storing objects.

use bytes::Bytes;
use domain::key::Key;

use super::S3;
use super::failure::Failure;
use crate::StorageError;
use crate::check::{Report, expect};

/// The smallest part that is not the last one, in most stores.
const SMALL_PART_BYTES: usize = 5 << 20;
/// A clock that differs more than this makes the store refuse requests soon.
const CLOCK_TOLERANCE_SECONDS: u64 = 300;

impl S3 {
    /// Tries it with the object `key`, which does not exist. `now` is the time of this machine in Unix seconds.
    pub(crate) async fn check_features(&self, key: &Key, now: u64, report: &mut Report) {
        report.add(
            "store large objects in parts",
            true,
            expect(self.check_parts(key).await, "the object is not whole"),
        );
        report.add(
            "list unfinished uploads",
            false,
            expect(self.check_unfinished(key).await, "").map_err(|error| {
                format!("{error}; Nang cannot find and delete the parts of abandoned uploads")
            }),
        );
        report.add(
            "refuse to replace an object if asked to (If-None-Match)",
            false,
            expect(self.probe_conditional_put().await, "not supported")
                .map_err(|error| format!("{error}; Nang asks whether an object exists before it stores it")),
        );
        report.add(
            "record the hash of an object",
            false,
            expect(self.check_metadata(key).await, "not supported")
                .map_err(|error| format!("{error}; publishing reads every object")),
        );
        report.add(
            "delete many objects with one request",
            false,
            expect(self.check_batch(key).await, "not supported")
                .map_err(|error| format!("{error}; Nang deletes objects one by one")),
        );
        report.add("clock", true, self.check_clock(key, now).await);
    }

    async fn check_parts(&self, key: &Key) -> Result<bool, StorageError> {
        let upload = self.begin_parts(key).await?;
        let whole = async {
            let first = self.put_part(key, &upload, 1, Bytes::from(vec![1; SMALL_PART_BYTES])).await?;
            let second = self.put_part(key, &upload, 2, Bytes::from(vec![2; 1000])).await?;
            let completed = self.complete(key, &upload, &[first, second]).await;
            completed.map_err(|failure| failure.during("join the parts"))?;
            let end = SMALL_PART_BYTES as u64;
            let border = self.get_bytes(key, Some(end - 1..end + 1)).await?;
            Ok(border.as_deref() == Some(&[1, 2]))
        };
        let whole = whole.await;
        self.abort_parts(key.as_str(), &upload).await?;
        self.delete_file(key.as_str()).await?;
        whole
    }

    async fn check_unfinished(&self, key: &Key) -> Result<bool, StorageError> {
        let upload = self.begin_parts(key).await?;
        let listed = self.list_multipart(key.as_str()).await;
        self.abort_parts(key.as_str(), &upload).await?;
        Ok(listed?.contains(&(key.as_str().to_owned(), upload)))
    }

    async fn check_metadata(&self, key: &Key) -> Result<bool, StorageError> {
        let stored = self.put_bytes(key, Bytes::from_static(b"test")).await?;
        let found = self.head(key).await?;
        self.delete_file(key.as_str()).await?;
        Ok(found.is_some_and(|meta| meta.sha256 == Some(stored.sha256)))
    }

    async fn check_batch(&self, key: &Key) -> Result<bool, StorageError> {
        let names = [format!("{key}-1"), format!("{key}-2")];
        for name in &names {
            self.put_file(name, Bytes::from_static(b"test"), None).await?;
        }
        let left = self.delete_batch(&names.each_ref().map(String::as_str)).await;
        let is_empty = self.list_files(key.as_str()).await?.is_empty();
        for name in &names {
            self.delete_file(name).await?;
        }
        Ok(left.is_ok_and(|left| left.is_empty()) && is_empty)
    }

    async fn check_clock(&self, key: &Key, now: u64) -> Result<String, String> {
        let modified = async {
            self.put_bytes(key, Bytes::from_static(b"test")).await?;
            let head = self.client().head_object().bucket(self.bucket()).key(self.name(key.as_str()));
            let found =
                head.send().await.map_err(|error| Failure::from(error).during("find the test object"))?;
            self.delete_file(key.as_str()).await?;
            Ok::<_, StorageError>(found.last_modified().and_then(|time| u64::try_from(time.secs()).ok()))
        };
        match modified.await {
            Ok(Some(time)) if time.abs_diff(now) > CLOCK_TOLERANCE_SECONDS => Err(format!(
                "the clocks of this machine and of the store differ by {} s; set both by NTP",
                time.abs_diff(now)
            )),
            Ok(Some(time)) => Ok(format!("differs by {} s at most", time.abs_diff(now) + 1)),
            Ok(None) => Err("the store does not say when an object was stored".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}
