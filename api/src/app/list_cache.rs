//! Rendered answers of lists that are the same for everybody, for a few seconds.
//!
//! They may be ten seconds old in any cache between here and the viewer anyway (`max-age=10`), so a few seconds more change nothing
//! that a viewer could see, and a page that all open at once costs one query. Answers to members and editors are not kept. An edit
//! through this process begins a new edition, so that it is seen at once; edits through others are seen after [`LIFETIME`] at most.

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

/// How long an answer is kept.
pub const LIFETIME: Duration = Duration::from_secs(3);
/// Most memory that answers take.
const MAX_BYTES: u64 = 16 << 20;
/// What an entry takes beside its key and its answer, about.
const ENTRY_BYTES: usize = 200;

/// An answer's key: the edition of the catalogue, and what was asked.
type Key = (u64, String);

/// The answers.
pub(crate) struct ListCache {
    answers: Cache<Key, Bytes>,
    edition: AtomicU64,
}

impl ListCache {
    /// Keeps answers for `lifetime`; not at all if that is zero.
    pub(crate) fn new(lifetime: Duration) -> Self {
        let size = |(_, question): &Key, answer: &Bytes| {
            u32::try_from(question.len() + answer.len() + ENTRY_BYTES).unwrap_or(u32::MAX)
        };
        let most = if lifetime.is_zero() { 0 } else { MAX_BYTES };
        let answers = Cache::builder().max_capacity(most).weigher(size).time_to_live(lifetime).build();
        Self { answers, edition: AtomicU64::new(0) }
    }

    /// The answer to `question`, which `render` makes if it is not kept. Of many who ask the same at once, one renders.
    pub(crate) async fn answer<R>(
        &self,
        question: String,
        render: impl FnOnce() -> R,
    ) -> Result<Bytes, ApiError>
    where
        R: Future<Output = Result<Bytes, ApiError>>,
    {
        let key = (self.edition.load(Ordering::Acquire), question);
        if let Some(answer) = self.answers.get(&key).await {
            return Ok(answer);
        }
        // All who wait for it share an error, so it is logged here, once.
        let render = render();
        let render = Box::pin(async { render.await.map_err(ApiError::into_problem) });
        self.answers
            .try_get_with(key, render)
            .await
            .map_err(|problem: Arc<Problem>| (*problem).clone().into())
    }

    /// Something that lists show has been changed: no answer that was begun before is given to anybody who asks from now on.
    pub(crate) fn clear(&self) {
        self.edition.fetch_add(1, Ordering::AcqRel);
        self.answers.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::Notify;

    use super::*;

    async fn ask(cache: &ListCache, answer: &'static str) -> Bytes {
        cache.answer("question".to_owned(), async || Ok(answer.into())).await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_kept_until_something_changes() {
        let cache = ListCache::new(Duration::from_hours(1));
        assert_eq!(ask(&cache, "first").await, "first");
        assert_eq!(ask(&cache, "second").await, "first");
        cache.clear();
        assert_eq!(ask(&cache, "third").await, "third");
    }

    #[tokio::test]
    async fn an_answer_begun_before_a_change_is_not_given_after_it() {
        let cache = ListCache::new(Duration::from_hours(1));
        let (begun, go_on) = (Notify::new(), Notify::new());
        let slow = cache.answer("question".to_owned(), async || {
            begun.notify_one();
            go_on.notified().await;
            Ok("before".into())
        });
        let after = async {
            begun.notified().await;
            cache.clear();
            let after = ask(&cache, "after").await;
            go_on.notify_one();
            after
        };
        let (before, after) = tokio::join!(slow, after);
        assert_eq!((before.unwrap(), after), ("before".into(), "after".into()));
        assert_eq!(ask(&cache, "later").await, "after");
    }

    #[tokio::test]
    async fn of_many_who_ask_at_once_one_renders_and_errors_are_not_kept() {
        let cache = ListCache::new(Duration::from_hours(1));
        let rendered = AtomicUsize::new(0);
        let one = |fails: bool| {
            let rendered = &rendered;
            cache.answer("question".to_owned(), async move || {
                rendered.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                if fails { Err(ApiError::Conflict("no".to_owned())) } else { Ok(Bytes::new()) }
            })
        };
        assert!(futures_util::future::join_all((0..20).map(|_| one(true))).await.iter().all(Result::is_err));
        rendered.store(0, Ordering::Relaxed);
        assert!(futures_util::future::join_all((0..20).map(|_| one(false))).await.iter().all(Result::is_ok));
        assert_eq!(rendered.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let cache = ListCache::new(Duration::from_hours(1));
        for question in 0..100 {
            let render = async || Ok(vec![0; 1 << 20].into());
            cache.answer(question.to_string(), render).await.unwrap();
        }
        cache.answers.run_pending_tasks().await;
        assert!(cache.answers.weighted_size() <= MAX_BYTES, "{}", cache.answers.weighted_size());
    }

    #[tokio::test]
    async fn without_a_lifetime_nothing_is_kept() {
        let cache = ListCache::new(Duration::ZERO);
        assert_eq!(ask(&cache, "first").await, "first");
        cache.answers.run_pending_tasks().await;
        assert_eq!(ask(&cache, "second").await, "second");
    }
}
