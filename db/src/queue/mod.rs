//! The queue: jobs, their leases and their attempts, and nothing else. It does not interpret the ids of films, masters and builds:
//! `workflow` decides what the end of a job means for them.
//!
//! A claim sets a new lease token and counts the attempt. Heartbeat, completion and failure change a row only while the job is
//! running under that token. So a worker that lost its lease (it was suspended or disconnected, or the build was cancelled) cannot
//! change anything. No transaction is open while a worker works.

mod attempt;
mod cancel;
mod claim;
mod depth;
mod disk_space;
mod insert;
mod lease;
mod progress;
mod retry;
mod stall;
mod summary;
mod urgency;
mod wakeup;

pub use attempt::{AttemptOutcome, JobAttempt, attempts, workers};
pub(crate) use cancel::{
    cancel_of_build, cancel_of_film, cancel_one, cancel_unstarted_collect, lock_unfinished, unfinished_probes,
};
pub(crate) use claim::{claim, expired_on_last_attempt, is_expired};
pub use depth::{Depth, depth, has_work};
pub use disk_space::{clear_waiting_for_disk_space, mark_waiting_for_disk_space};
pub(crate) use insert::{
    CollectWhen, collect_from, insert_analyses, insert_collect, insert_collect_of_file,
    insert_collect_of_presentation, insert_parts, insert_plan, insert_probe, insert_publish, insert_purge,
    insert_subtitles_part,
};
pub(crate) use lease::{Held, end, end_expired, hold, queue_again};
pub use lease::{end_all_leases, heartbeat, is_held, postpone, release};
pub use progress::BuildProgress;
pub(crate) use progress::{fractions_done, of_builds as progress_of_builds};
pub(crate) use retry::{find_dead, retry_one, retry_parts, set_damaged_keys, undo_parts};
pub(crate) use stall::is_stalled;
pub use summary::{Summary, summary};
pub use urgency::Urgency;
pub(crate) use urgency::set_urgency;
pub use wakeup::Wakeup;
pub(crate) use wakeup::notify;

use domain::{
    id::{BuildId, FileId, FilmId, JobId, PresentationId},
    reason::Reason,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Cursor, Db, Result, Tx, stored_reason::from_json};

text_enum! {
    /// What a job does.
    JobKind {
        /// Reads what a master contains.
        Probe = "probe",
        /// Measures the loudness of one audio track.
        Analyse = "analyse",
        /// Plans the build from what was read and measured.
        Plan = "plan",
        /// Encodes one chunk in all video rungs.
        EncodeChunk = "encode_chunk",
        /// Encodes one whole audio track.
        EncodeAudio = "encode_audio",
        /// Reads all text subtitle tracks of a master.
        EncodeSubtitles = "encode_subtitles",
        /// Writes the build's playlists and record, checks every object, and makes a presentation of it.
        Publish = "publish",
        /// Deletes the objects of a build or presentation that is no longer needed, or a master's object.
        Collect = "collect",
        /// Deletes the masters and objects of a deleted film, then its rows.
        Purge = "purge",
    }
}

impl JobKind {
    /// Whether it encodes a part of a build.
    pub const fn is_part(self) -> bool {
        matches!(self, Self::EncodeChunk | Self::EncodeAudio | Self::EncodeSubtitles)
    }

    /// Whether it reads a master in the sandbox. All other kinds need only the database and the storage.
    pub const fn is_sandboxed(self) -> bool {
        matches!(self, Self::Probe | Self::Analyse) || self.is_part()
    }
}

