//! A cache of rendered responses of lists to anonymous callers, for a few seconds.
//!
//! A cache between server and viewer may hold these responses for ten seconds anyway (`max-age=10`), so viewers do not notice a few
//! seconds more, and a page that many viewers open at the same time costs one query. Responses to members and editors are not cached.
//! An edit through this process clears the cache, so that it is visible at once; an edit through another process is visible after
//! at most [`LIFETIME`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use moka::future::Cache;

use crate::http::{error::ApiError, problem::Problem};

/// How long a response is cached.
pub const LIFETIME: Duration = Duration::from_secs(3);
/// Maximum memory of the cached responses.
const MAX_BYTES: u64 = 4 << 20;
/// Approximate memory of an entry in addition to its key and response.
const ENTRY_OVERHEAD_BYTES: usize = 200;

/// Key of a response: the generation of the cache, and the request.
type Key = (u64, String);

/// The cached responses.
pub(crate) struct ListCache {
    responses: Cache<Key, Bytes>,
    generation: AtomicU64,
}

impl ListCache {
    /// Creates a cache that holds responses for `lifetime`; zero disables it.
    pub(crate) fn new(lifetime: Duration) -> Self {
        let size = |(_, request): &Key, response: &Bytes| {
            u32::try_from(request.len() + response.len() + ENTRY_OVERHEAD_BYTES).unwrap_or(u32::MAX)
        };
        let max_bytes = if lifetime.is_zero() { 0 } else { MAX_BYTES };
        let responses = Cache::builder().max_capacity(max_bytes).weigher(size).time_to_live(lifetime).build();
        Self { responses, generation: AtomicU64::new(0) }
    }

    /// Returns the response to `request`, rendered by `render` if it is not cached. Of several concurrent calls with the same request,
    /// only one renders.
    pub(crate) async fn get_or_render<R>(
        &self,
        request: String,
        render: impl FnOnce() -> R,
    ) -> Result<Bytes, ApiError>
    where
        R: Future<Output = Result<Bytes, ApiError>>,
    {
        let key = (self.generation.load(Ordering::Acquire), request);
        if let Some(response) = self.responses.get(&key).await {
            return Ok(response);
        }
        // Concurrent calls share an error, so it is logged here, once.
        let render = render();
        let render = Box::pin(async { render.await.map_err(ApiError::into_problem) });
        self.responses
            .try_get_with(key, render)
            .await
            .map_err(|problem: Arc<Problem>| (*problem).clone().into())
    }

    /// Clears the cache after a change to the catalogue: later calls get no response whose rendering began before.
    pub(crate) fn clear(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.responses.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::Notify;

    use super::*;

    async fn get(cache: &ListCache, rendered: &'static str) -> Bytes {
        cache.get_or_render("request".to_owned(), async || Ok(rendered.into())).await.unwrap()
    }

    #[tokio::test]
    async fn a_response_is_cached_until_the_cache_is_cleared() {
        let cache = ListCache::new(Duration::from_hours(1));
        assert_eq!(get(&cache, "first").await, "first");
        assert_eq!(get(&cache, "second").await, "first");
        cache.clear();
        assert_eq!(get(&cache, "third").await, "third");
    }

    #[tokio::test]
    async fn a_response_begun_before_a_change_is_not_returned_after_it() {
        let cache = ListCache::new(Duration::from_hours(1));
        let (begun, resume) = (Notify::new(), Notify::new());
        let slow = cache.get_or_render("request".to_owned(), async || {
            begun.notify_one();
            resume.notified().await;
            Ok("before".into())
        });
        let after = async {
            begun.notified().await;
            cache.clear();
            let after = get(&cache, "after").await;
            resume.notify_one();
            after
        };
        let (before, after) = tokio::join!(slow, after);
        assert_eq!((before.unwrap(), after), ("before".into(), "after".into()));
        assert_eq!(get(&cache, "later").await, "after");
    }

    #[tokio::test]
    async fn one_of_several_concurrent_calls_renders_and_errors_are_not_cached() {
        let cache = ListCache::new(Duration::from_hours(1));
        let rendered = AtomicUsize::new(0);
        let call = |fails: bool| {
            let rendered = &rendered;
            cache.get_or_render("request".to_owned(), async move || {
                rendered.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                if fails { Err(ApiError::Conflict("no".to_owned())) } else { Ok(Bytes::new()) }
            })
        };
        assert!(futures_util::future::join_all((0..20).map(|_| call(true))).await.iter().all(Result::is_err));
        rendered.store(0, Ordering::Relaxed);
        assert!(futures_util::future::join_all((0..20).map(|_| call(false))).await.iter().all(Result::is_ok));
        assert_eq!(rendered.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let cache = ListCache::new(Duration::from_hours(1));
        for request in 0..100 {
            let render = async || Ok(vec![0; 1 << 20].into());
            cache.get_or_render(request.to_string(), render).await.unwrap();
        }
        cache.responses.run_pending_tasks().await;
        assert!(cache.responses.weighted_size() <= MAX_BYTES, "{}", cache.responses.weighted_size());
    }

    #[tokio::test]
    async fn a_lifetime_of_zero_disables_the_cache() {
        let cache = ListCache::new(Duration::ZERO);
        assert_eq!(get(&cache, "first").await, "first");
        cache.responses.run_pending_tasks().await;
        assert_eq!(get(&cache, "second").await, "second");
    }
}
