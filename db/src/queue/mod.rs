//! The queue: jobs, their leases and their attempts, and nothing else. The ids of films, masters and builds are labels to it: what a
//! job's end means for them is decided in `workflow`.
//!
//! A claim sets a fresh lease token and counts the attempt. Heartbeat, completion and failure change a row only while it is
//! running under that token, so a worker that lost its lease (it was stopped, cut off, or the build was cancelled) can change nothing.
//! No transaction is open while a worker works.

mod attempt;
mod cancel;
mod claim;
mod disk_space;
mod insert;
mod lease;
mod progress;
mod retry;
mod standstill;
mod wakeup;

pub use attempt::{AttemptOutcome, JobAttempt, attempts};
pub(crate) use cancel::{
    cancel_of_build, cancel_of_film, cancel_one, cancel_unstarted_collect, lock_unfinished,
};
pub(crate) use claim::{claim, expired_on_last_attempt, is_expired};
pub use disk_space::{clear_waiting_for_disk_space, mark_waiting_for_disk_space};
pub(crate) use insert::{
    CollectWhen, collect_from, insert_collect, insert_collect_of_file, insert_parts, insert_probe,
    insert_publish, insert_purge,
};
pub(crate) use lease::{Held, end, give_up, hold, queue_again};
pub use lease::{end_all_leases, heartbeat, postpone, release};
pub use progress::BuildProgress;
pub(crate) use progress::of_builds as progress_of_builds;
pub(crate) use retry::{find_dead, retry_one, retry_parts, set_damaged_keys, undo_parts};
pub(crate) use standstill::stands_still;
pub use wakeup::Wakeup;
pub(crate) use wakeup::notify;

use domain::id::{BuildId, FileId, FilmId, JobId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Cursor, Db, Result, Tx};

text_enum! {
    /// What a job does.
    JobKind {
        /// Finds out what a master is and plans its build.
        Probe = "probe",
        /// Encodes one chunk in all video rungs.
        EncodeChunk = "encode_chunk",
        /// Encodes one sound track whole.
        EncodeAudio = "encode_audio",
        /// Writes playlists and manifest, checks every object, makes the film ready.
        Publish = "publish",
        /// Deletes the objects of a build, or a master, that nobody needs any more.
        Collect = "collect",
        /// Deletes a deleted film's masters and objects, and then its rows.
        Purge = "purge",
    }
}

text_enum! {
    /// How far a job is.
    JobState {
        /// Waits for a worker, perhaps until `run_at`.
        Queued = "queued",
        /// A worker holds its lease, or held it and is gone.
        Running = "running",
        /// Finished.
        Done = "done",
        /// Given up; an admin may retry it.
        Dead = "dead",
        /// Stopped with its build.
        Cancelled = "cancelled",
    }
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// The film it is for.
    pub film_id: FilmId,
    /// The master it reads, or collects; `None` for purge.
    pub file_id: Option<FileId>,
    /// The build it works on; `None` for probe and purge, and for who collects a master.
    pub build_id: Option<BuildId>,
    /// Which chunk, or which of the plan's sound tracks; from 0.
    pub index: Option<u32>,
    /// How far it is.
    pub state: JobState,
    /// Higher first.
    pub priority: i32,
    /// Claims since it was queued or last retried.
    pub attempts: u32,
    /// Claims after which it is given up.
    pub max_attempts: u32,
    /// Output frames done of a chunk; for other kinds whatever the worker counts in.
    pub progress_done: u64,
    /// Output frames in all; 0 if not known.
    pub progress_total: u64,
    /// Why the last attempt failed, or what the job waits for.
    pub error: Option<String>,
    /// Not to be claimed before this.
    pub run_at: OffsetDateTime,
    /// When it was queued first.
    pub created_at: OffsetDateTime,
    /// When it was last claimed.
    pub started_at: Option<OffsetDateTime>,
    /// When it was done, given up or cancelled.
    pub finished_at: Option<OffsetDateTime>,
    /// Of a chunk or audio track that was just claimed: keys of its build's objects that publishing found missing or altered. It may
    /// overwrite these, and no others. Empty for other kinds, and in lists.
    pub damaged_keys: Vec<String>,
}

impl Job {
    /// Where a list goes on after this job.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// The right to work on a job and to say how it ended, until it runs out or is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// Which job.
    pub job: JobId,
    /// Drawn anew at each claim.
    pub token: Uuid,
}

/// A job and the right to work on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    /// The right.
    pub lease: Lease,
    /// The job, as it is after the claim.
    pub job: Job,
}

/// Which jobs to list; `None` means all.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobFilter {
    /// Of one film.
    pub film_id: Option<FilmId>,
    /// In one state.
    pub state: Option<JobState>,
}

struct Row {
    id: Uuid,
    kind: JobKind,
    film_id: Uuid,
    file_id: Option<Uuid>,
    build_id: Option<Uuid>,
    part_index: Option<i32>,
    state: JobState,
    priority: i32,
    attempts: i32,
    max_attempts: i32,
    progress_done: i64,
    progress_total: i64,
    error: Option<String>,
    run_at: OffsetDateTime,
    created_at: OffsetDateTime,
    started_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
}

impl From<Row> for Job {
    fn from(row: Row) -> Self {
        Self {
            id: JobId(row.id),
            kind: row.kind,
            film_id: FilmId(row.film_id),
            file_id: row.file_id.map(FileId),
            build_id: row.build_id.map(BuildId),
            index: row.part_index.map(i32::cast_unsigned),
            state: row.state,
            priority: row.priority,
            attempts: row.attempts.cast_unsigned(),
            max_attempts: row.max_attempts.cast_unsigned(),
            progress_done: row.progress_done.cast_unsigned(),
            progress_total: row.progress_total.cast_unsigned(),
            error: row.error,
            run_at: row.run_at,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            damaged_keys: Vec::new(),
        }
    }
}

