//! The routes of remote workers, `/api/work/1/…`. A worker's token opens these routes and no others, and nothing else opens them.
//!
//! They are not in the API's OpenAPI document, because only `nang worker --server` calls them.

use std::{ops::Range, sync::Arc};

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use db::{Db, queue::Lease, worker_token};
use domain::id::JobId;
use serde_json::json;
use tracing::{Instrument, debug_span, error};
use worker::remote::{Desk, DeskError, Ended, LEASE_HEADER, PATH, Prospect, Renewal, WORKER_HEADER};

/// Maximum size of a body: a segment, or the record of an audio track of many hours.
const MAX_BODY_BYTES: usize = 72 << 20;
/// Maximum length of what a worker calls itself.
const MAX_NAME: usize = 100;

struct Office {
    db: Db,
    desk: Desk,
}

/// How a worker is named in attempts of jobs: the name of its token, and machine and process.
#[derive(Clone)]
struct Caller(String);

/// Returns the routes.
pub(crate) fn router(db: Db, config: worker::Config) -> Router {
    let office = Arc::new(Office { db, desk: Desk::new(config) });
    let routes = Router::new()
        .route("/claim", post(claim_job))
        .route("/prospect", get(get_prospect))
        .route("/jobs/{job}/renew", post(renew_lease))
        .route("/jobs/{job}/master", get(read_master))
        .route("/jobs/{job}/objects/{*path}", put(store_object))
        .route("/jobs/{job}/end", post(end_job))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(Arc::clone(&office), authenticate))
        .with_state(office);
    Router::new().nest(PATH, routes)
}

/// Why a request failed.
enum Refusal {
    Unauthorized,
    Malformed(&'static str),
    Desk(DeskError),
}

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::Unauthorized => {
                (StatusCode::UNAUTHORIZED, "Send the token of a worker as Authorization: Bearer.".to_owned())
            }
            Self::Malformed(detail) => (StatusCode::BAD_REQUEST, detail.to_owned()),
            Self::Desk(error) => {
                let status = match &error {
                    DeskError::LeaseLost => StatusCode::GONE,
                    DeskError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
                    DeskError::Differs(_) => StatusCode::CONFLICT,
                    DeskError::Full => StatusCode::INSUFFICIENT_STORAGE,
                    DeskError::Db(_) | DeskError::Storage(_) => StatusCode::SERVICE_UNAVAILABLE,
                };
                if status == StatusCode::SERVICE_UNAVAILABLE {
                    error!(%error, "Cannot serve a remote worker; it tries again");
                    (status, "The server cannot do this now.".to_owned())
                } else {
                    (status, error.to_string())
                }
            }
        };
        let title = status.canonical_reason().unwrap_or_default();
        let problem =
            json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
        (status, [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response()
    }
}

/// Returns the hash of the token that a request sends, and what the worker calls its machine and process.
fn credentials(headers: &HeaderMap) -> Option<([u8; 32], String)> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let hash = api::secret_token_hash(text("authorization")?.strip_prefix("Bearer ")?)?;
    let is_plain = |name: &&str| name.len() <= MAX_NAME && name.chars().all(|c| c.is_ascii_graphic());
    let machine = text(WORKER_HEADER).filter(is_plain).unwrap_or("unnamed");
    Some((hash, machine.to_owned()))
}

/// Admits only workers with an active token.
async fn authenticate(
    State(office): State<Arc<Office>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let (hash, machine) = credentials(request.headers()).ok_or(Refusal::Unauthorized)?;
    let found = worker_token::authenticate(&office.db, hash, Some(&machine)).await;
    let name = found.map_err(DeskError::from)?.ok_or(Refusal::Unauthorized)?;
    let span = debug_span!("request", method = %request.method(), worker = name, machine);
    request.extensions_mut().insert(Caller(format!("{name}/{machine}")));
    Ok(next.run(request).instrument(span).await)
}

async fn claim_job(
    State(office): State<Arc<Office>>,
    Extension(Caller(name)): Extension<Caller>,
) -> Result<Response, Refusal> {
    Ok(match office.desk.claim(&name).await? {
        Some(assignment) => Json(assignment).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn get_prospect(State(office): State<Arc<Office>>) -> Result<Json<Prospect>, Refusal> {
    Ok(Json(Prospect { has_work: office.desk.has_work().await? }))
}

async fn renew_lease(
    State(office): State<Arc<Office>>,
    Path(job): Path<String>,
    headers: HeaderMap,
    Json(renewal): Json<Renewal>,
) -> Result<StatusCode, Refusal> {
    office.desk.renew(&lease(&job, &headers)?, renewal.progress).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn read_master(
    State(office): State<Arc<Office>>,
    Path(job): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let range =
        range(&headers).ok_or(Refusal::Malformed("Send one range of bytes: Range: bytes=FIRST-LAST."))?;
    let bytes = office.desk.read_master(&lease(&job, &headers)?, range).await?;
    Ok((StatusCode::PARTIAL_CONTENT, bytes).into_response())
}

async fn store_object(
    State(office): State<Arc<Office>>,
    Path((job, path)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let stored = office.desk.store(&lease(&job, &headers)?, &path, body).await?;
    Ok(Json(stored).into_response())
}

async fn end_job(
    State(office): State<Arc<Office>>,
    Path(job): Path<String>,
    headers: HeaderMap,
    Json(ended): Json<Ended>,
) -> Result<StatusCode, Refusal> {
    office.desk.end(&lease(&job, &headers)?, ended).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns the lease that a request names.
fn lease(job: &str, headers: &HeaderMap) -> Result<Lease, Refusal> {
    let token = headers.get(LEASE_HEADER).and_then(|token| token.to_str().ok()?.parse().ok());
    let job: Option<JobId> = job.parse().ok();
    match (job, token) {
        (Some(job), Some(token)) => Ok(Lease { job, token }),
        _ => Err(Refusal::Malformed(
            "Send the id of a job, and the token of its lease in the header Nang-Lease.",
        )),
    }
}

/// Returns the bytes of `bytes=FIRST-LAST`; `None` for every other form.
fn range(headers: &HeaderMap) -> Option<Range<u64>> {
    let value = headers.get(header::RANGE)?.to_str().ok()?;
    let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then(|| first..last.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, header};

    #[test]
    fn only_one_whole_range_is_read() {
        for (value, range) in [
            ("bytes=0-0", Some(0..1)),
            ("bytes=5-9", Some(5..10)),
            ("bytes=9-5", None),
            ("bytes=5-", None),
            ("bytes=-5", None),
            ("bytes=0-1,3-4", None),
            ("items=0-1", None),
        ] {
            let headers = HeaderMap::from_iter([(header::RANGE, value.parse().unwrap())]);
            assert_eq!(super::range(&headers), range, "{value}");
        }
    }
}
