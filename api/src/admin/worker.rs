//! Endpoints for admins: remote workers, which encode with a token instead of credentials of the database and the storage.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use db::worker_token;
use domain::id::WorkerTokenId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Admin,
    credential::secret_token::SecretToken,
    http::{
        error::ApiError,
        json::ValidJson,
        path::PathId,
        problem::Problem,
        responses::{Guarded, WithBody, WithId},
    },
};

/// Maximum number of workers in a list. An installation has few.
const MAX_LISTED: u32 = 200;

/// A remote worker, known by its token.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Worker {
    /// Id of the token.
    pub(crate) id: Uuid,
    /// How admins call the machine. Attempts of jobs name it before the slash in `worker`.
    #[schema(examples("film-school-1"))]
    pub(crate) name: String,
    /// When the token was created.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// Id of the admin's account that created it; null if the account was deleted.
    #[schema(required)]
    pub(crate) created_by: Option<Uuid>,
    /// When a worker last used the token, exact to a minute; null if it was never used.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) used_at: Option<OffsetDateTime>,
    /// Machine and process that last used the token, as they call themselves; null if it was never used.
    #[schema(required, examples("pc7-1234"))]
    pub(crate) used_by: Option<String>,
    /// When the token was revoked; null if it is active.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) revoked_at: Option<OffsetDateTime>,
}

/// The remote workers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WorkerList {
    /// Active workers first, newest first; at most 200.
    pub(crate) items: Vec<Worker>,
}

/// A new remote worker with its token, which is returned only once.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct NewWorker {
    #[serde(flatten)]
    pub(crate) worker: Worker,
    /// The token, for the file of `nang worker --server URL --token-file FILE`.
    #[schema(examples("6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY"))]
    pub(crate) token: String,
}

/// A remote worker to create.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "film-school-1" }))]
pub(crate) struct CreateWorker {
    /// How admins call the machine: 1 to 50 letters, digits, dots, hyphens and underscores. Active workers have different names.
    #[schema(min_length = 1, max_length = 50, pattern = "^[A-Za-z0-9._-]+$")]
    #[garde(length(min = 1, max = 50), custom(|name: &str, (): &()| plain(name)))]
    name: String,
}

fn plain(name: &str) -> garde::Result {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if is_plain {
        Ok(())
    } else {
        Err(garde::Error::new("must have only letters, digits, dots, hyphens and underscores"))
    }
}

/// Lists remote workers.
#[utoipa::path(get, path = "/admin/workers", tag = "admin", security(("bearer" = [])), responses(
    (status = 200, description = "The remote workers", body = WorkerList),
    Guarded,
))]
pub(crate) async fn list_workers(
    State(app): State<Arc<App>>,
    _: Admin,
) -> Result<Json<WorkerList>, ApiError> {
    let workers = worker_token::list(&app.db, MAX_LISTED).await?;
    Ok(Json(WorkerList { items: workers.into_iter().map(Worker::from).collect() }))
}

/// Creates a remote worker.
///
/// The token is only in this response. With it, a machine can read the masters of the jobs that it gets, store the parts that it
/// encodes, and nothing else.
#[utoipa::path(post, path = "/admin/workers", tag = "admin", security(("bearer" = [])), request_body = CreateWorker, responses(
    (status = 201, description = "The worker was created; the token cannot be read again", body = NewWorker),
    (status = 409, description = "An active worker has this name", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody,
))]
pub(crate) async fn create_worker(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    ValidJson(create): ValidJson<CreateWorker>,
) -> Result<(StatusCode, Json<NewWorker>), ApiError> {
    let token = SecretToken::new();
    let id = WorkerTokenId(app.new_id());
    let created = worker_token::create(&app.db, &admin.author(), id, &create.name, token.hash()).await?;
    info!(worker.id = %id, worker.name = created.name, admin.id = %admin.account.id, "Created a remote worker");
    Ok((StatusCode::CREATED, Json(NewWorker { worker: created.into(), token: token.to_text() })))
}

/// Revokes the token of a remote worker. Its running jobs are stopped, and other workers do them again. Idempotent.
#[utoipa::path(delete, path = "/admin/workers/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The worker")), responses(
    (status = 204, description = "The token is revoked"),
    Guarded, WithId,
))]
pub(crate) async fn revoke_worker(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    PathId(id): PathId<WorkerTokenId>,
) -> Result<StatusCode, ApiError> {
    worker_token::revoke(&app.db, &admin.author(), id).await?;
    info!(worker.id = %id, admin.id = %admin.account.id, "Revoked the token of a remote worker");
    Ok(StatusCode::NO_CONTENT)
}

impl From<worker_token::WorkerToken> for Worker {
    fn from(token: worker_token::WorkerToken) -> Self {
        Self {
            id: token.id.0,
            name: token.name,
            created_at: token.created_at,
            created_by: token.created_by.map(|id| id.0),
            used_at: token.used_at,
            used_by: token.used_by,
            revoked_at: token.revoked_at,
        }
    }
}
