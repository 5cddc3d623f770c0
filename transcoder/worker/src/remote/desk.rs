//! The server's side: gives out jobs, and checks and records what comes back. The caller has checked the worker's token.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use db::{
    DbError,
    queue::{Job, JobKind, Lease},
    workflow::Retry,
};
use domain::{child::MAX_READ_BYTES, hex, key::Key, output::StoredObject, reason::Reason};
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use storage::StorageError;

use super::{Assignment, Ended, verify};
use crate::{
    disk_space::DiskSpace,
    execute::Done,
    job::{JobError, Outcome, master},
    objects::ObjectError,
    queue::Config,
    record::{log_outcome, record_once},
    sandbox::{ChildError, Master},
    sandboxed::{Prepared, conclude, prepare},
};

/// Maximum number of jobs that one request for a job may fail before it gets one.
const MAX_FAILED: usize = 16;
/// Number of prepared jobs that are kept in memory. Others are read again.
const MAX_KEPT: usize = 256;
/// Maximum size of a reason, as JSON.
const MAX_REASON_BYTES: usize = 16 << 10;
/// A worker without a job waits this long for one.
const SOON: Duration = Duration::from_mins(1);

/// Gives out jobs to remote workers.
pub struct Desk {
    config: Config,
    disk_space: DiskSpace,
    held: Mutex<HashMap<Lease, Arc<Held>>>,
}

/// A job that a remote worker holds.
struct Held {
    job: Job,
    prepared: Prepared,
    /// Objects that this process stored for it, by their paths within the build.
    stored: Mutex<BTreeMap<String, StoredObject>>,
}

/// Why a request of a remote worker failed.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The lease is not valid.
    #[error("The lease has ended.")]
    LeaseLost,
    /// A correct worker never sends this.
    #[error("{0}")]
    Refused(String),
    /// The build already has an object with this path and different bytes.
    #[error("{0}")]
    Differs(Key),
    /// The storage is full.
    #[error("The storage is full.")]
    Full,
    /// A database query failed.
    #[error("a database query failed: {0}")]
    Db(DbError),
    /// The storage failed.
    #[error("the storage failed: {0}")]
    Storage(StorageError),
}

impl From<DbError> for DeskError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::LeaseLost => Self::LeaseLost,
            error => Self::Db(error),
        }
    }
}

impl From<StorageError> for DeskError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Full(_) => Self::Full,
            error => Self::Storage(error),
        }
    }
}

impl From<ObjectError> for DeskError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Differs(key) => Self::Differs(key),
            ObjectError::Storage(error) => error.into(),
        }
    }
}

impl Desk {
    /// Gives out the jobs of this queue.
    pub fn new(config: Config) -> Self {
        Self { disk_space: DiskSpace::new(&config), config, held: Mutex::default() }
    }

    /// Claims the next job for a worker of this name; `None` if no job can be claimed.
    pub async fn claim(&self, worker: &str) -> Result<Option<Assignment>, DeskError> {
        let config = &self.config;
        let has_space = self.disk_space.is_enough().await;
        let is_wanted = |kind: &JobKind| kind.is_sandboxed() && (has_space || !kind.is_part());
        let kinds: Vec<JobKind> = JobKind::ALL.iter().copied().filter(is_wanted).collect();
        for _ in 0..MAX_FAILED {
            let Some(claimed) = db::workflow::claim_of(&config.db, worker, config.lease, &kinds).await?
            else {
                return Ok(None);
            };
            let job = &claimed.job;
            match self.open(job).await {
                Ok((prepared, master_bytes)) => {
                    let assignment = Assignment {
                        job: job.id,
                        lease_token: claimed.lease.token,
                        lease_ms: u64::try_from(config.lease.as_millis()).unwrap_or(u64::MAX),
                        kind: job.kind,
                        index: job.index,
                        film: job.film_id,
                        attempt: job.attempts,
                        trace_context: claimed.trace_context.clone(),
                        master_bytes,
                        work: prepared.work.clone(),
                    };
                    self.keep(claimed.lease, Held { job: claimed.job, prepared, stored: Mutex::default() });
                    return Ok(Some(assignment));
                }
                Err(error) => {
                    let outcome = Outcome::from(error);
                    log_outcome(&outcome);
                    record_once(config, &claimed.lease, &outcome).await?;
                }
            }
        }
        Ok(None)
    }

