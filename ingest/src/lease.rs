//! The right of a request to write an upload: the lease in the upload's row, as one request of this server holds it.
//!
//! The request renews the lease while it works. A request that receives no bytes for a while yields its lease: it keeps the
//! lease until another request takes it. So a client that lost its connection silently can resume after a moment, and a
//! client on a slow connection is not interrupted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use db::Db;
use db::film_file::{self, FileState, FilmFile};
use db::upload::{self, UploadLease};
use domain::id::FileId;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, MissedTickBehavior, sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::error::IngestError;

/// Duration of a lease that its holder does not renew.
const LEASE: Duration = Duration::from_secs(10);
/// Interval at which a holder renews its lease.
const RENEW_EVERY: Duration = Duration::from_millis(2500);
/// How long a request waits for the lease of another request: a client often reconnects before its last request has ended.
const WAIT: Duration = Duration::from_secs(2);
/// Maximum number of database connections that all uploads together use at a time. Everything else shares the pool and must
/// never wait behind a thousand uploads.
const MAX_DATABASE_CONNECTIONS: usize = 4;

/// The leases that requests of this server hold.
#[derive(Clone)]
pub(crate) struct Leases {
    db: Db,
    database_permits: Arc<Semaphore>,
    /// Cancels the request that holds an upload's lease, or held it last.
    holders: Arc<Mutex<HashMap<FileId, (UploadLease, CancellationToken)>>>,
}

/// A lease that a request holds. It is released by [`Self::release`] or when dropped.
pub(crate) struct LeaseGuard {
    leases: Leases,
    lease: UploadLease,
    replaced: CancellationToken,
    renewed_at: Instant,
    is_held: bool,
}

impl Leases {
    pub(crate) fn new(db: Db) -> Self {
        Self {
            db,
            database_permits: Arc::new(Semaphore::new(MAX_DATABASE_CONNECTIONS)),
            holders: Arc::default(),
        }
    }

