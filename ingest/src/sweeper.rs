//! Handles uploads whose clients do not return: those whose bytes are all stored are finished, the others expire.

use std::time::Duration;

use db::{Db, DbError, film_file::FileState, upload};
use domain::id::FileId;
use domain::key::{Key, MASTERS_PREFIX};
use storage::{Storage, StorageError};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::finish::finish_upload;
use crate::record::checkpoint_of;

const INTERVAL: Duration = Duration::from_mins(10);
const BATCH: u32 = 100;
/// Finishing an upload takes a transaction and a rename, or, in an object store, joining its parts.
const LEASE: Duration = Duration::from_mins(5);

/// Finishes uploads whose bytes are all stored, expires those past their expiry, and deletes the data of abandoned ones.
#[derive(Clone, Debug)]
pub struct Sweeper {
    db: Db,
    storage: Storage,
}

/// Result of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Uploads that became masters, or duplicates of one.
    pub finished: usize,
    /// Uploads that expired.
    pub expired: usize,
}

/// Why a sweep failed.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Sweeper {
    /// Creates a sweeper. Several may run at once.
    pub fn new(db: Db, storage: Storage) -> Self {
        Self { db, storage }
    }

    /// Sweeps now and every ten minutes, until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        loop {
            if let Err(error) = self.sweep().await {
                error!(%error, "Could not sweep unfinished uploads; trying again in {INTERVAL:?}");
            }
            if shutdown.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_none() {
                return;
            }
        }
    }

    /// Sweeps once.
    pub async fn sweep(&self) -> Result<Swept, SweepError> {
        let finished = self.finish_all_stored().await?;
        let expired = self.expire().await?;
        self.delete_orphaned_data().await?;
        Ok(Swept { finished, expired })
    }

    /// Finishes uploads whose bytes are all stored: a server was killed before it finished them, and no request has done so since.
    async fn finish_all_stored(&self) -> Result<usize, SweepError> {
        let mut finished = 0;
        for row in upload::list_whole(&self.db).await? {
            // A request that holds the lease finishes the upload.
            let Some((lease, row)) = upload::take_lease(&self.db, row.id, LEASE).await? else { continue };
            let checkpoint = checkpoint_of(&row);
            let result = finish_upload(&self.db, &self.storage, &lease, row.size_bytes, &checkpoint).await;
            upload::release_lease(&self.db, &lease).await?;
            match result {
                Ok(_) => finished += 1,
                // An upload that cannot be finished must not prevent others from being finished.
                Err(error) => error!(
                    file.id = %row.id,
                    %error,
                    "Could not finish an upload whose bytes are all stored; trying again at the next sweep"
                ),
            }
        }
        Ok(finished)
    }

    async fn expire(&self) -> Result<usize, SweepError> {
        let mut expired = 0;
        loop {
            let files = upload::take_expired(&self.db, BATCH).await?;
            for file in &files {
                self.storage.abort_upload(*file).await?;
                info!(file.id = %file, "Expired an upload that received no data; deleted its bytes");
            }
            expired += files.len();
            if files.is_empty() {
                return Ok(expired);
            }
        }
    }

    /// Deletes data that a server did not delete because it was killed.
    async fn delete_orphaned_data(&self) -> Result<(), SweepError> {
        // Storage is listed before the rows are read. A row exists before its upload's first byte, so a missing row was deleted.
        let uploads = self.storage.list_uploads().await?;
        let states = upload::states(&self.db, &uploads).await?;
        for file in uploads {
            // Parts of a master that is being moved into this storage look like an upload. The master is not in it yet.
            let is_moving = matches!(states.get(&file), Some(FileState::Uploaded | FileState::Refused))
                && !self.storage.is_moved(&Key::master(file)).await?;
            if states.get(&file) != Some(&FileState::Uploading) && !is_moving {
                self.storage.abort_upload(file).await?;
                info!(file.id = %file, "Deleted the data of an abandoned upload");
            }
        }
        let masters = self.storage.list(MASTERS_PREFIX).await?;
        let masters: Vec<FileId> = masters.iter().filter_map(|(key, _)| key.as_master()).collect();
        // A deleted master cannot be restored. One without a row is kept, because this may be the wrong database.
        for (file, state) in upload::states(&self.db, &masters).await? {
            if matches!(state, FileState::Duplicate | FileState::Expired) {
                self.storage.delete(&Key::master(file)).await?;
                info!(file.id = %file, %state, "Deleted the data of a duplicate or expired file");
            }
        }
        Ok(())
    }
}
