//! The worker's loop: each slot claims one job at a time, runs it, and records its outcome.
//!
//! If a job's lease is lost (another worker has the job, or it was cancelled), the slot stops the job at once and discards
//! its outcome.

use std::{sync::Arc, time::Duration};

use db::Db;
use storage::Storage;
use tokio::{sync::watch, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, error, info, warn};

use crate::{
    idle::Idle,
    job::Outcome,
    lease,
    record::log_outcome,
    remote::Server,
    sandbox::Sandbox,
    source::{Claim, Direct, Source},
    wakeups::Subscription,
};

/// Maximum time between two claims of an idle slot; a wake-up shortens it.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_secs(5);
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
    /// Whether the worker ends when there is no work.
    pub exit_when_idle: bool,
    /// Makes the span of a job a part of the trace (a W3C `traceparent`) that its row names.
    pub adopt_trace: fn(&Span, &str),
}

/// Configuration of a worker that has neither a database nor a storage.
#[derive(Clone)]
pub struct RemoteConfig {
    /// The server's address (`https://films.example.la`).
    pub server: String,
    /// The worker's token.
    pub token: String,
    /// As in [`Config`].
    pub sandbox: Sandbox,
    /// Name that the queue records with each attempt, after the token's name.
    pub name: String,
    /// As in [`Config`].
    pub slots: usize,
    /// As in [`Config`].
    pub exit_when_idle: bool,
    /// As in [`Config`].
    pub adopt_trace: fn(&Span, &str),
}

/// A worker: its jobs and how it runs them.
pub(crate) struct Worker {
    source: Source,
    sandbox: Sandbox,
    name: String,
    slots: usize,
    exit_when_idle: bool,
    adopt_trace: fn(&Span, &str),
}

/// Runs jobs until `shutdown` or, with [`Config::exit_when_idle`], until there is no work; then returns running jobs to the queue. If a
/// slot panics, stops the whole worker in the same way and returns an error.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    Worker::direct(config, false).run(shutdown).await
}

/// Runs the jobs that need no sandbox, one at a time, while there are remote workers, which cannot run them.
pub async fn run_light(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    Worker::direct(Config { slots: 1, exit_when_idle: false, ..config }, true).run(shutdown).await
}

/// Runs jobs of a server, as [`run`] does. Returns an error if the server refuses the token.
pub async fn run_remote(config: RemoteConfig, shutdown: CancellationToken) -> anyhow::Result<()> {
    let server = Server::new(&config.server, config.token, config.name.clone())?;
    let RemoteConfig { sandbox, name, slots, exit_when_idle, adopt_trace, .. } = config;
    let source = Source::Remote(server);
    Worker { source, sandbox, name, slots, exit_when_idle, adopt_trace }.run(shutdown).await
}

impl Worker {
    fn direct(config: Config, is_light: bool) -> Self {
        Self {
            sandbox: config.sandbox.clone(),
            name: config.name.clone(),
            slots: config.slots,
            exit_when_idle: config.exit_when_idle,
            adopt_trace: config.adopt_trace,
            source: Source::Direct(Box::new(Direct::new(config, is_light))),
        }
    }

    async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let stop = shutdown.child_token();
        info!(worker = self.name, slots = self.slots, "Worker started");
        let wakeups = self.source.wakeups();
        let worker = Arc::new(self);
        let idle = Arc::new(Idle::new(worker.exit_when_idle, stop.clone()));
        let mut slots = JoinSet::new();
        for _ in 0..worker.slots {
            slots.spawn(slot(Arc::clone(&worker), Arc::clone(&idle), wakeups.subscribe(), stop.clone()));
        }
        let mut result = Ok(());
        while let Some(ended) = slots.join_next().await {
            let error = match ended {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error,
                Err(error) => anyhow::Error::new(error).context("a slot of the worker panicked"),
            };
            stop.cancel();
            result = Err(error);
        }
        info!(worker = worker.name, "Worker stopped");
        result
    }
}

/// Runs one job after another until `shutdown`. Returns an error if the worker has no right to any job.
async fn slot(
    worker: Arc<Worker>,
    idle: Arc<Idle>,
    mut wakeups: Subscription,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    while !shutdown.is_cancelled() {
        // Before the claim, so that a job queued during the claim wakes this slot.
        wakeups.discard();
        let busy = idle.busy();
        match worker.source.claim().await {
            Ok(Some(claim)) => {
                let span = claim.span();
                if let Some(trace) = &claim.trace_context {
                    (worker.adopt_trace)(&span, trace);
                }
                if run_job(&worker, &claim, &shutdown).instrument(span).await == Next::Wait {
                    // The next job would probably fail in the same way.
                    let _ = shutdown.run_until_cancelled(tokio::time::sleep(POLL_INTERVAL)).await;
                }
                continue;
            }
            Ok(None) => {
                drop(busy);
                idle.stop_without_work(&worker.source).await;
            }
            Err(error) if error.is_unauthorized() => return Err(error.into()),
            Err(error) => warn!(%error, "Cannot claim a job; retrying within a few seconds"),
        }
        tokio::select! {
            () = wakeups.wait(POLL_INTERVAL) => {}
            () = shutdown.cancelled() => {}
        }
    }
    Ok(())
}

/// What a slot does after a job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Claim,
    Wait,
}

async fn run_job(worker: &Worker, claim: &Claim, shutdown: &CancellationToken) -> Next {
    info!("Started job");
    let (progress, reported) = lease::progress_channel();
    let renewed = watch::Sender::new(Instant::now());
    let renewal = lease::renew_until_lost(&worker.source, claim, reported, &renewed);
    tokio::pin!(renewal);
    let outcome = tokio::select! {
        outcome = worker.source.run(claim, &worker.sandbox, progress) => outcome,
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
        () = record(&worker.source, claim, &outcome, &renewed) => {}
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

/// Records the outcome in the queue. Retries after a transient error until the lease ends: a short outage of the database must
/// cost neither the result nor an attempt.
async fn record(source: &Source, claim: &Claim, outcome: &Outcome, renewed: &watch::Sender<Instant>) {
    let mut tries = 1_u32;
    loop {
        let error = match source.record(claim, outcome).await {
            Ok(()) => return info!(tries, "Recorded the result of the job"),
            Err(error) if error.is_lease_lost() && tries > 1 => {
                return warn!(
                    "The lease has ended: either an earlier try recorded the result, or another worker has the job"
                );
            }
            Err(error) if error.is_lease_lost() => {
                return warn!("The job ended after its lease was lost; discarded its result");
            }
            Err(error) => error,
        };
        if !error.is_transient() || renewed.borrow().elapsed() >= claim.lease_time {
            return error!(%error, tries, "Cannot record the result of the job; the job runs again when its lease has ended");
        }
        if tries == 1 {
            warn!(%error, "Cannot record the result of the job; retrying until its lease ends");
        }
        tries += 1;
        tokio::time::sleep(RECORD_RETRY_DELAY).await;
    }
}
