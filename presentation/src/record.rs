//! Reads the records of builds.

use std::collections::{BTreeSet, HashMap};

use db::{Db, build};
use domain::{
    build_record::{BuildRecord, from_legacy},
    id::BuildId,
    key::{BuildObject, BuildRoot, Key, PresentationObject, PresentationRoot},
    presentation::{Named, NamedBuild},
};
use serde_json::Value;
use storage::Storage;

use crate::error::PresentationError;

/// Maximum size of a record to read: the record of a 24-hour film has about 10 MB.
const MAX_BYTES: u64 = 64 << 20;

/// Returns the record of the build at `root`.
pub async fn read_record(storage: &Storage, root: BuildRoot) -> Result<BuildRecord, PresentationError> {
    if let BuildRoot::Legacy(film, build) = root {
        let legacy = PresentationRoot::Legacy(film, build);
        let manifest = legacy.key(PresentationObject::Manifest);
        let bytes = read(storage, &manifest).await?;
        let playlist = read(storage, &legacy.key(PresentationObject::Playlist)).await?;
        return from_legacy(&bytes, &String::from_utf8_lossy(&playlist))
            .map_err(|source| PresentationError::Record { key: manifest, source });
    }
    let key = root.key(&BuildObject::Record);
    let unreadable =
        |error: serde_json::Error| PresentationError::Record { key: key.clone(), source: error.into() };
    let record: Value = serde_json::from_slice(&read(storage, &key).await?).map_err(unreadable)?;
    let version =
        record["version"].as_u64().and_then(|version| u32::try_from(version).ok()).unwrap_or_default();
    if version != BuildRecord::VERSION {
        return Err(PresentationError::RecordVersion { key, version });
    }
    serde_json::from_value(record).map_err(unreadable)
}

/// Returns these builds with their records, without those in `known`.
pub async fn load_builds(
    db: &Db,
    storage: &Storage,
    ids: &BTreeSet<BuildId>,
    known: &Named,
) -> Result<Named, PresentationError> {
    let missing: Vec<BuildId> = ids.iter().copied().filter(|id| !known.contains_key(id)).collect();
    let roots: HashMap<BuildId, BuildRoot> = build::roots(db, &missing).await?;
    let mut builds = Named::new();
    for id in missing {
        let root = *roots.get(&id).ok_or(PresentationError::NoBuild(id))?;
        builds.insert(id, NamedBuild { root, record: read_record(storage, root).await? });
    }
    Ok(builds)
}

async fn read(storage: &Storage, key: &Key) -> Result<bytes::Bytes, PresentationError> {
    let bytes = storage.get_bytes(key, Some(0..MAX_BYTES)).await?;
    bytes.ok_or_else(|| PresentationError::NoRecord(key.clone()))
}
