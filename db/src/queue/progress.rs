//! Progress of builds, summed over their jobs.

use std::collections::HashMap;

use domain::id::BuildId;
use uuid::Uuid;

use crate::{Db, Result};

/// The progress of a build, summed over its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuildProgress {
    /// Output frames that are encoded in all rungs.
    pub frames_done: u64,
    /// Output frames of the film.
    pub frames_total: u64,
    /// Completed chunks and audio tracks.
    pub jobs_done: u32,
    /// All chunks and audio tracks.
    pub jobs_total: u32,
    /// Chunks and audio tracks that workers hold.
    pub jobs_running: u32,
}

/// Returns the progress of these builds, without builds that have no part jobs.
pub(crate) async fn of_builds(db: &Db, builds: &[Uuid]) -> Result<HashMap<BuildId, BuildProgress>> {
    let sums = sqlx::query!(
        r#"SELECT build_id AS "build_id!",
                  coalesce(sum(progress_done) FILTER (WHERE kind = 'encode_chunk'), 0)::bigint AS "frames_done!",
                  coalesce(sum(progress_total) FILTER (WHERE kind = 'encode_chunk'), 0)::bigint AS "frames_total!",
                  count(*) FILTER (WHERE state = 'done')::integer AS "jobs_done!",
                  count(*)::integer AS "jobs_total!",
                  count(*) FILTER (WHERE state = 'running')::integer AS "jobs_running!"
           FROM jobs WHERE build_id = ANY($1) AND kind IN ('encode_chunk', 'encode_audio') GROUP BY build_id"#,
        builds,
    )
    .fetch_all(&db.pools.all)
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
