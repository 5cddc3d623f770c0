//! Deleting, restoring and purging films while their jobs run.

use db::{
    Db, DbError,
    audit::Author,
    build::BuildState,
    film::{self as films, FilmStatus},
    queue::{JobKind, JobState},
    workflow::{self, Retry},
};
use sqlx::PgPool;

use crate::support::{
    broken_rules, claim, claim_collect, complete, film, find_build, finish_upload, jobs, make_ready,
    nothing_to_claim, pass_waiting_times, plan_build, receive_upload, unique_sha256,
};

#[sqlx::test(migrations = "../migrations")]
async fn deleting_stops_the_encode_and_restoring_encodes_again(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let build = plan_build(&db, id, 3, 1).await;
    let running = claim(&db).await;
    assert_eq!(db::workflow::delete_film(&db, &Author::NANG, id, 7).await.unwrap(), None);
    let deleted = db::workflow::delete_film(&db, &Author::NANG, id, 1).await.unwrap().unwrap();
    assert_eq!((deleted.status, deleted.version, deleted.deleted_at.is_some()), (FilmStatus::Empty, 2, true));
    assert!(matches!(complete(&db, &running).await, Err(DbError::LeaseLost)));
    assert_eq!(find_build(&db, build).await.state, BuildState::Cancelled);
    // Objects are deleted only after the worker must have noticed.
    assert!(nothing_to_claim(&db).await);
    assert_eq!(jobs(&db, id, JobKind::Collect, JobState::Queued).await.len(), 1);
    assert_eq!(broken_rules(&pool).await, [""; 0]);

    let restored = db::workflow::restore_film(&db, &Author::NANG, id, 2).await.unwrap().unwrap();
    assert_eq!((restored.status, restored.deleted_at), (FilmStatus::Processing, None));
    assert_eq!(claim(&db).await.job.kind, JobKind::Probe);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_restored_film_shows_its_presentation_again_until_that_is_retired(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let build = make_ready(&db, id).await;
    db::workflow::delete_film(&db, &Author::NANG, id, 1).await.unwrap().unwrap();
    assert_eq!(broken_rules(&pool).await, [""; 0]);
    let restored = db::workflow::restore_film(&db, &Author::NANG, id, 2).await.unwrap().unwrap();
    assert_eq!((restored.status, restored.build_id), (FilmStatus::Ready, Some(build)));
    assert_eq!(restored.audio_languages, ["lo"]);
    assert_eq!(broken_rules(&pool).await, [""; 0]);

    db::workflow::delete_film(&db, &Author::NANG, id, 3).await.unwrap().unwrap();
    pass_waiting_times(&pool).await;
    let collect = claim_collect(&db, build).await;
    // The worker may have deleted some objects, even if it failed.
    workflow::fail(&db, &collect.lease, "disk", Retry::Later).await.unwrap();
    let restored = db::workflow::restore_film(&db, &Author::NANG, id, 4).await.unwrap().unwrap();
    assert_eq!((restored.status, restored.build_id), (FilmStatus::Processing, None));
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_master_that_arrives_for_a_deleted_film_waits_until_the_film_is_restored(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let file = receive_upload(&db, id).await;
    db::workflow::delete_film(&db, &Author::NANG, id, 1).await.unwrap().unwrap();
    assert_eq!(finish_upload(&db, file, &unique_sha256()).await.unwrap().job, None);
    assert!(nothing_to_claim(&db).await);
    let restored = db::workflow::restore_film(&db, &Author::NANG, id, 2).await.unwrap().unwrap();
    assert_eq!(restored.status, FilmStatus::Processing);
    assert_eq!(claim(&db).await.job.file_id, Some(file));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dead_job_of_a_deleted_film_cannot_be_retried(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    plan_build(&db, id, 2, 1).await;
    let failing = claim(&db).await;
    workflow::fail(&db, &failing.lease, "broken", Retry::Never).await.unwrap();
    db::workflow::delete_film(&db, &Author::NANG, id, 1).await.unwrap().unwrap();
    assert!(!workflow::retry_job(&db, &Author::NANG, failing.lease.job).await.unwrap());
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn purging_waits_for_workers_that_may_still_write(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    plan_build(&db, id, 2, 1).await;
    let running = claim(&db).await;
    let error = db::workflow::purge_film(&db, &Author::NANG, id, 1).await.unwrap_err();
    assert!(
        matches!(&error, DbError::Conflict { constraint, .. } if constraint == "films_deleted"),
        "{error:?}"
    );
    db::workflow::delete_film(&db, &Author::NANG, id, 1).await.unwrap().unwrap();
    db::workflow::purge_film(&db, &Author::NANG, id, 2).await.unwrap().unwrap();
    assert!(nothing_to_claim(&db).await);
    pass_waiting_times(&pool).await;
    while let Some(claimed) = workflow::claim(&db, "worker-1", crate::support::LEASE).await.unwrap() {
        complete(&db, &claimed).await.unwrap();
    }
    assert_eq!(films::find(&db, id).await.unwrap(), None);
    assert!(matches!(complete(&db, &running).await, Err(DbError::LeaseLost)));
}
