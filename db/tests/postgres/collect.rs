//! Deleting what nothing needs: once it has begun, nothing is built on it again.

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
    broken_rules, claim, complete, expire, film, find_build, find_film, jobs, pass_waiting_times, planned,
    ready, status,
};

const NOBODY: &Author = &Author::NANG;

#[sqlx::test(migrations = "../migrations")]
async fn a_build_that_is_used_again_is_not_collected(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let build = planned(&db, id, 2, 0).await;
    let dying = claim(&db).await;
    workflow::fail(&db, &dying.lease, "no", Retry::Never).await.unwrap();
    pass_waiting_times(&pool).await;
    let collecting = claim(&db).await;
    // Its worker is stopped before the first step, and a new build is begun; the old one stays to be collected.
    assert!(workflow::retry_job(&db, NOBODY, dying.job.id).await.unwrap());
    assert_eq!(find_build(&db, build).await.state, BuildState::Failed);
    workflow::begin_collect(&db, &collecting.lease).await.unwrap();
    workflow::begin_collect(&db, &collecting.lease).await.unwrap();
    workflow::complete_collect(&db, &collecting.lease).await.unwrap();
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn no_statement_revives_a_build_whose_objects_go(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let build = ready(&db, id).await;
    workflow::delete_film(&db, NOBODY, id, 1).await.unwrap().unwrap();
    pass_waiting_times(&pool).await;
    let collecting = claim(&db).await;
    workflow::begin_collect(&db, &collecting.lease).await.unwrap();
    // Whatever becomes of the job: here it is as if it had never been claimed.
    workflow::fail(&db, &collecting.lease, "disk", Retry::Later).await.unwrap();
    sqlx::query("UPDATE jobs SET started_at = NULL WHERE id = $1")
        .bind(collecting.job.id.0)
        .execute(&pool)
        .await
        .unwrap();
    let restored = workflow::restore_film(&db, NOBODY, id, 2).await.unwrap().unwrap();
    assert_eq!((restored.status, restored.build_id), (FilmStatus::Processing, None));
    let revived =
        sqlx::query("UPDATE builds SET state = 'ready' WHERE id = $1").bind(build.0).execute(&pool).await;
    assert!(revived.is_err(), "the table lets a build be shown whose objects go");
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_lost_lease_begins_nothing(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    ready(&db, id).await;
    ready(&db, id).await;
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
    workflow::delete_film(&db, NOBODY, id, 1).await.unwrap().unwrap();
    workflow::purge_film(&db, NOBODY, id, 2).await.unwrap().unwrap();
    let purge = claim(&db).await;
    assert_eq!(purge.job.kind, JobKind::Purge);
    workflow::begin_purge(&db, &purge.lease).await.unwrap();
    // Whatever becomes of the job.
    workflow::fail(&db, &purge.lease, "disk", Retry::Never).await.unwrap();
    sqlx::query("UPDATE jobs SET state = 'cancelled' WHERE id = $1")
        .bind(purge.job.id.0)
        .execute(&pool)
        .await
        .unwrap();
    let restored = workflow::restore_film(&db, NOBODY, id, 3).await;
    assert!(
        matches!(&restored, Err(DbError::Conflict { constraint, .. }) if constraint == "films_not_purged"),
        "{restored:?}"
    );
    assert_eq!(status(&db, id).await, FilmStatus::Empty);
    assert!(find_film(&db, id).await.deleted_at.is_some());
    assert!(jobs(&db, id, JobKind::Purge, JobState::Queued).await.is_empty());
}
