//! The worker's loop: each slot claims one job at a time, does it, and records how it ended.
//!
//! A lease that is lost (another worker has the job, or it was cancelled) aborts the work at once; nothing this worker
//! then says about the job counts.

use std::{sync::Arc, time::Duration};

use db::{Db, queue::ClaimedJob, workflow::Retry};
use storage::Storage;
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug, error, info, info_span, warn};

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
    let outcome = tokio::select! {
        outcome = job::carry_out(config, &claimed.job, progress) => outcome,
        () = lease::keep(config, &claimed.lease, reported) => {
            warn!("Lost the lease: another worker has the job, or it was cancelled; stopped working on it");
            return Next::Claim;
        }
        () = shutdown.cancelled() => Outcome::GivenBack,
    };
    let next = if matches!(outcome, Outcome::Postponed(_)) { Next::Rest } else { Next::Claim };
    if let Err(error) = settle(config, claimed, outcome).await {
        // The lease will expire and the job will be done again: nothing is lost but time.
        error!(%error, "Cannot record how the job ended");
    }
    next
}

/// Tells the queue how the job ended, in the one transaction that also creates what follows from it.
async fn settle(config: &Config, claimed: &ClaimedJob, outcome: Outcome) -> Result<(), db::DbError> {
    let (db, lease) = (&config.db, &claimed.lease);
    let result = match outcome {
        Outcome::Planned { facts, build } => db::workflow::complete_probe(db, lease, *facts, *build).await,
        Outcome::Refused(reason) => {
            info!(reason, "Refused master");
            db::workflow::refuse_master(db, lease, &reason).await
        }
        Outcome::Encoded(part) => db::workflow::complete_part(db, lease, &part).await,
        Outcome::Published(manifest) => db::workflow::complete_publish(db, lease, &manifest).await,
        Outcome::Purged => db::workflow::complete_purge(db, lease).await,
        Outcome::Collected => db::workflow::complete_collect(db, lease).await,
        Outcome::GivenBack => db::queue::release(db, lease).await,
        Outcome::Postponed(reason) => {
            warn!(reason, "Cannot begin the job; it is tried again, and no attempt is counted");
            return postpone(config, claimed, &reason).await;
        }
        Outcome::Damaged { reason, parts } => {
            warn!(reason, parts = parts.len(), "Job failed; its retry makes the damaged parts again");
            return db::workflow::fail_damaged(db, lease, &reason, &parts, &[]).await;
        }
        Outcome::Failed { reason, retry } => {
            let again = matches!(retry, Retry::Later | Retry::LaterIfRoom);
            warn!(reason, again, "Job failed");
            return db::workflow::fail(db, lease, &reason, retry).await.map(|_| ());
        }
    };
    match result {
        Ok(()) => info!("Finished job"),
        Err(db::DbError::LeaseLost) => warn!("Finished after the lease was lost; the result does not count"),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Gives a job back that could not be begun. What kept this machine from beginning may for a moment keep it from saying so, and a lease
/// that ran out instead would cost the attempt: so it is said again while the lease holds.
async fn postpone(config: &Config, claimed: &ClaimedJob, reason: &str) -> Result<(), db::DbError> {
    let deadline = Instant::now() + config.lease / 2;
    loop {
        match db::queue::postpone(&config.db, &claimed.lease, reason, POSTPONED).await {
            Err(error) if !matches!(error, db::DbError::LeaseLost) && Instant::now() < deadline => {
                debug!(%error, "Cannot give the job back; trying again");
                tokio::time::sleep(POSTPONED / 50).await;
            }
            ended => return ended,
        }
    }
}
