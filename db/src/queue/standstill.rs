//! Builds that no worker takes further.

use std::time::Duration;

use domain::id::BuildId;

use super::Held;
use crate::{Result, Tx};

/// Whether for `patience` no part of the build was made, no other worker was at one, and the build was not begun. A job that
/// is claimed only to be given back reports no progress.
pub(crate) async fn stands_still(
    tx: &mut Tx,
    build: BuildId,
    held: &Held,
    patience: Duration,
) -> Result<bool> {
    let still = sqlx::query_scalar!(
        r#"SELECT greatest(min(created_at), max(finished_at) FILTER (WHERE state = 'done')) <= now() - make_interval(secs => $3)
                  AND NOT bool_or(state = 'running' AND id <> $2 AND lease_until > now() AND progress_done > 0) AS "still!"
           FROM jobs WHERE build_id = $1 AND kind IN ('encode_chunk', 'encode_audio')"#,
        build.0,
        held.lease.job.0,
        patience.as_secs_f64(),
    );
    Ok(still.fetch_one(&mut **tx).await?)
}
