//! Remote workers: machines that have neither the database's password nor credentials of the storage, but a token.
//!
//! Such a worker asks a server for a job ([`Assignment`]), reads ranges of the master, stores objects and reports the end ([`Ended`]) over
//! HTTPS. It runs the same code in the same sandbox as any other worker, so the bytes are the same. The server ([`Desk`]) reads what a
//! job needs before, checks everything that comes back, and records it: a remote worker can change nothing but the objects of the part
//! whose lease it holds.
//!
//! Jobs that need no sandbox (planning, publishing, deleting) run on the server ([`crate::run_light`]).

mod client;
mod desk;
mod verify;

pub(crate) use client::{RemoteStore, Server};
use db::{
    queue::{JobKind, Lease},
    workflow::Retry,
};
pub use desk::{Desk, DeskError};
use domain::{
    child::Work,
    id::{FilmId, JobId},
    libraries::Libraries,
    reason::Reason,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::execute::Done;
use crate::job::Outcome;

/// The path of the routes on the server, with the version of this protocol.
pub const PATH: &str = "/api/work/1";
/// The header with the token of a job's lease.
pub const LEASE_HEADER: &str = "nang-lease";
/// The header with machine and process of the worker.
pub const WORKER_HEADER: &str = "nang-worker";

/// A claimed job: everything that the worker needs apart from the master's bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The job.
    pub job: JobId,
    /// The token of its lease.
    pub lease_token: Uuid,
    /// How long the lease is valid without a renewal.
    pub lease_ms: u64,
    /// What the job does.
    pub kind: JobKind,
    /// Index of the part.
    pub index: Option<u32>,
    /// Its film.
    pub film: FilmId,
    /// Number of the attempt.
    pub attempt: u32,
    /// The trace of the work that queued it, as a W3C `traceparent`.
    pub trace_context: Option<String>,
    /// Size of the master.
    pub master_bytes: u64,
    /// The order for the sandboxed child.
    pub work: Work,
}

impl Assignment {
    /// Returns the lease of the job.
    pub fn lease(&self) -> Lease {
        Lease { job: self.job, token: self.lease_token }
    }
}

/// A renewal of a lease.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// Completed frames, and the total.
    pub progress: Option<(u64, u64)>,
}

/// Whether a worker without a job should wait for one.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Prospect {
    /// Whether there is work now or soon.
    pub has_work: bool,
}

/// How a job ended on a remote worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The work is done, and its objects are stored.
    Done(Done),
    /// The master cannot be shown.
    Refused(Reason),
    /// The worker is stopping.
    Released,
    /// The worker could not start the job, for a reason that does not depend on the job.
    Postponed(Reason),
    /// The worker's libraries differ from the build's and would produce other bytes.
    OtherLibraries {
        /// Which, for admins.
        reason: Reason,
        /// The worker's libraries.
        here: Libraries,
    },
    /// The attempt failed.
    Failed {
        /// Why.
        reason: Reason,
        /// Whether another attempt may succeed.
        retry: Retry,
    },
}

impl Ended {
    /// Returns what a worker reports. A remote worker has no other outcomes than these.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Executed(done) => Self::Done(done.clone()),
            Outcome::Refused(reason) => Self::Refused(reason.clone()),
            Outcome::Postponed(reason) => Self::Postponed(reason.clone()),
            Outcome::OtherLibraries { reason, here } => {
                Self::OtherLibraries { reason: reason.clone(), here: here.clone() }
            }
            Outcome::Failed { reason, retry } => Self::Failed { reason: reason.clone(), retry: *retry },
            _ => Self::Released,
        }
    }
}

/// Why a server did not do what a remote worker asked.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The server does not know the token.
    #[error("the server refuses this worker's token: it was revoked, or is for another server")]
    Unauthorized,
    /// The lease is not valid any more.
    #[error("the lease has ended")]
    LeaseLost,
    /// The build already has an object with this path and different bytes.
    #[error("{0} is already stored with different bytes")]
    Differs(String),
    /// The server's storage is full.
    #[error("the storage of the server is full")]
    Full,
    /// The server could not be reached, or did not answer in time.
    #[error("cannot reach the server: {0}")]
    Connection(String),
    /// The server reported a fault of its own.
    #[error("the server answered with status {status}: {detail}")]
    Server {
        /// The HTTP status.
        status: u16,
        /// Why.
        detail: String,
    },
    /// The server refused the request.
    #[error("the server refused the request with status {status}: {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why.
        detail: String,
    },
    /// The address of the server cannot be used.
    #[error("{0}")]
    Address(String),
}

impl RemoteError {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Connection(_) | Self::Server { .. })
    }
}
