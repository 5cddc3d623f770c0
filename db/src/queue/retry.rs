//! Retrying dead and cancelled jobs, and undoing completed parts that must be encoded again.

use domain::{
    id::{BuildId, FileId, JobId},
    reason::Reason,
};

use super::{Held, JobKind, attempt};
use crate::{Result, Tx, expect_one, stored_reason::to_json};

/// A dead job.
pub(crate) struct Dead {
    pub(crate) kind: JobKind,
    pub(crate) file: Option<FileId>,
    pub(crate) build: Option<BuildId>,
}

/// Returns the job if it is dead.
pub(crate) async fn find_dead(tx: &mut Tx, id: JobId) -> Result<Option<Dead>> {
    let job = sqlx::query!(
        r#"SELECT kind AS "kind: JobKind", file_id, build_id FROM jobs WHERE id = $1 AND state = 'dead'"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(job.map(|job| Dead {
        kind: job.kind,
        file: job.file_id.map(FileId),
        build: job.build_id.map(BuildId),
    }))
}

/// Queues a dead job again and resets its attempts.
pub(crate) async fn retry_one(tx: &mut Tx, id: JobId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'queued', attempts = 0, error = NULL, error_reason = NULL, run_at = now(), finished_at = NULL, progress_done = 0
         WHERE id = $1 AND state = 'dead'",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "retrying a job")
}

/// Queues all dead and cancelled jobs of a build again. The plan or publish job is queued only if all analyses or parts are done
/// (`is_whole`); otherwise the completion of the last one queues it. Returns false if the build has no such job.
pub(crate) async fn retry_parts(tx: &mut Tx, build: BuildId, is_whole: bool) -> Result<bool> {
    if !is_whole {
        sqlx::query!(
            "UPDATE jobs SET state = 'cancelled' WHERE build_id = $1 AND kind IN ('plan', 'publish') AND state = 'dead'",
            build.0,
        )
        .execute(&mut **tx)
        .await?;
    }
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'queued', attempts = 0, error = NULL, error_reason = NULL, run_at = now(), finished_at = NULL, progress_done = 0
         WHERE build_id = $1 AND kind <> 'collect' AND state IN ('dead', 'cancelled') AND (kind NOT IN ('plan', 'publish') OR $2)",
        build.0,
        is_whole,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Changes these parts of a build from done to cancelled, with `reason` as their error. Returns how many were done.
pub(crate) async fn undo_parts(
    tx: &mut Tx,
    build: BuildId,
    parts: &[(JobKind, u32)],
    reason: &Reason,
) -> Result<u64> {
    let (kinds, indices): (Vec<String>, Vec<i32>) =
        parts.iter().map(|(kind, index)| (kind.as_str().to_owned(), index.cast_signed())).unzip();
    let undone = sqlx::query_scalar!(
        "UPDATE jobs SET state = 'cancelled', result = NULL, progress_done = 0, error = $4, error_reason = $5
         FROM unnest($2::text[], $3::integer[]) AS damaged (kind, part_index)
         WHERE jobs.build_id = $1 AND jobs.kind = damaged.kind AND jobs.part_index = damaged.part_index AND jobs.state = 'done'
         RETURNING jobs.id",
        build.0,
        &kinds,
        &indices,
        reason.to_string(),
        to_json(reason),
    )
    .fetch_all(&mut **tx)
    .await?;
    attempt::undo(tx, &undone, reason).await?;
    Ok(undone.len() as u64)
}

/// Records the keys of damaged objects that a publish job found. Replaces the keys that it found before.
pub(crate) async fn set_damaged_keys(tx: &mut Tx, held: &Held, keys: &[String]) -> Result<()> {
    let done = sqlx::query!("UPDATE jobs SET damaged_keys = $2 WHERE id = $1", held.lease.job.0, keys)
        .execute(&mut **tx)
        .await?;
    expect_one(done.rows_affected(), "recording damaged keys")
}

/// Returns the keys of the build's damaged objects, as its publish job last found them.
pub(super) async fn damaged_keys(tx: &mut Tx, build: BuildId) -> Result<Vec<String>> {
    let keys = sqlx::query_scalar!(
        "SELECT damaged_keys FROM jobs WHERE build_id = $1 AND kind = 'publish'",
        build.0
    );
    Ok(keys.fetch_optional(&mut **tx).await?.unwrap_or_default())
}
