//! Removing uploads that were given up.

use std::time::Duration;

use db::film_file::{self, FileState};
use db::{Db, DbError};
use domain::id::FileId;
use domain::key::Key;
use storage::{Storage, StorageError};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

const EVERY: Duration = Duration::from_mins(10);
const AT_ONCE: u32 = 100;

/// Gives up uploads past their time, and removes the bytes of uploads that are none any more.
#[derive(Clone, Debug)]
pub struct Sweeper {
    db: Db,
    storage: Storage,
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
                error!(%error, "Could not sweep uploads that were given up");
            }
            if shutdown.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
                return;
            }
        }
    }

    /// One sweep. Says how many uploads expired.
    pub async fn sweep(&self) -> Result<usize, SweepError> {
        let mut expired = 0;
        loop {
            let files = film_file::take_expired(&self.db, AT_ONCE).await?;
            for file in &files {
                self.remove(*file).await?;
                info!(file.id = %file, "Gave up an upload for which no bytes came");
            }
            expired += files.len();
            if files.is_empty() {
                break;
            }
        }
        // What a sweep that was cut off left behind.
        for file in self.storage.list_uploads().await? {
            if film_file::find(&self.db, file).await?.is_some_and(|row| row.state == FileState::Expired) {
                self.remove(file).await?;
            }
        }
        Ok(expired)
    }

    /// An upload that had all its bytes may have become an object already.
    async fn remove(&self, file: FileId) -> Result<(), StorageError> {
        self.storage.abort_upload(file).await?;
        self.storage.delete(&Key::master(file)).await
    }
}
