//! Parts that wait for free disk space, and say so. None of their attempts is spent: no worker claims them.

use crate::{Db, Result};

/// How the note of a waiting part begins; by it these parts are found again.
const WAITING: &str = "Waits for disk space";

/// Notes on every part that could be claimed that it waits until the storage has more than `reserve_bytes` free. True if any part
/// did not have the note yet.
pub async fn mark_waiting_for_disk_space(db: &Db, reserve_bytes: u64) -> Result<bool> {
    let reserve_mib = reserve_bytes.div_ceil(1 << 20);
    let note = format!(
        "{WAITING}: encoding continues when the storage has more than {reserve_mib} MiB free (min_free_bytes, NANG_MIN_FREE_BYTES). \
         Delete what is no longer needed, or enlarge the storage."
    );
    // Never waits for a row: who holds one is claiming or cancelling it. So it cannot meet in a circle with those who lock several.
    let done = sqlx::query!(
        "WITH waiting AS (
             SELECT id FROM jobs
             WHERE state = 'queued' AND kind IN ('encode_chunk', 'encode_audio') AND run_at <= now() AND error IS DISTINCT FROM $1
             FOR UPDATE SKIP LOCKED
         )
         UPDATE jobs SET error = $1 FROM waiting WHERE jobs.id = waiting.id",
        note,
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Removes the note: there is disk space, and parts now wait for a worker alone.
pub async fn clear_waiting_for_disk_space(db: &Db) -> Result<()> {
    // Waits for nobody, as above.
    sqlx::query!(
        "WITH waiting AS (
             SELECT id FROM jobs
             WHERE state = 'queued' AND kind IN ('encode_chunk', 'encode_audio') AND starts_with(error, $1)
             FOR UPDATE SKIP LOCKED
         )
         UPDATE jobs SET error = NULL FROM waiting WHERE jobs.id = waiting.id",
        WAITING,
    )
    .execute(&db.pools.all)
    .await?;
    Ok(())
}
