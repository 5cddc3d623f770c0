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
    /// Completed parts: chunks, audio tracks and the subtitles.
    pub jobs_done: u32,
    /// All parts.
    pub jobs_total: u32,
    /// Parts that workers hold.
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
           FROM jobs WHERE build_id = ANY($1) AND kind IN ('encode_chunk', 'encode_audio', 'encode_subtitles') GROUP BY build_id"#,
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

/// How much of the work on a dub its analysis is.
const ANALYSIS_SHARE: f64 = 0.3;

/// Returns the finished fraction of the work on each of these builds, from 0 to 1, by the progress of its analyses and audio tracks.
/// Builds without such jobs are left out.
pub(crate) async fn fractions_done(db: &Db, builds: &[BuildId]) -> Result<HashMap<BuildId, f64>> {
    let ids: Vec<Uuid> = builds.iter().map(|build| build.0).collect();
    let sums = sqlx::query!(
        r#"WITH part AS (
             SELECT build_id, kind = 'analyse' AS analyses,
                    CASE WHEN state = 'done' THEN 1.0
                         ELSE least(progress_done::float8 / greatest(progress_total, 1), 1.0) END AS fraction
             FROM jobs WHERE build_id = ANY($1) AND kind IN ('analyse', 'encode_audio')
         )
         SELECT build_id AS "build_id!", avg(fraction) FILTER (WHERE analyses) AS analysed,
                avg(fraction) FILTER (WHERE NOT analyses) AS encoded
         FROM part GROUP BY build_id"#,
        &ids,
    )
    .fetch_all(&db.pools.all)
    .await?;
    let fractions = sums.into_iter().map(|sums| {
        let encoded = sums.encoded.unwrap_or(0.0);
        let fraction = sums
            .analysed
            .map_or(encoded, |analysed| ANALYSIS_SHARE * analysed + (1.0 - ANALYSIS_SHARE) * encoded);
        (BuildId(sums.build_id), fraction)
    });
    Ok(fractions.collect())
}
