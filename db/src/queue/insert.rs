//! New jobs, always in the transaction of what made them necessary. `NOTIFY` is delivered when that commits.

use domain::id::{BuildId, FileId, FilmId, JobId};
use time::OffsetDateTime;

use super::wakeup;
use crate::{Result, Tx, expect_one};

// Higher first. Publishing is short and is all that a finished film waits for. A probe is short, and somebody waits to hear
// whether the master is good. Collecting is short too and gives back room that the encodes need. Parts share one priority, or a
// later film's sound would go before an earlier film's pictures.
const PUBLISH_PRIORITY: i32 = 40;
const PROBE_PRIORITY: i32 = 30;
const COLLECT_PRIORITY: i32 = 20;
const PART_PRIORITY: i32 = 10;

// A master that kills its worker does so again; three times tell it from bad luck. Publishing and collecting touch only
// storage, which comes back.
const MASTER_ATTEMPTS: i32 = 3;
const STORAGE_ATTEMPTS: i32 = 10;

/// When a build's objects are deleted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CollectWhen {
    /// A day from now: until then viewers may still play it, or an admin may retry it.
    InADay,
    /// As soon as this moment, if any, is past.
    After(Option<OffsetDateTime>),
}

pub(crate) async fn insert_probe(tx: &mut Tx, film: FilmId, file: FileId) -> Result<JobId> {
    let id = sqlx::query_scalar!(
        "INSERT INTO jobs (kind, film_id, file_id, priority, max_attempts) VALUES ('probe', $1, $2, $3, $4) RETURNING id",
        film.0,
        file.0,
        PROBE_PRIORITY,
        MASTER_ATTEMPTS,
    )
    .fetch_one(&mut **tx)
    .await?;
    wakeup::notify(tx).await?;
    Ok(JobId(id))
}

/// One job for each chunk, which has this many frames, and one for each audio track.
pub(crate) async fn insert_parts(
    tx: &mut Tx,
    film: FilmId,
    file: FileId,
    build: BuildId,
    chunk_frames: &[i64],
    audio_tracks: i32,
    queued_since: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO jobs (kind, film_id, file_id, build_id, part_index, priority, queued_since, max_attempts, progress_total)
         SELECT 'encode_chunk', $1, $2, $3, chunk.number - 1, $4, $5, $6, chunk.frames
         FROM unnest($7::bigint[]) WITH ORDINALITY AS chunk (frames, number)",
        film.0,
        file.0,
        build.0,
        PART_PRIORITY,
        queued_since,
        MASTER_ATTEMPTS,
        chunk_frames,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO jobs (kind, film_id, file_id, build_id, part_index, priority, queued_since, max_attempts)
         SELECT 'encode_audio', $1, $2, $3, track, $4, $5, $6 FROM generate_series(0, $7 - 1) AS track",
        film.0,
        file.0,
        build.0,
        PART_PRIORITY,
        queued_since,
        MASTER_ATTEMPTS,
        audio_tracks,
    )
    .execute(&mut **tx)
    .await?;
    wakeup::notify(tx).await
}

/// The build's publishing, or once more the one that found parts of it damaged.
pub(crate) async fn insert_publish(
    tx: &mut Tx,
    film: FilmId,
    file: Option<FileId>,
    build: BuildId,
    queued_since: OffsetDateTime,
) -> Result<()> {
    let done = sqlx::query!(
        "INSERT INTO jobs (kind, film_id, file_id, build_id, priority, queued_since, max_attempts)
         VALUES ('publish', $1, $2, $3, $4, $5, $6)
         ON CONFLICT (build_id) WHERE kind = 'publish' DO UPDATE
         SET state = 'queued', attempts = 0, error = NULL, run_at = now(), finished_at = NULL, progress_done = 0
         WHERE jobs.state = 'cancelled'",
        film.0,
        file.map(|file| file.0),
        build.0,
        PUBLISH_PRIORITY,
        queued_since,
        STORAGE_ATTEMPTS,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "queueing a build's publishing")?;
    wakeup::notify(tx).await
}

pub(crate) async fn insert_purge(tx: &mut Tx, film: FilmId, after: Option<OffsetDateTime>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO jobs (kind, film_id, priority, max_attempts, run_at) VALUES ('purge', $1, $2, $3, greatest(now(), $4))",
        film.0,
        COLLECT_PRIORITY,
        STORAGE_ATTEMPTS,
        after,
    )
    .execute(&mut **tx)
    .await?;
    wakeup::notify(tx).await
}

/// Has a build's objects collected from `from` on, if that is earlier than planned, and tries again where that was given up.
pub(crate) async fn collect_from(tx: &mut Tx, build: BuildId, from: Option<OffsetDateTime>) -> Result<()> {
    sqlx::query!(
        "UPDATE jobs SET run_at = CASE WHEN $2::timestamptz IS NULL THEN run_at ELSE least(run_at, greatest(now(), $2)) END,
                         state = 'queued', finished_at = NULL,
                         attempts = CASE state WHEN 'dead' THEN 0 ELSE attempts END
         WHERE build_id = $1 AND kind = 'collect' AND state IN ('queued', 'dead')",
        build.0,
        from,
    )
    .execute(&mut **tx)
    .await?;
    wakeup::notify(tx).await
}

/// Has a master's object removed.
pub(crate) async fn insert_collect_of_file(tx: &mut Tx, film: FilmId, file: FileId) -> Result<()> {
    sqlx::query!(
        "INSERT INTO jobs (kind, film_id, file_id, priority, max_attempts) VALUES ('collect', $1, $2, $3, $4)",
        film.0,
        file.0,
        COLLECT_PRIORITY,
        STORAGE_ATTEMPTS,
    )
    .execute(&mut **tx)
    .await?;
    wakeup::notify(tx).await
}

pub(crate) async fn insert_collect(
    tx: &mut Tx,
    film: FilmId,
    build: BuildId,
    when: CollectWhen,
) -> Result<()> {
    let (hours, after) = match when {
        CollectWhen::InADay => (24, None),
        CollectWhen::After(moment) => (0, moment),
    };
    sqlx::query!(
        "INSERT INTO jobs (kind, film_id, build_id, priority, max_attempts, run_at)
         VALUES ('collect', $1, $2, $3, $4, greatest(now() + make_interval(hours => $5), $6))",
        film.0,
        build.0,
        COLLECT_PRIORITY,
        STORAGE_ATTEMPTS,
        hours,
        after,
    )
    .execute(&mut **tx)
    .await?;
    wakeup::notify(tx).await
}
