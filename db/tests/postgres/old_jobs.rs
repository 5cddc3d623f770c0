//! Old finished jobs are deleted.

use std::time::Duration;

use db::{
    Db,
    audit::Author,
    queue::{self, JobKind, JobState},
    workflow::{self, KEEP_FINISHED_JOBS, Retry, delete_old_jobs},
};
use domain::id::FilmId;
use sqlx::PgPool;

use crate::support::{
    broken_rules, claim, complete, film, find_build, find_film, find_job, jobs, make_ready, nothing_to_claim,
    pass_waiting_times, plan_build, upload_master,
};

async fn count(pool: &PgPool) -> (i64, i64) {
    let count = "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM job_attempts)";
    sqlx::query_as(count).fetch_one(pool).await.unwrap()
}

/// Moves the end of all finished jobs, and the start of all queued ones, eight days back.
async fn pass_a_week(pool: &PgPool) {
    sqlx::query(
        "UPDATE jobs SET finished_at = finished_at - interval '8 days' WHERE finished_at IS NOT NULL",
    )
    .execute(pool)
    .await
    .unwrap();
    sqlx::query("UPDATE jobs SET run_at = run_at - interval '8 days' WHERE state = 'queued'")
        .execute(pool)
        .await
        .unwrap();
}

async fn delete_all_old(db: &Db) -> u64 {
    let mut deleted = 0;
    loop {
        match delete_old_jobs(db, KEEP_FINISHED_JOBS, 5).await.unwrap() {
            0 => return deleted,
            batch => {
                assert!(batch <= 5);
                deleted += batch;
            }
        }
    }
}

async fn collect_all(db: &Db, film: FilmId) {
    while !jobs(db, film, JobKind::Collect, JobState::Queued).await.is_empty() {
        complete(db, &claim(db).await).await.unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_jobs_of_many_builds_take_bounded_space(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let mut sizes = Vec::new();
    for _ in 0..4 {
        let build = make_ready(&db, id).await;
        let progress = workflow::build_progress(&db, build).await.unwrap();
        assert_eq!(delete_all_old(&db).await, 0, "jobs that ended just now");
        pass_a_week(&pool).await;
        pass_waiting_times(&pool).await;
        collect_all(&db, id).await;
        delete_all_old(&db).await;
        sizes.push(count(&pool).await);
        assert_eq!(
            workflow::build_progress(&db, build).await.unwrap(),
            progress,
            "progress depends only on the build"
        );
        assert_eq!(find_film(&db, id).await.build_id, Some(build));
    }
    // Only the collect jobs of build and presentation that were done in the last round are left.
    assert_eq!(sizes, [(0, 0), (2, 2), (2, 2), (2, 2)]);
    assert_eq!(db::build::list_by_film(&db, id).await.unwrap().len(), 4);
    // A restored film shows its build although the build's jobs are deleted.
    workflow::delete_film(&db, &Author::NANG, id, 1).await.unwrap().unwrap();
    let restored = workflow::restore_film(&db, &Author::NANG, id, 2).await.unwrap().unwrap();
    assert!(restored.build_id.is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn jobs_stay_as_long_as_a_retry_needs_them(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let build = plan_build(&db, id, 3, 0).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let dying = claim(&db).await;
    workflow::fail(&db, &dying.lease, "no", Retry::Never).await.unwrap();
    let probe = jobs(&db, id, JobKind::Probe, JobState::Done).await[0].id;
    sqlx::query(
        "UPDATE jobs SET finished_at = finished_at - interval '8 days' WHERE finished_at IS NOT NULL",
    )
    .execute(&pool)
    .await
    .unwrap();
    // The build's objects exist, so its finished part stays, and its dead part can be retried.
    assert_eq!(delete_all_old(&db).await, 1);
    assert_eq!(queue::find(&db, probe).await.unwrap(), None);
    assert!(workflow::retry_job(&db, &Author::NANG, dying.job.id).await.unwrap());
    assert_eq!(find_build(&db, build).await.pending, 2);
    assert_eq!(broken_rules(&pool).await, [""; 0]);

    let dying = claim(&db).await;
    workflow::fail(&db, &dying.lease, "no", Retry::Never).await.unwrap();
    pass_a_week(&pool).await;
    let collecting = claim(&db).await;
    workflow::begin_collect(&db, &collecting.lease).await.unwrap();
    workflow::fail(&db, &collecting.lease, "access denied", Retry::Never).await.unwrap();
    pass_a_week(&pool).await;
    assert_eq!(delete_all_old(&db).await, 0, "a dead collect can be retried");
    assert!(workflow::retry_job(&db, &Author::NANG, collecting.job.id).await.unwrap());
    complete(&db, &claim(&db).await).await.unwrap();
    pass_a_week(&pool).await;
    assert_eq!(delete_all_old(&db).await, 5, "three parts, the cancelled collect and the done one");
    assert_eq!(count(&pool).await, (0, 0));
    let progress = workflow::build_progress(&db, build).await.unwrap();
    assert_eq!(
        (progress.jobs_done, progress.jobs_total, progress.frames_done, progress.frames_total),
        (1, 3, 1500, 4500)
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_master_can_be_probed_again_until_a_probe_succeeds(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let (_, probe) = upload_master(&db, film(&db).await).await;
    workflow::refuse_file(&db, &claim(&db).await.lease, "The file has no video.").await.unwrap();
    pass_a_week(&pool).await;
    assert_eq!(delete_all_old(&db).await, 0);
    assert!(workflow::retry_job(&db, &Author::NANG, probe).await.unwrap());
    assert_eq!(delete_old_jobs(&db, Duration::ZERO, 100).await.unwrap(), 0, "it is queued");
    assert_eq!(find_job(&db, probe).await.state, JobState::Queued);
    complete(&db, &claim(&db).await).await.unwrap();
    pass_a_week(&pool).await;
    assert_eq!(delete_all_old(&db).await, 1);
    assert!(!nothing_to_claim(&db).await, "its parts are queued");
}
