//! The master file to upload.

use std::{
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::error::Refused;

const PIECE_BYTES: usize = 1 << 20;

/// A master file, with its size and modification time at the start of the import.
pub(super) struct Master {
    pub(super) path: PathBuf,
    pub(super) size_bytes: u64,
    /// Modification time since the Unix epoch.
    pub(super) changed: Duration,
}

impl Master {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let path = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
        let master = Self::stat(path)?;
        std::fs::File::open(&master.path)
            .with_context(|| format!("cannot read {}", master.path.display()))?;
        if master.size_bytes == 0 {
            return Err(Refused(format!("{} is empty (0 bytes)", master.path.display())).into());
        }
        Ok(master)
    }

    fn stat(path: PathBuf) -> anyhow::Result<Self> {
        let facts = std::fs::metadata(&path)
            .with_context(|| format!("cannot read the metadata of {}", path.display()))?;
        // A pipe has no size, and could not be sent again.
        ensure!(facts.is_file(), "{} is not a file", path.display());
        let changed = facts.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(Self { path, size_bytes: facts.len(), changed: changed.unwrap_or_default() })
    }

    /// Fails if the file has changed, because the upload would mix two versions of it.
    pub(super) fn check_unchanged(&self) -> anyhow::Result<()> {
        let now = Self::stat(self.path.clone())?;
        if (now.size_bytes, now.changed) != (self.size_bytes, self.changed) {
            return Err(Refused(format!(
                "{} changed during the upload; run the import again",
                self.path.display()
            ))
            .into());
        }
        Ok(())
    }

    /// The file's name, for display.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The file's name without its extension: the default title.
    pub(super) fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Returns a stream of `length_bytes` of the file from `offset`, read on demand. Calls `sent` with the length of each piece.
    pub(super) fn read<F: Fn(u64) + Send + 'static>(
        &self,
        offset: u64,
        length_bytes: u64,
        sent: F,
    ) -> impl Stream<Item = std::io::Result<Bytes>> + Send + use<F> {
        let path = self.path.clone();
        stream::once(async move {
            let mut file = tokio::fs::File::open(path).await?;
            file.seek(std::io::SeekFrom::Start(offset)).await?;
            std::io::Result::Ok(ReaderStream::with_capacity(file.take(length_bytes), PIECE_BYTES))
        })
        .try_flatten()
        .inspect_ok(move |piece| sent(piece.len() as u64))
    }
}
