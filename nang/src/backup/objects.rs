//! The list of the objects that a snapshot needs in storage.

use std::{
    collections::BTreeMap,
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::Context;
use bytes::Bytes;
use db::backup::Contents;
use domain::{
    hex,
    key::{BuildObject, BuildRoot, Key, PresentationObject, image_prefix},
    output::StoredObject,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use storage::Storage;

use super::MANIFESTS;

/// Maximum size of a build record or manifest to read: that of a 24-hour film has about 10 MB.
const MAX_RECORD_BYTES: u64 = 64 << 20;

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) key: String,
    pub(super) size_bytes: u64,
    pub(super) sha256: String,
}

/// The list, while it is made.
pub(super) struct Objects {
    listed: BTreeMap<String, (u64, String)>,
    /// Keys that the snapshot needs and that storage lacks.
    pub(super) missing: Vec<String>,
}

/// The part of a build record that names its objects.
#[derive(Deserialize)]
struct Named {
    objects: BTreeMap<String, StoredObject>,
}

impl Objects {
    /// Lists what the snapshot needs, and copies manifests and records into `folder`.
    pub(super) async fn collect(
        storage: &Storage,
        contents: &Contents,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let mut objects = Self { listed: BTreeMap::new(), missing: Vec::new() };
        for master in &contents.masters {
            let key = Key::master(master.id);
            match storage.head(&key).await? {
                Some(_) => objects.add(&key, master.size_bytes, master.sha256.clone()),
                None => objects.missing.push(key.to_string()),
            }
        }
        for &root in &contents.builds {
            // A build of this older kind has no record of hashes.
            if matches!(root, BuildRoot::Legacy(..)) {
                objects.hash_all(storage, &root.prefix()).await?;
                continue;
            }
            let key = root.key(&BuildObject::Record);
            let Some(record) = objects.copy(storage, &key, folder).await? else { continue };
            let named: Named = serde_json::from_slice(&record)
                .with_context(|| format!("the build record {key} in storage is damaged"))?;
            for (path, object) in named.objects {
                let key =
                    root.at(&path).with_context(|| format!("{key} names {path:?}, which is not a key"))?;
                objects.add(&key, object.size_bytes, object.sha256);
            }
        }
        for root in &contents.presentations {
            for object in [PresentationObject::Manifest, PresentationObject::Playlist] {
                objects.copy(storage, &root.key(object), folder).await?;
            }
        }
        for image in &contents.images {
            objects.hash_all(storage, &image_prefix(*image)).await?;
        }
        Ok(objects)
    }

    fn add(&mut self, key: &Key, size_bytes: u64, sha256: String) {
        self.listed.insert(key.to_string(), (size_bytes, sha256));
    }

    /// Lists a small object and copies it into the backup.
    async fn copy(&mut self, storage: &Storage, key: &Key, folder: &Path) -> anyhow::Result<Option<Bytes>> {
        let Some(bytes) = storage.get_bytes(key, Some(0..MAX_RECORD_BYTES)).await? else {
            self.missing.push(key.to_string());
            return Ok(None);
        };
        let copy = folder.join(MANIFESTS).join(key.as_str());
        if let Some(parent) = copy.parent() {
            tokio::fs::create_dir_all(parent).await?;
        }
        tokio::fs::write(&copy, &bytes).await.with_context(|| format!("cannot write {}", copy.display()))?;
        self.add(key, bytes.len() as u64, hex::encode(&Sha256::digest(&bytes)));
        Ok(Some(bytes))
    }

    /// Lists every object below a prefix, with the hash of its bytes in storage.
    async fn hash_all(&mut self, storage: &Storage, prefix: &str) -> anyhow::Result<()> {
        let found = storage.list(prefix).await?;
        if found.is_empty() {
            self.missing.push(prefix.to_owned());
        }
        for (key, size_bytes) in found {
            match storage.sha256(&key).await? {
                Some(sha256) => self.add(&key, size_bytes, sha256),
                None => self.missing.push(key.to_string()),
            }
        }
        Ok(())
    }

    /// Writes one line of JSON for each object. Returns the number of objects and the sum of their sizes.
    pub(super) fn write(&self, file: &Path) -> anyhow::Result<(u64, u64)> {
        let failed = || format!("cannot write {}", file.display());
        let mut out = BufWriter::new(std::fs::File::create(file).with_context(failed)?);
        for (key, (size_bytes, sha256)) in &self.listed {
            let line = Listed { key: key.clone(), size_bytes: *size_bytes, sha256: sha256.clone() };
            serde_json::to_writer(&mut out, &line)?;
            out.write_all(b"\n").with_context(failed)?;
        }
        out.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(failed)?.sync_all()?;
        Ok((self.listed.len() as u64, self.listed.values().map(|(size, _)| size).sum()))
    }
}
