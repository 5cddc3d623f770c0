//! Storing a stream: a short one with one request, a longer one in parts of equal size.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};
use domain::key::Key;
use futures_util::{Stream, StreamExt};

use super::S3;
use super::failure::Failure;
use crate::StorageError;
use crate::hash::ContentHash;
use crate::object::Stored;

/// The least size of a part.
pub(super) const MIN_PART_BYTES: u64 = 16 << 20;
/// Parts of one object. The protocol's limit is 10,000.
const MAX_PARTS: u64 = 9000;

/// Returns the size of the parts of an object of `size_bytes`. All parts but the last have this size: some stores demand that.
pub(super) fn part_bytes(size_bytes: u64) -> u64 {
    size_bytes.div_ceil(MAX_PARTS).next_multiple_of(1 << 20).max(MIN_PART_BYTES)
}

impl S3 {
    /// Stores a stream of about `size_bytes`, from which the size of the parts follows.
    pub(crate) async fn put(
        &self,
        key: &Key,
        size_bytes: u64,
        mut body: impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
    ) -> Result<Stored, StorageError> {
        let part_bytes = usize::try_from(part_bytes(size_bytes)).unwrap_or(usize::MAX);
        let (mut hash, mut total, mut parts) = (ContentHash::default(), 0, Vec::new());
        let mut part = BytesMut::new();
        let mut upload: Option<Unfinished> = None;
        while let Some(piece) = body.next().await {
            let mut piece = piece.map_err(StorageError::Body)?;
            hash.update(&piece);
            total += piece.len() as u64;
            while part.len() + piece.len() >= part_bytes {
                part.extend_from_slice(&piece.split_to(part_bytes - part.len()));
                let upload = match &mut upload {
                    Some(upload) => upload,
                    None => upload.insert(Unfinished::begin(self, key).await?),
                };
                parts.push(self.put_part(key, &upload.id, parts.len() + 1, part.split().freeze()).await?);
            }
            part.extend_from_slice(&piece);
        }
        let Some(upload) = upload else { return self.put_bytes(key, part.freeze()).await };
        if !part.is_empty() {
            parts.push(self.put_part(key, &upload.id, parts.len() + 1, part.freeze()).await?);
        }
        let completed = self.complete(key, &upload.id, &parts).await;
        let is_stored = match &completed {
            Ok(()) => true,
            // An earlier attempt completed the upload, and its answer was lost.
            Err(failure) if failure.is_absent() => {
                self.head(key).await?.is_some_and(|meta| meta.size_bytes == total)
            }
            Err(_) => false,
        };
        if !is_stored {
            completed.map_err(|failure| failure.during(format!("store {key}")))?;
        }
        upload.keep();
        Ok(Stored { size_bytes: total, sha256: hash.into_hex() })
    }

    /// Begins an object in parts and returns the id of the upload.
    pub(super) async fn begin_parts(&self, key: &Key) -> Result<String, StorageError> {
        let failed = |failure: Failure| failure.during(format!("begin to store {key}"));
        let begin =
            self.client().create_multipart_upload().bucket(self.bucket()).key(self.name(key.as_str()));
        let begun = begin.send().await.map_err(|error| failed(error.into()))?;
        begun.upload_id.ok_or_else(|| {
            StorageError::io(
                format!("begin to store {key}"),
                std::io::Error::other("the store named no upload"),
            )
        })
    }

    /// Stores a part and returns its tag.
    pub(super) async fn put_part(
        &self,
        key: &Key,
        upload: &str,
        number: usize,
        body: Bytes,
    ) -> Result<String, StorageError> {
        let stored = self
            .client()
            .upload_part()
            .bucket(self.bucket())
            .key(self.name(key.as_str()))
            .upload_id(upload)
            .part_number(i32::try_from(number).unwrap_or(i32::MAX))
            .body(self.body(body))
            .send()
            .await
            .map_err(|error| Failure::from(error).during(format!("store part {number} of {key}")))?;
        stored.e_tag.ok_or_else(|| {
            let error = std::io::Error::other("the store named no tag");
            StorageError::io(format!("store part {number} of {key}"), error)
        })
    }

    /// Makes the parts an object.
    pub(super) async fn complete(&self, key: &Key, upload: &str, parts: &[String]) -> Result<(), Failure> {
        let parts = (1..)
            .zip(parts)
            .map(|(number, tag)| CompletedPart::builder().part_number(number).e_tag(tag).build());
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        self.client()
            .complete_multipart_upload()
            .bucket(self.bucket())
            .key(self.name(key.as_str()))
            .upload_id(upload)
            .multipart_upload(parts)
            .send()
            .await?;
        Ok(())
    }

    /// Deletes the parts of an unfinished object. Ok if absent.
    pub(super) async fn abort_parts(&self, path: &str, upload: &str) -> Result<(), StorageError> {
        let abort = self
            .client()
            .abort_multipart_upload()
            .bucket(self.bucket())
            .key(self.name(path))
            .upload_id(upload);
        match abort.send().await.map_err(Failure::from) {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_absent() => Ok(()),
            Err(failure) => Err(failure.during(format!("delete the parts of {path}"))),
        }
    }
}

/// The parts of an unfinished object. Dropping it deletes them in the background.
struct Unfinished {
    s3: S3,
    key: Key,
    id: String,
    is_kept: bool,
}

impl Unfinished {
    async fn begin(s3: &S3, key: &Key) -> Result<Self, StorageError> {
        let id = s3.begin_parts(key).await?;
        Ok(Self { s3: s3.clone(), key: key.clone(), id, is_kept: false })
    }

    fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (s3, key, id) = (self.s3.clone(), self.key.clone(), self.id.clone());
        runtime.spawn(async move {
            if let Err(error) = s3.abort_parts(key.as_str(), &id).await {
                tracing::warn!(%error, "Could not delete the parts of an object that was not stored");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_PARTS, part_bytes};

    #[test]
    fn parts_are_large_enough_for_any_size() {
        for (size_bytes, expected) in
            [(0, 16 << 20), (1, 16 << 20), (140 << 30, 16 << 20), (1 << 40, 117 << 20)]
        {
            assert_eq!(part_bytes(size_bytes), expected, "{size_bytes}");
            assert!(size_bytes.div_ceil(expected) <= MAX_PARTS);
        }
        // The protocol's largest object in parts of the protocol's largest size.
        assert!(part_bytes(5 << 40) < 5 << 30);
    }
}
