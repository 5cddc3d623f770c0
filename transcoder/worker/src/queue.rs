//! The worker's loop: each slot claims one job at a time, does it, and records how it ended.
//!
//! A lease that is lost (another worker has the job, or it was cancelled) aborts the work at once; nothing this worker
//! then says about the job counts.

use std::{sync::Arc, time::Duration};

use db::{
    Db, DbError,
    queue::{ClaimedJob, Lease},
    workflow::{Replacement, Retry},
};
use domain::{id::BuildId, libraries::Libraries};
use storage::Storage;
use tokio::{sync::watch, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info, info_span, warn};
use uuid::Uuid;

use crate::{
    hints::{Hints, Subscription},
    job::{self, Outcome},
    lease,
    room::Room,
    sandbox::Sandbox,
};

/// Longest wait between two looks at the queue; a wake-up shortens it.
pub(crate) const POLL: Duration = Duration::from_secs(5);
/// How long a job waits that this machine could not begin; the slot rests for as long as a look at the queue.
const POSTPONED: Duration = Duration::from_secs(10);

/// How long no worker must have taken a build further before a worker with other libraries begins it again.
const OTHER_LIBRARIES_PATIENCE: Duration = Duration::from_mins(5);
/// Between two tries to record how a job ended.
const RECORD_PAUSE: Duration = Duration::from_millis(200);
/// How long a worker that is stopping tries to record how its jobs ended.
const RECORD_AT_SHUTDOWN: Duration = Duration::from_secs(5);

/// What a worker works with.
#[derive(Clone)]
pub struct Config {
    /// Where jobs come from.
    pub db: Db,
    /// Where masters and films are.
    pub storage: Storage,
    /// Where masters are decoded.
    pub sandbox: Sandbox,
    /// Written beside each attempt (`host-1234`).
    pub name: String,
    /// Jobs at once, at least 1.
    pub slots: usize,
    /// How long a claim holds without a sign of life.
    pub lease: Duration,
    /// Free space that encoding leaves untouched: the database may be on the same disk, and must never meet a full one.
    pub min_free_bytes: u64,
}

/// Works until `shutdown`; then gives running jobs back to the queue. A slot that panics ends the whole worker in the same way, and is
/// the error.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let stop = shutdown.child_token();
    info!(worker = config.name, slots = config.slots, "Worker started");
    let hints = Hints::listen(config.db.clone());
    let room = Arc::new(Room::new(&config));
    let mut slots = JoinSet::new();
    for _ in 0..config.slots {
        slots.spawn(slot(config.clone(), Arc::clone(&room), hints.subscribe(), stop.clone()));
    }
    let mut died = Ok(());
    while let Some(ended) = slots.join_next().await {
        if let Err(error) = ended {
            stop.cancel();
            died = Err(anyhow::Error::new(error).context("a slot of the worker died"));
        }
    }
    info!(worker = config.name, "Worker stopped");
    died
}

/// One job after the other.
async fn slot(config: Config, room: Arc<Room>, mut hints: Subscription, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        // Before the look at the queue: what is queued during it is then a reason to look once more.
        hints.forget();
        let claimed = if room.is_there().await {
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
                if work(&config, &claimed, &shutdown).instrument(span).await == Next::Rest {
                    // The next job would meet the same.
                    let _ = shutdown.run_until_cancelled(tokio::time::sleep(POLL)).await;
                }
                continue;
            }
            Ok(None) => {}
            Err(error) => warn!(%error, "Cannot ask for work; trying again"),
        }
        tokio::select! {
            () = hints.wait(POLL) => {}
            () = shutdown.cancelled() => {}
        }
    }
}

/// What a slot does after a job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Claim,
    Rest,
}

async fn work(config: &Config, claimed: &ClaimedJob, shutdown: &CancellationToken) -> Next {
    info!("Started job");
    let (progress, reported) = lease::progress();
    let renewed = watch::Sender::new(Instant::now());
    let keeping = lease::keep(config, &claimed.lease, reported, &renewed);
    tokio::pin!(keeping);
    let outcome = tokio::select! {
        outcome = job::carry_out(config, claimed, progress) => outcome,
        () = &mut keeping => {
            warn!("Lost the lease: another worker has the job, or it was cancelled; stopped working on it");
            return Next::Claim;
        }
        () = shutdown.cancelled() => Outcome::GivenBack,
    };
    let next = if matches!(outcome, Outcome::Postponed(_) | Outcome::OtherLibraries { .. }) {
        Next::Rest
    } else {
        Next::Claim
    };
    announce(&outcome);
    tokio::select! {
        biased;
        () = record(config, claimed, &outcome, &renewed) => {}
        // Renewed until the result is recorded. That it cannot be renewed any more is for `record` to find.
        () = async { keeping.await; std::future::pending().await } => {}
        () = async { shutdown.cancelled().await; tokio::time::sleep(RECORD_AT_SHUTDOWN).await } => {
            error!("Stopping, and the database does not answer: how the job ended is not recorded; it will be done again");
        }
    }
    next
}

