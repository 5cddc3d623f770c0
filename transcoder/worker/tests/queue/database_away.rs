//! The database stops while a worker records a part of a film.

use db::queue::{AttemptOutcome, JobKind};

use super::{
    postgres::Session,
    site::{Site, Worker},
};

super::tests! {
    a_restart_of_the_database_costs_no_part_and_no_attempt,
    a_permanent_error_is_not_retried,
}

/// Starts a worker that has encoded a part of the film and cannot record it, because another session holds the film's row.
pub(crate) async fn about_to_record(site: &Site) -> (Worker, Session) {
    site.plan(|here| Some(here.clone())).await;
    let mut holder = site.postgres.session();
    holder.run("BEGIN; SELECT 1 FROM films FOR UPDATE;");
    site.until("the film's row to be held", async || {
        let held = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'";
        (site.postgres.sql(held) == "1").then_some(())
    })
    .await;
    let worker = site.worker();
    site.until("the worker to record a part", async || {
        (site.postgres.sql("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0").then_some(())
    })
    .await;
    (worker, holder)
}

async fn a_restart_of_the_database_costs_no_part_and_no_attempt() {
    let site = Site::start().await;
    let (worker, holder) = about_to_record(&site).await;
    site.postgres.stop();
    drop(holder);
    site.until("the worker to fail to record the part", async || {
        site.has_logged("retrying until its lease ends").then_some(())
    })
    .await;
    site.postgres.start_server();
    site.ready().await;
    let parts = [site.jobs(JobKind::EncodeChunk).await, site.jobs(JobKind::EncodeAudio).await].concat();
    for job in parts {
        let attempts = db::queue::attempts(&site.db, job.id).await.unwrap();
        let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt.outcome).collect();
        assert_eq!((job.attempts, &outcomes[..]), (1, &[Some(AttemptOutcome::Done)][..]), "{attempts:?}");
    }
    worker.stop().await;
}

async fn a_permanent_error_is_not_retried() {
    let site = Site::start().await;
    let (worker, holder) = about_to_record(&site).await;
    site.postgres.sql("ALTER TABLE builds RENAME TO builds_away");
    drop(holder);
    site.until("the worker to give up recording the part", async || {
        site.has_logged("Cannot record the result of the job; the job runs again").then_some(())
    })
    .await;
    assert!(!site.has_logged("retrying until its lease ends"));
    site.postgres.sql("ALTER TABLE builds_away RENAME TO builds");
    let running = "SELECT count(*) FROM jobs WHERE state = 'running' AND kind = 'encode_audio'";
    assert_eq!(site.postgres.sql(running), "1", "the job keeps its lease until the lease ends");
    worker.stop().await;
}
