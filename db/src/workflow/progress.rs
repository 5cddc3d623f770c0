//! Progress of builds.

use std::collections::HashMap;

use domain::id::BuildId;
use uuid::Uuid;

use crate::{
    Db, Result,
    queue::{self, BuildProgress},
    rows::build::{self, PartCounts},
};

/// Returns the progress of the build; all zero if it does not exist.
pub async fn build_progress(db: &Db, build: BuildId) -> Result<BuildProgress> {
    Ok(builds_progress(db, &[build]).await?.remove(&build).unwrap_or_default())
}

/// Returns the progress of these builds, without those that do not exist.
pub async fn builds_progress(db: &Db, builds: &[BuildId]) -> Result<HashMap<BuildId, BuildProgress>> {
    let ids: Vec<Uuid> = builds.iter().map(|build| build.0).collect();
    let mut progress = queue::progress_of_builds(db, &ids).await?;
    let without_jobs: Vec<Uuid> =
        ids.into_iter().filter(|build| !progress.contains_key(&BuildId(*build))).collect();
    if !without_jobs.is_empty() {
        let ended = build::parts_of(db, &without_jobs).await?;
        progress.extend(ended.into_iter().map(|parts| (parts.id, progress_of_ended(&parts))));
    }
    Ok(progress)
}

/// Returns the progress of a build whose jobs are deleted. If not all parts were done, the frames are in proportion to the parts.
fn progress_of_ended(parts: &PartCounts) -> BuildProgress {
    let done = parts.total - parts.pending.min(parts.total);
    let frames_done = u128::from(parts.frames) * u128::from(done) / u128::from(parts.total.max(1));
    BuildProgress {
        frames_done: u64::try_from(frames_done).unwrap_or(parts.frames),
        frames_total: parts.frames,
        jobs_done: done,
        jobs_total: parts.total,
        jobs_running: 0,
    }
}
