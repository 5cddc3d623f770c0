//! How much work the queue holds.

use std::time::Duration;

use db::{
    Db,
    queue::{self, JobKind, has_work},
    workflow::{self, Retry},
};
use sqlx::PgPool;

use crate::support::{
    claim, complete, complete_all, expire, film, pass_waiting_times, plan_build, upload_master,
};

const SOON: Duration = Duration::from_secs(1);

/// Returns the waiting, later and running jobs of a kind.
async fn of(db: &Db, kind: JobKind) -> (u64, u64, u64) {
    let depth = queue::depth(db).await.unwrap();
    assert_eq!(depth.len(), JobKind::ALL.len());
    let one = depth.iter().find(|one| one.kind == kind).unwrap();
    (one.waiting, one.later, one.running)
}

#[sqlx::test(migrations = "../migrations")]
async fn jobs_are_counted_by_whether_a_worker_could_claim_them(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    assert_eq!(of(&db, JobKind::EncodeChunk).await, (0, 0, 0));
    plan_build(&db, film(&db).await, 3, 1).await;
    assert_eq!(of(&db, JobKind::EncodeChunk).await, (3, 0, 0));
    complete(&db, &claim(&db).await).await.unwrap();
    assert_eq!(of(&db, JobKind::EncodeAudio).await, (0, 0, 0));
    let running = claim(&db).await;
    assert_eq!(of(&db, JobKind::EncodeChunk).await, (2, 0, 1));
    // A failed job runs again after a pause.
    workflow::fail(&db, &running.lease, "no", Retry::Later).await.unwrap();
    assert_eq!(of(&db, JobKind::EncodeChunk).await, (2, 1, 0));
    pass_waiting_times(&pool).await;
    assert_eq!(of(&db, JobKind::EncodeChunk).await, (3, 0, 0));
    // The worker of the claimed job has gone.
    let lost = claim(&db).await;
    expire(&pool, lost.job.id).await;
    assert_eq!(of(&db, JobKind::EncodeChunk).await, (3, 0, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_waits_for_retries_and_while_another_one_prepares_a_film(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    assert!(!has_work(&db, SOON).await.unwrap());
    upload_master(&db, film(&db).await).await;
    assert!(has_work(&db, SOON).await.unwrap());
    let probe = claim(&db).await;
    assert!(has_work(&db, SOON).await.unwrap(), "more jobs follow the probe");
    workflow::fail(&db, &probe.lease, "no", Retry::Later).await.unwrap();
    assert!(!has_work(&db, SOON).await.unwrap(), "the retry begins later than that");
    assert!(has_work(&db, Duration::from_mins(1)).await.unwrap());
    pass_waiting_times(&pool).await;
    workflow::fail(&db, &claim(&db).await.lease, "no", Retry::Never).await.unwrap();

    plan_build(&db, film(&db).await, 1, 0).await;
    let chunk = claim(&db).await;
    assert!(!has_work(&db, SOON).await.unwrap(), "the worker that encodes the last chunk also publishes");
    expire(&pool, chunk.job.id).await;
    assert!(has_work(&db, SOON).await.unwrap());
    complete_all(&db).await;
    assert!(!has_work(&db, SOON).await.unwrap());
}
