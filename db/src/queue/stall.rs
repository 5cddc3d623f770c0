//! Finding builds that no worker continues.

use std::time::Duration;

use domain::id::BuildId;

use super::Held;
use crate::{Result, Tx};

/// Whether the build has made no progress for at least `timeout`: it was created and its last part was completed longer ago, and no
/// worker other than the holder of `held` is encoding a part. A job that is claimed and returned at once reports no progress.
pub(crate) async fn is_stalled(tx: &mut Tx, build: BuildId, held: &Held, timeout: Duration) -> Result<bool> {
    let stalled = sqlx::query_scalar!(
        r#"SELECT greatest(min(created_at), max(finished_at) FILTER (WHERE state = 'done')) <= now() - make_interval(secs => $3)
                  AND NOT bool_or(state = 'running' AND id <> $2 AND lease_until > now() AND progress_done > 0) AS "stalled!"
           FROM jobs WHERE build_id = $1 AND kind IN ('encode_chunk', 'encode_audio', 'encode_subtitles')"#,
        build.0,
        held.lease.job.0,
        timeout.as_secs_f64(),
    );
    Ok(stalled.fetch_one(&mut **tx).await?)
}
