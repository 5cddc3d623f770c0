//! The transcode pipeline without a server: encodes a master into an HLS folder.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use bytes::Bytes;
use domain::{
    build_record::BuildRecord,
    child::{Part, Task},
    id::{BuildId, TrackId},
    key::{BuildObject, BuildRoot, PresentationObject, PresentationRoot, RenditionName},
    output::PartOutput,
    plan::Plan,
    planner::{self, MeasurementError},
    presentation::{
        ComposeError, Named, NamedBuild, Track, TrackKind, TrackSettings, compose, first_presentation,
    },
    profile::LoudnessProfile,
    publish::{SubtitleSource, assemble_subtitle},
    subtitle::Cue,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use storage::{Storage, StorageError};
use uuid::Uuid;

use crate::{
    objects::BuildObjects,
    sandbox::{ChildError, FileMaster, Sandbox},
    seal::{SealError, seal},
};

/// Why a master could not be encoded into a folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The loudness of an audio track could not be measured.
    #[error("the loudness of {part} could not be measured: {source}")]
    Analyse {
        /// `audio track 1`
        part: String,
        /// Why.
        source: ChildError,
    },
    /// The measurements do not fit the plan.
    #[error(transparent)]
    Measurement(#[from] MeasurementError),
    /// A part could not be encoded.
    #[error("{part} could not be encoded: {source}")]
    Encode {
        /// `chunk 3`, `audio track 1`
        part: String,
        /// Why.
        source: ChildError,
    },
    /// The parts could not be sealed as a build.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The builds could not be presented.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// A record or the manifest could not be written as JSON.
    #[error("a record or the manifest cannot be written: {0}")]
    Manifest(#[from] serde_json::Error),
    /// The folder could not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What a folder is made of.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// The plan of the master.
    pub plan: &'a Plan,
    /// SHA-256 of the master, 64 lower-case hexadecimal digits.
    pub master_sha256: String,
    /// Subtitle files beside the master.
    pub subtitles: Vec<AddedSubtitle>,
}

/// A subtitle file beside the master.
#[derive(Clone, Debug)]
pub struct AddedSubtitle {
    /// How it appears in menus.
    pub settings: TrackSettings,
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Its cues in film time.
    pub cues: Vec<Cue>,
}

/// Progress of [`encode_folder`].
#[derive(Clone, Copy, Debug)]
pub enum FolderProgress {
    /// Frames of one part are encoded. Parts are counted from 0: first the audio tracks, then the chunks. Subtitles have no frames.
    Encoding {
        /// Which part.
        part: usize,
        /// Number of encoded frames.
        frames: u64,
    },
    /// Number of checked objects, and of all objects.
    Checking(u64, u64),
}

/// Measures the audio tracks of `plan`, and adds their loudness and gains.
pub async fn measure(
    sandbox: &Sandbox,
    master: &Arc<FileMaster>,
    plan: Plan,
    profile: &LoudnessProfile,
) -> Result<Plan, FolderError> {
    let mut measured = Vec::with_capacity(plan.audio.len());
    for index in (0_u32..).take(plan.audio.len()) {
        let part = Part::Audio(index);
        let task = Task { plan: plan.clone(), part };
        let analysed = sandbox.analyse(Arc::clone(master), task).await;
        let analysed = analysed.map_err(|source| FolderError::Analyse { part: part.to_string(), source })?;
        measured.push(analysed.loudness);
    }
    Ok(planner::measured(plan, profile, &measured)?)
}

/// Encodes a master into the root of `storage`, with a folder for each subtitle file, and returns the records of these builds, the
/// master's first. Encodes `jobs` parts at a time; the next part starts when one ends. The playlists are written last, so an interrupted
/// folder does not look finished.
pub async fn encode_folder(
    sandbox: &Sandbox,
    master: &Arc<FileMaster>,
    sources: Sources<'_>,
    storage: &Storage,
    jobs: usize,
    progress: impl Fn(FolderProgress) + Sync,
) -> Result<Vec<BuildRecord>, FolderError> {
    let plan = sources.plan;
    // The longest parts first, so that all cores stay busy to the end: an audio track is not split into chunks.
    let chunks = (0..plan.video_part_count()).filter_map(|index| plan.video_part(index));
    let chunks = chunks.map(|part| Part::Chunk { index: part.chunk.index, group: part.group });
    let tracks = (0_u32..).zip(&plan.audio).map(|(index, _)| Part::Audio(index));
    let progress = &progress;
    let objects = &BuildObjects::new(storage.clone(), BuildRoot::Top);
    let subtitles = (!plan.subtitles.is_empty()).then_some(Part::Subtitles);
    let parts: Vec<PartOutput> = stream::iter(tracks.chain(chunks).chain(subtitles).enumerate())
        .map(|(part_index, part)| async move {
            let task = Task { plan: plan.clone(), part };
            let report = |frames| progress(FolderProgress::Encoding { part: part_index, frames });
            sandbox
                .encode(Arc::clone(master), task, objects.clone(), report)
                .await
                .map_err(|source| FolderError::Encode { part: part.to_string(), source })
        })
        .buffer_unordered(jobs.max(1))
        .try_collect()
        .await?;
    let checked = |done, total| progress(FolderProgress::Checking(done, total));
    let record = seal(storage, BuildRoot::Top, plan, &parts, sources.master_sha256, checked).await?;
    let film = NamedBuild { root: BuildRoot::Top, record };
    let mut added = Vec::new();
    for (number, subtitle) in (1..).zip(sources.subtitles) {
        let record = put_subtitle(storage, BuildRoot::TopSubtitles(number), &subtitle, plan).await?;
        added.push((subtitle, NamedBuild { root: BuildRoot::TopSubtitles(number), record }));
    }
    present(storage, film, added).await
}

/// Writes the build of a subtitle file.
async fn put_subtitle(
    storage: &Storage,
    root: BuildRoot,
    added: &AddedSubtitle,
    plan: &Plan,
) -> Result<BuildRecord, FolderError> {
    let (record, texts) = assemble_subtitle(SubtitleSource {
        cues: &added.cues,
        film_ms: plan.timeline.duration_ms(),
        sha256: added.sha256.clone(),
        language: added.settings.language.clone(),
        label: added.settings.menu_label(),
        plan: json!({ "version": 1, "settings": added.settings, "corrected": false }),
        tools: BTreeMap::from([("nang".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]),
    });
    for (path, text) in texts {
        storage.put_bytes(&root.at(&path).map_err(SealError::from)?, Bytes::from(text)).await?;
    }
    let text = Bytes::from(serde_json::to_vec_pretty(&record)?);
    storage.put_bytes(&root.key(&BuildObject::Record), text).await?;
    Ok(record)
}

/// Writes the playlist and the manifest of a folder, and returns the records of its builds.
async fn present(
    storage: &Storage,
    film: NamedBuild,
    added: Vec<(AddedSubtitle, NamedBuild)>,
) -> Result<Vec<BuildRecord>, FolderError> {
    // Counted ids instead of random ones, so that two runs give equal files.
    let mut tracks = 0_u128;
    let mut new_id = || {
        tracks += 1;
        TrackId(Uuid::from_u128(tracks))
    };
    let film_id = BuildId(Uuid::nil());
    let mut presentation = first_presentation(film_id, &film.record, None, &mut new_id);
    let mut builds = Named::from([(film_id, film)]);
    for (number, (subtitle, build)) in (1..).zip(added) {
        let id = BuildId(Uuid::from_u128(number));
        let track = Track {
            id: new_id(),
            build: id,
            renditions: vec![RenditionName::subtitles()],
            language: subtitle.settings.language.clone(),
            label: subtitle.settings.menu_label(),
            default: subtitle.settings.default,
            forced: subtitle.settings.forced,
            role: subtitle.settings.role,
            master_rendition: None,
        };
        presentation = presentation.with_track(TrackKind::Subtitle, track);
        builds.insert(id, build);
    }
    let (playlist, manifest) = compose(&presentation, PresentationRoot::Top, &builds)?;
    let manifest = serde_json::to_vec_pretty(&manifest)?;
    // The playlist last, as the sign that the folder is complete.
    let objects =
        [(PresentationObject::Manifest, manifest), (PresentationObject::Playlist, playlist.into_bytes())];
    for (object, bytes) in objects {
        storage.put_bytes(&PresentationRoot::Top.key(object), Bytes::from(bytes)).await?;
    }
    Ok(builds.into_values().map(|build| build.record).collect())
}

/// Whether a folder is absent or empty, so that a master can be encoded into it.
pub fn is_vacant(folder: &Path) -> std::io::Result<bool> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
