//! Endpoints for editors: the jobs that process films.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use db::{Db, queue::JobFilter};
use domain::id::{FilmId, JobId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Editor,
    failure_reason::FailureReason,
    http::{
        error::ApiError,
        path::PathId,
        problem::Problem,
        query::ValidQuery,
        responses::{Guarded, WithId, WithQuery},
    },
    page::Page,
};

/// Kind of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobKind {
    /// Reads what a master contains.
    Probe,
    /// Measures the loudness of one audio track.
    Analyse,
    /// Plans a build.
    Plan,
    /// Encodes one chunk of the video.
    EncodeChunk,
    /// Encodes one audio track.
    EncodeAudio,
    /// Reads the text subtitle tracks of the master.
    EncodeSubtitles,
    /// Checks a build and publishes it.
    Publish,
    /// Deletes objects that are no longer needed.
    Collect,
    /// Deletes the masters and objects of a deleted film.
    Purge,
}

/// State of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    /// The job waits for a worker.
    Queued,
    /// A worker runs the job.
    Running,
    /// The job is complete.
    Done,
    /// The job failed permanently; an editor can retry it.
    Dead,
    /// The job was cancelled, by itself or with its build or film.
    Cancelled,
}

/// The place of a job among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobUrgency {
    /// Before all other jobs.
    First,
    /// In the order in which films were queued.
    Normal,
    /// After all other jobs.
    Last,
}

/// A job: one unit of work for a worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Job {
    /// Id of the job.
    pub(crate) id: Uuid,
    /// Kind of the job.
    pub(crate) kind: JobKind,
    /// Id of the film.
    pub(crate) film_id: Uuid,
    /// Id of the master; null if the job concerns no single master.
    #[schema(required)]
    pub(crate) file_id: Option<Uuid>,
    /// Id of the build; null if the job concerns no build.
    #[schema(required)]
    pub(crate) build_id: Option<Uuid>,
    /// Index of the chunk or audio track in the build, from 0; null for other jobs.
    #[schema(required)]
    pub(crate) index: Option<u32>,
    /// State of the job.
    pub(crate) state: JobState,
    /// Priority; workers take jobs with a higher priority first.
    pub(crate) priority: i32,
    /// Place of the job among others that an editor chose.
    pub(crate) urgency: JobUrgency,
    /// Name of the worker that runs the job; null if none does.
    #[schema(required)]
    pub(crate) worker: Option<String>,
    /// Number of attempts since the job was queued or last retried.
    pub(crate) attempts: u32,
    /// Maximum number of attempts.
    pub(crate) max_attempts: u32,
    /// Frames that the current attempt has encoded.
    pub(crate) progress_done: u64,
    /// Frames to encode; 0 if not known.
    pub(crate) progress_total: u64,
    /// Why the last attempt failed, or what the job waits for; null if neither applies.
    #[schema(required)]
    pub(crate) error: Option<String>,
    /// The same as `error` as a code, which clients translate; null if it has none, as texts of earlier versions of Nang.
    #[schema(required)]
    pub(crate) reason: Option<FailureReason>,
    /// The job does not start before this time.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) run_at: OffsetDateTime,
    /// When the job was first queued.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When the last attempt started; null if there was no attempt.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) started_at: Option<OffsetDateTime>,
    /// When the job completed, failed permanently or was cancelled; null if it has not ended.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) finished_at: Option<OffsetDateTime>,
}

/// Outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobOutcome {
    /// The worker completed the job.
    Done,
    /// The worker reported a failure.
    Failed,
    /// The worker refused the master, which cannot be shown.
    Refused,
    /// The worker stopped renewing its lease.
    LeaseExpired,
    /// The job or its build was cancelled, or another job of the build failed permanently.
    Cancelled,
    /// The worker returned the job to the queue because it was stopping.
    Released,
}

/// One attempt to run a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct JobAttempt {
    /// Number of the attempt, from 1.
    pub(crate) number: u32,
    /// Name of the worker.
    pub(crate) worker: String,
    /// When the attempt started.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) started_at: OffsetDateTime,
    /// When the attempt ended; null while it runs.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) finished_at: Option<OffsetDateTime>,
    /// Outcome of the attempt; null while it runs.
    #[schema(required)]
    pub(crate) outcome: Option<JobOutcome>,
    /// Why the attempt failed; null if it did not.
    #[schema(required)]
    pub(crate) error: Option<String>,
    /// The same as `error` as a code, which clients translate; null if it has none, as texts of earlier versions of Nang.
    #[schema(required)]
    pub(crate) reason: Option<FailureReason>,
}

/// A job with all its attempts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct JobDetail {
    /// The job.
    #[serde(flatten)]
    pub(crate) job: Job,
    /// Attempts, oldest first.
    pub(crate) attempt_log: Vec<JobAttempt>,
}

