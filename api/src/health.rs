//! Health checks for load balancers and supervisors.

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

/// Time limit for the database's answer.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(3);

/// Result of a successful health check.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`. A server that is not ready responds with a problem instead.
    #[schema(examples("ok"))]
    pub(crate) status: &'static str,
}

/// Checks that the server process responds.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, description = "The process responds", body = Health)))]
pub(crate) async fn get_health_live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Checks that the database responds and that storage is writable and has at least `min_free_bytes` free.
///
/// The server probes storage at most once in five seconds; in between it returns the last result.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(
    (status = 200, description = "The database responds and storage accepts uploads", body = Health),
    (status = 503, description = "The database does not respond or storage accepts no uploads; `detail` says which", body = Problem, content_type = "application/problem+json"),
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
    warn!(error, "Readiness check failed: the database does not respond");
    Some("The database does not respond.".to_owned())
}
