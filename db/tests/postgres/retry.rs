//! An admin retries dead jobs.

use db::{
    Db, DbError,
    audit::Author,
    build::BuildState,
    film::FilmStatus,
    film_file::FileState,
    queue::{self, JobKind, JobState},
    workflow::{self, Retry},
};
use domain::id::JobId;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{
    broken_rules, claim, complete, complete_all, expire, film, find_build, find_film, find_job, find_plan,
    jobs, nothing_to_claim, pass_waiting_times, plan_build, publish, record, snapshot, status, upload_master,
};

#[sqlx::test(migrations = "../migrations")]
async fn a_retried_part_reactivates_its_build_and_done_parts_stay_done(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let build = plan_build(&db, film, 4, 1).await;
    complete(&db, &claim(&db).await).await.unwrap();
    complete(&db, &claim(&db).await).await.unwrap();
    let (_running, dying) = (claim(&db).await, claim(&db).await);
    workflow::fail(&db, &dying.lease, "no", Retry::Never).await.unwrap();

    assert!(workflow::retry_job(&db, &Author::NANG, dying.job.id).await.unwrap());
    let reactivated = find_build(&db, build).await;
    assert_eq!(
        (reactivated.state, reactivated.pending, reactivated.failure),
        (BuildState::Encoding, 3, None)
    );
    let film_now = find_film(&db, film).await;
    assert_eq!((film_now.status, film_now.failure), (FilmStatus::Processing, None));
    let job = find_job(&db, dying.job.id).await;
    assert_eq!((job.state, job.attempts, job.error), (JobState::Queued, 0, None));
    assert_eq!(jobs(&db, film, JobKind::Collect, JobState::Cancelled).await.len(), 1);
    assert_eq!(jobs(&db, film, JobKind::EncodeChunk, JobState::Queued).await.len(), 3);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());

    // A second retry does nothing, and the build can be completed.
    assert!(!workflow::retry_job(&db, &Author::NANG, dying.job.id).await.unwrap());
    complete_all(&db).await;
    assert_eq!(find_film(&db, film).await.build_id, Some(build));
    let numbers: Vec<_> =
        queue::attempts(&db, dying.job.id).await.unwrap().iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, [1, 2]);
    pass_waiting_times(&pool).await;
    assert!(nothing_to_claim(&db).await, "a ready build is collected");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_build_can_fail_and_be_retried_again_and_again(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let build = plan_build(&db, film, 2, 0).await;
    for _ in 0..3 {
        let dying = claim(&db).await;
        workflow::fail(&db, &dying.lease, "no", Retry::Never).await.unwrap();
        assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
        assert!(workflow::retry_job(&db, &Author::NANG, dying.job.id).await.unwrap());
        assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
    }
    complete_all(&db).await;
    assert_eq!(find_film(&db, film).await.build_id, Some(build));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_part_whose_attempts_all_expired_can_be_retried(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    plan_build(&db, film, 1, 0).await;
    let mut poison = claim(&db).await;
    for _ in 0..2 {
        expire(&pool, poison.job.id).await;
        poison = claim(&db).await;
    }
    expire(&pool, poison.job.id).await;
    assert!(nothing_to_claim(&db).await);
    assert!(workflow::retry_job(&db, &Author::NANG, poison.job.id).await.unwrap());
    complete_all(&db).await;
    assert_eq!(status(&db, film).await, FilmStatus::Ready);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dead_publish_is_retried_without_encoding_again(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let build = plan_build(&db, film, 1, 0).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let failed = claim(&db).await;
    workflow::fail(&db, &failed.lease, "an object is missing", Retry::Never).await.unwrap();
    let failure = find_film(&db, film).await.failure;
    assert_eq!(failure.as_deref(), Some("Publishing the film failed: an object is missing"));
    assert!(workflow::retry_job(&db, &Author::NANG, failed.job.id).await.unwrap());
    assert_eq!(find_build(&db, build).await.state, BuildState::Publishing);
    let again = claim(&db).await;
    assert_eq!(again.job.id, failed.job.id);
    publish(&db, &again, &record(&crate::support::plan(1, 0))).await.unwrap();
    assert_eq!(find_film(&db, film).await.build_id, Some(build));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_retry_encodes_the_damaged_parts_again_and_publishes_after_them(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let build = plan_build(&db, film, 3, 1).await;
    for _ in 0..4 {
        complete(&db, &claim(&db).await).await.unwrap();
    }
    let publish = claim(&db).await;
    let damaged = [(JobKind::EncodeChunk, 1), (JobKind::EncodeAudio, 0)];
    let keys = ["a1/init.mp4".to_owned(), "v1080/00011.m4s".to_owned()];
    assert_eq!(publish.job.damaged_keys, [""; 0]);
    workflow::fail_damaged(&db, &publish.lease, "two objects are missing", &damaged, &keys).await.unwrap();
    let failed = find_build(&db, build).await;
    assert_eq!((failed.state, failed.pending), (BuildState::Failed, 2));
    let failure = find_film(&db, film).await.failure;
    assert_eq!(failure.as_deref(), Some("Publishing the film failed: two objects are missing"));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());

    assert!(workflow::retry_job(&db, &Author::NANG, publish.job.id).await.unwrap());
    assert_eq!(find_build(&db, build).await.state, BuildState::Encoding);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
    let again = [claim(&db).await, claim(&db).await];
    let parts = again.each_ref().map(|claimed| (claimed.job.kind, claimed.job.index.unwrap()));
    assert_eq!(parts, [(JobKind::EncodeAudio, 0), (JobKind::EncodeChunk, 1)]);
    assert!(again.iter().all(|claimed| claimed.job.damaged_keys == keys), "{again:?}");
    assert!(nothing_to_claim(&db).await, "the other parts stay done, and nothing is published yet");
    for claimed in &again {
        complete(&db, claimed).await.unwrap();
    }
    assert_eq!(claim(&db).await.job.id, publish.job.id);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
    expire(&pool, publish.job.id).await;
    complete_all(&db).await;
    assert_eq!(find_film(&db, film).await.build_id, Some(build));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn parts_that_do_not_fit_together_are_collected_at_once_and_a_retry_begins_a_new_build(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let old = plan_build(&db, film, 2, 0).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let dying = claim(&db).await;
    workflow::fail(&db, &dying.lease, "the init segment differs", Retry::InNewBuild).await.unwrap();
    assert_eq!(jobs(&db, film, JobKind::Collect, JobState::Queued).await.len(), 1);
    assert!(workflow::retry_job(&db, &Author::NANG, dying.job.id).await.unwrap());
    assert_eq!(find_build(&db, old).await.state, BuildState::Failed);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
    let collecting = claim(&db).await;
    assert_eq!(
        (collecting.job.kind, collecting.job.build_id),
        (JobKind::Collect, Some(old)),
        "collected without a day of delay"
    );
    complete(&db, &collecting).await.unwrap();
    complete_all(&db).await;
    let shown = find_film(&db, film).await.build_id;
    assert!(shown.is_some() && shown != Some(old));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn once_a_collect_is_claimed_a_retry_begins_a_new_build(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let old = plan_build(&db, film, 2, 1).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let dying = claim(&db).await;
    workflow::fail(&db, &dying.lease, "no", Retry::Never).await.unwrap();
    pass_waiting_times(&pool).await;
    let collecting = claim(&db).await;
    assert_eq!(collecting.job.kind, JobKind::Collect);

    assert!(workflow::retry_job(&db, &Author::NANG, dying.job.id).await.unwrap());
    assert_eq!(find_build(&db, old).await.state, BuildState::Failed);
    complete(&db, &collecting).await.unwrap();
    let builds = db::build::list_by_film(&db, film).await.unwrap();
    assert_eq!(builds.len(), 2);
    assert_eq!((builds[1].state, builds[1].pending), (BuildState::Encoding, 3));
    assert_eq!(find_plan(&db, builds[1].id).await, find_plan(&db, builds[0].id).await);
    assert_eq!(status(&db, film).await, FilmStatus::Processing);
    assert!(
        !workflow::retry_job(&db, &Author::NANG, dying.job.id).await.unwrap(),
        "a second retry began a third build"
    );
    complete_all(&db).await;
    assert_eq!(find_film(&db, film).await.build_id, Some(builds[1].id));
    assert!(!workflow::retry_job(&db, &Author::NANG, dying.job.id).await.unwrap());
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_build_is_not_retried_when_its_collect_waits_for_its_next_attempt(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let old = plan_build(&db, film, 2, 0).await;
    let dying = claim(&db).await;
    workflow::fail(&db, &dying.lease, "no", Retry::Never).await.unwrap();
    pass_waiting_times(&pool).await;
    let collecting = claim(&db).await;
    workflow::fail(&db, &collecting.lease, "storage became unreachable half-way", Retry::Later)
        .await
        .unwrap();

    assert!(workflow::retry_job(&db, &Author::NANG, dying.job.id).await.unwrap());
    assert_eq!(find_build(&db, old).await.state, BuildState::Failed);
    assert_eq!(find_job(&db, collecting.job.id).await.state, JobState::Queued);
    complete_all(&db).await;
    let shown = find_film(&db, film).await.build_id;
    assert!(shown.is_some() && shown != Some(old));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_master_can_be_probed_again(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let (file, probe) = upload_master(&db, film).await;
    workflow::refuse_file(&db, &claim(&db).await.lease, "The file has no video.").await.unwrap();
    assert!(workflow::retry_job(&db, &Author::NANG, probe).await.unwrap());
    let again = db::film_file::find(&db, file).await.unwrap().unwrap();
    assert_eq!((again.state, again.note), (FileState::Uploaded, None));
    assert_eq!(status(&db, film).await, FilmStatus::Processing);
    complete_all(&db).await;
    assert_eq!(status(&db, film).await, FilmStatus::Ready);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_dead_jobs_can_be_retried(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    plan_build(&db, film, 2, 0).await;
    let (running, dying) = (claim(&db).await, claim(&db).await);
    assert!(!workflow::retry_job(&db, &Author::NANG, running.job.id).await.unwrap());
    workflow::fail(&db, &dying.lease, "no", Retry::Never).await.unwrap();
    let before = snapshot(&pool).await;
    assert!(!workflow::retry_job(&db, &Author::NANG, running.job.id).await.unwrap(), "a cancelled job");
    assert!(matches!(
        workflow::retry_job(&db, &Author::NANG, JobId(Uuid::now_v7())).await,
        Err(DbError::NotFound)
    ));
    assert_eq!(snapshot(&pool).await, before);
}
