//! Tasks that run beside the server. No task may end before the shutdown begins: if one does, the whole process exits with an error,
//! so that a supervisor restarts it.

use std::{collections::BTreeSet, future::Future, pin::pin};

use anyhow::anyhow;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::error;

/// Tasks of this process, each with a name for the log.
pub(super) struct Tasks {
    running: JoinSet<(&'static str, Result<anyhow::Result<()>, JoinError>)>,
    names: BTreeSet<&'static str>,
    shutdown: CancellationToken,
}

impl Tasks {
    /// Returns an empty set. Its tasks must end when `shutdown` is cancelled.
    pub(super) fn new(shutdown: CancellationToken) -> Self {
        Self { running: JoinSet::new(), names: BTreeSet::new(), shutdown }
    }

    pub(super) fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn_fallible(name, async {
            task.await;
            Ok(())
        });
    }

    pub(super) fn spawn_fallible(
        &mut self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        // A task within a task, so that its name is known after a panic.
        let task = tokio::spawn(task);
        self.names.insert(name);
        self.running.spawn(async move { (name, task.await) });
    }

    /// Waits until `serving` and all tasks have ended. The first task that ends too early or with an error starts the shutdown, and is
    /// the error. Tasks that still run when `overdue` completes are also an error.
    pub(super) async fn beside(
        mut self,
        serving: impl Future<Output = ()>,
        overdue: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let (mut serving, mut overdue) = (pin!(serving), pin!(overdue));
        let mut is_serving = true;
        let mut result = Ok(());
        while is_serving || !self.running.is_empty() {
            let ended = tokio::select! {
                () = &mut serving, if is_serving => {
                    is_serving = false;
                    continue;
                }
                Some(ended) = self.running.join_next() => ended,
                () = &mut overdue => {
                    let mut names: Vec<_> = self.names.into_iter().collect();
                    names.extend(is_serving.then_some("serving"));
                    return result.and_then(|()| Err(anyhow!("tasks did not stop in time: {}", names.join(", "))));
                }
            };
            if let Ok((name, _)) = &ended {
                self.names.remove(name);
            }
            let problem = match ended {
                Ok((_, Ok(Ok(())))) if self.shutdown.is_cancelled() => continue,
                Ok((name, Ok(Ok(())))) => anyhow!("task {name} exited unexpectedly"),
                Ok((name, Ok(Err(problem)))) => problem.context(format!("task {name} failed")),
                Ok((name, Err(problem))) => {
                    anyhow::Error::new(problem).context(format!("task {name} panicked"))
                }
                Err(problem) => problem.into(),
            };
            error!(error = format!("{problem:#}"), "Stopping the process because one of its tasks ended");
            self.shutdown.cancel();
            if result.is_ok() {
                result = Err(problem);
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio_util::sync::CancellationToken;

    use super::Tasks;

    #[tokio::test]
    async fn a_task_that_panics_stops_the_process_and_is_named_in_the_error() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("sweeper", shutdown.clone().cancelled_owned());
        tasks.spawn("counter", async { panic!("this test panics") });
        let error = tasks.beside(shutdown.clone().cancelled_owned(), pending()).await.unwrap_err();
        assert!(format!("{error:#}").contains("task counter panicked"), "{error:#}");
    }

    #[tokio::test]
    async fn a_task_that_ends_too_early_stops_the_process() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("sweeper", async {});
        let error = tasks.beside(shutdown.clone().cancelled_owned(), pending()).await.unwrap_err();
        assert!(format!("{error:#}").contains("task sweeper exited unexpectedly"), "{error:#}");
    }

    #[tokio::test]
    async fn tasks_that_end_after_the_shutdown_begins_are_not_an_error() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("sweeper", shutdown.clone().cancelled_owned());
        shutdown.cancel();
        tasks.beside(async {}, pending()).await.unwrap();
    }

    #[tokio::test]
    async fn tasks_that_do_not_stop_in_time_are_named_in_the_error() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("sweeper", shutdown.clone().cancelled_owned());
        tasks.spawn("worker", pending());
        shutdown.cancel();
        // Wait for the task that can end.
        while tasks.running.len() > 1 {
            let (name, _) = tasks.running.join_next().await.unwrap().unwrap();
            tasks.names.remove(name);
        }
        let error = tasks.beside(pending(), ready(())).await.unwrap_err().to_string();
        assert_eq!(error, "tasks did not stop in time: worker, serving");
    }
}
