//! A bucket of an S3-compatible object store: an object's name is its key, after the bucket's prefix.
//!
//! Pieces of unfinished uploads and test objects are not objects of Nang; their names begin with `.nang/` (no key starts with a
//! dot). Stores differ in what they support. Whether this one refuses to replace an object if asked to (`If-None-Match: *`) is
//! found out before the first time it matters.

mod body;
mod check;
mod client;
mod failure;
mod location;
mod probe;
mod put;
mod read;
mod upload;
mod upload_state;
mod upload_writer;

use std::ops::Range;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use bytes::Bytes;
use domain::key::Key;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::OnceCell;

use crate::StorageError;
use crate::hash::ContentHash;
use crate::object::{ObjectMeta, ObjectReader, PutOutcome, Stored};
use failure::Failure;
use location::Location;
pub(crate) use upload_state::content_hash;

/// Metadata of an object: the SHA-256 of its bytes.
const SHA256: &str = "sha256";
/// Objects that one request deletes: the protocol's limit.
const DELETE_BATCH: usize = 1000;
/// Requests that run at once where one request handles one object.
const PARALLEL: usize = 8;
/// Bytes of which the hash is computed on a blocking thread.
const LARGE: usize = 256 << 10;

/// A bucket as storage. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct S3(Arc<Bucket>);

#[derive(Debug)]
struct Bucket {
    client: Client,
    location: Location,
    /// Whether the store refuses to replace an object if asked to.
    conditional_put: OnceCell<bool>,
    uploads: upload::Uploads,
}

impl S3 {
    /// Opens the bucket at the URL whose part after `s3://` is `rest`. Sends no request to the store.
    pub(crate) async fn open(rest: &str) -> Result<Self, StorageError> {
        let location = Location::parse(rest)?;
        let client = client::connect(&location).await?;
        let uploads = upload::Uploads::default();
        Ok(Self(Arc::new(Bucket { client, location, conditional_put: OnceCell::new(), uploads })))
    }

    fn client(&self) -> &Client {
        &self.0.client
    }

    fn bucket(&self) -> &str {
        &self.0.location.bucket
    }

    fn body(&self, bytes: Bytes) -> ByteStream {
        body::body(bytes, self.0.location.is_private())
    }

    /// Returns the name in the bucket of an object or of a hidden file.
    fn name(&self, path: &str) -> String {
        match &*self.0.location.prefix {
            "" => path.to_owned(),
            prefix => format!("{prefix}/{path}"),
        }
    }

