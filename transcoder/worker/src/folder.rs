//! The whole pipeline without a server: a master goes in, a finished HLS folder comes out.

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

/// Why a folder could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A part could not be encoded.
    #[error("{part} could not be encoded: {source}")]
    Encode {
        /// `chunk 3`, `audio track 1`
        part: String,
        /// What happened.
        source: ChildError,
    },
    /// The parts do not make a film.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// How far the work is.
#[derive(Clone, Copy, Debug)]
pub enum FolderProgress {
    /// `part` (in the order sound tracks, chunks) has done so many frames.
    Encoding {
        /// Which part.
        part: usize,
        /// Frames of it done.
        frames: u64,
    },
    /// Objects checked, and in all.
    Checking(u64, u64),
}

/// Carries out `plan` into `storage`'s root with `jobs` parts at once. Chunks begin first come first served; the
/// playlists are written last, so an interrupted folder does not look finished.
pub async fn encode_folder(
    sandbox: &Sandbox,
    master: &Arc<FileMaster>,
    plan: &Plan,
    storage: &Storage,
    jobs: usize,
    master_sha256: String,
    progress: impl Fn(FolderProgress) + Sync,
) -> Result<Manifest, FolderError> {
    // The longest work first, so that the cores stay busy to the end: a sound track is not cut into chunks.
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

/// Whether a folder can be encoded into: absent, or there and empty.
pub fn is_vacant(folder: &Path) -> std::io::Result<bool> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
