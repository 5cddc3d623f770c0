//! For load balancers and supervisors: is the process there, and can it work?

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{id::FileId, key::Key};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    http::{error::ApiError, problem::Problem},
};

/// State of the server.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`; a server that is not well answers with a problem.
    #[schema(examples("ok"))]
    pub(crate) status: &'static str,
}

/// The process answers.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, description = "Alive", body = Health)))]
pub(crate) async fn get_health_live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The database and the storage answer.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(
    (status = 200, description = "Ready for requests", body = Health),
    (status = 503, description = "The database or the storage does not answer; `detail` says which", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn get_health_ready(State(app): State<Arc<App>>) -> Result<Json<Health>, ApiError> {
    app.db.ping().await.map_err(|error| ApiError::Unavailable {
        what: "The database does not answer.",
        source: error.into(),
    })?;
    // Any key will do: that it is absent is an answer.
    app.storage.head(&Key::master(FileId(Uuid::nil()))).await.map_err(|error| ApiError::Unavailable {
        what: "The storage does not answer.",
        source: error.into(),
    })?;
    Ok(Json(Health { status: "ok" }))
}
