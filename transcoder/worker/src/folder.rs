//! The transcode pipeline without a server: encodes a master into an HLS folder.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use domain::{
    build_record::BuildRecord,
    child::{Part, Task},
    id::{BuildId, TrackId},
    key::{BuildRoot, PresentationObject, PresentationRoot},
    output::PartOutput,
    plan::Plan,
    presentation::{ComposeError, Named, NamedBuild, compose, first_presentation},
};
use futures_util::{StreamExt, TryStreamExt, stream};
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
    /// The build could not be presented.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The manifest could not be written as JSON.
    #[error("the manifest cannot be written: {0}")]
    Manifest(#[from] serde_json::Error),
    /// The folder could not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Progress of [`encode_folder`].
#[derive(Clone, Copy, Debug)]
pub enum FolderProgress {
    /// Frames of one part are encoded. Parts are counted from 0: first the audio tracks, then the chunks.
    Encoding {
        /// Which part.
        part: usize,
        /// Number of encoded frames.
        frames: u64,
    },
    /// Number of checked objects, and of all objects.
    Checking(u64, u64),
}

/// Encodes `plan` into the root of `storage` and returns the manifest. Encodes `jobs` parts at a time; the next part starts
/// when one ends. The playlists are written last, so an interrupted folder does not look finished.
pub async fn encode_folder(
    sandbox: &Sandbox,
    master: &Arc<FileMaster>,
    plan: &Plan,
    storage: &Storage,
    jobs: usize,
    master_sha256: String,
    progress: impl Fn(FolderProgress) + Sync,
) -> Result<BuildRecord, FolderError> {
    // The longest parts first, so that all cores stay busy to the end: an audio track is not split into chunks.
    let chunks = (0..plan.chunk_count()).map(Part::Chunk);
    let tracks = (0_u32..).zip(&plan.audio).map(|(index, _)| Part::Audio(index));
    let progress = &progress;
    let objects = &BuildObjects::new(storage.clone(), BuildRoot::Top);
    let parts: Vec<PartOutput> = stream::iter(tracks.chain(chunks).enumerate())
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
    let record = seal(storage, BuildRoot::Top, plan, &parts, master_sha256, checked).await?;
    present(storage, record.clone()).await?;
    Ok(record)
}

/// Writes the playlist and the manifest of a folder that consists of one build.
async fn present(storage: &Storage, record: BuildRecord) -> Result<(), FolderError> {
    // Counted ids instead of random ones, so that two runs give equal files.
    let build = BuildId(Uuid::nil());
    let mut tracks = 0_u128;
    let presentation = first_presentation(build, &record, None, || {
        tracks += 1;
        TrackId(Uuid::from_u128(tracks))
    });
    let builds = Named::from([(build, NamedBuild { root: BuildRoot::Top, record })]);
    let (playlist, manifest) = compose(&presentation, PresentationRoot::Top, &builds)?;
    let manifest = serde_json::to_vec_pretty(&manifest)?;
    // The playlist last, as the sign that the folder is complete.
    let objects =
        [(PresentationObject::Manifest, manifest), (PresentationObject::Playlist, playlist.into_bytes())];
    for (object, bytes) in objects {
        storage.put_bytes(&PresentationRoot::Top.key(object), Bytes::from(bytes)).await?;
    }
    Ok(())
}

/// Whether a folder is absent or empty, so that a master can be encoded into it.
pub fn is_vacant(folder: &Path) -> std::io::Result<bool> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
