//! What runs beside serving. None of it ends before the process is told to stop: a task that does has panicked, and then the whole
//! process ends with an error, so that a supervisor starts it again.

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
    /// Tasks that end when `shutdown` is cancelled.
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
        // A task within a task, so that the name outlives a panic.
        let task = tokio::spawn(task);
        self.names.insert(name);
        self.running.spawn(async move { (name, task.await) });
    }

    /// Waits until `serving` and all tasks have ended. The first task that ends too early, or with an error, stops everything and is the
    /// error. So are the parts that still run when `overdue` completes.
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
                    return result.and_then(|()| Err(anyhow!("did not stop in time: {}", names.join(", "))));
                }
            };
            if let Ok((name, _)) = &ended {
                self.names.remove(name);
            }
            let problem = match ended {
                Ok((_, Ok(Ok(())))) if self.shutdown.is_cancelled() => continue,
                Ok((name, Ok(Ok(())))) => anyhow!("the {name} ended by itself"),
                Ok((name, Ok(Err(problem)))) => problem.context(format!("the {name} ended badly")),
                Ok((name, Err(problem))) => anyhow::Error::new(problem).context(format!("the {name} died")),
                Err(problem) => problem.into(),
            };
            error!(error = format!("{problem:#}"), "Stopping: a part of this process is gone");
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
    async fn a_task_that_dies_stops_the_process_with_its_name() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("sweeper", shutdown.clone().cancelled_owned());
        tasks.spawn("counter", async { panic!("a mistake") });
        let error = tasks.beside(shutdown.clone().cancelled_owned(), pending()).await.unwrap_err();
        assert!(format!("{error:#}").contains("the counter died"), "{error:#}");
    }

    #[tokio::test]
    async fn a_task_that_ends_by_itself_is_missed_too() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("sweeper", async {});
        let error = tasks.beside(shutdown.clone().cancelled_owned(), pending()).await.unwrap_err();
        assert!(format!("{error:#}").contains("the sweeper ended by itself"), "{error:#}");
    }

    #[tokio::test]
    async fn tasks_that_end_when_told_to_are_well() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("sweeper", shutdown.clone().cancelled_owned());
        shutdown.cancel();
        tasks.beside(async {}, pending()).await.unwrap();
    }

    #[tokio::test]
    async fn parts_that_do_not_stop_are_named_and_no_longer_waited_for() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("sweeper", shutdown.clone().cancelled_owned());
        tasks.spawn("worker", pending());
        shutdown.cancel();
        // Not before the one that can end has ended.
        while tasks.running.len() > 1 {
            let (name, _) = tasks.running.join_next().await.unwrap().unwrap();
            tasks.names.remove(name);
        }
        let error = tasks.beside(pending(), ready(())).await.unwrap_err().to_string();
        assert_eq!(error, "did not stop in time: worker, serving");
    }
}