    /// Returns the path of an object from its name in the bucket.
    fn path<'a>(&self, name: &'a str) -> Option<&'a str> {
        match &*self.0.location.prefix {
            "" => Some(name),
            prefix => name.strip_prefix(prefix)?.strip_prefix('/'),
        }
    }

    pub(crate) async fn put_bytes(&self, key: &Key, body: Bytes) -> Result<Stored, StorageError> {
        let stored = describe(&body).await;
        self.put_file(key.as_str(), body, Some(&stored.sha256)).await?;
        Ok(stored)
    }

    pub(crate) async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, StorageError> {
        if !self.can_put_conditionally().await? {
            // All writers of an object of a build write the same bytes, so a writer that comes between these two steps does no harm.
            if self.head(key).await?.is_some() {
                return Ok(PutOutcome::Exists);
            }
            return self.put_bytes(key, body).await.map(PutOutcome::Created);
        }
        let stored = describe(&body).await;
        match self.put_new(key.as_str(), body, Some(&stored.sha256)).await {
            Ok(true) => Ok(PutOutcome::Created(stored)),
            Ok(false) => Ok(PutOutcome::Exists),
            Err(failure) => Err(failure.during(format!("store {key}"))),
        }
    }

    /// Stores bytes under a path, which may be hidden.
    async fn put_file(&self, path: &str, body: Bytes, sha256: Option<&str>) -> Result<(), StorageError> {
        self.client()
            .put_object()
            .bucket(self.bucket())
            .key(self.name(path))
            .set_metadata(sha256.map(|hash| [(SHA256.to_owned(), hash.to_owned())].into()))
            .body(self.body(body))
            .send()
            .await
            .map_err(|error| Failure::from(error).during(format!("store {path}")))?;
        Ok(())
    }

    /// Stores bytes under a path unless it has an object. Returns false if it has. After an answer that was lost, the client asks
    /// again and finds its own object: also false.
    async fn put_new(&self, path: &str, body: Bytes, sha256: Option<&str>) -> Result<bool, Failure> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let put = self
                .client()
                .put_object()
                .bucket(self.bucket())
                .key(self.name(path))
                .set_metadata(sha256.map(|hash| [(SHA256.to_owned(), hash.to_owned())].into()))
                .if_none_match("*")
                .body(self.body(body.clone()));
            match put.send().await.map_err(Failure::from) {
                Ok(_) => return Ok(true),
                Err(failure) if failure.is_precondition() => return Ok(false),
                // Another writer stores or deletes the object at this moment.
                Err(failure) if failure.status == Some(409) && attempts < 10 => {}
                Err(failure) => return Err(failure),
            }
        }
    }

    pub(crate) async fn head(&self, key: &Key) -> Result<Option<ObjectMeta>, StorageError> {
        let head = self.client().head_object().bucket(self.bucket()).key(self.name(key.as_str()));
        match head.send().await.map_err(Failure::from) {
            Ok(found) => Ok(Some(ObjectMeta {
                size_bytes: found.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
                sha256: found.metadata().and_then(|metadata| metadata.get(SHA256).cloned()),
            })),
            Err(failure) if failure.is_absent() => Ok(None),
            Err(failure) => Err(failure.during(format!("find {key}"))),
        }
    }

    pub(crate) async fn get(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<ObjectReader>, StorageError> {
        self.read(key.as_str(), range).await
    }

    pub(crate) async fn get_bytes(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, StorageError> {
        self.read_bytes(key.as_str(), range).await
    }

    pub(crate) async fn list(&self, prefix: &str) -> Result<Vec<(Key, u64)>, StorageError> {
        // No object has a prefix that cannot start a key (`../`, `.nang/`).
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        if !folder.is_empty() && Key::parse(folder).is_err() {
            return Ok(Vec::new());
        }
        let mut found: Vec<(Key, u64)> = self
            .list_files(prefix)
            .await?
            .into_iter()
            .filter_map(|(path, size_bytes)| Some((Key::parse(&path).ok()?, size_bytes)))
            .collect();
        found.sort_unstable();
        Ok(found)
    }

    /// Lists paths with their sizes, also hidden ones.
    async fn list_files(&self, prefix: &str) -> Result<Vec<(String, u64)>, StorageError> {
        let failed = |error| Failure::from(error).during(format!("list {prefix}*"));
        let name = self.name(prefix);
        let mut pages =
            self.client().list_objects_v2().bucket(self.bucket()).prefix(name).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for object in page.map_err(failed)?.contents() {
                // Some stores read a prefix as a path, in which a second slash has no meaning.
                let path = object.key().and_then(|name| self.path(name));
                let Some(path) = path.filter(|path| path.starts_with(prefix)) else { continue };
                let size_bytes = object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
                found.push((path.to_owned(), size_bytes));
            }
        }
        Ok(found)
    }

    pub(crate) async fn list_folders(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let failed = |error| Failure::from(error).during(format!("list {prefix}"));
        let list =
            self.client().list_objects_v2().bucket(self.bucket()).prefix(self.name(prefix)).delimiter("/");
        let mut pages = list.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for folder in page.map_err(failed)?.common_prefixes() {
                let path = folder.prefix().and_then(|name| self.path(name));
                let name = path.and_then(|path| path.strip_prefix(prefix)?.strip_suffix('/'));
                found.extend(name.map(str::to_owned));
            }
        }
        Ok(found)
    }

    async fn delete_file(&self, path: &str) -> Result<(), StorageError> {
        let delete = self.client().delete_object().bucket(self.bucket()).key(self.name(path));
        match delete.send().await.map_err(Failure::from) {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_absent() => Ok(()),
            Err(failure) => Err(failure.during(format!("delete {path}"))),
        }
    }

    pub(crate) async fn delete_many(&self, keys: &[Key]) -> Result<(), StorageError> {
        self.delete_files(&keys.iter().map(Key::as_str).collect::<Vec<_>>()).await
    }

    /// Deletes paths, many with one request. What a request does not delete is deleted one by one: some stores do not support such
    /// requests.
    async fn delete_files(&self, paths: &[&str]) -> Result<(), StorageError> {
        for batch in paths.chunks(DELETE_BATCH) {
            let left = match self.delete_batch(batch).await {
                Ok(left) => left,
                Err(failure) => {
                    let reason = failure.into_io();
                    tracing::debug!(%reason, "The store deletes no objects together; deleting them one by one");
                    batch.to_vec()
                }
            };
            let deletes: Vec<_> = left.into_iter().map(|path| self.delete_file(path)).collect();
            stream::iter(deletes).buffer_unordered(PARALLEL).try_collect::<()>().await?;
        }
        Ok(())
    }

    /// Returns the paths that the store did not delete.
    async fn delete_batch<'a>(&self, paths: &[&'a str]) -> Result<Vec<&'a str>, Failure> {
        if let [_] = paths {
            return Ok(paths.to_vec());
        }
        let mut delete = Delete::builder().quiet(true);
        for path in paths {
            let Ok(object) = ObjectIdentifier::builder().key(self.name(path)).build() else {
                return Ok(paths.to_vec());
            };
            delete = delete.objects(object);
        }
        let Ok(delete) = delete.build() else { return Ok(paths.to_vec()) };
        let done = self.client().delete_objects().bucket(self.bucket()).delete(delete).send().await?;
        let failed = |path: &&&str| {
            let name = self.name(path);
            done.errors().iter().any(|error| error.key() == Some(name.as_str()))
        };
        Ok(paths.iter().filter(failed).copied().collect())
    }
}

/// Returns the length and the hash of bytes.
async fn describe(body: &Bytes) -> Stored {
    let hash = |body: &[u8]| {
        let mut hash = ContentHash::default();
        hash.update(body);
        hash.into_hex()
    };
    let size_bytes = body.len() as u64;
    let shared = body.clone();
    let sha256 = if body.len() < LARGE {
        hash(body)
    } else {
        tokio::task::spawn_blocking(move || hash(&shared)).await.unwrap_or_else(|_| hash(body))
    };
    Stored { size_bytes, sha256 }
}