    async fn open(&self, job: &Job) -> Result<(Prepared, u64), JobError> {
        let prepared = prepare(&self.config, job).await?;
        let master = master(&self.config, prepared.file).await?;
        let size_bytes = master.size_bytes();
        Ok((prepared, size_bytes))
    }

    /// Renews a lease, and records the job's progress.
    pub async fn renew(&self, lease: &Lease, progress: Option<(u64, u64)>) -> Result<(), DeskError> {
        Ok(db::queue::heartbeat(&self.config.db, lease, self.config.lease, progress).await?)
    }

    /// Reads a range of the job's master.
    pub async fn read_master(&self, lease: &Lease, range: Range<u64>) -> Result<Bytes, DeskError> {
        if range.end.saturating_sub(range.start) > u64::from(MAX_READ_BYTES) {
            return Err(DeskError::Refused(format!("A range may have at most {MAX_READ_BYTES} bytes.")));
        }
        let held = self.held(lease).await?;
        let key = Key::master(held.prepared.file);
        let bytes = self.config.storage.get_bytes(&key, Some(range)).await?;
        bytes.ok_or_else(|| DeskError::Refused("The master is no longer in storage.".to_owned()))
    }

    /// Stores an object of the job's part by its path within the build.
    pub async fn store(&self, lease: &Lease, path: &str, bytes: Bytes) -> Result<StoredObject, DeskError> {
        let held = self.held(lease).await?;
        let foreign = || DeskError::Refused("The job has no object with this path.".to_owned());
        if !verify::is_of_part(&held.prepared.work, path) {
            return Err(foreign());
        }
        let limits = &self.config.sandbox.limits;
        let stored_bytes: u64 = lock(&held.stored).values().map(|object| object.size_bytes).sum();
        if bytes.len() > limits.segment_bytes || stored_bytes + bytes.len() as u64 > limits.output_bytes {
            return Err(DeskError::Refused("The objects of the job are too large.".to_owned()));
        }
        let objects = held.prepared.objects(&self.config.storage);
        let key = objects.at(path).map_err(|_| foreign())?;
        let stored = objects.put(&key, bytes).await?;
        lock(&held.stored).insert(path.to_owned(), stored.clone());
        Ok(stored)
    }

    /// Records the end of a job.
    pub async fn end(&self, lease: &Lease, ended: Ended) -> Result<(), DeskError> {
        let held = self.held(lease).await?;
        let outcome = match ended {
            Ended::Done(done) => self.concluded(&held, done).await?,
            Ended::Refused(reason) => Outcome::Refused(short(reason)?),
            Ended::Released => Outcome::Released,
            Ended::Postponed(reason) => Outcome::Postponed(short(reason)?),
            Ended::OtherLibraries { reason, here } if here.are_plausible() => {
                Outcome::OtherLibraries { reason: short(reason)?, here }
            }
            Ended::OtherLibraries { .. } => {
                return Err(DeskError::Refused("These are not versions of libraries.".to_owned()));
            }
            // One faulty machine must not fail a film that others can encode.
            Ended::Failed { reason, retry: Retry::Never } => {
                Outcome::Failed { reason: short(reason)?, retry: Retry::Later }
            }
            Ended::Failed { reason, retry } => Outcome::Failed { reason: short(reason)?, retry },
        };
        log_outcome(&outcome);
        record_once(&self.config, lease, &outcome).await?;
        lock(&self.held).remove(lease);
        Ok(())
    }

