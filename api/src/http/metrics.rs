//! Requests by route, counted as they are answered.

use std::time::Duration;

use axum::http::StatusCode;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

/// Upper bounds in seconds: from an answer out of memory to a login that waited for others.
const DURATION_BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// What has been counted since the start.
pub(crate) struct RequestMetrics {
    answered: Family<Answered, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

impl Default for RequestMetrics {
    fn default() -> Self {
        Self {
            answered: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(DURATION_BOUNDS)),
        }
    }
}

impl RequestMetrics {
    /// Counts an answer. `route` is the template, or empty for addresses that no route has.
    pub(crate) fn record(&self, method: &str, route: &str, status: StatusCode, elapsed: Duration) {
        // Anybody can make up methods; figures must not grow with them.
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let method = known.into_iter().find(|known| *known == method).unwrap_or("other");
        let route = Route { method, route: if route.is_empty() { "none" } else { route }.to_owned() };
        self.durations.get_or_create(&route).observe(elapsed.as_secs_f64());
        let Route { method, route } = route;
        self.answered.get_or_create(&Answered { method, route, status: status.as_u16() }).inc();
    }

    /// Adds what was counted to a registry.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let RequestMetrics { answered, durations } = self;
        registry.register("http_requests", "Requests answered", answered.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its answer's head",
            Unit::Seconds,
            durations.clone(),
        );
    }
}
