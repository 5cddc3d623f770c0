//! Records the outcome of a job in the queue.

use std::time::Duration;

use db::{
    Db, DbError,
    queue::Lease,
    workflow::{Replacement, Retry},
};
use domain::{id::BuildId, libraries::Libraries, reason::Reason};
use presentation::PresentationError;
use tracing::{info, warn};
use uuid::Uuid;

use crate::{
    job::Outcome,
    publish::{PresentError, present},
    queue::Config,
};

/// How long a job waits that this machine could not start. The slot waits for `queue::POLL_INTERVAL`.
const POSTPONE_DELAY: Duration = Duration::from_secs(10);
/// How long no worker may have continued a build before a worker with other libraries starts a new build.
const OTHER_LIBRARIES_PATIENCE: Duration = Duration::from_mins(5);

/// Logs an outcome of which an operator should know.
pub(crate) fn log_outcome(outcome: &Outcome) {
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

/// Tries once to record the outcome. One transaction also creates the jobs that follow.
pub(crate) async fn record_once(config: &Config, lease: &Lease, outcome: &Outcome) -> Result<(), DbError> {
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
        // Only a remote worker has this outcome, and its server concludes it first.
        Outcome::Executed(_) => Err(DbError::Invariant("recording a result that was not concluded")),
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
