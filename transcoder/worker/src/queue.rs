//! The worker's loop: each slot claims one job at a time, runs it, and records its outcome.
//!
//! If a job's lease is lost (another worker has the job, or it was cancelled), the slot stops the job at once and discards
//! its outcome.

use std::{sync::Arc, time::Duration};

use db::{
    Db, DbError,
    queue::{ClaimedJob, Lease},
    workflow::{Replacement, Retry},
};
use domain::{id::BuildId, libraries::Libraries, reason::Reason};
use presentation::PresentationError;
use storage::Storage;
use tokio::{sync::watch, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info, info_span, warn};
use uuid::Uuid;

use crate::{
    disk_space::DiskSpace,
    job::{self, Outcome},
    lease,
    publish::{PresentError, present},
    sandbox::Sandbox,
    wakeups::{Subscription, Wakeups},
};

/// Maximum time between two claims of an idle slot; a wake-up shortens it.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// How long a job waits that this machine could not start. The slot waits for [`POLL_INTERVAL`].
const POSTPONE_DELAY: Duration = Duration::from_secs(10);

/// How long no worker may have continued a build before a worker with other libraries starts a new build.
const OTHER_LIBRARIES_PATIENCE: Duration = Duration::from_mins(5);
/// Time between two tries to record an outcome.
const RECORD_RETRY_DELAY: Duration = Duration::from_millis(200);
/// How long a worker that is stopping tries to record the outcomes of its jobs.
const SHUTDOWN_RECORD_TIMEOUT: Duration = Duration::from_secs(5);

/// Configuration of a worker.
#[derive(Clone)]
pub struct Config {
    /// The queue of jobs.
    pub db: Db,
    /// The storage of masters and films.
    pub storage: Storage,
    /// Starts the children that decode masters.
    pub sandbox: Sandbox,
    /// Name that the queue records with each attempt (`host-1234`).
    pub name: String,
    /// Number of concurrent jobs, at least 1.
    pub slots: usize,
    /// How long a claim is valid without a heartbeat.
    pub lease: Duration,
    /// Free space that encoding must not use: the database may be on the same disk and must never run out of disk space.
    pub min_free_bytes: u64,
}

/// Runs jobs until `shutdown`, then returns running jobs to the queue. If a slot panics, stops the whole worker in the same way and
/// returns an error.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let stop = shutdown.child_token();
    info!(worker = config.name, slots = config.slots, "Worker started");
    let wakeups = Wakeups::listen(config.db.clone());
    let disk_space = Arc::new(DiskSpace::new(&config));
    let mut slots = JoinSet::new();
    for _ in 0..config.slots {
        slots.spawn(slot(config.clone(), Arc::clone(&disk_space), wakeups.subscribe(), stop.clone()));
    }
    let mut result = Ok(());
    while let Some(ended) = slots.join_next().await {
        if let Err(error) = ended {
            stop.cancel();
            result = Err(anyhow::Error::new(error).context("a slot of the worker panicked"));
        }
    }
    info!(worker = config.name, "Worker stopped");
    result
}

/// Runs one job after another until `shutdown`.
async fn slot(
    config: Config,
    disk_space: Arc<DiskSpace>,
    mut wakeups: Subscription,
    shutdown: CancellationToken,
) {
    while !shutdown.is_cancelled() {
        // Before the claim, so that a job queued during the claim wakes this slot.
        wakeups.discard();
        let claimed = if disk_space.is_enough().await {
            db::workflow::claim(&config.db, &config.name, config.lease).await
        } else {
            db::workflow::claim_without_parts(&config.db, &config.name, config.lease).await
        };
        match claimed {
            Ok(Some(claimed)) => {
                let span = info_span!(
                    "job",
                    job.id = %claimed.job.id,
                    job.kind = %claimed.job.kind,
                    job.index = claimed.job.index,
                    film.id = %claimed.job.film_id,
                    attempt = claimed.job.attempts,
                );
                if run_job(&config, &claimed, &shutdown).instrument(span).await == Next::Wait {
                    // The next job would probably fail in the same way.
                    let _ = shutdown.run_until_cancelled(tokio::time::sleep(POLL_INTERVAL)).await;
                }
                continue;
            }
            Ok(None) => {}
            Err(error) => warn!(%error, "Cannot claim a job; retrying within a few seconds"),
        }
        tokio::select! {
            () = wakeups.wait(POLL_INTERVAL) => {}
            () = shutdown.cancelled() => {}
        }
    }
}

/// What a slot does after a job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Claim,
    Wait,
}

async fn run_job(config: &Config, claimed: &ClaimedJob, shutdown: &CancellationToken) -> Next {
    info!("Started job");
    let (progress, reported) = lease::progress_channel();
    let renewed = watch::Sender::new(Instant::now());
    let renewal = lease::renew_until_lost(config, &claimed.lease, reported, &renewed);
    tokio::pin!(renewal);
    let outcome = tokio::select! {
        outcome = job::run(config, claimed, progress) => outcome,
        () = &mut renewal => {
            warn!(
                "Lost the lease: another worker has the job, it was cancelled, or the database did not answer. Stopped the \
                 job and discarded its result"
            );
            return Next::Claim;
        }
        () = shutdown.cancelled() => Outcome::Released,
    };
    let next = if matches!(outcome, Outcome::Postponed(_) | Outcome::OtherLibraries { .. }) {
        Next::Wait
    } else {
        Next::Claim
    };
    log_outcome(&outcome);
    tokio::select! {
        biased;
        () = record(config, claimed, &outcome, &renewed) => {}
        // Renews the lease until the outcome is recorded. If the lease is lost, `record` finds that.
        () = async { renewal.await; std::future::pending().await } => {}
        () = async { shutdown.cancelled().await; tokio::time::sleep(SHUTDOWN_RECORD_TIMEOUT).await } => {
            error!(
                "The worker is stopping, and the database does not answer: the result of the job is not recorded. The job runs \
                 again when its lease has ended"
            );
        }
    }
    next
}

