//! The origin's counters, for metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use http::StatusCode;

/// Every status of the origin's responses.
const STATUSES: [StatusCode; 10] = [
    StatusCode::OK,
    StatusCode::NO_CONTENT,
    StatusCode::PARTIAL_CONTENT,
    StatusCode::NOT_MODIFIED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::PRECONDITION_FAILED,
    StatusCode::RANGE_NOT_SATISFIABLE,
    StatusCode::INTERNAL_SERVER_ERROR,
];

/// Counters since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Responses by status, without those that never occurred.
    pub requests: Vec<(StatusCode, u64)>,
    /// Bytes of bodies passed to connections.
    pub sent_bytes: u64,
    /// Requests for an object in the cache.
    pub cache_hits: u64,
    /// Requests for an object that was looked up in storage, whether it was found or not.
    pub cache_misses: u64,
    /// Current size of the cache.
    pub cached_bytes: u64,
    /// Current size of the cache on the disk.
    pub disk_cached_bytes: u64,
    /// Requests that were refused because the revocations list names the token's session or film.
    pub revoked: u64,
    /// Age of the revocations list in use. `None` until the origin has read one.
    pub revocations_age_seconds: Option<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    requests: [AtomicU64; STATUSES.len()],
    sent_bytes: AtomicU64,
    cache_hits: AtomicU64,
    cache_misses: AtomicU64,
    revoked: AtomicU64,
}

impl Counters {
    pub(crate) fn count_request(&self, status: StatusCode) {
        if let Some(index) = STATUSES.iter().position(|known| *known == status) {
            self.requests[index].fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn count_sent(&self, bytes: u64) {
        self.sent_bytes.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn count_lookup(&self, hit: bool) {
        let counter = if hit { &self.cache_hits } else { &self.cache_misses };
        counter.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_revoked(&self) {
        self.revoked.fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self, cached_bytes: u64, revocations_age_seconds: Option<u64>) -> Stats {
        let counts = STATUSES.into_iter().zip(self.requests.iter().map(|count| count.load(Relaxed)));
        Stats {
            requests: counts.filter(|(_, count)| *count > 0).collect(),
            sent_bytes: self.sent_bytes.load(Relaxed),
            cache_hits: self.cache_hits.load(Relaxed),
            cache_misses: self.cache_misses.load(Relaxed),
            cached_bytes,
            disk_cached_bytes: 0,
            revoked: self.revoked.load(Relaxed),
            revocations_age_seconds,
        }
    }
}
