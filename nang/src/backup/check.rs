//! Checks a backup before it is restored, and storage afterwards.

use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead, BufReader},
    path::Path,
};

use anyhow::{Context, ensure};
use bytes::Bytes;
use domain::key::Key;
use storage::Storage;

use super::{MANIFESTS, OBJECTS, SUMMARY, Summary, VERSION, hash_of, objects::Listed};

/// Reads the summary, and checks the hash of every file.
pub(super) async fn summary(folder: &Path) -> anyhow::Result<Summary> {
    let path = folder.join(SUMMARY);
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!("{} cannot be read; this is not a backup, or it was interrupted", path.display())
    })?;
    let summary: Summary =
        serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
    ensure!(
        summary.version == VERSION,
        "the backup has format {}, and this version of Nang reads {VERSION}",
        summary.version
    );
    ensure!(
        summary.migration <= db::backup::newest_migration()?,
        "the backup was made by Nang {}, which is newer than this one; install that version first",
        summary.nang
    );
    for (name, expected) in &summary.files {
        let found = hash_of(&folder.join(name)).await?;
        ensure!(
            found == *expected,
            "{name} in the backup is damaged: its hash differs from the recorded one"
        );
    }
    Ok(summary)
}

/// Objects that differ from the list.
#[derive(Debug, Default)]
pub(super) struct Differences {
    pub(super) checked: u64,
    /// Manifests and records that were absent and are restored from the backup.
    pub(super) restored: u64,
    pub(super) missing: Vec<String>,
    pub(super) altered: Vec<String>,
}

/// Compares storage with the list: sizes, and with `hashes` all bytes. Restores absent manifests and records.
pub(super) async fn storage(storage: &Storage, folder: &Path, hashes: bool) -> anyhow::Result<Differences> {
    let mut found = Differences::default();
    for (prefix, listed) in groups(&folder.join(OBJECTS))? {
        let present: HashMap<Key, u64> = storage.list(&prefix).await?.into_iter().collect();
        for object in listed {
            found.checked += 1;
            let key = Key::parse(&object.key)
                .with_context(|| format!("{OBJECTS} names {:?}, which is not a key", object.key))?;
            match present.get(&key) {
                Some(&size) if size != object.size_bytes => found.altered.push(object.key),
                Some(_) => {
                    if hashes && storage.sha256(&key).await?.as_ref() != Some(&object.sha256) {
                        found.altered.push(object.key);
                    }
                }
                None => match copy_of(folder, &object).await? {
                    Some(copy) => {
                        storage.put_if_absent(&key, copy).await?;
                        found.restored += 1;
                    }
                    None => found.missing.push(object.key),
                },
            }
        }
    }
    Ok(found)
}

/// Reads the list, grouped by film, image, or all masters, so that each group needs one listing of storage.
fn groups(file: &Path) -> anyhow::Result<BTreeMap<String, Vec<Listed>>> {
    let lines =
        BufReader::new(std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?);
    let mut groups: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
    for line in lines.lines() {
        let listed: Listed =
            serde_json::from_str(&line?).with_context(|| format!("{} is damaged", file.display()))?;
        let mut ends = listed.key.match_indices('/').map(|(at, _)| at + 1);
        let (first, second) = (ends.next().unwrap_or(0), ends.next());
        let prefix = listed.key[..second.unwrap_or(first)].to_owned();
        groups.entry(prefix).or_default().push(listed);
    }
    Ok(groups)
}

/// Returns the backup's copy of a manifest or record, if it is whole.
async fn copy_of(folder: &Path, object: &Listed) -> anyhow::Result<Option<Bytes>> {
    let path = folder.join(MANIFESTS).join(&object.key);
    if !path.is_file() {
        return Ok(None);
    }
    ensure!(hash_of(&path).await? == object.sha256, "{} in the backup is damaged", path.display());
    Ok(Some(Bytes::from(tokio::fs::read(&path).await?)))
}
