//! How far a build is, summed over its jobs.

use domain::id::BuildId;

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
    let sums = sqlx::query!(
        r#"SELECT coalesce(sum(progress_done) FILTER (WHERE kind = 'encode_chunk'), 0)::bigint AS "frames_done!",
                  coalesce(sum(progress_total) FILTER (WHERE kind = 'encode_chunk'), 0)::bigint AS "frames_total!",
                  count(*) FILTER (WHERE state = 'done')::integer AS "jobs_done!",
                  count(*)::integer AS "jobs_total!",
                  count(*) FILTER (WHERE state = 'running')::integer AS "jobs_running!"
           FROM jobs WHERE build_id = $1 AND kind IN ('encode_chunk', 'encode_audio')"#,
        build.0,
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(BuildProgress {
        frames_done: sums.frames_done.cast_unsigned(),
        frames_total: sums.frames_total.cast_unsigned(),
        jobs_done: sums.jobs_done.cast_unsigned(),
        jobs_total: sums.jobs_total.cast_unsigned(),
        jobs_running: sums.jobs_running.cast_unsigned(),
    })
}
