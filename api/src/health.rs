//! For load balancers and supervisors: does the process answer, and has it what it needs?

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use tokio::time::timeout;
use tracing::warn;
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{error::ApiError, problem::Problem},
};

/// How long the database may take to answer.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(3);

/// State of the server.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`; a server that is not ready answers with a problem.
    #[schema(examples("ok"))]
    pub(crate) status: &'static str,
}

/// The process answers.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, description = "Alive", body = Health)))]
pub(crate) async fn get_health_live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Tells whether the database answers, and whether storage can be written and has `min_free_bytes` free. Storage is probed at most
/// once in five seconds.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(
    (status = 200, description = "Ready for requests", body = Health),
    (status = 503, description = "The database does not answer, or storage takes no uploads; `detail` says which", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn get_health_ready(State(app): State<Arc<App>>) -> Result<Json<Health>, ApiError> {
    let (database, storage) =
        tokio::join!(database_fault(&app), app.storage_probe.fault(&app.storage, app.min_free_bytes));
    let faults: Vec<_> = database.into_iter().chain(storage).collect();
    if faults.is_empty() {
        return Ok(Json(Health { status: "ok" }));
    }
    let status = StatusCode::SERVICE_UNAVAILABLE;
    Err(Problem::new(status, "unavailable", "Not ready", faults.join(" ")).into())
}

async fn database_fault(app: &App) -> Option<String> {
    let error: Box<dyn std::error::Error> = match timeout(DATABASE_TIMEOUT, app.db.ping()).await {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => error.into(),
        Err(late) => late.into(),
    };
    warn!(error, "The database does not answer");
    Some("The database does not answer.".to_owned())
}
