//! Collecting what nothing needs: once it has begun, no build uses the objects again.

use db::{
    Db, DbError,
    audit::Author,
    build::BuildState,
    film::FilmStatus,
    queue::{JobKind, JobState},
    workflow::{self, Retry},
};
use sqlx::PgPool;

use crate::support::{
    broken_rules, claim, claim_collect, complete, expire, film, find_build, find_film, jobs, make_ready,
    pass_waiting_times, plan_build, status,
};

const NANG: &Author = &Author::NANG;

#[sqlx::test(migrations = "../migrations")]
async fn a_retry_while_a_collect_is_claimed_begins_a_new_build(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let build = plan_build(&db, id, 2, 0).await;
    let dying = claim(&db).await;
    workflow::fail(&db, &dying.lease, "no", Retry::Never).await.unwrap();
    pass_waiting_times(&pool).await;
    let collecting = claim(&db).await;
    // The retry comes before the first step of the collect: it begins a new build, and the old one is still collected.
    assert!(workflow::retry_job(&db, NANG, dying.job.id).await.unwrap());
    assert_eq!(find_build(&db, build).await.state, BuildState::Failed);
    workflow::begin_collect(&db, &collecting.lease).await.unwrap();
    workflow::begin_collect(&db, &collecting.lease).await.unwrap();
    workflow::complete_collect(&db, &collecting.lease).await.unwrap();
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn no_statement_reactivates_a_build_that_is_being_collected(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let build = make_ready(&db, id).await;
    workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    pass_waiting_times(&pool).await;
    let collecting = claim_collect(&db, build).await;
    workflow::begin_collect(&db, &collecting.lease).await.unwrap();
    // This holds in every state of the job; here its row looks as if it had never been claimed.
    workflow::fail(&db, &collecting.lease, "disk", Retry::Later).await.unwrap();
    sqlx::query("UPDATE jobs SET started_at = NULL WHERE id = $1")
        .bind(collecting.job.id.0)
        .execute(&pool)
        .await
        .unwrap();
    let restored = workflow::restore_film(&db, NANG, id, 2).await.unwrap().unwrap();
    assert_eq!((restored.status, restored.build_id), (FilmStatus::Processing, None));
    let reactivated =
        sqlx::query("UPDATE builds SET state = 'ready' WHERE id = $1").bind(build.0).execute(&pool).await;
    assert!(reactivated.is_err(), "the table allows a build to be shown while its objects are deleted");
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_collect_does_not_begin_with_a_lost_lease(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    make_ready(&db, id).await;
    pass_waiting_times(&pool).await;
    let zombie = claim(&db).await;
    expire(&pool, zombie.job.id).await;
    let holder = claim(&db).await;
    assert_eq!((holder.job.id, holder.job.kind), (zombie.job.id, JobKind::Collect));
    let lost = workflow::begin_collect(&db, &zombie.lease).await;
    assert!(matches!(lost, Err(DbError::LeaseLost)), "{lost:?}");
    let wrong = workflow::begin_purge(&db, &holder.lease).await;
    assert!(matches!(wrong, Err(DbError::Invariant(_))), "{wrong:?}");
    complete(&db, &holder).await.unwrap();
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_whose_purge_has_begun_cannot_be_restored(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    workflow::purge_film(&db, NANG, id, 2).await.unwrap().unwrap();
    let purge = claim(&db).await;
    assert_eq!(purge.job.kind, JobKind::Purge);
    workflow::begin_purge(&db, &purge.lease).await.unwrap();
    // This holds in every state of the job.
    workflow::fail(&db, &purge.lease, "disk", Retry::Never).await.unwrap();
    sqlx::query("UPDATE jobs SET state = 'cancelled' WHERE id = $1")
        .bind(purge.job.id.0)
        .execute(&pool)
        .await
        .unwrap();
    let restored = workflow::restore_film(&db, NANG, id, 3).await;
    assert!(
        matches!(&restored, Err(DbError::Conflict { constraint, .. }) if constraint == "films_not_purged"),
        "{restored:?}"
    );
    assert_eq!(status(&db, id).await, FilmStatus::Empty);
    assert!(find_film(&db, id).await.deleted_at.is_some());
    assert!(jobs(&db, id, JobKind::Purge, JobState::Queued).await.is_empty());
}
