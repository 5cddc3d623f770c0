//! Deleting old finished jobs. Otherwise their number, and the size of their results, would grow without bound.

use std::time::Duration;

use crate::{Db, Result};

/// How long finished jobs are kept, so that an admin can look up how they ended.
pub const KEEP_FINISHED_JOBS: Duration = Duration::from_hours(7 * 24);

/// Deletes at most `limit` jobs that ended longer than `keep` ago, with their attempts, and returns their number. A job that is still
/// needed stays: a job of a failed or cancelled build until the build's objects are deleted, since a retry reuses its results; a dead
/// collect or purge until it is retried; a dead probe until its master is probed again or deleted. For a published build, the manifest
/// and the rendition rows contain all results of its jobs. Several processes may call this at once.
pub async fn delete_old_jobs(db: &Db, keep: Duration, limit: u32) -> Result<u64> {
    // Locks against a retry of a dead job. A job that is being retried is locked, and this statement skips it.
    let deleted = sqlx::query_scalar!(
        r#"WITH old AS (
             SELECT jobs.id FROM jobs LEFT JOIN builds ON builds.id = jobs.build_id
             WHERE jobs.state IN ('done', 'dead', 'cancelled') AND jobs.finished_at < now() - make_interval(secs => $1)
               AND CASE
                   WHEN builds.objects_deleted_at IS NOT NULL THEN true
                   WHEN jobs.state = 'dead' AND jobs.kind IN ('collect', 'purge') THEN false
                   WHEN jobs.build_id IS NOT NULL THEN builds.state IN ('ready', 'damaged', 'superseded')
                   WHEN jobs.state = 'dead' THEN
                       EXISTS (SELECT FROM film_files WHERE film_files.id = jobs.file_id AND film_files.deleted_at IS NOT NULL)
                       OR EXISTS (SELECT FROM jobs later WHERE later.file_id = jobs.file_id AND later.kind = 'probe'
                                                           AND later.created_at > jobs.created_at)
                   ELSE true
                   END
             ORDER BY jobs.finished_at LIMIT $2 FOR UPDATE OF jobs SKIP LOCKED
         ), attempts AS (
             DELETE FROM job_attempts USING old WHERE job_attempts.job_id = old.id
         ), gone AS (
             DELETE FROM jobs USING old WHERE jobs.id = old.id RETURNING jobs.id
         )
         SELECT count(*) AS "deleted!" FROM gone"#,
        keep.as_secs_f64(),
        i64::from(limit),
    )
    .fetch_one(&db.pools.all)
    .await?;
    Ok(deleted.cast_unsigned())
}
