//! Publishing: playlists and manifest from what the encoders recorded, and the proof that every object is there.
//!
//! Nothing here makes a film visible; that is the one database transaction that follows.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::{
    hex,
    key::{BuildObject, BuildRoot, InvalidKey, Key},
    manifest::Manifest,
    output::PartOutput,
    plan::Plan,
    publish::{AssembleError, assemble},
};
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use storage::{Storage, StorageError};

/// Why a build cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// What the encoders recorded does not make a whole film.
    #[error("the encoded parts do not make a whole film: {0}")]
    Assemble(#[from] AssembleError),
    /// An object that was recorded is not in storage.
    #[error("{0} is missing from storage")]
    Missing(Key),
    /// An object in storage is not the one that was recorded.
    #[error("{0} in storage is not what was encoded: its size or hash differs")]
    Altered(Key),
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

impl PublishError {
    /// Whether trying again cannot help.
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::Storage(_) | Self::Read { .. })
    }
}

/// Versions of what made the bytes, for the manifest.
pub fn tools() -> BTreeMap<String, String> {
    let lavc = ffmpeg_next::codec::version();
    BTreeMap::from([
        ("nang".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("libavcodec".to_owned(), format!("{}.{}.{}", lavc >> 16, (lavc >> 8) & 0xff, lavc & 0xff)),
    ])
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
    let assembled = assemble(plan, parts, &master_sha256, tools())?;
    for (path, text) in assembled.texts {
        storage.put_bytes(&root.at(&path)?, Bytes::from(text)).await?;
    }
    let manifest = assembled.manifest;
    let total = manifest.objects.len() as u64;
    for (done, (path, recorded)) in (0_u64..).zip(&manifest.objects) {
        progress(done, total);
        let key = root.at(path)?;
        let mut reader = storage.get(&key, None).await?.ok_or_else(|| PublishError::Missing(key.clone()))?;
        let mut hash = Sha256::new();
        let mut size_bytes = 0_u64;
        while let Some(piece) =
            reader.try_next().await.map_err(|source| PublishError::Read { key: key.clone(), source })?
        {
            size_bytes += piece.len() as u64;
            hash.update(&piece);
        }
        if size_bytes != recorded.size_bytes || hex::encode(&hash.finalize()) != recorded.sha256 {
            return Err(PublishError::Altered(key));
        }
    }
    let text = serde_json::to_vec_pretty(&manifest)?;
    storage.put_bytes(&root.key(&BuildObject::Manifest), Bytes::from(text)).await?;
    Ok(manifest)
}
