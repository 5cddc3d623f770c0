//! The work behind a film, piece by piece.

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
    http::{
        error::ApiError,
        path::PathId,
        problem::Problem,
        query::ValidQuery,
        responses::{Guarded, WithId, WithQuery},
    },
    page::Page,
};

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobKind {
    /// Looks at a master and plans its build.
    Probe,
    /// Encodes one chunk of the picture.
    EncodeChunk,
    /// Encodes one sound track.
    EncodeAudio,
    /// Checks a build and makes it visible.
    Publish,
    /// Removes what nothing needs any more.
    Collect,
    /// Removes a deleted film's masters and objects.
    Purge,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    /// Waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// Finished.
    Done,
    /// Failed for good; can be retried.
    Dead,
    /// No longer wanted.
    Cancelled,
}

/// One piece of work.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Job {
    /// Its id.
    pub(crate) id: Uuid,
    /// What it does.
    pub(crate) kind: JobKind,
    /// For which film.
    pub(crate) film_id: Uuid,
    /// For which master.
    #[schema(required)]
    pub(crate) file_id: Option<Uuid>,
    /// For which build.
    #[schema(required)]
    pub(crate) build_id: Option<Uuid>,
    /// Which chunk or sound track of the build, from 0.
    #[schema(required)]
    pub(crate) index: Option<u32>,
    /// Where it stands.
    pub(crate) state: JobState,
    /// Higher goes first.
    pub(crate) priority: i32,
    /// How often it was started.
    pub(crate) attempts: u32,
    /// How often it may be started.
    pub(crate) max_attempts: u32,
    /// Frames encoded by the running attempt.
    pub(crate) progress_done: u64,
    /// Frames to encode.
    pub(crate) progress_total: u64,
    /// What went wrong last.
    #[schema(required)]
    pub(crate) error: Option<String>,
    /// Not to be started before.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) run_at: OffsetDateTime,
    /// When it was queued.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When the last attempt started.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) started_at: Option<OffsetDateTime>,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) finished_at: Option<OffsetDateTime>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobOutcome {
    /// The job was completed.
    Done,
    /// The worker said what went wrong.
    Failed,
    /// The master cannot be shown.
    Refused,
    /// The worker was not heard of again.
    LeaseExpired,
    /// The build was cancelled, or another of its jobs died.
    Cancelled,
    /// The worker gave it back, since it was asked to stop.
    Released,
}

/// One start of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct JobAttempt {
    /// From 1.
    pub(crate) number: u32,
    /// Which worker.
    pub(crate) worker: String,
    /// When it started.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) started_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) finished_at: Option<OffsetDateTime>,
    /// How it ended; null while it runs.
    #[schema(required)]
    pub(crate) outcome: Option<JobOutcome>,
    /// What went wrong.
    #[schema(required)]
    pub(crate) error: Option<String>,
}

/// A job and every start of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct JobDetail {
    /// The job.
    #[serde(flatten)]
    pub(crate) job: Job,
    /// Its attempts, first to last.
    pub(crate) attempt_log: Vec<JobAttempt>,
}

/// One page of jobs, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct JobPage {
    /// The jobs.
    pub(crate) items: Vec<Job>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Which jobs are wanted.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobQuery {
    /// Of this film alone
    film_id: Option<Uuid>,
    /// In this state alone
    state: Option<JobState>,
    /// `next_cursor` of the page before; none for the first page
    cursor: Option<String>,
    /// Most items to return, 1 to 100; 20 if not given
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Lists jobs, newest first.
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
    Ok(Json(JobPage { items: jobs.into_iter().map(Job::from).collect(), next_cursor }))
}

/// One job with its attempts.
#[utoipa::path(get, path = "/admin/jobs/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The job")), responses(
    (status = 200, description = "The job", body = JobDetail),
    Guarded, WithId,
))]
pub(crate) async fn get_job(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<JobId>,
) -> Result<Json<JobDetail>, ApiError> {
    Ok(Json(JobDetail::find(&app.db, id).await?))
}

/// Starts a dead job again, with all its attempts, and with it the build that it stopped.
#[utoipa::path(post, path = "/admin/jobs/{id}/retry", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The job")), responses(
    (status = 202, description = "Queued again", body = JobDetail),
    (status = 409, description = "The job is not dead, or its master or build was deleted", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn retry_job(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<JobId>,
) -> Result<(StatusCode, Json<JobDetail>), ApiError> {
    if !db::workflow::retry_job(&app.db, &user.author(), id).await? {
        return Err(ApiError::Conflict("Only a job that was given up can be retried.".to_owned()));
    }
    info!(job.id = %id, user.id = %user.account.id, "Retried a job");
    Ok((StatusCode::ACCEPTED, Json(JobDetail::find(&app.db, id).await?)))
}

/// Stops a job that is queued or running. A build needs all of its parts, so a part's whole build is cancelled. What removes objects
/// goes on, but for a purge that no worker has begun.
#[utoipa::path(post, path = "/admin/jobs/{id}/cancel", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The job")), responses(
    (status = 202, description = "Stopped; a worker that is at it learns so within a minute", body = JobDetail),
    (status = 409, description = "The job has ended, or must go on", body = Problem, content_type = "application/problem+json"),
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
    /// The job with its attempts.
    pub(super) async fn find(db: &Db, id: JobId) -> Result<Self, ApiError> {
        let job = db::queue::find(db, id).await?.ok_or(ApiError::NotFound("There is no such job."))?;
        let attempts = db::queue::attempts(db, id).await?;
        Ok(Self { job: job.into(), attempt_log: attempts.into_iter().map(JobAttempt::from).collect() })
    }
}

same_words!(db::queue::JobKind => JobKind { Probe, EncodeChunk, EncodeAudio, Publish, Collect, Purge });
same_words!(db::queue::JobState => JobState { Queued, Running, Done, Dead, Cancelled });
same_words!(JobState => db::queue::JobState { Queued, Running, Done, Dead, Cancelled });
same_words!(db::queue::AttemptOutcome => JobOutcome { Done, Failed, Refused, LeaseExpired, Cancelled, Released });

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
            attempts: job.attempts,
            max_attempts: job.max_attempts,
            progress_done: job.progress_done,
            progress_total: job.progress_total,
            error: job.error,
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
        }
    }
}
