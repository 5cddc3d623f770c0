//! Objects by key: in a local folder or in an S3-compatible object store.
//!
//! Invariants: an object's name is a `domain::key::Key`, so no path leaves the root; an object is visible either whole or
//! not at all; when `put` or `finish_upload` returns, the object survives a power failure. Several processes may use the
//! same storage.

mod backend;
mod check;
mod error;
mod hash;
mod local;
mod object;
mod place;
mod s3;
mod upload;

use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use domain::id::FileId;
use domain::key::{Key, MASTERS_PREFIX};
use futures_util::{Stream, TryStreamExt};
use hash::ContentHash;
use place::Place;

use backend::Backend;
pub use check::Capability;
use check::{Report, check_objects};
pub use error::StorageError;
pub use local::read_file;
pub use object::{ObjectMeta, ObjectReader, PutOutcome, Stored};
pub use upload::{Checkpoint, Closed, Upload};

/// A store of objects. Masters may have a back end of their own. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Storage {
    films: Place,
    /// The back end of masters; `None` if it is the same one.
    masters: Option<Place>,
}

impl Storage {
    /// Opens the folder `root`, and creates it if it is absent. Deletes temporary files of processes that no longer run.
    pub fn local(root: impl Into<PathBuf>) -> Result<Self, StorageError> {
        Ok(Self { films: Backend::local(root.into())?.into(), masters: None })
    }

    /// Opens the storage at a URL: `file:///absolute/path`, or `s3://bucket/prefix` with the parameters `endpoint`, `region`,
    /// `path_style`, `credentials` and `profile`. Sends no request to an object store, which may be unavailable now.
    pub async fn from_url(url: &str) -> Result<Self, StorageError> {
        Ok(Self { films: Backend::open(url).await?.into(), masters: None })
    }

    /// Stores masters at another URL.
    pub async fn with_masters(self, url: &str) -> Result<Self, StorageError> {
        Ok(Self { masters: Some(Backend::open(url).await?.into()), ..self })
    }

    /// Reads what is not in the storage of films from the one at `url`, from which the objects are being moved.
    pub async fn with_former(mut self, url: &str) -> Result<Self, StorageError> {
        self.films.former = Some(Backend::open(url).await?);
        Ok(self)
    }

    /// Reads masters that are not in the storage of masters from the one at `url`, from which they are being moved.
    pub async fn with_former_masters(mut self, url: &str) -> Result<Self, StorageError> {
        let masters = self.masters.get_or_insert_with(|| Place { former: None, ..self.films.clone() });
        masters.former = Some(Backend::open(url).await?);
        Ok(self)
    }

    /// Whether films are in an object store, which is slower than a disk.
    pub fn is_remote(&self) -> bool {
        matches!(self.films.now, Backend::S3(_))
    }

    /// Returns the back end of the object `key`.
    fn of(&self, key: &Key) -> &Place {
        if key.as_str().starts_with(MASTERS_PREFIX) { self.of_masters() } else { &self.films }
    }

    fn of_masters(&self) -> &Place {
        self.masters.as_ref().unwrap_or(&self.films)
    }

    /// Stores an object; if `body` fails, stores nothing. Replaces an older object of the same key atomically. Of concurrent
    /// writers, the last to finish wins. `size_bytes` is the expected size of the body.
    pub async fn put(
        &self,
        key: &Key,
        size_bytes: u64,
        body: impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
    ) -> Result<Stored, StorageError> {
        self.of(key).put(key, size_bytes, body).await
    }

    /// Stores an object as [`Self::put`] does, from bytes in memory.
    pub async fn put_bytes(&self, key: &Key, body: Bytes) -> Result<Stored, StorageError> {
        self.of(key).now.put_bytes(key, body).await
    }

    /// Stores an object, whole or not at all, unless the key already has one. With either outcome, the object survives a power
    /// failure.
    ///
    /// Of concurrent writers, also in other processes, at most one gets `Created`. In an object store that does
    /// not support conditional writes, several may get it, and the last one wins: meant for writers of equal bytes.
    pub async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, StorageError> {
        self.of(key).put_if_absent(key, body).await
    }

    /// Returns an object's size, and its hash if it was recorded, without reading the object; `None` if it is absent.
    pub async fn head(&self, key: &Key) -> Result<Option<ObjectMeta>, StorageError> {
        self.of(key).head(key).await
    }

