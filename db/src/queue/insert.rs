//! Inserting jobs, always in the transaction that makes them necessary. PostgreSQL delivers the `NOTIFY` when it commits.

use domain::id::{BuildId, FileId, FilmId, JobId, PresentationId};
use time::OffsetDateTime;

use super::wakeup;
use crate::{Result, Tx, expect_one};

// Higher first. Publishing is short and the only step that a fully encoded film still needs. A probe is short, as is planning, and the
// editor waits to learn whether the master is accepted. Collecting is short too and frees disk space that the encodes need. Chunks and
// audio tracks share one priority; otherwise a later film's audio would be encoded before an earlier film's video.
const PUBLISH_PRIORITY: i32 = 40;
const PROBE_PRIORITY: i32 = 30;
const COLLECT_PRIORITY: i32 = 20;
const PART_PRIORITY: i32 = 10;

// A master that crashes its worker does so every time; three attempts distinguish that from chance. Publishing and collecting
// depend only on storage, which becomes available again.
const MASTER_ATTEMPTS: i32 = 3;
const STORAGE_ATTEMPTS: i32 = 10;

/// When a build's objects are deleted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CollectWhen {
    /// A day from now: until then viewers may still play the build, or an admin may retry it.
    InADay,
    /// At once, but not before this time, if any.
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

/// Inserts one job for each of this many audio tracks, which measures it.
pub(crate) async fn insert_analyses(
    tx: &mut Tx,
    film: FilmId,
    file: FileId,
    build: BuildId,
    audio_tracks: i32,
    queued_since: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO jobs (kind, film_id, file_id, build_id, part_index, priority, queued_since, max_attempts)
         SELECT 'analyse', $1, $2, $3, track, $4, $5, $6 FROM generate_series(0, $7 - 1) AS track",
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

/// Inserts the build's plan job.
pub(crate) async fn insert_plan(
    tx: &mut Tx,
    film: FilmId,
    file: FileId,
    build: BuildId,
    queued_since: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO jobs (kind, film_id, file_id, build_id, priority, queued_since, max_attempts)
         VALUES ('plan', $1, $2, $3, $4, $5, $6)",
        film.0,
        file.0,
        build.0,
        PROBE_PRIORITY,
        queued_since,
        STORAGE_ATTEMPTS,
    )
    .execute(&mut **tx)
    .await?;
    wakeup::notify(tx).await
}

/// Inserts one job for each video part and one for each audio track. `frames` is the number of output frames of each video part.
pub(crate) async fn insert_parts(
    tx: &mut Tx,
    film: FilmId,
    file: FileId,
    build: BuildId,
    frames: &[i64],
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
        frames,
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

/// Inserts the job that reads the subtitles of a build's master.
pub(crate) async fn insert_subtitles_part(
    tx: &mut Tx,
    film: FilmId,
    file: FileId,
    build: BuildId,
    queued_since: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO jobs (kind, film_id, file_id, build_id, part_index, priority, queued_since, max_attempts)
         VALUES ('encode_subtitles', $1, $2, $3, 0, $4, $5, $6)",
        film.0,
        file.0,
        build.0,
        PART_PRIORITY,
        queued_since,
        MASTER_ATTEMPTS,
    )
    .execute(&mut **tx)
    .await?;
    wakeup::notify(tx).await
}

/// Inserts the build's publish job, or queues it again if it found damaged parts before.
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
         SET state = 'queued', attempts = 0, error = NULL, error_reason = NULL, run_at = now(), finished_at = NULL, progress_done = 0
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

/// Moves the build's collect job forward to `from` if that is earlier than planned, and queues it again if it is dead.
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

/// Inserts a job that deletes the master's object.
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

/// Inserts a job that deletes the objects of a retired presentation.
pub(crate) async fn insert_collect_of_presentation(
    tx: &mut Tx,
    film: FilmId,
    presentation: PresentationId,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO jobs (kind, film_id, presentation_id, priority, max_attempts) VALUES ('collect', $1, $2, $3, $4)",
        film.0,
        presentation.0,
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
