//! The right of a request to write an upload: the lease in the upload's row, as one request of this server holds it.
//!
//! The lease is renewed while the request works. A request to which no byte comes rests: it keeps its lease, and lets
//! any other request take it. So a client whose link dropped without a word resumes after a moment, and a client on a
//! slow link goes on as if nothing had been.

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

/// How long a lease lasts if its holder dies without a word.
const LEASE: Duration = Duration::from_secs(10);
/// How often a holder renews it.
const RENEW_EVERY: Duration = Duration::from_millis(2500);
/// How long a request waits for another one's lease: a client that comes back is often quicker than the end of its last
/// request.
const WAIT: Duration = Duration::from_secs(2);
/// Connections to the database that all uploads together use at a time. The pool is shared with everything else, which
/// must never wait behind a thousand uploads.
const DATABASE_TURNS: usize = 4;

/// The leases that requests of this server hold.
#[derive(Clone)]
pub(crate) struct Leases {
    db: Db,
    turns: Arc<Semaphore>,
    /// How to end the request that holds an upload's lease, or held it last.
    holders: Arc<Mutex<HashMap<FileId, (UploadLease, CancellationToken)>>>,
}

/// A lease, until it is given back.
pub(crate) struct Hold {
    leases: Leases,
    lease: UploadLease,
    replaced: CancellationToken,
    renewed_at: Instant,
    is_held: bool,
}

impl Leases {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, turns: Arc::new(Semaphore::new(DATABASE_TURNS)), holders: Arc::default() }
    }

    /// Waits for a turn to use the database.
    pub(crate) async fn turn(&self) -> SemaphorePermit<'_> {
        self.turns.acquire().await.expect("the semaphore is never closed")
    }

    /// Takes the lease of an unfinished upload and reads its row under it, waiting a moment for another holder. Without a
    /// lease for an upload that is finished.
    pub(crate) async fn acquire(&self, file: FileId) -> Result<(Option<Hold>, FilmFile), IngestError> {
        let deadline = Instant::now() + WAIT;
        let mut pause = Duration::from_millis(20);
        loop {
            let turn = self.turn().await;
            if let Some((lease, row)) = upload::take_lease(&self.db, file, LEASE).await? {
                return Ok((Some(self.hold(lease)), row));
            }
            let row = film_file::find(&self.db, file).await?.ok_or(IngestError::UnknownUpload)?;
            drop(turn);
            match row.state {
                FileState::Uploading if Instant::now() >= deadline => return Err(IngestError::Busy),
                FileState::Uploading => sleep(pause).await,
                FileState::Expired => return Err(IngestError::Expired),
                FileState::Uploaded | FileState::Duplicate | FileState::Refused => return Ok((None, row)),
            }
            pause = (pause * 2).min(Duration::from_millis(200));
        }
    }

    /// Waits a moment for the upload's holder to end or to rest, so that its row says all that came.
    pub(crate) async fn wait_until_free(&self, file: FileId) -> Result<(), IngestError> {
        let deadline = Instant::now() + WAIT;
        let mut pause = Duration::from_millis(20);
        while {
            let _turn = self.turn().await;
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

    /// A request of this server that had the lease before was resting, or its lease ran out: it ends now.
    fn hold(&self, lease: UploadLease) -> Hold {
        let replaced = CancellationToken::new();
        if let Some((_, former)) = self.lock().insert(lease.file, (lease, replaced.clone())) {
            former.cancel();
        }
        Hold { leases: self.clone(), lease, replaced, renewed_at: Instant::now(), is_held: true }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<FileId, (UploadLease, CancellationToken)>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    /// What statements that change the upload's row name.
    pub(crate) fn lease(&self) -> &UploadLease {
        &self.lease
    }

    /// Returns when another request of this server has taken the lease.
    pub(crate) async fn replaced(&self) {
        self.replaced.cancelled().await;
    }

    /// Renews the lease if that is due. [`IngestError::Busy`] if another request took it. A database that does not answer
    /// is no error yet: the statement that records what came is fenced as well.
    pub(crate) async fn renew_if_due(&mut self) -> Result<(), IngestError> {
        if self.renewed_at.elapsed() < RENEW_EVERY {
            return Ok(());
        }
        match self.renew().await {
            Err(error @ IngestError::Busy) => Err(error),
            Err(error) => {
                self.warn_of(&error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn warn_of(&self, error: &IngestError) {
        warn!(
            file.id = %self.lease.file,
            %error,
            "Could not renew the lease of an upload; trying again while its bytes come"
        );
    }

    /// Renews the lease. [`IngestError::Busy`] if another request took it.
    pub(crate) async fn renew(&mut self) -> Result<(), IngestError> {
        self.set_end(LEASE).await
    }

    /// Lets another request take the lease. It is still this one's until then.
    pub(crate) async fn rest(&mut self) -> Result<(), IngestError> {
        self.set_end(Duration::ZERO).await
    }

    async fn set_end(&mut self, lease: Duration) -> Result<(), IngestError> {
        let _turn = self.leases.turn().await;
        // Also after a failure: one that lasts is not asked about with every piece that comes.
        self.renewed_at = Instant::now();
        let renewed = upload::renew_lease(&self.leases.db, &self.lease, lease).await?;
        if renewed { Ok(()) } else { Err(IngestError::Busy) }
    }

    /// Does `work`, which may take long (a slow disk), and renews the lease meanwhile. A lease that is lost all the same
    /// shows at the next statement that names it.
    pub(crate) async fn renewed_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let mut due = tokio::time::interval_at(self.renewed_at + RENEW_EVERY, RENEW_EVERY);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                result = &mut work => return result,
                _ = due.tick() => {
                    if let Err(error) = self.renew().await {
                        self.warn_of(&error);
                    }
                }
            }
        }
    }

    /// Gives the lease back, so that the next request need not wait for its end.
    pub(crate) async fn release(mut self) {
        self.is_held = false;
        self.forget();
        let _turn = self.leases.turn().await;
        give_back(&self.leases.db, &self.lease).await;
    }

    fn forget(&self) {
        let mut holders = self.leases.lock();
        if holders.get(&self.lease.file).is_some_and(|(lease, _)| *lease == self.lease) {
            holders.remove(&self.lease.file);
        }
    }
}

impl Drop for Hold {
    /// The request was dropped: its client left.
    fn drop(&mut self) {
        if !self.is_held {
            return;
        }
        self.forget();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (db, lease) = (self.leases.db.clone(), self.lease);
            runtime.spawn(async move { give_back(&db, &lease).await });
        }
    }
}

async fn give_back(db: &Db, lease: &UploadLease) {
    if let Err(error) = upload::release_lease(db, lease).await {
        warn!(file.id = %lease.file, %error, "Could not give an upload's lease back; it ends by itself within {LEASE:?}");
    }
}
