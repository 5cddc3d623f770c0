//! The place of a job in the queue.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::id::JobId;
use garde::Validate;
use serde::Deserialize;
use tracing::info;
use utoipa::ToSchema;

use super::job::{JobDetail, JobUrgency};
use crate::{
    app::App,
    auth::identity::Editor,
    http::{
        error::ApiError,
        json::ValidJson,
        path::PathId,
        problem::Problem,
        responses::{Guarded, WithBody, WithId},
    },
};

/// The new place of a job.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUrgency {
    /// The place.
    urgency: JobUrgency,
}

/// Puts a queued or running job first or last, or back into the usual order.
///
/// A build needs all its parts, so this changes all jobs of the job's build, and those that the build gets later.
#[utoipa::path(put, path = "/admin/jobs/{id}/urgency", tag = "admin", security(("bearer" = [])), request_body = SetUrgency,
    params(("id" = uuid::Uuid, Path, description = "The job")), responses(
    (status = 200, description = "The job has its new place", body = JobDetail),
    (status = 409, description = "The job has already ended", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId, WithBody,
))]
pub(crate) async fn set_job_urgency(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<JobId>,
    ValidJson(body): ValidJson<SetUrgency>,
) -> Result<Json<JobDetail>, ApiError> {
    if !db::workflow::set_job_urgency(&app.db, &user.author(), id, body.urgency.into()).await? {
        return Err(ApiError::Conflict("The job has already ended.".to_owned()));
    }
    info!(job.id = %id, user.id = %user.account.id, urgency = ?body.urgency, "Changed the place of a job in the queue");
    Ok(Json(JobDetail::find(&app.db, id).await?))
}
