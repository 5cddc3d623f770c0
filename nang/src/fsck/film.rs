//! Compares one film.

use std::collections::BTreeMap;

use db::stored_object::{self, FilmObjects};
use domain::{
    id::FilmId,
    key::{BuildObject, BuildRoot, Key, PresentationObject, film_prefix},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use presentation::{PresentationError, read_record};

use super::{Check, report::Finding};

/// Objects whose hashes are compared at once.
const PARALLEL: usize = 8;

/// Returns what is wrong with a film's objects. The film may change while it is compared, so a fault counts only if a second look
/// finds it too.
pub(super) async fn compare(check: &Check, film: FilmId) -> anyhow::Result<Vec<Finding>> {
    let first = compare_once(check, film).await?;
    if first.is_empty() {
        return Ok(first);
    }
    let second = compare_once(check, film).await?;
    Ok(first.into_iter().filter(|finding| second.contains(finding)).collect())
}

/// What a film must have below its prefix, and where it may have more.
#[derive(Debug, Default)]
struct Contents {
    /// Size and hash, as far as they are known.
    expected: BTreeMap<Key, (Option<u64>, Option<String>)>,
    /// Folders of what is being made or deleted.
    free: Vec<String>,
}

async fn compare_once(check: &Check, film: FilmId) -> anyhow::Result<Vec<Finding>> {
    // The database first: what it names is stored, and what is stored later is in a folder that it names already.
    let rows = stored_object::of_film(&check.db, film).await?;
    let mut found = Vec::new();
    for file in rows.files.iter().filter(|file| file.is_needed) {
        let key = Key::master(file.at.id);
        let sha256 = file.at.sha256.as_deref().filter(|_| check.reads);
        if let Some(fault) = check.fault(&key, file.at.size_bytes, sha256).await? {
            found.push(Finding::broken(&key, fault));
        }
    }
    let contents = contents(check, &rows, &mut found).await?;
    let stored: BTreeMap<Key, u64> = check.storage.list(&film_prefix(film)).await?.into_iter().collect();
    for (key, (expected_bytes, _)) in &contents.expected {
        let fault = match (stored.get(key), expected_bytes) {
            (None, _) => "missing".to_owned(),
            (Some(bytes), Some(expected)) if bytes != expected => {
                format!("has {bytes} bytes instead of {expected}")
            }
            _ => continue,
        };
        found.push(Finding::broken(key, fault));
    }
    if check.reads {
        found.extend(compare_hashes(check, &contents, &stored).await?);
    }
    for (key, size_bytes) in stored {
        let is_free = contents.free.iter().any(|folder| key.as_str().starts_with(folder));
        if !is_free && !contents.expected.contains_key(&key) {
            found.push(Finding::unknown(key, size_bytes, "no build and no presentation of its film has it"));
        }
    }
    Ok(found)
}

async fn contents(check: &Check, rows: &FilmObjects, found: &mut Vec<Finding>) -> anyhow::Result<Contents> {
    let mut contents = Contents::default();
    for build in &rows.builds {
        let root = build.at;
        // The objects of a build from before presentations existed lie beside those of its presentation.
        if !build.is_needed || matches!(root, BuildRoot::Legacy(..)) {
            contents.free.push(root.prefix());
        }
        if !build.is_needed {
            continue;
        }
        let record = match read_record(&check.storage, root).await {
            Ok(record) => record,
            Err(PresentationError::Storage(error)) => return Err(error.into()),
            Err(PresentationError::NoRecord(key)) => {
                let fault = "missing, and with it the list of the build's other objects";
                found.push(Finding::broken(&key, fault.to_owned()));
                contents.free.push(root.prefix());
                continue;
            }
            Err(error) => {
                found.push(Finding::broken(&root.key(&BuildObject::Record), error.to_string()));
                contents.free.push(root.prefix());
                continue;
            }
        };
        if !matches!(root, BuildRoot::Legacy(..)) {
            contents.expected.insert(root.key(&BuildObject::Record), (None, None));
        }
        for (path, object) in record.objects {
            contents.expected.insert(root.at(&path)?, (Some(object.size_bytes), Some(object.sha256)));
        }
    }
    for presentation in &rows.presentations {
        for object in [PresentationObject::Playlist, PresentationObject::Manifest] {
            let key = presentation.at.key(object);
            if presentation.is_needed {
                contents.expected.insert(key, (None, None));
            } else {
                contents.free.push(key.to_string());
            }
        }
    }
    Ok(contents)
}

async fn compare_hashes(
    check: &Check,
    contents: &Contents,
    stored: &BTreeMap<Key, u64>,
) -> anyhow::Result<Vec<Finding>> {
    let hashed = contents.expected.iter().filter_map(|(key, (size_bytes, sha256))| {
        // One that is absent or has another size is named already.
        let size_bytes = size_bytes.filter(|size| stored.get(key) == Some(size))?;
        Some((key, size_bytes, sha256.as_deref()))
    });
    let checks = hashed.map(|(key, size_bytes, sha256)| async move {
        let fault = check.fault(key, size_bytes, sha256).await?;
        anyhow::Ok(fault.map(|fault| Finding::broken(key, fault)))
    });
    stream::iter(checks)
        .buffered(PARALLEL)
        .try_filter_map(|found| std::future::ready(Ok(found)))
        .try_collect()
        .await
}
