//! Metrics for Prometheus: requests by route, and the length of the job queue at the time of the request.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, State},
    http::{Extensions, HeaderMap, HeaderName, header},
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use subtle::ConstantTimeEq;

use crate::{
    app::App,
    http::{error::ApiError, problem::Problem},
};

/// The media type of `OpenMetrics` 1.0.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Queue {
    kind: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Waiting {
    kind: &'static str,
}

/// Returns metrics for Prometheus: requests by route and unfinished jobs.
///
/// If the setting `metrics_token` is absent, only programs on the server itself may read the metrics, and not through a proxy.
#[utoipa::path(get, path = "/metrics", tag = "health", security((), ("metrics" = [])), responses(
    (status = 200, description = "The metrics as OpenMetrics text", body = String, content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8"),
    (status = 401, description = "The request does not have the token of the setting `metrics_token`", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The setting `metrics_token` is absent and the request came through a proxy or from another machine", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn get_metrics(
    State(app): State<Arc<App>>,
    extensions: Extensions,
    headers: HeaderMap,
) -> Result<([(HeaderName, &'static str); 1], String), ApiError> {
    authorize_reader(app.metrics_token.as_deref(), &extensions, &headers)?;
    let queue = Family::<Queue, Gauge>::default();
    for count in db::queue::count_unfinished(&app.db).await? {
        let labels = Queue { kind: count.kind.as_str(), state: count.state.as_str() };
        queue.get_or_create(&labels).set(count.jobs);
    }
    let waiting = Family::<Waiting, Gauge>::default();
    for depth in db::queue::depth(&app.db).await? {
        let jobs = i64::try_from(depth.waiting).unwrap_or(i64::MAX);
        waiting.get_or_create(&Waiting { kind: depth.kind.as_str() }).set(jobs);
    }
    let mut registry = Registry::with_prefix("nang");
    app.metrics.register(&mut registry);
    registry.register("jobs", "Jobs that are queued, running or dead", queue);
    registry.register("queue_depth", "Jobs that a worker could claim now", waiting);
    let mut text = String::new();
    encode(&mut text, &registry).map_err(ApiError::internal)?;
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], text))
}

fn authorize_reader(
    token: Option<&str>,
    extensions: &Extensions,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    let Some(token) = token else {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        let here = peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
        let forwarded = [header::FORWARDED, HeaderName::from_static("x-forwarded-for"), header::VIA];
        return if here && !forwarded.iter().any(|name| headers.contains_key(name)) {
            Ok(())
        } else {
            Err(ApiError::Forbidden(
                "Only programs on the server itself may read metrics unless metrics_token is set.",
            ))
        };
    };
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    match sent {
        Some(sent) if bool::from(sent.ct_eq(token.as_bytes())) => Ok(()),
        _ => Err(ApiError::Unauthorized("Send the metrics token as Authorization: Bearer.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_require_the_token_or_a_local_client() {
        let allows = |token: Option<&str>, peer: &str, header: Option<(&'static str, &str)>| {
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 9)));
            let mut headers = HeaderMap::new();
            if let Some((name, value)) = header {
                headers.insert(name, value.parse().unwrap());
            }
            authorize_reader(token, &extensions, &headers).is_ok()
        };
        assert!(allows(None, "127.0.0.1", None));
        assert!(allows(None, "::ffff:127.0.0.1", None));
        assert!(!allows(None, "192.0.2.1", None));
        assert!(!allows(None, "127.0.0.1", Some(("x-forwarded-for", "127.0.0.1"))));
        assert!(!allows(None, "127.0.0.1", Some(("via", "1.1 proxy"))));
        assert!(allows(Some("secret"), "192.0.2.1", Some(("authorization", "Bearer secret"))));
        assert!(!allows(Some("secret"), "127.0.0.1", None));
        assert!(!allows(Some("secret"), "127.0.0.1", Some(("authorization", "Bearer other"))));
    }
}