/// Logs how the job ended, where the log of the record itself does not say it.
fn announce(outcome: &Outcome) {
    match outcome {
        Outcome::Refused(reason) => info!(reason, "Refused master"),
        Outcome::OtherLibraries { reason, .. } => {
            warn!(reason, "Gave the job back: this worker would make other bytes than the build has");
        }
        Outcome::Postponed(reason) => {
            warn!(reason, "Cannot begin the job; it is tried again, and no attempt is counted");
        }
        Outcome::Damaged { reason, parts, .. } => {
            warn!(reason, parts = parts.len(), "Job failed; its retry makes the damaged parts again");
        }
        Outcome::Failed { reason, retry } => {
            let again = matches!(retry, Retry::Later | Retry::LaterIfRoom);
            warn!(reason, again, "Job failed");
        }
        _ => {}
    }
}

/// Records how the job ended. An error that waiting may cure is tried again while the lease holds: a database that is away
/// for a moment must cost neither the work nor an attempt.
async fn record(config: &Config, claimed: &ClaimedJob, outcome: &Outcome, renewed: &watch::Sender<Instant>) {
    let mut tries = 1_u32;
    loop {
        let error = match settle(config, &claimed.lease, outcome).await {
            Ok(()) => return info!(tries, "Finished job"),
            Err(DbError::LeaseLost) if tries > 1 => {
                return warn!(
                    "The lease has ended; if an earlier try to record the result succeeded, its answer was lost"
                );
            }
            Err(DbError::LeaseLost) => {
                return warn!("Finished after the lease was lost; the result does not count");
            }
            Err(error) => error,
        };
        if !error.is_transient() || renewed.borrow().elapsed() >= config.lease {
            return error!(%error, tries, "Cannot record how the job ended; it will be done again");
        }
        if tries == 1 {
            warn!(%error, "Cannot record how the job ended; trying again while the lease holds");
        }
        tries += 1;
        tokio::time::sleep(RECORD_PAUSE).await;
    }
}

/// Tells the queue how the job ended, in the one transaction that also creates what follows from it.
async fn settle(config: &Config, lease: &Lease, outcome: &Outcome) -> Result<(), DbError> {
    let db = &config.db;
    match outcome {
        Outcome::Planned { facts, build } => {
            db::workflow::complete_probe(db, lease, (**facts).clone(), (**build).clone()).await
        }
        Outcome::Refused(reason) => db::workflow::refuse_master(db, lease, reason).await,
        Outcome::Encoded(part) => db::workflow::complete_part(db, lease, part).await,
        Outcome::Published(manifest) => db::workflow::complete_publish(db, lease, manifest).await,
        Outcome::Purged => db::workflow::complete_purge(db, lease).await,
        Outcome::Collected => db::workflow::complete_collect(db, lease).await,
        Outcome::GivenBack => db::queue::release(db, lease).await,
        Outcome::Postponed(reason) => db::queue::postpone(db, lease, reason, POSTPONED).await,
        Outcome::OtherLibraries { reason, here } => decline(db, lease, reason, here).await,
        Outcome::Damaged { reason, parts, keys } => {
            db::workflow::fail_damaged(db, lease, reason, parts, keys).await
        }
        Outcome::Failed { reason, retry } => db::workflow::fail(db, lease, reason, *retry).await.map(|_| ()),
    }
}

/// Gives a job back whose build was begun with other libraries, or begins the build again if nobody continues it.
async fn decline(db: &Db, lease: &Lease, reason: &str, here: &Libraries) -> Result<(), DbError> {
    let replacement = Replacement {
        libraries: here.clone(),
        build: BuildId(Uuid::now_v7()),
        patience: OTHER_LIBRARIES_PATIENCE,
    };
    if db::workflow::decline(db, lease, reason, POSTPONED, &replacement).await? {
        warn!(build.id = %replacement.build, "No worker continued the build: it is begun again with this worker's libraries");
    }
    Ok(())
}
