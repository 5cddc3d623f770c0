//! What becomes of uploads whose clients do not come back: whole ones are finished, others are given up in time.

use std::time::Duration;

use db::{Db, DbError, film_file::FileState, upload};
use domain::id::FileId;
use domain::key::{Key, MASTERS_PREFIX};
use storage::{Storage, StorageError};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::finish::finish_upload;
use crate::record::checkpoint_of;

const EVERY: Duration = Duration::from_mins(10);
const AT_ONCE: u32 = 100;
/// Finishing needs no more than a rename and a transaction.
const LEASE: Duration = Duration::from_mins(1);

/// Finishes uploads that are whole, expires those past their time, and removes the data of abandoned ones.
#[derive(Clone, Debug)]
pub struct Sweeper {
    db: Db,
    storage: Storage,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Uploads that became masters, or duplicates of one.
    pub finished: usize,
    /// Uploads that were given up.
    pub expired: usize,
}

/// Why a sweep did not get to its end.
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
    /// A sweeper; several may run at once.
    pub fn new(db: Db, storage: Storage) -> Self {
        Self { db, storage }
    }

    /// Sweeps now and every ten minutes, until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        loop {
            if let Err(error) = self.sweep().await {
                error!(%error, "Could not sweep uploads whose clients do not come back");
            }
            if shutdown.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
                return;
            }
        }
    }

    /// One sweep.
    pub async fn sweep(&self) -> Result<Swept, SweepError> {
        let finished = self.finish_whole().await?;
        let expired = self.expire().await?;
        self.remove_left_behind().await?;
        Ok(Swept { finished, expired })
    }

    /// A server was killed between an upload's last byte and its end, and nobody asked since.
    async fn finish_whole(&self) -> Result<usize, SweepError> {
        let mut finished = 0;
        for row in upload::list_whole(&self.db).await? {
            // A request that holds it finishes it.
            let Some((lease, row)) = upload::take_lease(&self.db, row.id, LEASE).await? else { continue };
            let checkpoint = checkpoint_of(&row);
            let ended = finish_upload(&self.db, &self.storage, &lease, row.size_bytes, &checkpoint).await;
            upload::release_lease(&self.db, &lease).await?;
            match ended {
                Ok(_) => finished += 1,
                // One that cannot be finished must not keep others from it.
                Err(error) => error!(file.id = %row.id, %error, "Could not finish an upload that is whole"),
            }
        }
        Ok(finished)
    }

    async fn expire(&self) -> Result<usize, SweepError> {
        let mut expired = 0;
        loop {
            let files = upload::take_expired(&self.db, AT_ONCE).await?;
            for file in &files {
                self.storage.abort_upload(*file).await?;
                info!(file.id = %file, "Gave up an upload for which no bytes came");
            }
            expired += files.len();
            if files.is_empty() {
                return Ok(expired);
            }
        }
    }

    /// What was to be removed when a server was killed.
    async fn remove_left_behind(&self) -> Result<(), SweepError> {
        // Listed before the rows are read: an upload's row is there before its first byte, so one that has none has it no more.
        let uploads = self.storage.list_uploads().await?;
        let states = upload::states(&self.db, &uploads).await?;
        for file in uploads {
            if states.get(&file) != Some(&FileState::Uploading) {
                self.storage.abort_upload(file).await?;
                info!(file.id = %file, "Removed the data of an abandoned upload");
            }
        }
        let masters = self.storage.list(MASTERS_PREFIX).await?;
        let masters: Vec<FileId> = masters.iter().filter_map(|(key, _)| key.as_master()).collect();
        // A master cannot be had again: without a row it stays, for it may be the database that is not the right one.
        for (file, state) in upload::states(&self.db, &masters).await? {
            if matches!(state, FileState::Duplicate | FileState::Expired) {
                self.storage.delete(&Key::master(file)).await?;
                info!(file.id = %file, %state, "Removed the bytes of a file that is no master");
            }
        }
        Ok(())
    }
}
