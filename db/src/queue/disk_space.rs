//! Notes on parts that wait for free disk space. No worker claims such a part, so waiting costs no attempt.

use domain::reason::ReasonCode;

use crate::{Db, Result, stored_reason::to_json};

/// The beginning of the note, by which waiting parts are found.
const WAITING: &str = "Waits for disk space";

/// Writes a note to every claimable part: it waits until the storage has more than `reserve_bytes` free. Returns whether a part did
/// not have this note yet.
pub async fn mark_waiting_for_disk_space(db: &Db, reserve_bytes: u64) -> Result<bool> {
    let reserve_mib = reserve_bytes.div_ceil(1 << 20);
    let note = ReasonCode::DiskSpace.with("mib", reserve_mib);
    // Skips locked rows, which are being claimed or cancelled. As it never waits, it cannot deadlock with transactions that lock
    // several.
    let done = sqlx::query!(
        "WITH waiting AS (
             SELECT id FROM jobs
             WHERE state = 'queued' AND kind IN ('encode_chunk', 'encode_audio', 'encode_subtitles') AND run_at <= now() AND error IS DISTINCT FROM $1
             FOR UPDATE SKIP LOCKED
         )
         UPDATE jobs SET error = $1, error_reason = $2 FROM waiting WHERE jobs.id = waiting.id",
        note.to_string(),
        to_json(&note),
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Removes the note: there is free disk space again, and the parts wait only for a worker.
pub async fn clear_waiting_for_disk_space(db: &Db) -> Result<()> {
    // Never waits, as above.
    sqlx::query!(
        "WITH waiting AS (
             SELECT id FROM jobs
             WHERE state = 'queued' AND kind IN ('encode_chunk', 'encode_audio', 'encode_subtitles') AND starts_with(error, $1)
             FOR UPDATE SKIP LOCKED
         )
         UPDATE jobs SET error = NULL, error_reason = NULL FROM waiting WHERE jobs.id = waiting.id",
        WAITING,
    )
    .execute(&db.pools.all)
    .await?;
    Ok(())
}
