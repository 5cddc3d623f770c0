//! A back end, and the one that had its objects before while they are being moved: what is not in the first is read from the second.

use std::ops::Range;

use bytes::Bytes;
use domain::id::FileId;
use domain::key::Key;
use futures_util::Stream;

use crate::backend::Backend;
use crate::error::StorageError;
use crate::object::{ObjectMeta, ObjectReader, PutOutcome, Stored};

#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) now: Backend,
    pub(crate) former: Option<Backend>,
}

impl From<Backend> for Place {
    fn from(now: Backend) -> Self {
        Self { now, former: None }
    }
}

impl Place {
    pub(crate) async fn put(
        &self,
        key: &Key,
        size_bytes: u64,
        body: impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
    ) -> Result<Stored, StorageError> {
        self.now.put(key, size_bytes, body).await
    }

    pub(crate) async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, StorageError> {
        match &self.former {
            Some(former) if former.head(key).await?.is_some() => Ok(PutOutcome::Exists),
            _ => self.now.put_if_absent(key, body).await,
        }
    }

    pub(crate) async fn head(&self, key: &Key) -> Result<Option<ObjectMeta>, StorageError> {
        for backend in self.in_order() {
            if let Some(found) = backend.head(key).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub(crate) async fn get(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<ObjectReader>, StorageError> {
        for backend in self.in_order() {
            if let Some(found) = backend.get(key, range.clone()).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub(crate) async fn get_bytes(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, StorageError> {
        for backend in self.in_order() {
            if let Some(found) = backend.get_bytes(key, range.clone()).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Returns the back ends in the order in which an object is looked for: the first, the former one, and the first again, because
    /// between the first two questions the object may have been moved.
    fn in_order(&self) -> impl Iterator<Item = &Backend> {
        let former = self.former.iter().flat_map(|former| [former, &self.now]);
        std::iter::once(&self.now).chain(former)
    }

    pub(crate) async fn list(&self, prefix: &str) -> Result<Vec<(Key, u64)>, StorageError> {
        let Some(former) = &self.former else { return self.now.list(prefix).await };
        // The former one first: an object that is moved between the two lists is then in both.
        let (mut all, mut found) = (former.list(prefix).await?, self.now.list(prefix).await?);
        all.retain(|(key, _)| found.binary_search_by(|(other, _)| other.cmp(key)).is_err());
        found.append(&mut all);
        found.sort_unstable();
        Ok(found)
    }

    /// Lists the names of the folders directly below `prefix`, sorted.
    pub(crate) async fn list_folders(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let mut found = self.now.list_folders(prefix).await?;
        if let Some(former) = &self.former {
            found.append(&mut former.list_folders(prefix).await?);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Deletes in the former back end first. A program that moves the object then sees after its copy that the source is absent,
    /// and deletes the copy.
    pub(crate) async fn delete_many(&self, keys: &[Key]) -> Result<(), StorageError> {
        if let Some(former) = &self.former {
            former.delete_many(keys).await?;
        }
        self.now.delete_many(keys).await
    }

    pub(crate) async fn abort_upload(&self, file: FileId) -> Result<(), StorageError> {
        if let Some(former) = &self.former {
            former.abort_upload(file).await?;
        }
        self.now.abort_upload(file).await
    }
}