    /// Returns an object, or the bytes `range` of it, as a stream; `None` if the object is absent. The range is limited to the
    /// object's size.
    pub async fn get(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<ObjectReader>, StorageError> {
        self.of(key).get(key, range).await
    }

    /// Reads as [`Self::get`] does, into memory. Meant for small objects and for ranges that the caller has limited.
    pub async fn get_bytes(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, StorageError> {
        self.of(key).get_bytes(key, range).await
    }

    /// Lists all objects whose key starts with `prefix`, with their sizes in bytes, sorted by key.
    pub async fn list(&self, prefix: &str) -> Result<Vec<(Key, u64)>, StorageError> {
        let Some(masters) = &self.masters else { return self.films.list(prefix).await };
        if prefix.starts_with(MASTERS_PREFIX) {
            return masters.list(prefix).await;
        }
        let mut found = self.films.list(prefix).await?;
        if MASTERS_PREFIX.starts_with(prefix) {
            found.retain(|(key, _)| !key.as_str().starts_with(MASTERS_PREFIX));
            found.append(&mut masters.list(MASTERS_PREFIX).await?);
            found.sort_unstable();
        }
        Ok(found)
    }

    /// Returns the hash of an object: as it was recorded, or by reading the object. `None` if the object is absent.
    pub async fn sha256(&self, key: &Key) -> Result<Option<String>, StorageError> {
        let Some(meta) = self.head(key).await? else { return Ok(None) };
        if meta.sha256.is_some() {
            return Ok(meta.sha256);
        }
        let Some(mut body) = self.get(key, None).await? else { return Ok(None) };
        let mut hash = ContentHash::default();
        let failed = |error| StorageError::io(format!("read {key}"), error);
        while let Some(piece) = body.try_next().await.map_err(failed)? {
            hash.update(&piece);
        }
        Ok(Some(hash.into_hex()))
    }

    /// Lists the names of the folders directly below `prefix`, which ends with a slash, sorted.
    pub async fn list_folders(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        self.films.list_folders(prefix).await
    }

    /// Whether an object is in the storage in use, not only in a former one.
    pub async fn is_moved(&self, key: &Key) -> Result<bool, StorageError> {
        Ok(self.of(key).now.head(key).await?.is_some())
    }

    /// Tries what the storage can do, with test objects that are deleted afterwards. `now` is the time of this machine in Unix seconds.
    /// Returns the results for films, and for masters if they have a storage of their own.
    pub async fn check(&self, now: u64) -> Vec<(&'static str, Vec<Capability>)> {
        let mut results = Vec::new();
        let masters = self.masters.as_ref().map(|masters| ("masters", masters));
        for (name, place) in [("films", &self.films)].into_iter().chain(masters) {
            let mut report = Report::default();
            let id = uuid::Uuid::new_v4().simple();
            match Key::parse(&format!("nang-check/{id}/object")) {
                Ok(key) => {
                    check_objects(&place.now, &key, &mut report).await;
                    if let Backend::S3(s3) = &place.now {
                        Box::pin(s3.check_features(&key, now, &mut report)).await;
                    }
                }
                Err(error) => report.add("name an object", true, Err::<String, _>(error)),
            }
            results.push((name, report.finish()));
        }
        results
    }

    /// Deletes an object. Ok if absent.
    pub async fn delete(&self, key: &Key) -> Result<(), StorageError> {
        self.of(key).delete_many(std::slice::from_ref(key)).await
    }

    /// Deletes objects, as [`Self::delete`] does, with few requests.
    pub async fn delete_many(&self, keys: &[Key]) -> Result<(), StorageError> {
        let (masters, films): (Vec<Key>, Vec<Key>) =
            keys.iter().cloned().partition(|key| key.as_str().starts_with(MASTERS_PREFIX));
        self.films.delete_many(&films).await?;
        self.of_masters().delete_many(&masters).await
    }

    /// Starts a resumable upload of `size_bytes`, or resumes it at `from` and discards all bytes received after that.
    ///
    /// Only one request can hold an upload: [`StorageError::UploadLocked`] otherwise. An object store has no locks, so there other
    /// processes must not open it: the caller has a lease.
    pub async fn open_upload(
        &self,
        file: FileId,
        size_bytes: u64,
        from: Checkpoint,
    ) -> Result<Upload, StorageError> {
        self.of_masters().now.open_upload(file, size_bytes, from).await
    }

    /// Deletes an upload and its bytes. Ok if absent.
    pub async fn abort_upload(&self, file: FileId) -> Result<(), StorageError> {
        self.of_masters().abort_upload(file).await
    }

    /// Lists the uploads that have bytes in storage, sorted.
    pub async fn list_uploads(&self) -> Result<Vec<FileId>, StorageError> {
        self.of_masters().now.list_uploads().await
    }

    /// Turns an upload, closed at its last byte with the checkpoint `at`, into the master's object. May be repeated: if the upload is
    /// absent and the object is stored, an earlier call has done it. If neither is stored: [`StorageError::UploadGone`].
    ///
    /// If fewer bytes are stored, it fails with [`StorageError::UploadTruncated`] and creates no object. It holds the upload, so that no
    /// other request can open the upload and truncate the object.
    pub async fn finish_upload(&self, file: FileId, at: &Checkpoint) -> Result<(), StorageError> {
        self.of_masters().now.finish_upload(file, at).await
    }

    /// Checks that storage accepts writes: writes, syncs and deletes small files that are not objects. Takes at most a few
    /// seconds; fails if the storage has not answered by then. Meant for readiness checks.
    pub async fn check_writable(&self) -> Result<(), StorageError> {
        self.films.now.check_writable().await?;
        match &self.masters {
            Some(masters) => masters.now.check_writable().await,
            None => Ok(()),
        }
    }

    /// Returns the free space in bytes for films, if the back end has a limit.
    pub async fn free_bytes(&self) -> Result<Option<u64>, StorageError> {
        self.films.now.free_bytes().await
    }

    /// Returns the free space in bytes for masters, if the back end has a limit.
    pub async fn free_bytes_for_masters(&self) -> Result<Option<u64>, StorageError> {
        self.of_masters().now.free_bytes().await
    }
}