    /// Waits for a permit to use the database.
    pub(crate) async fn database_permit(&self) -> SemaphorePermit<'_> {
        self.database_permits.acquire().await.expect("the semaphore is never closed")
    }

    /// Takes the lease of an unfinished upload and reads its row under it. Waits up to [`WAIT`] for another holder. Returns no
    /// lease if the upload is finished.
    pub(crate) async fn acquire(&self, file: FileId) -> Result<(Option<LeaseGuard>, FilmFile), IngestError> {
        let deadline = Instant::now() + WAIT;
        let mut pause = Duration::from_millis(20);
        loop {
            let permit = self.database_permit().await;
            if let Some((lease, row)) = upload::take_lease(&self.db, file, LEASE).await? {
                return Ok((Some(self.register(lease)), row));
            }
            let row = film_file::find(&self.db, file).await?.ok_or(IngestError::UnknownUpload)?;
            drop(permit);
            match row.state {
                FileState::Uploading if Instant::now() >= deadline => return Err(IngestError::Busy),
                FileState::Uploading => sleep(pause).await,
                FileState::Expired => return Err(IngestError::Expired),
                FileState::Uploaded | FileState::Duplicate | FileState::Refused => return Ok((None, row)),
            }
            pause = (pause * 2).min(Duration::from_millis(200));
        }
    }

    /// Waits up to [`WAIT`] for the upload's holder to end or to yield the lease, so that the row counts all received bytes.
    pub(crate) async fn wait_until_free(&self, file: FileId) -> Result<(), IngestError> {
        let deadline = Instant::now() + WAIT;
        let mut pause = Duration::from_millis(20);
        while {
            let _permit = self.database_permit().await;
            upload::is_leased(&self.db, file).await?
        } {
            if Instant::now() >= deadline {
                break;
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(200));
        }
        Ok(())
    }

    /// Registers a lease that was just taken. Ends the request of this server that held it before: that request had yielded the
    /// lease or let it expire.
    fn register(&self, lease: UploadLease) -> LeaseGuard {
        let replaced = CancellationToken::new();
        if let Some((_, former)) = self.lock().insert(lease.file, (lease, replaced.clone())) {
            former.cancel();
        }
        LeaseGuard { leases: self.clone(), lease, replaced, renewed_at: Instant::now(), is_held: true }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<FileId, (UploadLease, CancellationToken)>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LeaseGuard {
    /// Returns the lease, which every statement that changes the upload's row must name.
    pub(crate) fn lease(&self) -> &UploadLease {
        &self.lease
    }

    /// Waits until another request of this server has taken the lease.
    pub(crate) async fn replaced(&self) {
        self.replaced.cancelled().await;
    }

    /// Renews the lease if that is due. Fails with [`IngestError::Busy`] if another request took it. If the database does not
    /// respond, only logs a warning: the statement that records the received bytes is fenced as well.
    pub(crate) async fn renew_if_due(&mut self) -> Result<(), IngestError> {
        if self.renewed_at.elapsed() < RENEW_EVERY {
            return Ok(());
        }
        match self.renew().await {
            Err(error @ IngestError::Busy) => Err(error),
            Err(error) => {
                self.warn_not_renewed(&error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn warn_not_renewed(&self, error: &IngestError) {
        warn!(
            file.id = %self.lease.file,
            %error,
            "Could not renew the lease of an upload; trying again while its data arrives"
        );
    }

    /// Renews the lease. Fails with [`IngestError::Busy`] if another request took it.
    pub(crate) async fn renew(&mut self) -> Result<(), IngestError> {
        self.set_expiry(LEASE).await
    }

    /// Lets another request take the lease. Until one does, this request holds it.
    pub(crate) async fn yield_lease(&mut self) -> Result<(), IngestError> {
        self.set_expiry(Duration::ZERO).await
    }

    async fn set_expiry(&mut self, lease: Duration) -> Result<(), IngestError> {
        let _permit = self.leases.database_permit().await;
        // Set before the statement, so that a lasting failure does not repeat it with every received chunk.
        self.renewed_at = Instant::now();
        let renewed = upload::renew_lease(&self.leases.db, &self.lease, lease).await?;
        if renewed { Ok(()) } else { Err(IngestError::Busy) }
    }

    /// Awaits `work`, which may take long (a slow disk), and renews the lease while it runs. If the lease is lost nevertheless,
    /// the next statement that names it detects that.
    pub(crate) async fn renew_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let mut due = tokio::time::interval_at(self.renewed_at + RENEW_EVERY, RENEW_EVERY);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                result = &mut work => return result,
                _ = due.tick() => {
                    if let Err(error) = self.renew().await {
                        self.warn_not_renewed(&error);
                    }
                }
            }
        }
    }

    /// Releases the lease, so that the next request need not wait until it expires.
    pub(crate) async fn release(mut self) {
        self.is_held = false;
        self.deregister();
        let _permit = self.leases.database_permit().await;
        release_or_warn(&self.leases.db, &self.lease).await;
    }

    fn deregister(&self) {
        let mut holders = self.leases.lock();
        if holders.get(&self.lease.file).is_some_and(|(lease, _)| *lease == self.lease) {
            holders.remove(&self.lease.file);
        }
    }
}

impl Drop for LeaseGuard {
    /// Releases the lease of a request that was dropped because its client disconnected.
    fn drop(&mut self) {
        if !self.is_held {
            return;
        }
        self.deregister();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (db, lease) = (self.leases.db.clone(), self.lease);
            runtime.spawn(async move { release_or_warn(&db, &lease).await });
        }
    }
}

async fn release_or_warn(db: &Db, lease: &UploadLease) {
    if let Err(error) = upload::release_lease(db, lease).await {
        warn!(file.id = %lease.file, %error, "Could not release the lease of an upload; it expires within {LEASE:?}");
    }
}
