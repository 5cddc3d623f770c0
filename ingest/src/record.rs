//! Updates an upload's row as bytes become durable.

use db::film_file::{self, FilmFile};
use db::upload;
use storage::Checkpoint;
use time::OffsetDateTime;

use crate::Ingest;
use crate::error::IngestError;
use crate::lease::LeaseGuard;
use crate::permission::Permission;

/// The row of an upload whose lease the caller holds.
pub(crate) struct Record<'a> {
    pub(crate) ingest: &'a Ingest,
    pub(crate) row: &'a FilmFile,
    pub(crate) permission: Option<Permission>,
    pub(crate) offset: u64,
    pub(crate) expires_at: OffsetDateTime,
}

/// Returns the checkpoint that the upload's row records.
pub(crate) fn checkpoint_of(row: &FilmFile) -> Checkpoint {
    Checkpoint { offset: row.received_bytes, state: row.hash_state.clone().unwrap_or_default() }
}

impl Record<'_> {
    /// Records the durable bytes. Once all bytes are recorded, this request or any later one makes the upload a master.
    pub(crate) async fn save(
        &mut self,
        guard: &LeaseGuard,
        checkpoint: &Checkpoint,
    ) -> Result<(), IngestError> {
        if checkpoint.offset == self.row.size_bytes
            && let Some(permission) = &self.permission
        {
            permission.check().await?;
        }
        let db = &self.ingest.config.db;
        let (to, expires_at) = (checkpoint.offset, self.ingest.expires_at());
        let _permit = self.ingest.leases.database_permit().await;
        if !upload::checkpoint(db, guard.lease(), self.offset, to, &checkpoint.state, expires_at).await? {
            // Another request took the lease, or the upload was finished, deleted or expired.
            let row = film_file::find(db, self.row.id).await?.ok_or(IngestError::UnknownUpload)?;
            return Err(IngestError::Offset { offset: row.received_bytes });
        }
        (self.offset, self.expires_at) = (to, expires_at);
        Ok(())
    }

    /// Discards the bytes after `start`, first from the row, which must never count more than storage holds.
    pub(crate) async fn roll_back(
        &mut self,
        guard: &LeaseGuard,
        start: &Checkpoint,
    ) -> Result<(), IngestError> {
        if self.offset > start.offset {
            self.save(guard, start).await?;
        }
        // Opening the upload truncates it, which frees its disk space at once.
        let (storage, row) = (&self.ingest.config.storage, self.row);
        storage.open_upload(row.id, row.size_bytes, start.clone()).await?.close().await;
        Ok(())
    }
}