/// One page of jobs, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct JobPage {
    /// The jobs.
    pub(crate) items: Vec<Job>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Query parameters of the list of jobs.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobQuery {
    /// Only jobs of the film with this id
    film_id: Option<Uuid>,
    /// Only jobs in this state
    state: Option<JobState>,
    /// `next_cursor` of the previous page; omit it for the first page
    cursor: Option<String>,
    /// Maximum number of items, 1 to 100; default 20
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Lists the jobs of all films, newest first.
#[utoipa::path(get, path = "/admin/jobs", tag = "admin", security(("bearer" = [])), params(JobQuery), responses(
    (status = 200, description = "A page of jobs", body = JobPage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_jobs(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<JobQuery>,
) -> Result<Json<JobPage>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = JobFilter { film_id: query.film_id.map(FilmId), state: query.state.map(Into::into) };
    let jobs = db::queue::list(&app.db, filter, page.after, page.rows()).await?;
    let (jobs, next_cursor) = page.cut(jobs, db::queue::Job::cursor);
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let mut workers = db::queue::workers(&app.db, &ids).await?;
    let job = |job: db::queue::Job| {
        let worker = workers.remove(&job.id);
        Job { worker, ..job.into() }
    };
    Ok(Json(JobPage { items: jobs.into_iter().map(job).collect(), next_cursor }))
}

/// Returns a job with its attempts.
#[utoipa::path(get, path = "/admin/jobs/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The job")), responses(
    (status = 200, description = "The job with its attempts", body = JobDetail),
    Guarded, WithId,
))]
pub(crate) async fn get_job(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<JobId>,
) -> Result<Json<JobDetail>, ApiError> {
    Ok(Json(JobDetail::find(&app.db, id).await?))
}

/// Retries a dead job and resumes the build that it stopped.
///
/// The job gets its maximum number of attempts again.
#[utoipa::path(post, path = "/admin/jobs/{id}/retry", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The job")), responses(
    (status = 202, description = "The job was queued again", body = JobDetail),
    (status = 409, description = "The job is not dead, or its master or build was deleted", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn retry_job(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<JobId>,
) -> Result<(StatusCode, Json<JobDetail>), ApiError> {
    if !db::workflow::retry_job(&app.db, &user.author(), id).await? {
        return Err(ApiError::Conflict("Only a dead job can be retried.".to_owned()));
    }
    info!(job.id = %id, user.id = %user.account.id, "Retried a job");
    Ok((StatusCode::ACCEPTED, Json(JobDetail::find(&app.db, id).await?)))
}

/// Cancels a job that is queued or running.
///
/// A build needs all its parts, so cancelling a job of a build cancels the whole build. Jobs that delete objects cannot be cancelled,
/// except a purge that no worker has started.
#[utoipa::path(post, path = "/admin/jobs/{id}/cancel", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The job")), responses(
    (status = 202, description = "The job was cancelled; a worker that runs it stops within a minute", body = JobDetail),
    (status = 409, description = "The job has already ended, or cannot be cancelled", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn cancel_job(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<JobId>,
) -> Result<(StatusCode, Json<JobDetail>), ApiError> {
    if !db::workflow::cancel_job(&app.db, &user.author(), id).await? {
        return Err(ApiError::Conflict("The job has already ended.".to_owned()));
    }
    info!(job.id = %id, user.id = %user.account.id, "Cancelled a job");
    Ok((StatusCode::ACCEPTED, Json(JobDetail::find(&app.db, id).await?)))
}

impl JobDetail {
    /// Returns the job with its attempts.
    pub(super) async fn find(db: &Db, id: JobId) -> Result<Self, ApiError> {
        let job = db::queue::find(db, id).await?.ok_or(ApiError::NotFound("There is no such job."))?;
        let attempts = db::queue::attempts(db, id).await?;
        let running = attempts.iter().find(|attempt| attempt.finished_at.is_none());
        let worker = running.map(|attempt| attempt.worker.clone());
        let job = Job { worker, ..job.into() };
        Ok(Self { job, attempt_log: attempts.into_iter().map(JobAttempt::from).collect() })
    }
}

convert_enum!(db::queue::JobKind => JobKind { Probe, Analyse, Plan, EncodeChunk, EncodeAudio, EncodeSubtitles, Publish, Collect, Purge });
convert_enum!(db::queue::JobState => JobState { Queued, Running, Done, Dead, Cancelled });
convert_enum!(JobState => db::queue::JobState { Queued, Running, Done, Dead, Cancelled });
convert_enum!(db::queue::Urgency => JobUrgency { First, Normal, Last });
convert_enum!(JobUrgency => db::queue::Urgency { First, Normal, Last });
convert_enum!(db::queue::AttemptOutcome => JobOutcome { Done, Failed, Refused, LeaseExpired, Cancelled, Released });

impl From<db::queue::Job> for Job {
    fn from(job: db::queue::Job) -> Self {
        Self {
            id: job.id.0,
            kind: job.kind.into(),
            film_id: job.film_id.0,
            file_id: job.file_id.map(|id| id.0),
            build_id: job.build_id.map(|id| id.0),
            index: job.index,
            state: job.state.into(),
            priority: job.priority,
            urgency: db::queue::Urgency::of_priority(job.priority).into(),
            worker: None,
            attempts: job.attempts,
            max_attempts: job.max_attempts,
            progress_done: job.progress_done,
            progress_total: job.progress_total,
            error: job.error,
            reason: job.error_reason.map(Into::into),
            run_at: job.run_at,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        }
    }
}

impl From<db::queue::JobAttempt> for JobAttempt {
    fn from(attempt: db::queue::JobAttempt) -> Self {
        Self {
            number: attempt.number,
            worker: attempt.worker,
            started_at: attempt.started_at,
            finished_at: attempt.finished_at,
            outcome: attempt.outcome.map(Into::into),
            error: attempt.error,
            reason: attempt.error_reason.map(Into::into),
        }
    }
}
