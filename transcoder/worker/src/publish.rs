//! Publishing: playlists and manifest from what the encoders recorded, and the proof that every object is there.
//!
//! Nothing here makes a film visible; that is the one database transaction that follows.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt,
};

use bytes::Bytes;
use domain::{
    hex,
    key::{BuildObject, BuildRoot, InvalidKey, Key},
    manifest::{Manifest, RenditionSummary},
    output::PartOutput,
    plan::Plan,
    publish::{AssembleError, assemble},
};
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use storage::{Storage, StorageError};

use crate::objects::{BuildObjects, ObjectError};

/// The largest manifest that is read: that of a film of a day has about 10 MB.
const MAX_MANIFEST_BYTES: u64 = 64 << 20;

/// Why a build cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// What the encoders recorded does not make a whole film.
    #[error("the encoded parts do not make a whole film: {0}")]
    Assemble(#[from] AssembleError),
    /// Objects in storage are not what was recorded.
    #[error("{0}")]
    Damaged(Damaged),
    /// The build has another object where this one would go.
    #[error("{0} is stored with other bytes than this worker made; one build cannot have both")]
    ObjectDiffers(Key),
    /// A path in the manifest is not one.
    #[error("a path in the manifest is not a storage key")]
    Path(#[from] InvalidKey),
    /// The storage failed.
    #[error("the storage failed: {0}")]
    Storage(#[from] StorageError),
    /// An object cannot be read to its end.
    #[error("{key} cannot be read: {source}")]
    Read {
        /// Which.
        key: Key,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The manifest cannot be written as JSON.
    #[error("the manifest cannot be written: {0}")]
    Manifest(#[from] serde_json::Error),
}

impl From<ObjectError> for PublishError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Differs(key) => Self::ObjectDiffers(key),
            ObjectError::Storage(error) => Self::Storage(error),
        }
    }
}

impl PublishError {
    /// Whether trying again cannot help.
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::Storage(_) | Self::Read { .. })
    }
}

/// Objects that are missing or altered. At least one.
#[derive(Debug, Default)]
pub struct Damaged {
    missing: Vec<Key>,
    altered: Vec<Key>,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.missing.first(), self.altered.first()) {
            (Some(key), _) => write!(f, "{key} is missing from storage")?,
            (None, Some(key)) => {
                write!(f, "{key} in storage is not what was encoded: its size or hash differs")?;
            }
            (None, None) => {}
        }
        match self.missing.len() + self.altered.len() {
            0 | 1 => Ok(()),
            all => write!(f, ", and {} more objects are missing or altered", all - 1),
        }
    }
}

impl Damaged {
    fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.altered.is_empty()
    }

    /// The keys of all of them.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.missing.iter().chain(&self.altered)
    }

    /// Places among `parts` of those that must be made again. An init section belongs to all parts of its rendition, and any one makes
    /// it again.
    pub(crate) fn owners(&self, root: BuildRoot, parts: &[PartOutput]) -> BTreeSet<usize> {
        let damaged: HashSet<&Key> = self.keys().collect();
        let mut inits: HashSet<Key> = HashSet::new();
        let mut owners = BTreeSet::new();
        for (place, part) in parts.iter().enumerate() {
            for rendition in &part.renditions {
                let name = &rendition.rendition;
                let segment = |number| root.key(&BuildObject::Segment(name, number));
                let init = root.key(&BuildObject::Init(name));
                if rendition.segments.iter().any(|one| damaged.contains(&segment(one.number)))
                    || (damaged.contains(&init) && inits.insert(init))
                {
                    owners.insert(place);
                }
            }
            let sheet =
                part.sheet.as_ref().map(|sheet| root.key(&BuildObject::StoryboardSheet(sheet.number)));
            if sheet.is_some_and(|sheet| damaged.contains(&sheet)) {
                owners.insert(place);
            }
        }
        owners
    }
}

/// Renditions whose peak is more than twice their average. Apple's HLS authoring specification asks that in VOD it be no more.
pub fn uneven(manifest: &Manifest) -> impl Iterator<Item = &RenditionSummary> {
    manifest
        .renditions
        .iter()
        .filter(|rendition| rendition.peak_bps > rendition.average_bps.saturating_mul(2))
}

/// Versions of what made the bytes, for the manifest.
fn tools(plan: &Plan) -> BTreeMap<String, String> {
    let mut tools = plan.libraries.clone().unwrap_or_default().0;
    tools.insert("nang".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    tools
}

/// Writes playlists, checks every object's size and hash by reading it, then writes the manifest. `progress` is told
/// objects checked and in all.
pub async fn publish(
    storage: &Storage,
    root: BuildRoot,
    plan: &Plan,
    parts: &[PartOutput],
    master_sha256: String,
    progress: impl Fn(u64, u64),
) -> Result<Manifest, PublishError> {
    let objects = BuildObjects::new(storage.clone(), root);
    let assembled = assemble(plan, parts, &master_sha256, tools(plan))?;
    for (path, text) in assembled.texts {
        objects.put(&root.at(&path)?, Bytes::from(text)).await?;
    }
    let manifest = assembled.manifest;
    let total = manifest.objects.len() as u64;
    let mut damaged = Damaged::default();
    for (done, (path, recorded)) in (0_u64..).zip(&manifest.objects) {
        progress(done, total);
        let key = root.at(path)?;
        let Some(mut reader) = storage.get(&key, None).await? else {
            damaged.missing.push(key);
            continue;
        };
        let mut hash = Sha256::new();
        let mut size_bytes = 0_u64;
        while let Some(piece) =
            reader.try_next().await.map_err(|source| PublishError::Read { key: key.clone(), source })?
        {
            size_bytes += piece.len() as u64;
            hash.update(&piece);
        }
        if size_bytes != recorded.size_bytes || hex::encode(&hash.finalize()) != recorded.sha256 {
            damaged.altered.push(key);
        }
    }
    if !damaged.is_empty() {
        return Err(PublishError::Damaged(damaged));
    }
    store_manifest(storage, &objects, manifest).await
}

/// Stores the manifest. One that an earlier try stored stays, also if another version of Nang wrote it.
async fn store_manifest(
    storage: &Storage,
    objects: &BuildObjects,
    manifest: Manifest,
) -> Result<Manifest, PublishError> {
    let key = objects.key(&BuildObject::Manifest);
    match objects.put(&key, Bytes::from(serde_json::to_vec_pretty(&manifest)?)).await {
        Ok(_) => Ok(manifest),
        Err(ObjectError::Differs(key)) => {
            let stored = storage.get_bytes(&key, Some(0..MAX_MANIFEST_BYTES)).await?.unwrap_or_default();
            let stored: Option<Manifest> = serde_json::from_slice(&stored).ok();
            let same_but_for_tools =
                |stored: &Manifest| *stored == Manifest { tools: stored.tools.clone(), ..manifest.clone() };
            stored.filter(same_but_for_tools).ok_or(PublishError::ObjectDiffers(key))
        }
        Err(error) => Err(error.into()),
    }
}
