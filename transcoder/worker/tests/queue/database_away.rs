//! The database goes away while a job ends.

use db::job::{AttemptOutcome, JobKind, JobState};
use rustix::process::{Pid, Signal, kill_process};

use super::site::Site;

super::tests! {
    a_restart_costs_neither_the_finished_chunk_nor_an_attempt,
    what_waiting_cannot_change_is_not_tried_again,
}

/// A site whose worker is encoding a chunk, with the child held still.
async fn in_a_chunk(site: &Site) -> Pid {
    let child = site.until("a chunk to be in work", async || {
        let running = site.jobs(JobKind::EncodeChunk).await.iter().any(|job| job.state == JobState::Running);
        site.child().filter(|_| running)
    });
    let child = child.await;
    kill_process(child, Signal::STOP).unwrap();
    child
}

async fn a_restart_costs_neither_the_finished_chunk_nor_an_attempt() {
    let site = Site::start().await;
    let worker = site.worker();
    let child = in_a_chunk(&site).await;
    site.postgres.stop();
    kill_process(child, Signal::CONT).unwrap();
    site.until("the worker to fail to record the chunk", async || {
        site.has_logged("trying again while the lease holds").then_some(())
    })
    .await;
    site.postgres.start_again();
    site.ready().await;
    for job in site.jobs(JobKind::EncodeChunk).await {
        let attempts = db::job::attempts(&site.db, job.id).await.unwrap();
        let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt.outcome).collect();
        assert_eq!((job.attempts, &outcomes[..]), (1, &[Some(AttemptOutcome::Done)][..]), "{attempts:?}");
    }
    worker.stop().await;
}

async fn what_waiting_cannot_change_is_not_tried_again() {
    let site = Site::start().await;
    let worker = site.worker();
    let child = in_a_chunk(&site).await;
    site.postgres.sql("ALTER TABLE builds RENAME TO builds_away");
    kill_process(child, Signal::CONT).unwrap();
    site.until("the worker to give up recording the chunk", async || {
        site.has_logged("Cannot record how the job ended; it will be done again").then_some(())
    })
    .await;
    assert!(!site.has_logged("trying again while the lease holds"));
    worker.stop().await;
}