    /// Whether a worker without a job should wait for one.
    pub async fn has_work(&self) -> Result<bool, DeskError> {
        Ok(db::queue::has_work(&self.config.db, SOON).await?)
    }

    /// Checks a result as the parent of a child does, and turns it into the outcome of the job.
    async fn concluded(&self, held: &Held, done: Done) -> Result<Outcome, DeskError> {
        let hostile = |text: String| Outcome::from(JobError::from(ChildError::Hostile(text)));
        let limits = &self.config.sandbox.limits;
        let master = match &done {
            Done::Probed(_) => self.config.storage.head(&Key::master(held.prepared.file)).await?,
            _ => None,
        };
        let master_bytes = master.map_or(0, |meta| meta.size_bytes);
        if let Err(error) = verify::check(&held.prepared.work, &done, master_bytes, limits) {
            return Ok(Outcome::from(JobError::from(error)));
        }
        if let Done::Encoded(output) = &done {
            for (path, recorded) in verify::objects_of(output, &held.prepared.work) {
                if self.stored(held, &path).await?.as_ref() != Some(recorded) {
                    return Ok(hostile(format!("{path} is not stored as the worker reports it")));
                }
            }
        }
        let concluded = conclude(&self.config, &held.job, &held.prepared, done).await;
        Ok(concluded.unwrap_or_else(Outcome::from))
    }

    /// Returns what is stored at a path of the job's build. Another process may have stored it.
    async fn stored(&self, held: &Held, path: &str) -> Result<Option<StoredObject>, DeskError> {
        if let Some(stored) = lock(&held.stored).get(path) {
            return Ok(Some(stored.clone()));
        }
        let objects = held.prepared.objects(&self.config.storage);
        let Ok(key) = objects.at(path) else { return Ok(None) };
        let Some(mut reader) = self.config.storage.get(&key, None).await? else { return Ok(None) };
        let (mut hash, mut size_bytes) = (Sha256::new(), 0);
        let unreadable = |source| StorageError::Io { action: format!("read {key}"), source };
        while let Some(piece) = reader.try_next().await.map_err(unreadable)? {
            size_bytes += piece.len() as u64;
            hash.update(&piece);
        }
        Ok(Some(StoredObject { size_bytes, sha256: hex::encode(&hash.finalize()) }))
    }

    /// Returns a job, after a check that its lease is valid.
    async fn held(&self, lease: &Lease) -> Result<Arc<Held>, DeskError> {
        let kept = lock(&self.held).get(lease).cloned();
        if let Some(kept) = kept {
            if db::queue::is_held(&self.config.db, lease).await? {
                return Ok(kept);
            }
            lock(&self.held).remove(lease);
            return Err(DeskError::LeaseLost);
        }
        // This process was restarted, or another one gave the job out.
        let job = db::queue::find_held(&self.config.db, lease).await?.ok_or(DeskError::LeaseLost)?;
        let prepared = prepare(&self.config, &job).await.map_err(|error| match error {
            JobError::Db(error) => error.into(),
            JobError::Storage(error) => error.into(),
            error => DeskError::Refused(error.to_string()),
        })?;
        Ok(self.keep(*lease, Held { job, prepared, stored: Mutex::default() }))
    }

    fn keep(&self, lease: Lease, held: Held) -> Arc<Held> {
        let held = Arc::new(held);
        let mut kept = lock(&self.held);
        if kept.len() >= MAX_KEPT {
            // Those whose leases ended without a report are among them; the others are read again.
            kept.clear();
        }
        kept.insert(lease, Arc::clone(&held));
        held
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Refuses a reason that is too long for the database and the pages.
fn short(reason: Reason) -> Result<Reason, DeskError> {
    let length = serde_json::to_vec(&reason).map_or(usize::MAX, |json| json.len());
    if length > MAX_REASON_BYTES {
        return Err(DeskError::Refused("The reason is too long.".to_owned()));
    }
    Ok(reason)
}
