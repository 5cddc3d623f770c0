//! What a lease allows, and what is refused without one.

use db::{
    Db, DbError,
    queue::{self, AttemptOutcome, ClaimedJob, JobKind, JobState, Lease},
    workflow::{self, BuildStart, NewBuild, Retry},
};
use domain::id::{BuildId, PresentationId};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{
    LEASE, broken_rules, claim, complete, complete_all, expire, film, find_build, find_job, jobs, make_ready,
    nothing_to_claim, output, pass_waiting_times, plan, plan_build, record, snapshot, upload_master,
    without_parts,
};

/// Reports everything that a worker can report of a job, with an invalid lease: each call must fail and change nothing.
async fn assert_powerless(db: &Db, pool: &PgPool, zombie: &ClaimedJob) {
    let before = snapshot(pool).await;
    let lease = &zombie.lease;
    let start = BuildStart::Encoding(Box::new(plan(2, 1)));
    let new = NewBuild { id: BuildId(Uuid::now_v7()), start, note: None };
    let part =
        if zombie.job.index.is_some() { output(&zombie.job) } else { domain::output::PartOutput::default() };
    let answers = [
        queue::heartbeat(db, lease, LEASE, Some((7, 8))).await,
        queue::release(db, lease).await,
        workflow::complete_collect(db, lease).await,
        workflow::complete_part(db, lease, &part).await,
        workflow::complete_probe(db, lease, json!({}), new).await,
        complete_publish(db, lease).await,
        workflow::hold_damaged(db, lease, &record(&plan(2, 1)), None).await,
        workflow::refuse_file(db, lease, "no video").await,
        workflow::fail(db, lease, "zombie", Retry::Later).await.map(|_| ()),
        workflow::fail(db, lease, "zombie", Retry::Never).await.map(|_| ()),
        workflow::fail_damaged(db, lease, "zombie", &[], &[]).await,
        workflow::begin_collect(db, lease).await,
        workflow::begin_purge(db, lease).await,
        queue::postpone(db, lease, "zombie", LEASE).await,
    ];
    for answer in answers {
        assert!(matches!(answer, Err(DbError::LeaseLost)), "{answer:?}");
    }
    assert_eq!(snapshot(pool).await, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_zombie_whose_lease_was_taken_can_change_nothing(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;

    // While another worker holds the job, for each kind of job.
    upload_master(&db, film).await;
    let zombie = claim(&db).await;
    expire(&pool, zombie.job.id).await;
    let successor = claim(&db).await;
    assert_powerless(&db, &pool, &zombie).await;
    complete(&db, &successor).await.unwrap();
    assert_powerless(&db, &pool, &zombie).await;

    let zombie = claim(&db).await;
    expire(&pool, zombie.job.id).await;
    let successor = claim(&db).await;
    assert_powerless(&db, &pool, &zombie).await;
    complete(&db, &successor).await.unwrap();
    assert_powerless(&db, &pool, &zombie).await;
    for _ in 0..2 {
        complete(&db, &claim(&db).await).await.unwrap();
    }

    let zombie = claim(&db).await;
    expire(&pool, zombie.job.id).await;
    let successor = claim(&db).await;
    assert_powerless(&db, &pool, &zombie).await;
    complete(&db, &successor).await.unwrap();
    assert_powerless(&db, &pool, &zombie).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_zombie_is_powerless_after_the_job_was_queued_again_or_failed(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    plan_build(&db, film(&db).await, 1, 0).await;
    let zombie = claim(&db).await;
    workflow::fail(&db, &zombie.lease, "storage was unreachable", Retry::Later).await.unwrap();
    assert_powerless(&db, &pool, &zombie).await;
    pass_waiting_times(&pool).await;
    let zombie = claim(&db).await;
    workflow::fail(&db, &zombie.lease, "storage was unreachable", Retry::Never).await.unwrap();
    assert_powerless(&db, &pool, &zombie).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_token_of_one_job_is_invalid_for_another(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    plan_build(&db, film(&db).await, 2, 0).await;
    let mut mixed = claim(&db).await;
    mixed.lease.job = claim(&db).await.lease.job;
    assert_powerless(&db, &pool, &mixed).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_late_worker_that_was_not_replaced_may_still_finish(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let build = plan_build(&db, film(&db).await, 2, 0).await;
    let late = claim(&db).await;
    expire(&pool, late.job.id).await;
    complete(&db, &late).await.unwrap();
    assert_eq!(find_build(&db, build).await.pending, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_heartbeat_renews_the_lease_and_records_progress(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let build = plan_build(&db, film(&db).await, 2, 0).await;
    let claimed = claim(&db).await;
    expire(&pool, claimed.job.id).await;
    queue::heartbeat(&db, &claimed.lease, LEASE, Some((400, 1500))).await.unwrap();
    assert_ne!(claim(&db).await.job.id, claimed.job.id, "the renewed job was claimed by another worker");
    queue::heartbeat(&db, &claimed.lease, LEASE, None).await.unwrap();
    let job = find_job(&db, claimed.job.id).await;
    assert_eq!((job.progress_done, job.progress_total), (400, 1500));
    let progress = workflow::build_progress(&db, build).await.unwrap();
    assert_eq!((progress.frames_done, progress.frames_total), (400, 3000));
    assert_eq!((progress.jobs_done, progress.jobs_total, progress.jobs_running), (0, 2, 2));
    complete(&db, &claimed).await.unwrap();
    let progress = workflow::build_progress(&db, build).await.unwrap();
    assert_eq!((progress.frames_done, progress.jobs_done, progress.jobs_running), (1500, 1, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_released_job_can_be_claimed_at_once_and_the_attempt_does_not_count(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    plan_build(&db, film(&db).await, 1, 0).await;
    for _ in 0..5 {
        let claimed = claim(&db).await;
        assert_eq!(claimed.job.attempts, 1);
        queue::release(&db, &claimed.lease).await.unwrap();
        assert_powerless(&db, &pool, &claimed).await;
    }
    let claimed = claim(&db).await;
    let attempts = queue::attempts(&db, claimed.job.id).await.unwrap();
    assert_eq!(attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert!(attempts[..5].iter().all(|attempt| attempt.outcome == Some(AttemptOutcome::Released)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_job_cannot_be_completed_as_another_kind(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    make_ready(&db, film).await;
    plan_build(&db, film, 1, 0).await;
    let chunk = claim(&db).await;
    let before = snapshot(&pool).await;
    for answer in [
        workflow::complete_collect(&db, &chunk.lease).await,
        complete_publish(&db, &chunk.lease).await,
        workflow::hold_damaged(&db, &chunk.lease, &record(&plan(1, 0)), None).await,
    ] {
        assert!(matches!(answer, Err(DbError::Invariant(_))), "{answer:?}");
    }
    assert_eq!(snapshot(&pool).await, before);
    assert_eq!(find_job(&db, chunk.job.id).await.state, JobState::Running);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_job_that_is_postponed_often_waits_and_loses_no_attempt(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    plan_build(&db, film(&db).await, 1, 0).await;
    for _ in 0..5 {
        let claimed = claim(&db).await;
        assert_eq!(claimed.job.attempts, 1);
        queue::postpone(&db, &claimed.lease, "no descriptors", LEASE).await.unwrap();
        assert!(nothing_to_claim(&db).await, "claimed again at once");
        let waiting = find_job(&db, claimed.job.id).await;
        assert_eq!((waiting.state, waiting.attempts), (JobState::Queued, 0));
        assert_eq!(waiting.error.as_deref(), Some("no descriptors"));
        assert_eq!(
            queue::attempts(&db, waiting.id).await.unwrap().len(),
            1,
            "the history grows without bound"
        );
        assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
        pass_waiting_times(&pool).await;
    }
    complete_all(&db).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn parts_wait_for_disk_space_with_a_note_while_other_jobs_run(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let first = film(&db).await;
    plan_build(&db, first, 2, 1).await;
    assert!(queue::mark_waiting_for_disk_space(&db, 3 << 30).await.unwrap());
    assert!(!queue::mark_waiting_for_disk_space(&db, 3 << 30).await.unwrap(), "marked twice");
    let waiting = jobs(&db, first, JobKind::EncodeChunk, JobState::Queued).await;
    assert!(
        waiting.iter().all(|job| job.attempts == 0 && job.error.as_deref().unwrap().contains("3072 MiB"))
    );
    assert!(workflow::claim_of(&db, "w", LEASE, &without_parts()).await.unwrap().is_none());
    let (_, probe) = upload_master(&db, film(&db).await).await;
    assert_eq!(workflow::claim_of(&db, "w", LEASE, &without_parts()).await.unwrap().unwrap().job.id, probe);

    queue::clear_waiting_for_disk_space(&db).await.unwrap();
    assert!(
        jobs(&db, first, JobKind::EncodeChunk, JobState::Queued).await.iter().all(|job| job.error.is_none())
    );
    assert_eq!(claim(&db).await.job.kind, JobKind::EncodeAudio);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_restarted_only_worker_claims_its_jobs_at_once(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    plan_build(&db, film(&db).await, 2, 0).await;
    let (first, second) = (claim(&db).await, claim(&db).await);
    assert!(workflow::claim(&db, "restarted", LEASE).await.unwrap().is_none());

    assert_eq!(queue::end_all_leases(&db).await.unwrap(), 2);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
    let lost = queue::heartbeat(&db, &first.lease, LEASE, None).await;
    assert!(matches!(lost, Err(DbError::LeaseLost)), "{lost:?}");
    let again = workflow::claim(&db, "restarted", LEASE).await.unwrap().unwrap();
    assert_eq!((again.job.id, again.job.attempts), (first.job.id, 2));
    let attempts = queue::attempts(&db, first.job.id).await.unwrap();
    assert_eq!(attempts[0].outcome, Some(AttemptOutcome::LeaseExpired));
    assert_eq!(attempts[0].error.as_deref(), Some("the worker was restarted"));

    // A job that kills its worker each time still ends dead.
    assert_eq!(queue::end_all_leases(&db).await.unwrap(), 1);
    let last = claim(&db).await;
    assert_eq!((last.job.id, last.job.attempts), (first.job.id, 3));
    assert_eq!(queue::end_all_leases(&db).await.unwrap(), 1);
    assert!(nothing_to_claim(&db).await);
    assert_eq!(find_job(&db, first.job.id).await.state, JobState::Dead);
    assert_eq!(find_job(&db, second.job.id).await.state, JobState::Cancelled);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
    assert_eq!(queue::end_all_leases(&db).await.unwrap(), 0);
}

/// Completes a publish job with a presentation that does not exist.
async fn complete_publish(db: &Db, lease: &Lease) -> db::Result<()> {
    let id = PresentationId(Uuid::now_v7());
    workflow::complete_publish(db, lease, &record(&plan(2, 1)), id, None).await.map(drop)
}
