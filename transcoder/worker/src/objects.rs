//! The objects of one build: each is written once and never over another.
//!
//! A worker whose lease ran out may still write. What it writes is either what the build has already (a plan's bytes are
//! the same on every worker) or refused here, so it can change no byte of a build.

use std::collections::BTreeSet;

use bytes::Bytes;
use domain::{
    hex,
    key::{BuildObject, BuildRoot, Key},
    output::StoredObject,
};
use sha2::{Digest, Sha256};
use storage::{PutOutcome, Storage, StorageError};
use tracing::info;

/// Why an object was not stored.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The build has other bytes under this key.
    #[error("{0} is stored with other bytes than this worker made; one build cannot have both")]
    Differs(Key),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Where a build's objects go.
#[derive(Clone, Debug)]
pub struct BuildObjects {
    storage: Storage,
    root: BuildRoot,
    damaged: BTreeSet<Key>,
}

impl BuildObjects {
    /// The objects of the build at `root`.
    pub fn new(storage: Storage, root: BuildRoot) -> Self {
        Self { storage, root, damaged: BTreeSet::new() }
    }

    /// Lets objects that publishing found damaged be replaced. The caller holds the lease of a job that makes them again.
    #[must_use]
    pub fn replacing(mut self, damaged: impl IntoIterator<Item = Key>) -> Self {
        self.damaged.extend(damaged);
        self
    }

    /// The key of an object.
    pub(crate) fn key(&self, object: &BuildObject<'_>) -> Key {
        self.root.key(object)
    }

    /// Stores an object, unless the same bytes are there. Of other bytes only damaged ones are replaced.
    pub(crate) async fn put(&self, key: &Key, bytes: Bytes) -> Result<StoredObject, ObjectError> {
        // Another worker may delete or create the object between two of these steps.
        for _ in 0..3 {
            if let PutOutcome::Created(stored) = self.storage.put_if_absent(key, bytes.clone()).await? {
                return Ok(StoredObject { size_bytes: stored.size_bytes, sha256: stored.sha256 });
            }
            let size_bytes = bytes.len() as u64;
            // One byte more than ours is enough to see a difference, however large the other one is.
            match self.storage.get_bytes(key, Some(0..size_bytes + 1)).await? {
                Some(stored) if stored == bytes => {
                    return Ok(StoredObject { size_bytes, sha256: hex::encode(&Sha256::digest(&bytes)) });
                }
                Some(_) if self.damaged.contains(key) => {
                    self.storage.delete(key).await?;
                    info!(%key, "Deleted a damaged object; it is stored again");
                }
                Some(_) => break,
                None => {}
            }
        }
        Err(ObjectError::Differs(key.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::{BuildObject, BuildObjects, BuildRoot, Bytes, ObjectError, Storage};

    #[tokio::test]
    async fn an_object_is_written_once_and_only_a_damaged_one_again() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::local(folder.path()).unwrap();
        let objects = BuildObjects::new(storage.clone(), BuildRoot::Top);
        let key = objects.key(&BuildObject::Multivariant);
        let stored = objects.put(&key, Bytes::from_static(b"right")).await.unwrap();
        assert_eq!(objects.put(&key, Bytes::from_static(b"right")).await.unwrap(), stored);
        for other in [&b"wrong"[..], b"righ", b"right and more", b""] {
            let error = objects.put(&key, Bytes::from_static(other)).await.unwrap_err();
            assert!(matches!(&error, ObjectError::Differs(differing) if *differing == key), "{error}");
            assert!(error.to_string().contains("main.m3u8"), "{error}");
        }
        assert_eq!(storage.get_bytes(&key, None).await.unwrap().unwrap(), Bytes::from_static(b"right"));

        storage.put_bytes(&key, Bytes::from_static(b"rotten")).await.unwrap();
        let replacing = objects.replacing([key.clone()]);
        assert_eq!(replacing.put(&key, Bytes::from_static(b"right")).await.unwrap(), stored);
        assert_eq!(storage.get_bytes(&key, None).await.unwrap().unwrap(), Bytes::from_static(b"right"));
        // Whole objects stay, also those that were damaged once: another part may have made them again.
        replacing.put(&key, Bytes::from_static(b"right")).await.unwrap();
    }

    #[tokio::test]
    async fn of_writers_with_different_bytes_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::local(folder.path()).unwrap();
        let objects = BuildObjects::new(storage.clone(), BuildRoot::Top);
        let key = objects.key(&BuildObject::Multivariant);
        let writers = (0..8_u8).map(|writer| {
            let (objects, key) = (objects.clone(), key.clone());
            tokio::spawn(async move { (writer, objects.put(&key, Bytes::from(vec![writer; 9])).await) })
        });
        let mut won = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            match writer.await.unwrap() {
                (writer, Ok(_)) => won.push(writer),
                (_, Err(ObjectError::Differs(_))) => {}
                (_, Err(error)) => panic!("{error}"),
            }
        }
        let [winner] = won[..] else { panic!("{won:?}") };
        assert_eq!(storage.get_bytes(&key, None).await.unwrap().unwrap(), Bytes::from(vec![winner; 9]));
    }
}
