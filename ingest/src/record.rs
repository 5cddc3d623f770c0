//! An upload's row, as bytes become durable.

use db::film_file::{self, FilmFile};
use db::upload;
use storage::Checkpoint;
use time::OffsetDateTime;

use crate::Ingest;
use crate::error::IngestError;
use crate::lease::Hold;
use crate::permission::Permission;

/// The row of an upload whose lease the caller holds.
pub(crate) struct Record<'a> {
    pub(crate) ingest: &'a Ingest,
    pub(crate) row: &'a FilmFile,
    pub(crate) permission: Option<Permission>,
    pub(crate) offset: u64,
    pub(crate) expires_at: OffsetDateTime,
}

/// Where the upload stands according to its row.
pub(crate) fn checkpoint_of(row: &FilmFile) -> Checkpoint {
    Checkpoint { offset: row.received_bytes, state: row.hash_state.clone().unwrap_or_default() }
}

impl Record<'_> {
    /// Records what is durable. An upload that is whole becomes a master, by this request or by any that comes later.
    pub(crate) async fn save(&mut self, hold: &Hold, checkpoint: &Checkpoint) -> Result<(), IngestError> {
        if checkpoint.offset == self.row.size_bytes
            && let Some(permission) = &self.permission
        {
            permission.check().await?;
        }
        let db = &self.ingest.config.db;
        let (to, expires_at) = (checkpoint.offset, self.ingest.expires_at());
        let _turn = self.ingest.leases.turn().await;
        if !upload::checkpoint(db, hold.lease(), self.offset, to, &checkpoint.state, expires_at).await? {
            // Another request took the lease, or the upload was ended.
            let row = film_file::find(db, self.row.id).await?.ok_or(IngestError::UnknownUpload)?;
            return Err(IngestError::Offset { offset: row.received_bytes });
        }
        (self.offset, self.expires_at) = (to, expires_at);
        Ok(())
    }

    /// Forgets what came since `start`, and first in the row, which never says more than storage holds.
    pub(crate) async fn cut_back(&mut self, hold: &Hold, start: &Checkpoint) -> Result<(), IngestError> {
        if self.offset > start.offset {
            self.save(hold, start).await?;
        }
        // Opening an upload cuts it back; its space is free again at once.
        self.ingest.config.storage.open_upload(self.row.id, start.clone()).await?.close().await;
        Ok(())
    }
}
