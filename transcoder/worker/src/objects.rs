//! The objects of one build: each is written once and never overwritten.
//!
//! A worker whose lease has ended may still write. Either its bytes equal the stored ones (every worker produces the same
//! bytes from a plan), or this module refuses them. So it cannot change a byte of a build.

use std::collections::BTreeSet;

use bytes::Bytes;
use domain::{
    hex,
    key::{BuildObject, BuildRoot, InvalidKey, Key},
    output::StoredObject,
};
use sha2::{Digest, Sha256};
use storage::{PutOutcome, Storage, StorageError};
use tracing::info;

use crate::remote::RemoteStore;

/// Why an object was not stored.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The build already has an object with this key and different bytes.
    #[error("{0} is already stored with different bytes, and the objects of a build are never overwritten")]
    Differs(Key),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Where objects are stored.
#[derive(Clone, Debug)]
enum Target {
    Storage(Storage),
    /// A server stores them; keys are paths within the build.
    Remote(RemoteStore),
}

/// Stores the objects of a build.
#[derive(Clone, Debug)]
pub struct BuildObjects {
    target: Target,
    root: BuildRoot,
    damaged: BTreeSet<Key>,
}

impl BuildObjects {
    /// Returns the store of the build at `root`.
    pub fn new(storage: Storage, root: BuildRoot) -> Self {
        Self { target: Target::Storage(storage), root, damaged: BTreeSet::new() }
    }

    /// Returns a store that delivers the objects of a job to a server.
    pub(crate) fn remote(store: RemoteStore) -> Self {
        Self { target: Target::Remote(store), root: BuildRoot::Top, damaged: BTreeSet::new() }
    }

    /// Permits replacing objects that publishing found damaged. The caller holds the lease of the job that encodes them again.
    #[must_use]
    pub fn replacing(mut self, damaged: impl IntoIterator<Item = Key>) -> Self {
        self.damaged.extend(damaged);
        self
    }

    /// Returns the key of an object from its path within the build.
    pub(crate) fn at(&self, path: &str) -> Result<Key, InvalidKey> {
        self.root.at(path)
    }

    /// Returns the key of an object.
    pub(crate) fn key(&self, object: &BuildObject<'_>) -> Key {
        self.root.key(object)
    }

    /// Stores an object. Ok if the same bytes are already stored. Replaces different bytes only if the object is damaged.
    pub(crate) async fn put(&self, key: &Key, bytes: Bytes) -> Result<StoredObject, ObjectError> {
        let storage = match &self.target {
            Target::Storage(storage) => storage,
            Target::Remote(remote) => return remote.put(key, bytes).await,
        };
        // Another worker may delete or create the object between two of these steps.
        for _ in 0..3 {
            if let PutOutcome::Created(stored) = storage.put_if_absent(key, bytes.clone()).await? {
                return Ok(StoredObject { size_bytes: stored.size_bytes, sha256: stored.sha256 });
            }
            let size_bytes = bytes.len() as u64;
            // One byte more than `bytes` has is enough to see a difference, even if the stored object is much larger.
            match storage.get_bytes(key, Some(0..size_bytes + 1)).await? {
                Some(stored) if stored == bytes => {
                    return Ok(StoredObject { size_bytes, sha256: hex::encode(&Sha256::digest(&bytes)) });
                }
                Some(_) if self.damaged.contains(key) => {
                    storage.delete(key).await?;
                    info!(%key, "Deleted a damaged object; storing it again");
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
    async fn only_a_damaged_object_can_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::local(folder.path()).unwrap();
        let objects = BuildObjects::new(storage.clone(), BuildRoot::Top);
        let key = objects.key(&BuildObject::Record);
        let stored = objects.put(&key, Bytes::from_static(b"right")).await.unwrap();
        assert_eq!(objects.put(&key, Bytes::from_static(b"right")).await.unwrap(), stored);
        for other in [&b"wrong"[..], b"righ", b"right and more", b""] {
            let error = objects.put(&key, Bytes::from_static(other)).await.unwrap_err();
            assert!(matches!(&error, ObjectError::Differs(differing) if *differing == key), "{error}");
            assert!(error.to_string().contains("build.json"), "{error}");
        }
        assert_eq!(storage.get_bytes(&key, None).await.unwrap().unwrap(), Bytes::from_static(b"right"));

        storage.put_bytes(&key, Bytes::from_static(b"rotten")).await.unwrap();
        let replacing = objects.replacing([key.clone()]);
        assert_eq!(replacing.put(&key, Bytes::from_static(b"right")).await.unwrap(), stored);
        assert_eq!(storage.get_bytes(&key, None).await.unwrap().unwrap(), Bytes::from_static(b"right"));
        // An object that is whole again is not replaced: another part may have stored it.
        replacing.put(&key, Bytes::from_static(b"right")).await.unwrap();
    }

    #[tokio::test]
    async fn one_of_several_writers_with_different_bytes_wins() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::local(folder.path()).unwrap();
        let objects = BuildObjects::new(storage.clone(), BuildRoot::Top);
        let key = objects.key(&BuildObject::Record);
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