text_enum! {
    /// The state of a job.
    JobState {
        /// Waits for a worker, not before `run_at`.
        Queued = "queued",
        /// A worker holds its lease, or the lease expired.
        Running = "running",
        /// Completed.
        Done = "done",
        /// Failed for good; an admin may retry it.
        Dead = "dead",
        /// Cancelled, usually with its build.
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
    /// The master that it reads or deletes; `None` for purge.
    pub file_id: Option<FileId>,
    /// The build that it works on; `None` for probe and purge, and for a collect of something else.
    pub build_id: Option<BuildId>,
    /// The presentation whose objects it deletes.
    pub presentation_id: Option<PresentationId>,
    /// Index of the plan's video part or audio track, from 0; 0 for the subtitles.
    pub index: Option<u32>,
    /// Its state.
    pub state: JobState,
    /// Jobs with a higher priority are claimed first.
    pub priority: i32,
    /// Number of claims since it was queued or last retried.
    pub attempts: u32,
    /// Number of claims after which it becomes dead.
    pub max_attempts: u32,
    /// Encoded output frames of a chunk; for other kinds in the worker's own unit.
    pub progress_done: u64,
    /// Total of the same unit; 0 if not known.
    pub progress_total: u64,
    /// Why the last attempt failed, or what the job waits for.
    pub error: Option<String>,
    /// The same as a code with values; `None` if an earlier version of Nang stored it.
    pub error_reason: Option<Reason>,
    /// Earliest time at which it can be claimed.
    pub run_at: OffsetDateTime,
    /// When it was first queued.
    pub created_at: OffsetDateTime,
    /// When it was last claimed.
    pub started_at: Option<OffsetDateTime>,
    /// When it became done, dead or cancelled.
    pub finished_at: Option<OffsetDateTime>,
    /// For a claimed part of a build: keys of the build's objects that publishing found missing or altered. The worker may
    /// overwrite only these objects. Empty for other kinds, and in lists.
    pub damaged_keys: Vec<String>,
}

impl Job {
    /// Returns the cursor of the list page that begins after this job.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// The right to work on a job and to end it, until the lease expires or the job is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// A random token, new for each claim.
    pub token: Uuid,
}

/// A claimed job and its lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    /// The lease.
    pub lease: Lease,
    /// The job, as of after the claim.
    pub job: Job,
    /// The trace of the work that queued it, as a W3C `traceparent`.
    pub trace_context: Option<String>,
}

/// Which jobs to list; `None` means all.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobFilter {
    /// Only jobs of this film.
    pub film_id: Option<FilmId>,
    /// Only jobs in this state.
    pub state: Option<JobState>,
}

struct Row {
    id: Uuid,
    kind: JobKind,
    film_id: Uuid,
    file_id: Option<Uuid>,
    build_id: Option<Uuid>,
    presentation_id: Option<Uuid>,
    part_index: Option<i32>,
    state: JobState,
    priority: i32,
    attempts: i32,
    max_attempts: i32,
    progress_done: i64,
    progress_total: i64,
    error: Option<String>,
    error_reason: Option<serde_json::Value>,
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
            presentation_id: row.presentation_id.map(PresentationId),
            index: row.part_index.map(i32::cast_unsigned),
            state: row.state,
            priority: row.priority,
            attempts: row.attempts.cast_unsigned(),
            max_attempts: row.max_attempts.cast_unsigned(),
            progress_done: row.progress_done.cast_unsigned(),
            progress_total: row.progress_total.cast_unsigned(),
            error: row.error,
            error_reason: from_json(row.error_reason),
            run_at: row.run_at,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            damaged_keys: Vec::new(),
        }
    }
}

/// Returns the job; `None` if it does not exist.
pub async fn find(db: &Db, id: JobId) -> Result<Option<Job>> {
    Ok(select(&db.pools.all, id).await?.map(Job::from))
}

/// Returns the job of a lease, as a claim does; `None` if the lease is not valid.
pub async fn find_held(db: &Db, lease: &Lease) -> Result<Option<Job>> {
    if !is_held(db, lease).await? {
        return Ok(None);
    }
    let mut tx = db.begin().await?;
    let Some(job) = select(&mut *tx, lease.job).await? else { return Ok(None) };
    let mut job = Job::from(job);
    if let (true, Some(build)) = (job.kind.is_part(), job.build_id) {
        job.damaged_keys = retry::damaged_keys(&mut tx, build).await?;
    }
    Ok(Some(job))
}

async fn select(connection: impl sqlx::PgExecutor<'_>, id: JobId) -> Result<Option<Row>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, kind AS "kind: _", film_id, file_id, build_id, presentation_id, part_index, state AS "state: _",
                  priority, attempts, max_attempts, progress_done, progress_total, error, error_reason, run_at, created_at, started_at, finished_at
           FROM jobs WHERE id = $1"#,
        id.0,
    );
    Ok(row.fetch_optional(connection).await?)
}

