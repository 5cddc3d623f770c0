//! How far a build is, summed over its jobs.

use std::collections::HashMap;

use domain::id::BuildId;
use uuid::Uuid;

use crate::{Db, Result};

/// Sums over the parts of a build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuildProgress {
    /// Output frames encoded, in all rungs.
    pub frames_done: u64,
    /// Output frames of the film.
    pub frames_total: u64,
    /// Chunks and sound tracks done.
    pub jobs_done: u32,
    /// Chunks and sound tracks in all.
    pub jobs_total: u32,
    /// Chunks and sound tracks that a worker holds.
    pub jobs_running: u32,
}

/// How far the build is. All zero for a build that does not exist.
pub async fn build_progress(db: &Db, build: BuildId) -> Result<BuildProgress> {
    Ok(builds_progress(db, &[build]).await?.remove(&build).unwrap_or_default())
}

/// How far these builds are; those without parts are left out.
pub async fn builds_progress(db: &Db, builds: &[BuildId]) -> Result<HashMap<BuildId, BuildProgress>> {
    let ids: Vec<Uuid> = builds.iter().map(|build| build.0).collect();
    let sums = sqlx::query!(
        r#"SELECT build_id AS "build_id!",
                  coalesce(sum(progress_done) FILTER (WHERE kind = 'encode_chunk'), 0)::bigint AS "frames_done!",
                  coalesce(sum(progress_total) FILTER (WHERE kind = 'encode_chunk'), 0)::bigint AS "frames_total!",
                  count(*) FILTER (WHERE state = 'done')::integer AS "jobs_done!",
                  count(*)::integer AS "jobs_total!",
                  count(*) FILTER (WHERE state = 'running')::integer AS "jobs_running!"
           FROM jobs WHERE build_id = ANY($1) AND kind IN ('encode_chunk', 'encode_audio') GROUP BY build_id"#,
        &ids,
    )
    .fetch_all(&db.pool)
    .await?;
    let progress = sums.into_iter().map(|sums| {
        let progress = BuildProgress {
            frames_done: sums.frames_done.cast_unsigned(),
            frames_total: sums.frames_total.cast_unsigned(),
            jobs_done: sums.jobs_done.cast_unsigned(),
            jobs_total: sums.jobs_total.cast_unsigned(),
            jobs_running: sums.jobs_running.cast_unsigned(),
        };
        (BuildId(sums.build_id), progress)
    });
    Ok(progress.collect())
}
