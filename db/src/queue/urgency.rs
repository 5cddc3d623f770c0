//! The place in the queue that an editor chose for a job.

use domain::id::{BuildId, JobId};

use super::wakeup;
use crate::{Result, Tx};

/// The place of a job among others of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Before all others.
    First,
    /// In the order in which films were queued.
    Normal,
    /// After all others.
    Last,
}

impl Urgency {
    /// What is added to the priority. The priorities of the kinds of jobs differ by less, so all jobs of a film come first.
    fn raise(self) -> i32 {
        match self {
            Self::First => 100,
            Self::Normal => 0,
            Self::Last => -100,
        }
    }

    /// Returns the urgency of a job with this priority.
    pub fn of_priority(priority: i32) -> Self {
        match priority {
            100.. => Self::First,
            0..100 => Self::Normal,
            ..0 => Self::Last,
        }
    }
}

/// Changes the urgency of the job if it is queued or running, or of all jobs of the build, and of those that the build gets later.
/// Returns the number of changed jobs.
pub(crate) async fn set_urgency(
    tx: &mut Tx,
    job: JobId,
    build: Option<BuildId>,
    urgency: Urgency,
) -> Result<u64> {
    // Locks in the order of ids, as a claim in progress locks one of them.
    let done = sqlx::query!(
        "WITH chosen AS (
             SELECT id FROM jobs
             WHERE (id = $1 AND state IN ('queued', 'running')) OR (build_id = $2 AND kind <> 'collect')
             ORDER BY id FOR UPDATE
         )
         UPDATE jobs SET priority = priority - urgency + $3, urgency = $3 FROM chosen WHERE jobs.id = chosen.id",
        job.0,
        build.map(|build| build.0),
        urgency.raise(),
    )
    .execute(&mut **tx)
    .await?;
    wakeup::notify(tx).await?;
    Ok(done.rows_affected())
}
