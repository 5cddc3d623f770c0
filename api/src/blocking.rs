//! CPU-bound work on blocking threads, with a limit on how much runs at the same time.
//!
//! When a client disconnects, its handler is dropped, but work that has started cannot be stopped. So the work itself holds its
//! permit, and abandoned work still counts against the limit.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::JoinError};

/// Returns permits for all cores but one, so that one core remains for everything else.
pub(crate) fn all_cores_but_one() -> Arc<Semaphore> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Arc::new(Semaphore::new(cores.saturating_sub(1).max(1)))
}

/// Runs `work` on a blocking thread once a permit is available. Returns an error if `work` panics.
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
    async fn abandoned_work_holds_its_permit() {
        let permits = Arc::new(Semaphore::new(1));
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (finish, may_finish) = mpsc::channel::<()>();
        let work = move || {
            started.send(()).unwrap();
            let _ = may_finish.recv();
        };
        // The client disconnects while the work runs.
        tokio::select! {
            biased;
            _ = run_bounded(&permits, work) => unreachable!("the work waits for may_finish"),
            started = has_started => started.unwrap(),
        }
        assert_eq!(permits.available_permits(), 0);
        drop(finish);
        run_bounded(&permits, || ()).await.unwrap();
        let _permit = permits.acquire().await.unwrap();
    }
}
