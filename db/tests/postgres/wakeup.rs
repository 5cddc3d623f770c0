//! New jobs wake idle workers.

use std::time::{Duration, Instant};

use db::{
    Db,
    audit::Author,
    queue::{self, Wakeup},
    workflow::{self, Retry},
};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::support::{claim, complete, film, plan_build, upload_master};

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(100);

#[sqlx::test(migrations = "../migrations")]
async fn a_new_job_wakes_an_idle_worker(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let mut wakeup = Wakeup::listen(&db).await.unwrap();
    let begun = Instant::now();
    let (woken, _) = tokio::join!(wakeup.wait(LONG), upload_master(&db, film));
    assert!(woken && begun.elapsed() < LONG / 2);
    assert!(!wakeup.wait(SHORT).await, "woken without a new job");
}

#[sqlx::test(migrations = "../migrations")]
async fn listeners_take_no_connection_from_the_pool(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(5));
    let db = Db::from_pool(pool.connect_with(options).await.unwrap());
    let mut first = Wakeup::listen(&db).await.unwrap();
    let mut second = Wakeup::listen(&db).await.unwrap();
    upload_master(&db, film(&db).await).await;
    assert!(first.wait(LONG).await && second.wait(LONG).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn hints_given_while_busy_are_not_lost_and_come_once(pool: PgPool) {
    let db = Db::from_pool(pool);
    let mut wakeup = Wakeup::listen(&db).await.unwrap();
    plan_build(&db, film(&db).await, 3, 2).await;
    complete(&db, &claim(&db).await).await.unwrap();
    assert!(wakeup.wait(LONG).await);
    // All hints that had arrived were taken as one; one may still have been on its way.
    wakeup.wait(SHORT).await;
    assert!(!wakeup.wait(SHORT).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rollback_wakes_no_worker_and_a_release_and_a_retry_do(pool: PgPool) {
    let db = Db::from_pool(pool);
    plan_build(&db, film(&db).await, 1, 0).await;
    let claimed = claim(&db).await;
    let mut wakeup = Wakeup::listen(&db).await.unwrap();
    let mut invalid = claimed.clone();
    invalid.lease.token = uuid::Uuid::new_v4();
    complete(&db, &invalid).await.unwrap_err();
    assert!(!wakeup.wait(SHORT).await);
    queue::release(&db, &claimed.lease).await.unwrap();
    assert!(wakeup.wait(LONG).await);
    let claimed = claim(&db).await;
    workflow::fail(&db, &claimed.lease, "no", Retry::Never).await.unwrap();
    assert!(wakeup.wait(LONG).await);
    workflow::retry_job(&db, &Author::NANG, claimed.job.id).await.unwrap();
    assert!(wakeup.wait(LONG).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_lost_connection_is_opened_again(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let mut wakeup = Wakeup::listen(&db).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'",
    )
    .execute(&pool)
    .await
    .unwrap();
    assert!(wakeup.wait(LONG).await, "the worker should look at the queue after a gap");
    // Waiting listens again; the hint must arrive as soon as that is done.
    let (woken, _) = tokio::join!(wakeup.wait(LONG), async {
        loop {
            let listening: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%' AND state = 'idle'",
            )
            .fetch_one(&pool)
            .await
            .unwrap();
            if listening > 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        upload_master(&db, film).await
    });
    assert!(woken);
}
