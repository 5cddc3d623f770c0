//! The worker: claims one job at a time, does it, and says how it ended. Any number of workers, on any number of
//! machines, meet only in the queue and in storage.
//!
//! A lease that is lost (another worker has the job, or it was cancelled) aborts the work at once; nothing this worker
//! then says about the job counts.

mod hints;
mod job;
mod lease;

use std::time::Duration;

use db::{
    Db,
    job::{ClaimedJob, Retry},
};
use storage::Storage;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info, info_span, warn};

use crate::cage::Cage;
use hints::Hints;
use job::Outcome;

/// Longest wait between two looks at the queue; a wake-up shortens it.
const POLL: Duration = Duration::from_secs(5);

/// What a worker works with.
#[derive(Clone)]
pub struct Config {
    /// Where jobs come from.
    pub db: Db,
    /// Where masters and films are.
    pub storage: Storage,
    /// Where strangers' files are decoded.
    pub cage: Cage,
    /// Written beside each attempt (`host-1234`).
    pub name: String,
    /// Jobs at once, at least 1.
    pub slots: usize,
    /// How long a claim holds without a sign of life.
    pub lease: Duration,
}

/// Works until `shutdown`; then gives running jobs back to the queue.
pub async fn run(config: Config, shutdown: CancellationToken) {
    info!(worker = config.name, slots = config.slots, "Worker started");
    let hints = Hints::listen(config.db.clone());
    let mut slots = JoinSet::new();
    for _ in 0..config.slots {
        slots.spawn(slot(config.clone(), hints.subscribe(), shutdown.clone()));
    }
    while let Some(ended) = slots.join_next().await {
        if let Err(error) = ended {
            error!(%error, "A worker's slot ended badly");
        }
    }
    info!(worker = config.name, "Worker stopped");
}

/// One job after the other.
async fn slot(config: Config, mut hints: hints::Subscription, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        // Before the look at the queue: what is queued during it is then a reason to look once more.
        hints.forget();
        match db::job::claim(&config.db, &config.name, config.lease).await {
            Ok(Some(claimed)) => {
                let span = info_span!(
                    "job",
                    job.id = %claimed.job.id,
                    job.kind = %claimed.job.kind,
                    job.index = claimed.job.index,
                    film.id = %claimed.job.film_id,
                    attempt = claimed.job.attempts,
                );
                work(&config, &claimed, &shutdown).instrument(span).await;
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

async fn work(config: &Config, claimed: &ClaimedJob, shutdown: &CancellationToken) {
    info!("Started job");
    let (progress, reported) = lease::progress();
    let outcome = tokio::select! {
        outcome = job::carry_out(config, &claimed.job, progress) => outcome,
        () = lease::keep(config, &claimed.lease, reported) => {
            warn!("Lost the lease: another worker has the job, or it was cancelled; stopped working on it");
            return;
        }
        () = shutdown.cancelled() => Outcome::GivenBack,
    };
    if let Err(error) = settle(config, claimed, outcome).await {
        // The lease will expire and the job will be done again: nothing is lost but time.
        error!(%error, "Cannot record how the job ended");
    }
}

/// Tells the queue how the job ended, in the one transaction that also creates what follows from it.
async fn settle(config: &Config, claimed: &ClaimedJob, outcome: Outcome) -> Result<(), db::DbError> {
    let (db, lease) = (&config.db, &claimed.lease);
    let result = match outcome {
        Outcome::Planned { facts, build } => db::job::complete_probe(db, lease, *facts, *build).await,
        Outcome::Refused(reason) => {
            info!(reason, "Refused master");
            db::job::refuse_file(db, lease, &reason).await
        }
        Outcome::Encoded(part) => db::job::complete_part(db, lease, &part).await,
        Outcome::Published(manifest) => db::job::complete_publish(db, lease, &manifest).await,
        Outcome::Purged => db::film::complete_purge(db, lease).await,
        Outcome::Collected => db::job::complete(db, lease).await,
        Outcome::GivenBack => db::job::release(db, lease).await,
        Outcome::Failed { reason, retry } => {
            warn!(reason, again = retry == Retry::Later, "Job failed");
            return db::job::fail(db, lease, &reason, retry).await.map(|_| ());
        }
    };
    match result {
        Ok(()) => info!("Finished job"),
        Err(db::DbError::LeaseLost) => warn!("Finished after the lease was lost; the result does not count"),
        Err(error) => return Err(error),
    }
    Ok(())
}
