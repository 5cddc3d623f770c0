//! Where a worker gets its jobs from, and where it delivers them: the queue and the storage directly, or a server over HTTPS.
//!
//! Both have the same interface, so the worker's loop, its leases and its sandbox are the same.

use std::{sync::Arc, time::Duration};

use db::{
    DbError,
    queue::{ClaimedJob, JobKind, Lease},
    worker_token,
};
use domain::{id::FilmId, reason::Reason};
use tokio::sync::watch;
use tracing::{Span, info_span};

use crate::{
    disk_space::DiskSpace,
    job::{self, Outcome},
    lease::Progress,
    queue::Config,
    record::record_once,
    remote::{Assignment, Ended, RemoteError, Server},
    sandbox::{ChildError, Sandbox},
    wakeups::Wakeups,
};

/// Where a worker gets its jobs from.
pub(crate) enum Source {
    /// The database and the storage.
    Direct(Box<Direct>),
    /// A server, with a worker's token.
    Remote(Server),
}

/// The database and the storage, and which jobs this worker claims from them.
pub(crate) struct Direct {
    config: Config,
    disk_space: DiskSpace,
    /// Whether only jobs without a sandbox are claimed, and only while there are remote workers, which cannot run them.
    is_light: bool,
}

/// A claimed job.
pub(crate) struct Claim {
    pub(crate) lease: Lease,
    /// How long the lease is valid without a renewal.
    pub(crate) lease_time: Duration,
    kind: JobKind,
    index: Option<u32>,
    film: FilmId,
    attempt: u32,
    pub(crate) trace_context: Option<String>,
    job: ClaimedFrom,
}

enum ClaimedFrom {
    Direct(Box<ClaimedJob>),
    Remote(Arc<Assignment>),
}

/// Why a source did not do what the worker asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl SourceError {
    pub(crate) fn is_lease_lost(&self) -> bool {
        matches!(self, Self::Db(DbError::LeaseLost) | Self::Remote(RemoteError::LeaseLost))
    }

    /// Whether the same request may succeed later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Db(error) => error.is_transient(),
            Self::Remote(error) => error.is_transient(),
        }
    }

    /// Whether the worker has no right to any job.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Remote(RemoteError::Unauthorized))
    }
}

impl Direct {
    pub(crate) fn new(config: Config, is_light: bool) -> Self {
        Self { disk_space: DiskSpace::new(&config), config, is_light }
    }

    async fn claim(&self) -> Result<Option<ClaimedJob>, DbError> {
        let Config { db, name, lease, .. } = &self.config;
        if self.is_light && !worker_token::is_any_active(db).await? {
            return Ok(None);
        }
        let has_space = self.is_light || self.disk_space.is_enough().await;
        let is_wanted =
            |kind: &JobKind| (!self.is_light || !kind.is_sandboxed()) && (has_space || !kind.is_part());
        let kinds: Vec<JobKind> = JobKind::ALL.iter().copied().filter(is_wanted).collect();
        db::workflow::claim_of(db, name, *lease, &kinds).await
    }
}

impl Source {
    /// Claims the next job; `None` if no job can be claimed now.
    pub(crate) async fn claim(&self) -> Result<Option<Claim>, SourceError> {
        match self {
            Self::Direct(direct) => {
                let claimed = direct.claim().await?;
                Ok(claimed.map(|claimed| Claim::of_job(claimed, direct.config.lease)))
            }
            Self::Remote(server) => Ok(server.claim().await?.map(Claim::of_assignment)),
        }
    }

    /// Renews a lease, and reports the job's progress.
    pub(crate) async fn renew(&self, claim: &Claim, progress: Option<Progress>) -> Result<(), SourceError> {
        match self {
            Self::Direct(direct) => {
                let config = &direct.config;
                Ok(db::queue::heartbeat(&config.db, &claim.lease, config.lease, progress).await?)
            }
            Self::Remote(server) => Ok(server.renew(&claim.lease, progress).await?),
        }
    }

    /// Runs a job. Dropping the future stops the job and its child process.
    pub(crate) async fn run(
        &self,
        claim: &Claim,
        sandbox: &Sandbox,
        progress: watch::Sender<Progress>,
    ) -> Outcome {
        match (self, &claim.job) {
            (Self::Direct(direct), ClaimedFrom::Direct(claimed)) => {
                job::run(&direct.config, claimed, progress).await
            }
            (Self::Remote(server), ClaimedFrom::Remote(assignment)) => {
                server.run(assignment, sandbox, progress).await
            }
            _ => Outcome::Postponed(Reason::from("the job belongs to another source")),
        }
    }

    /// Tries once to record the outcome of a job.
    pub(crate) async fn record(&self, claim: &Claim, outcome: &Outcome) -> Result<(), SourceError> {
        match self {
            Self::Direct(direct) => Ok(record_once(&direct.config, &claim.lease, outcome).await?),
            Self::Remote(server) => Ok(server.end(&claim.lease, &Ended::of(outcome)).await?),
        }
    }

    /// Whether a worker without a job should wait for one.
    pub(crate) async fn has_work(&self, soon: Duration) -> Result<bool, SourceError> {
        match self {
            Self::Direct(direct) => Ok(db::queue::has_work(&direct.config.db, soon).await?),
            Self::Remote(server) => Ok(server.has_work().await?),
        }
    }

    /// Returns what wakes idle slots.
    pub(crate) fn wakeups(&self) -> Wakeups {
        match self {
            Self::Direct(direct) => Wakeups::listen(direct.config.db.clone()),
            Self::Remote(_) => Wakeups::none(),
        }
    }
}

impl Claim {
    fn of_job(claimed: ClaimedJob, lease_time: Duration) -> Self {
        let job = &claimed.job;
        Self {
            lease: claimed.lease,
            lease_time,
            kind: job.kind,
            index: job.index,
            film: job.film_id,
            attempt: job.attempts,
            trace_context: claimed.trace_context.clone(),
            job: ClaimedFrom::Direct(Box::new(claimed)),
        }
    }

    fn of_assignment(assignment: Assignment) -> Self {
        Self {
            lease: assignment.lease(),
            lease_time: Duration::from_millis(assignment.lease_ms),
            kind: assignment.kind,
            index: assignment.index,
            film: assignment.film,
            attempt: assignment.attempt,
            trace_context: assignment.trace_context.clone(),
            job: ClaimedFrom::Remote(Arc::new(assignment)),
        }
    }

    /// Returns the span in which the job runs.
    pub(crate) fn span(&self) -> Span {
        info_span!(
            "job",
            job.id = %self.lease.job,
            job.kind = %self.kind,
            job.index = self.index,
            film.id = %self.film,
            attempt = self.attempt,
        )
    }
}

impl From<Result<crate::execute::Done, ChildError>> for Outcome {
    /// The outcome on a remote worker. The server concludes it.
    fn from(result: Result<crate::execute::Done, ChildError>) -> Self {
        match result {
            Ok(done) => Self::Executed(done),
            Err(ChildError::Refused(reason)) => Self::Refused(reason),
            Err(error) => job::JobError::from(error).into(),
        }
    }
}
