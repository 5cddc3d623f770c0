//! An admin cancels a build.

use std::time::Duration;

use db::{
    Db, DbError,
    audit::Author,
    build::BuildState,
    film::FilmStatus,
    queue::{self, AttemptOutcome, JobKind, JobState},
    workflow,
};
use domain::id::BuildId;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

use crate::support::{
    LEASE, broken_rules, claim, complete, complete_all, film, find_build, find_film, find_job, jobs,
    make_ready, nothing_to_claim, plan_build, seconds_until_run, snapshot, status,
};

#[sqlx::test(migrations = "../migrations")]
async fn cancelling_stops_running_jobs_and_collects_after_their_workers_must_have_noticed(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let id = plan_build(&db, film, 3, 0).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let running = workflow::claim(&db, "busy", Duration::from_mins(1)).await.unwrap().unwrap();
    assert!(workflow::cancel_build(&db, &Author::NANG, id).await.unwrap());

    assert!(matches!(queue::heartbeat(&db, &running.lease, LEASE, None).await, Err(DbError::LeaseLost)));
    assert!(matches!(complete(&db, &running).await, Err(DbError::LeaseLost)));
    assert_eq!(find_job(&db, running.job.id).await.state, JobState::Cancelled);
    let attempts = queue::attempts(&db, running.job.id).await.unwrap();
    assert_eq!(attempts[0].outcome, Some(AttemptOutcome::Cancelled));
    assert_eq!(find_build(&db, id).await.state, BuildState::Cancelled);
    let film_now = find_film(&db, film).await;
    assert_eq!(
        (film_now.status, film_now.failure.as_deref()),
        (FilmStatus::Failed, Some("The encode was cancelled."))
    );

    let collect = jobs(&db, film, JobKind::Collect, JobState::Queued).await;
    let seconds = seconds_until_run(&pool, collect[0].id).await;
    assert!((55.0..=60.0).contains(&seconds), "{seconds}");
    assert!(nothing_to_claim(&db).await);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cancelled_build_without_running_jobs_is_collected_at_once(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = plan_build(&db, film(&db).await, 3, 0).await;
    assert!(workflow::cancel_build(&db, &Author::NANG, id).await.unwrap());
    let collect = claim(&db).await;
    assert_eq!((collect.job.kind, collect.job.build_id), (JobKind::Collect, Some(id)));
    complete(&db, &collect).await.unwrap();
    assert!(nothing_to_claim(&db).await);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_build_can_be_cancelled_while_it_is_published(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let id = plan_build(&db, film, 1, 0).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let publish = claim(&db).await;
    assert!(workflow::cancel_build(&db, &Author::NANG, id).await.unwrap());
    assert!(matches!(complete(&db, &publish).await, Err(DbError::LeaseLost)));
    assert_eq!(status(&db, film).await, FilmStatus::Failed);
}

#[sqlx::test(migrations = "../migrations")]
async fn cancelling_a_newer_build_leaves_the_film_as_it_was(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let shown = make_ready(&db, film).await;
    let newer = plan_build(&db, film, 1, 0).await;
    assert!(workflow::cancel_build(&db, &Author::NANG, newer).await.unwrap());
    assert_eq!(find_film(&db, film).await.build_id, Some(shown));
    complete_all(&db).await;
    assert_eq!(find_film(&db, film).await.build_id, Some(shown));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_finished_build_cannot_be_cancelled(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let id = make_ready(&db, film).await;
    let cancelled = plan_build(&db, film, 1, 0).await;
    assert!(workflow::cancel_build(&db, &Author::NANG, cancelled).await.unwrap());
    let before = snapshot(&pool).await;
    assert!(!workflow::cancel_build(&db, &Author::NANG, id).await.unwrap());
    assert!(!workflow::cancel_build(&db, &Author::NANG, cancelled).await.unwrap());
    assert!(matches!(
        workflow::cancel_build(&db, &Author::NANG, BuildId(Uuid::now_v7())).await,
        Err(DbError::NotFound)
    ));
    assert_eq!(snapshot(&pool).await, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn cancelling_a_build_wins_over_completing_its_parts_at_once(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool.clone());
    for _ in 0..20 {
        let film = film(&db).await;
        let id = plan_build(&db, film, 3, 0).await;
        let (one, two) = (claim(&db).await, claim(&db).await);
        let (_, _, cancelled, claimed) = tokio::join!(
            complete(&db, &one),
            complete(&db, &two),
            workflow::cancel_build(&db, &Author::NANG, id),
            workflow::claim(&db, "late", Duration::from_millis(1)),
        );
        assert!(cancelled.unwrap());
        claimed.unwrap();
        assert_eq!(find_build(&db, id).await.state, BuildState::Cancelled);
        assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
        crate::support::pass_waiting_times(&pool).await;
        complete_all(&db).await;
    }
}
