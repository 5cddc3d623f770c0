//! Sealing a build: writes media playlists and the build record from the encoders' records, and checks every object in storage.
//!
//! A sealed build is not visible; a presentation that names it is.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt,
};

use bytes::Bytes;
use domain::{
    build_record::{BuildRecord, VideoRendition},
    damage::{self, TrackDamage},
    hex,
    key::{BuildObject, BuildRoot, InvalidKey, Key},
    output::{PartOutput, StoredObject},
    plan::Plan,
    publish::{AssembleError, assemble},
    reason::{Reason, ReasonCode},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use storage::{Storage, StorageError};

use crate::objects::{BuildObjects, ObjectError};

/// Maximum size of a build record to read: the record of a 24-hour film has about 10 MB.
const MAX_RECORD_BYTES: u64 = 64 << 20;

/// Objects that are checked at once. Each check of an object store waits for the network.
const CHECKS: usize = 8;

/// Why a build cannot be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The encoders' records do not make a whole film.
    #[error("the encoded parts do not make a whole film: {0}")]
    Assemble(#[from] AssembleError),
    /// Most of the video or of an audio track could not be decoded: the reason, for the admin.
    #[error("{0}")]
    Unreadable(Reason),
    /// Objects in storage are missing or differ from the records.
    #[error("{0}")]
    Damaged(Damaged),
    /// The build already has an object with this key and different bytes.
    #[error("{0} is already stored with different bytes, and the objects of a build are never overwritten")]
    ObjectDiffers(Key),
    /// A path in the build record is not a storage key.
    #[error("a path in the build record is not a storage key")]
    Path(#[from] InvalidKey),
    /// The storage failed.
    #[error("the storage failed: {0}")]
    Storage(#[from] StorageError),
    /// An object could not be read to its end.
    #[error("{key} cannot be read: {source}")]
    Read {
        /// The object.
        key: Key,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The build record could not be serialised as JSON.
    #[error("the build record cannot be written: {0}")]
    Record(#[from] serde_json::Error),
}

impl From<ObjectError> for SealError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Differs(key) => Self::ObjectDiffers(key),
            ObjectError::Storage(error) => Self::Storage(error),
        }
    }
}

impl SealError {
    /// Returns the reason for the admin.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Assemble(error) => ReasonCode::PartsIncomplete.with("detail", error),
            Self::Unreadable(reason) => reason.clone(),
            Self::Damaged(damaged) => damaged.reason(),
            Self::ObjectDiffers(key) => ReasonCode::ObjectDiffers.with("object", key),
            Self::Storage(error) => ReasonCode::StorageFailed.with("detail", error),
            Self::Read { key, source } => {
                ReasonCode::ObjectUnreadable.with("object", key).with("detail", source)
            }
            Self::Path(_) | Self::Record(_) => self.to_string().into(),
        }
    }

    /// Whether a retry cannot help.
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::Storage(_) | Self::Read { .. })
    }
}

/// Objects that are missing or altered; at least one.
#[derive(Debug, Default)]
pub struct Damaged {
    missing: Vec<Key>,
    altered: Vec<Key>,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl Damaged {
    /// Returns the first of the damaged objects and the number of the others, as the reason for the admin.
    pub fn reason(&self) -> Reason {
        let more = (self.missing.len() + self.altered.len()).saturating_sub(1);
        let reason = match (self.missing.first(), self.altered.first()) {
            (Some(key), _) => ReasonCode::ObjectMissing.with("object", key),
            (None, Some(key)) => ReasonCode::ObjectAltered.with("object", key),
            (None, None) => Reason::from(""),
        };
        reason.with_some("more", (more > 0).then_some(more))
    }

    fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.altered.is_empty()
    }

    /// Returns the keys of all damaged objects.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.missing.iter().chain(&self.altered)
    }

    /// Returns the indexes in `parts` of the parts that must be encoded again. An init section belongs to all parts of its
    /// rendition; encoding any one of them replaces it.
    pub(crate) fn owners(&self, root: BuildRoot, parts: &[PartOutput]) -> BTreeSet<usize> {
        let damaged: HashSet<&Key> = self.keys().collect();
        let mut inits: HashSet<Key> = HashSet::new();
        let mut owners = BTreeSet::new();
        for (index, part) in parts.iter().enumerate() {
            for rendition in &part.renditions {
                let name = &rendition.rendition;
                let segment = |number| root.key(&BuildObject::Segment(name, number));
                let init = root.key(&BuildObject::Init(name));
                if rendition.segments.iter().any(|one| damaged.contains(&segment(one.number)))
                    || (damaged.contains(&init) && inits.insert(init))
                {
                    owners.insert(index);
                }
            }
            let mut subtitles = part.subtitles.iter().filter_map(|part| part.stored.as_ref());
            let is_damaged = |path: &String| root.at(path).is_ok_and(|key| damaged.contains(&key));
            if subtitles.any(|stored| stored.objects.keys().any(is_damaged)) {
                owners.insert(index);
            }
            let sheet =
                part.sheet.as_ref().map(|sheet| root.key(&BuildObject::StoryboardSheet(sheet.number)));
            if sheet.is_some_and(|sheet| damaged.contains(&sheet)) {
                owners.insert(index);
            }
        }
        owners
    }
}

