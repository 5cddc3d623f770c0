//! The outermost middleware: gives every request an id, a span and one log line, every error a problem as its body, and every response
//! security headers.
//!
//! The span has the route's template and never the URL, because queries and playback paths may contain secrets; so may headers.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tracing::{Instrument, debug, info, info_span};
use uuid::Uuid;

use super::{
    error::{ApiError, bare_problem},
    metrics::RequestMetrics,
    problem::PROBLEM_JSON,
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The outermost middleware.
pub(crate) async fn around_request(
    State(metrics): State<Arc<RequestMetrics>>,
    request: Request,
    next: Next,
) -> Response {
    let id = request_id(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get().map_or("", MatchedPath::as_str).to_owned();
    let span = info_span!("request", %method, route, request_id = id.to_str().unwrap_or_default());
    async move {
        let started = Instant::now();
        let response = AssertUnwindSafe(next.run(request))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| ApiError::internal("a handler panicked").into_response());
        let mut response = as_problem(response);
        let headers = response.headers_mut();
        headers.insert(X_REQUEST_ID, id);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
        // Responses depend on the caller and the time; a handler whose response does not must set the header itself.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        metrics.record(method.as_str(), &route, response.status(), started.elapsed());
        let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Pages poll progress once a second, so successful requests are logged only at the debug level.
        if response.status().is_success() || response.status().is_redirection() {
            debug!(status = response.status().as_u16(), elapsed_ms, "Responded to a request");
        } else {
            info!(status = response.status().as_u16(), elapsed_ms, "Responded to a request");
        }
        response
    }
    .instrument(span)
    .await
}

/// Returns the request id that the caller sent if it is short and safe to log, otherwise a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_safe = |value: &&HeaderValue| {
        (1..=64).contains(&value.len())
            && value.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    headers.get(X_REQUEST_ID).filter(is_safe).cloned().unwrap_or_else(|| {
        HeaderValue::try_from(Uuid::now_v7().to_string()).expect("a UUID is a header value")
    })
}

/// Gives an error response that is not a problem (for example axum's about an unsupported method) a problem as its body.
fn as_problem(response: Response) -> Response {
    let status = response.status();
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON);
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    let mut problem = bare_problem(status).into_response();
    parts.headers.extend(std::mem::take(problem.headers_mut()));
    Response::from_parts(parts, problem.into_body())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, body::Body, http::StatusCode, middleware::from_fn_with_state, routing::get};
    use tower::ServiceExt;

    async fn get_path(path: &str) -> (StatusCode, HeaderMap, String) {
        let router: Router = Router::new()
            .route("/panic", get(async || -> () { panic!("secret") }))
            .route("/plain", get(async || (StatusCode::IM_A_TEAPOT, "secret")))
            .route("/fine", get(async || "fine"))
            .layer(from_fn_with_state(Arc::default(), around_request));
        let response = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 9999).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_error_response_is_a_problem() {
        for (path, status) in [("/panic", 500), ("/plain", 418), ("/nowhere", 404)] {
            let (actual, headers, body) = get_path(path).await;
            assert_eq!(actual, status, "{path}");
            assert_eq!(headers[header::CONTENT_TYPE], PROBLEM_JSON, "{path}");
            assert!(body.contains("\"detail\"") && !body.contains("secret"), "{path}: {body}");
        }
        let (status, headers, body) = get_path("/fine").await;
        assert_eq!((status.as_u16(), body.as_str()), (200, "fine"));
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    }
}