/// The job, if there is one.
pub async fn find(db: &Db, id: JobId) -> Result<Option<Job>> {
    Ok(select(&db.pools.all, id).await?.map(Job::from))
}

async fn select(connection: impl sqlx::PgExecutor<'_>, id: JobId) -> Result<Option<Row>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, kind AS "kind: _", film_id, file_id, build_id, part_index, state AS "state: _", priority, attempts,
                  max_attempts, progress_done, progress_total, error, run_at, created_at, started_at, finished_at
           FROM jobs WHERE id = $1"#,
        id.0,
    );
    Ok(row.fetch_optional(connection).await?)
}

/// At most `limit` jobs after `after`, newest first.
pub async fn list(db: &Db, filter: JobFilter, after: Option<Cursor>, limit: u32) -> Result<Vec<Job>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, kind AS "kind: _", film_id, file_id, build_id, part_index, state AS "state: _", priority, attempts,
                  max_attempts, progress_done, progress_total, error, run_at, created_at, started_at, finished_at
           FROM jobs
           WHERE ($1::uuid IS NULL OR film_id = $1) AND ($2::text IS NULL OR state = $2)
             AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4))
           ORDER BY created_at DESC, id DESC LIMIT $5"#,
        filter.film_id.map(|film| film.0),
        filter.state.map(JobState::as_str),
        created_at,
        id,
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(Job::from).collect())
}

/// At most `limit` films that something is being done for, but removing objects; those longest in work first.
pub async fn films_in_work(db: &Db, limit: u32) -> Result<Vec<FilmId>> {
    let films = sqlx::query_scalar!(
        "SELECT film_id FROM jobs WHERE state IN ('queued', 'running') AND kind NOT IN ('collect', 'purge')
         GROUP BY film_id ORDER BY min(queued_since), film_id LIMIT $1",
        i64::from(limit),
    );
    Ok(films.fetch_all(&db.pools.all).await?.into_iter().map(FilmId).collect())
}

/// How many jobs of a kind are in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobCount {
    /// The kind.
    pub kind: JobKind,
    /// Queued, running or dead.
    pub state: JobState,
    /// How many.
    pub jobs: i64,
}

/// Counts what is queued, running or dead.
pub async fn count_unfinished(db: &Db) -> Result<Vec<JobCount>> {
    let rows = sqlx::query!(
        r#"SELECT kind AS "kind: JobKind", state AS "state: JobState", count(*) AS "jobs!" FROM jobs
           WHERE state IN ('queued', 'running', 'dead') GROUP BY kind, state"#
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(|row| JobCount { kind: row.kind, state: row.state, jobs: row.jobs }).collect())
}

/// Whether anything is queued or running for the film, except deleting objects.
pub(crate) async fn has_work(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let work = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM jobs WHERE film_id = $1 AND state IN ('queued', 'running')
                                             AND kind NOT IN ('collect', 'purge')) AS "work!""#,
        film.0
    );
    Ok(work.fetch_one(&mut **tx).await?)
}

/// Whether a job that reads or deletes the master is queued or running.
pub(crate) async fn has_work_on_file(tx: &mut Tx, file: FileId) -> Result<bool> {
    let work = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM jobs WHERE file_id = $1 AND state IN ('queued', 'running')) AS "work!""#,
        file.0
    );
    Ok(work.fetch_one(&mut **tx).await?)
}

/// Whether a purge of the film is queued, running or dead. A dead one may have deleted some objects.
pub(crate) async fn has_purge(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let purge = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM jobs WHERE film_id = $1 AND kind = 'purge' AND state IN ('queued', 'running', 'dead')) AS "purge!""#,
        film.0
    );
    Ok(purge.fetch_one(&mut **tx).await?)
}

/// The latest time at which a queued collect of one of these builds may run.
pub(crate) async fn last_collect_of(tx: &mut Tx, builds: &[Uuid]) -> Result<Option<OffsetDateTime>> {
    let last = sqlx::query_scalar!(
        "SELECT max(run_at) FROM jobs WHERE build_id = ANY($1) AND kind = 'collect' AND state = 'queued'",
        builds
    );
    Ok(last.fetch_one(&mut **tx).await?)
}

/// What the finished parts of a build recorded: chunks in order, then audio tracks in order.
pub(crate) async fn results_of(db: &Db, build: BuildId) -> Result<Vec<serde_json::Value>> {
    let results = sqlx::query_scalar!(
        r#"SELECT result AS "result!" FROM jobs
           WHERE build_id = $1 AND state = 'done' AND kind IN ('encode_chunk', 'encode_audio')
           ORDER BY kind DESC, part_index"#,
        build.0,
    );
    Ok(results.fetch_all(&db.pools.all).await?)
}

/// The film of a job, which never changes.
pub(crate) async fn film_of(tx: &mut Tx, id: JobId) -> Result<Option<FilmId>> {
    let film = sqlx::query_scalar!("SELECT film_id FROM jobs WHERE id = $1", id.0);
    Ok(film.fetch_optional(&mut **tx).await?.map(FilmId))
}

/// Deletes all jobs of a film, with their attempts.
pub(crate) async fn delete_of_film(tx: &mut Tx, film: FilmId) -> Result<()> {
    sqlx::query!(
        "DELETE FROM job_attempts USING jobs WHERE jobs.id = job_attempts.job_id AND jobs.film_id = $1",
        film.0
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("DELETE FROM jobs WHERE film_id = $1", film.0).execute(&mut **tx).await?;
    Ok(())
}