/// Returns at most `limit` jobs after `after`, newest first.
pub async fn list(db: &Db, filter: JobFilter, after: Option<Cursor>, limit: u32) -> Result<Vec<Job>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, kind AS "kind: _", film_id, file_id, build_id, presentation_id, part_index, state AS "state: _",
                  priority, attempts, max_attempts, progress_done, progress_total, error, error_reason, run_at, created_at, started_at, finished_at
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

/// Returns at most `limit` films with queued or running jobs other than deletions of objects, longest in the queue first.
pub async fn films_in_work(db: &Db, limit: u32) -> Result<Vec<FilmId>> {
    let films = sqlx::query_scalar!(
        "SELECT film_id FROM jobs WHERE state IN ('queued', 'running') AND kind NOT IN ('collect', 'purge')
         GROUP BY film_id ORDER BY min(queued_since), film_id LIMIT $1",
        i64::from(limit),
    );
    Ok(films.fetch_all(&db.pools.all).await?.into_iter().map(FilmId).collect())
}

/// The number of jobs of one kind in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobCount {
    /// The kind.
    pub kind: JobKind,
    /// The state: queued, running or dead.
    pub state: JobState,
    /// Number of jobs.
    pub jobs: i64,
}

/// Counts queued, running and dead jobs.
pub async fn count_unfinished(db: &Db) -> Result<Vec<JobCount>> {
    let rows = sqlx::query!(
        r#"SELECT kind AS "kind: JobKind", state AS "state: JobState", count(*) AS "jobs!" FROM jobs
           WHERE state IN ('queued', 'running', 'dead') GROUP BY kind, state"#
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(|row| JobCount { kind: row.kind, state: row.state, jobs: row.jobs }).collect())
}

/// Whether a job that reads or deletes the master is queued or running.
pub(crate) async fn has_work_on_file(tx: &mut Tx, file: FileId) -> Result<bool> {
    let work = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM jobs WHERE file_id = $1 AND state IN ('queued', 'running')) AS "work!""#,
        file.0
    );
    Ok(work.fetch_one(&mut **tx).await?)
}

/// Whether the film has a queued, running or dead purge. A dead purge may have deleted some objects.
pub(crate) async fn has_purge(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let purge = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM jobs WHERE film_id = $1 AND kind = 'purge' AND state IN ('queued', 'running', 'dead')) AS "purge!""#,
        film.0
    );
    Ok(purge.fetch_one(&mut **tx).await?)
}

/// Returns the latest `run_at` of the queued collects of these builds.
pub(crate) async fn last_collect_of(tx: &mut Tx, builds: &[Uuid]) -> Result<Option<OffsetDateTime>> {
    let last = sqlx::query_scalar!(
        "SELECT max(run_at) FROM jobs WHERE build_id = ANY($1) AND kind = 'collect' AND state = 'queued'",
        builds
    );
    Ok(last.fetch_one(&mut **tx).await?)
}

/// Returns the results of a build's completed parts: chunks in order, then audio tracks in order, then the subtitles.
pub(crate) async fn results_of(db: &Db, build: BuildId) -> Result<Vec<serde_json::Value>> {
    let results = sqlx::query_scalar!(
        r#"SELECT result AS "result!" FROM jobs
           WHERE build_id = $1 AND state = 'done' AND kind IN ('encode_chunk', 'encode_audio', 'encode_subtitles')
           ORDER BY array_position(ARRAY['encode_chunk', 'encode_audio', 'encode_subtitles'], kind), part_index"#,
        build.0,
    );
    Ok(results.fetch_all(&db.pools.all).await?)
}

/// Returns the results of a build's completed analyses, in the order of the audio tracks.
pub(crate) async fn analyses_of(db: &Db, build: BuildId) -> Result<Vec<serde_json::Value>> {
    let results = sqlx::query_scalar!(
        r#"SELECT result AS "result!" FROM jobs
           WHERE build_id = $1 AND state = 'done' AND kind = 'analyse' ORDER BY part_index"#,
        build.0,
    );
    Ok(results.fetch_all(&db.pools.all).await?)
}

/// Returns the film of a job. It never changes.
pub(crate) async fn film_of(tx: &mut Tx, id: JobId) -> Result<Option<FilmId>> {
    let film = sqlx::query_scalar!("SELECT film_id FROM jobs WHERE id = $1", id.0);
    Ok(film.fetch_optional(&mut **tx).await?.map(FilmId))
}

/// Deletes all jobs of a film and their attempts.
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
