//! Parts that wait for room in storage, and say so. None of their attempts is spent: nobody claims them.

use crate::{Db, Result};

/// How what waiting parts say begins; by it they are found again.
const WAITING: &str = "Waits for room";

/// Has every part that could be claimed say that it waits until the storage has more than `reserve_bytes` free. True if any had not
/// said so before.
pub async fn say_waiting_for_room(db: &Db, reserve_bytes: u64) -> Result<bool> {
    let reserve_mib = reserve_bytes.div_ceil(1 << 20);
    let note = format!(
        "{WAITING}: encoding goes on when the storage has more than {reserve_mib} MiB free (min_free_bytes, NANG_MIN_FREE_BYTES). \
         Remove what is no longer needed, or give the storage more room."
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
    .execute(&db.pool)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// There is room: parts that wait now wait for a worker alone, and say nothing.
pub async fn say_room_is_there(db: &Db) -> Result<()> {
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
    .execute(&db.pool)
    .await?;
    Ok(())
}
