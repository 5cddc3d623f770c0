//! The file that is sent.

use std::{
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::trouble::Refused;

const PIECE_BYTES: usize = 1 << 20;

/// A master, as it was when the import began.
pub(super) struct Master {
    pub(super) path: PathBuf,
    pub(super) size_bytes: u64,
    /// Time of the last change, since 1970.
    pub(super) changed: Duration,
}

impl Master {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let path = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
        let master = Self::look(path)?;
        // A stream would have no size, and could not be sent again.
        std::fs::File::open(&master.path)
            .with_context(|| format!("cannot read {}", master.path.display()))?;
        if master.size_bytes == 0 {
            return Err(Refused(format!("{} is empty (0 bytes)", master.path.display())).into());
        }
        Ok(master)
    }

    fn look(path: PathBuf) -> anyhow::Result<Self> {
        let facts = std::fs::metadata(&path).with_context(|| format!("cannot look at {}", path.display()))?;
        ensure!(facts.is_file(), "{} is not a file", path.display());
        let changed = facts.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(Self { path, size_bytes: facts.len(), changed: changed.unwrap_or_default() })
    }

    /// Half of one version and half of another would be no film.
    pub(super) fn check_unchanged(&self) -> anyhow::Result<()> {
        let now = Self::look(self.path.clone())?;
        if (now.size_bytes, now.changed) != (self.size_bytes, self.changed) {
            return Err(Refused(format!("{} changed while it was being sent", self.path.display())).into());
        }
        Ok(())
    }

    /// The file's name, to be shown.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The name without its ending: the title if nobody gives one.
    pub(super) fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// `length_bytes` of the file from `offset`, read as they are asked for; `sent` is told of each piece's length.
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