/// Logs an outcome of which an operator should know.
fn log_outcome(outcome: &Outcome) {
    match outcome {
        Outcome::Refused(reason) => info!(%reason, "Refused the master: the film needs another file"),
        Outcome::OtherLibraries { reason, .. } => {
            warn!(
                %reason,
                "Returned the job to the queue: this worker has other library versions than the build. If no worker with those \
                 versions continues the build within minutes, a new build starts"
            );
        }
        Outcome::Postponed(reason) => {
            warn!(
                %reason,
                "This machine cannot start the job; returned it to the queue without counting an attempt. Check the limits on \
                 processes and open files"
            );
        }
        Outcome::Damaged { reason, parts, .. } => {
            warn!(
                %reason,
                parts = parts.len(),
                "Job failed: objects in storage are damaged. Retry the job to encode the damaged parts again"
            );
        }
        Outcome::Failed { reason, retry } => {
            let again = matches!(retry, Retry::Later | Retry::LaterIfDiskSpace);
            if again {
                warn!(%reason, again, "Job failed; the queue retries it while it has attempts left");
            } else {
                warn!(%reason, again, "Job failed; the queue does not retry it");
            }
        }
        _ => {}
    }
}

/// Records the outcome in the queue. Retries after a transient error until the lease ends: a short outage of the database must
/// cost neither the result nor an attempt.
async fn record(config: &Config, claimed: &ClaimedJob, outcome: &Outcome, renewed: &watch::Sender<Instant>) {
    let mut tries = 1_u32;
    loop {
        let error = match record_once(config, &claimed.lease, outcome).await {
            Ok(()) => return info!(tries, "Recorded the result of the job"),
            Err(DbError::LeaseLost) if tries > 1 => {
                return warn!(
                    "The lease has ended: either an earlier try recorded the result, or another worker has the job"
                );
            }
            Err(DbError::LeaseLost) => {
                return warn!("The job ended after its lease was lost; discarded its result");
            }
            Err(error) => error,
        };
        if !error.is_transient() || renewed.borrow().elapsed() >= config.lease {
            return error!(%error, tries, "Cannot record the result of the job; the job runs again when its lease has ended");
        }
        if tries == 1 {
            warn!(%error, "Cannot record the result of the job; retrying until its lease ends");
        }
        tries += 1;
        tokio::time::sleep(RECORD_RETRY_DELAY).await;
    }
}

/// Tries once to record the outcome. One transaction also creates the jobs that follow.
async fn record_once(config: &Config, lease: &Lease, outcome: &Outcome) -> Result<(), DbError> {
    let db = &config.db;
    match outcome {
        Outcome::Probed { facts, build } => {
            db::workflow::complete_probe(db, lease, (**facts).clone(), (**build).clone()).await
        }
        Outcome::Analysed(analysed) => db::workflow::complete_analysis(db, lease, analysed).await,
        Outcome::PlanMade(plan) => db::workflow::complete_plan(db, lease, plan).await,
        Outcome::Refused(reason) => db::workflow::refuse_file(db, lease, reason).await,
        Outcome::Encoded(part) => db::workflow::complete_part(db, lease, part).await,
        Outcome::Published(sealed) => match present(db, &config.storage, lease, sealed).await {
            Ok(()) => Ok(()),
            Err(PresentError::Presentation(PresentationError::Db(error))) => Err(error),
            Err(PresentError::Dub(reason)) => {
                warn!(%reason, "The dub does not fit the film any more, so it is not added");
                db::workflow::fail(db, lease, &reason, Retry::Never).await.map(|_| ())
            }
            Err(error) => {
                warn!(%error, "Cannot make a presentation of the build; the queue retries it while it has attempts left");
                db::workflow::fail(db, lease, error.to_string(), Retry::Later).await.map(|_| ())
            }
        },
        Outcome::Purged => db::workflow::complete_purge(db, lease).await,
        Outcome::Collected => db::workflow::complete_collect(db, lease).await,
        Outcome::Released => db::queue::release(db, lease).await,
        Outcome::Postponed(reason) => db::queue::postpone(db, lease, reason, POSTPONE_DELAY).await,
        Outcome::OtherLibraries { reason, here } => decline(db, lease, reason, here).await,
        Outcome::Damaged { reason, parts, keys } => {
            db::workflow::fail_damaged(db, lease, reason, parts, keys).await
        }
        Outcome::Failed { reason, retry } => db::workflow::fail(db, lease, reason, *retry).await.map(|_| ()),
    }
}

/// Returns a job to the queue whose build was started with other library versions. Starts a new build if no worker continues the
/// old one.
async fn decline(db: &Db, lease: &Lease, reason: &Reason, here: &Libraries) -> Result<(), DbError> {
    let replacement = Replacement {
        libraries: here.clone(),
        build: BuildId(Uuid::now_v7()),
        stall_timeout: OTHER_LIBRARIES_PATIENCE,
    };
    if db::workflow::decline(db, lease, reason, POSTPONE_DELAY, &replacement).await? {
        warn!(build.id = %replacement.build, "No worker continued the build; started a new build with this worker's library versions");
    }
    Ok(())
}
