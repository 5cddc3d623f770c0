//! Heavy work off the async threads, so much of it at once and no more.
//!
//! A client that goes away drops its handler, but nothing stops work that has begun. So the permit is the work's own: work
//! that nobody waits for any more still counts.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::JoinError};

/// Permits for all cores but one, so that everything else goes on.
pub(crate) fn all_cores_but_one() -> Arc<Semaphore> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Arc::new(Semaphore::new(cores.saturating_sub(1).max(1)))
}

/// Does `work` when there is a permit for it. An error if it panics.
pub(crate) async fn run_bounded<T: Send + 'static>(
    permits: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    let permit = Arc::clone(permits).acquire_owned().await.expect("the semaphore is never closed");
    let work = move || {
        let _permit = permit;
        work()
    };
    tokio::task::spawn_blocking(work).await
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_still_counts() {
        let permits = Arc::new(Semaphore::new(1));
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (finish, may_finish) = mpsc::channel::<()>();
        let work = move || {
            begun.send(()).unwrap();
            let _ = may_finish.recv();
        };
        // The client goes away while the work is under way.
        tokio::select! {
            biased;
            _ = run_bounded(&permits, work) => unreachable!("it waits to be let go"),
            begun = has_begun => begun.unwrap(),
        }
        assert_eq!(permits.available_permits(), 0);
        drop(finish);
        run_bounded(&permits, || ()).await.unwrap();
        let _permit = permits.acquire().await.unwrap();
    }
}
