//! The transcode pipeline without a server: encodes a master into an HLS folder.

use std::{path::Path, sync::Arc};

use domain::{
    child::{Part, Task},
    key::BuildRoot,
    manifest::Manifest,
    output::PartOutput,
    plan::Plan,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use storage::Storage;

use crate::{
    objects::BuildObjects,
    publish::{PublishError, publish},
    sandbox::{ChildError, FileMaster, Sandbox},
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
    /// The parts could not be published as a film.
    #[error(transparent)]
    Publish(#[from] PublishError),
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
) -> Result<Manifest, FolderError> {
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
    Ok(publish(storage, BuildRoot::Top, plan, &parts, master_sha256, checked).await?)
}

/// Whether a folder is absent or empty, so that a master can be encoded into it.
pub fn is_vacant(folder: &Path) -> std::io::Result<bool> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