/// Returns the video renditions whose peak bit rate is more than twice their average. Apple's HLS authoring specification advises at
/// most twice for VOD.
pub fn renditions_with_high_peak(record: &BuildRecord) -> impl Iterator<Item = &VideoRendition> {
    record.video.iter().filter(|rendition| {
        let bitrates = rendition.measured.bitrates;
        bitrates.peak_bps > bitrates.average_bps.saturating_mul(2)
    })
}

/// Returns why a master or dub with this damage is refused; `None` if it is not.
pub(crate) fn refusal(plan: &Plan, damage: &[TrackDamage]) -> Option<Reason> {
    let film_ms = plan.timeline.duration_ms();
    if plan.video.is_none() {
        return damage::dub_refusal(damage, film_ms);
    }
    let label =
        |number: u32| plan.audio.get(number.checked_sub(1)? as usize).map(|track| track.label.clone());
    damage::refusal(damage, film_ms, label)
}

/// Returns the versions of Nang and of the libraries that produced the bytes, for the build record.
fn tools(plan: &Plan) -> BTreeMap<String, String> {
    let mut tools = plan.libraries.clone().unwrap_or_default().0;
    tools.insert("nang".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    tools
}

enum Found {
    Whole,
    Missing,
    Altered,
}

/// Compares an object with its record: by the hash that the back end recorded when the object was stored, or by reading it.
async fn check(storage: &Storage, key: &Key, recorded: &StoredObject) -> Result<Found, SealError> {
    let Some(meta) = storage.head(key).await? else { return Ok(Found::Missing) };
    if meta.size_bytes != recorded.size_bytes {
        return Ok(Found::Altered);
    }
    let sha256 = if let Some(sha256) = meta.sha256 {
        sha256
    } else {
        let Some(mut reader) = storage.get(key, None).await? else { return Ok(Found::Missing) };
        let failed = |source| SealError::Read { key: key.clone(), source };
        let mut hash = Sha256::new();
        while let Some(piece) = reader.try_next().await.map_err(failed)? {
            hash.update(&piece);
        }
        hex::encode(&hash.finalize())
    };
    Ok(if sha256 == recorded.sha256 { Found::Whole } else { Found::Altered })
}

/// Writes the playlists, checks size and hash of every object, then writes the build record. Calls `progress` with the
/// number of checked objects and of all objects.
pub async fn seal(
    storage: &Storage,
    root: BuildRoot,
    plan: &Plan,
    parts: &[PartOutput],
    master_sha256: String,
    progress: impl Fn(u64, u64),
) -> Result<BuildRecord, SealError> {
    let objects = BuildObjects::new(storage.clone(), root);
    let assembled = assemble(plan, parts, &master_sha256, tools(plan))?;
    if let Some(reason) = refusal(plan, &assembled.record.damage) {
        return Err(SealError::Unreadable(reason));
    }
    for (path, text) in assembled.texts {
        objects.put(&root.at(&path)?, Bytes::from(text)).await?;
    }
    let record = assembled.record;
    let damaged = check_all(storage, root, &record, progress).await?;
    if !damaged.is_empty() {
        return Err(SealError::Damaged(damaged));
    }
    store_record(storage, &objects, record).await
}

/// Checks all recorded objects, several at once: an object store needs a round trip for each.
async fn check_all(
    storage: &Storage,
    root: BuildRoot,
    record: &BuildRecord,
    progress: impl Fn(u64, u64),
) -> Result<Damaged, SealError> {
    let total = record.objects.len() as u64;
    let mut damaged = Damaged::default();
    let checks: Vec<_> = record
        .objects
        .iter()
        .map(|(path, recorded)| async move {
            let key = root.at(path)?;
            let found = check(storage, &key, recorded).await?;
            Ok::<_, SealError>((key, found))
        })
        .collect();
    let mut checks = std::pin::pin!(stream::iter(checks).buffered(CHECKS));
    let mut done = 0;
    progress(done, total);
    while let Some((key, found)) = checks.try_next().await? {
        match found {
            Found::Whole => {}
            Found::Missing => damaged.missing.push(key),
            Found::Altered => damaged.altered.push(key),
        }
        done += 1;
        progress(done, total);
    }
    Ok(damaged)
}

/// Stores the record. A record that an earlier try stored is kept, also if another version of Nang wrote it.
async fn store_record(
    storage: &Storage,
    objects: &BuildObjects,
    record: BuildRecord,
) -> Result<BuildRecord, SealError> {
    let key = objects.key(&BuildObject::Record);
    match objects.put(&key, Bytes::from(serde_json::to_vec_pretty(&record)?)).await {
        Ok(_) => Ok(record),
        Err(ObjectError::Differs(key)) => {
            let stored = storage.get_bytes(&key, Some(0..MAX_RECORD_BYTES)).await?.unwrap_or_default();
            let stored: Option<BuildRecord> = serde_json::from_slice(&stored).ok();
            let same_but_for_tools = |stored: &BuildRecord| {
                *stored == BuildRecord { tools: stored.tools.clone(), ..record.clone() }
            };
            stored.filter(same_but_for_tools).ok_or(SealError::ObjectDiffers(key))
        }
        Err(error) => Err(error.into()),
    }
}
