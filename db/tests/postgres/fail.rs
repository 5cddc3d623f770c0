//! Jobs that fail, and what happens to their build and film.

use db::{
    Db, DbError,
    audit::Author,
    build::BuildState,
    desk,
    film::FilmStatus,
    film_file::FileState,
    queue::{self, AttemptOutcome, JobKind, JobState},
    workflow::{self, Retry},
};
use domain::{id::JobId, reason::ReasonCode};
use sqlx::PgPool;

use crate::support::{
    LEASE, broken_rules, claim, complete, expire, film, find_build, find_film, find_job, jobs, make_ready,
    nothing_to_claim, pass_waiting_times, plan_build, seconds_until_run, status, upload_master,
};

#[sqlx::test(migrations = "../migrations")]
async fn a_failed_attempt_is_retried_after_a_growing_delay(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    plan_build(&db, film, 1, 0).await;
    for (attempt, wait) in [(1, 2.0), (2, 8.0)] {
        let claimed = claim(&db).await;
        assert_eq!(claimed.job.attempts, attempt);
        let state =
            workflow::fail(&db, &claimed.lease, "storage was unreachable", Retry::Later).await.unwrap();
        assert_eq!(state, JobState::Queued);
        assert!(nothing_to_claim(&db).await);
        let seconds = seconds_until_run(&pool, claimed.job.id).await;
        assert!((wait - 1.5..=wait).contains(&seconds), "{seconds}");
        assert_eq!(find_job(&db, claimed.job.id).await.error.as_deref(), Some("storage was unreachable"));
        pass_waiting_times(&pool).await;
    }
    let claimed = claim(&db).await;
    let state = workflow::fail(&db, &claimed.lease, "the decoder crashed", Retry::Later).await.unwrap();
    assert_eq!(state, JobState::Dead);
    let reason =
        "Encoding chunk 1 of 1 (00:00:00–00:01:00) failed 3 times, the last time: the decoder crashed";
    assert_eq!(find_film(&db, film).await.failure.as_deref(), Some(reason));
    let attempts = queue::attempts(&db, claimed.job.id).await.unwrap();
    let errors: Vec<_> = attempts.iter().map(|attempt| attempt.error.as_deref().unwrap()).collect();
    assert_eq!(errors, ["storage was unreachable", "storage was unreachable", "the decoder crashed"]);
    assert!(attempts.iter().all(|attempt| attempt.outcome == Some(AttemptOutcome::Failed)));
}

#[sqlx::test(migrations = "../migrations")]
async fn one_dead_part_stops_its_siblings_and_fails_build_and_film(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let build = plan_build(&db, film, 4, 1).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let (running, dying) = (claim(&db).await, claim(&db).await);
    let state = workflow::fail(&db, &dying.lease, "the master ends early", Retry::Never).await.unwrap();
    assert_eq!(state, JobState::Dead);

    let failed = find_build(&db, build).await;
    assert_eq!((failed.state, failed.pending), (BuildState::Failed, 4));
    assert!(failed.failure.unwrap().ends_with("failed: the master ends early"));
    assert_eq!(status(&db, film).await, FilmStatus::Failed);
    assert_eq!(find_job(&db, running.job.id).await.state, JobState::Cancelled);
    let attempts = queue::attempts(&db, running.job.id).await.unwrap();
    assert_eq!(attempts[0].outcome, Some(AttemptOutcome::Cancelled));
    queue::heartbeat(&db, &running.lease, LEASE, None).await.unwrap_err();
    assert!(nothing_to_claim(&db).await);
    assert_eq!(jobs(&db, film, JobKind::EncodeAudio, JobState::Done).await.len(), 1);

    let collect = jobs(&db, film, JobKind::Collect, JobState::Queued).await;
    assert_eq!(collect.len(), 1);
    let hours = seconds_until_run(&pool, collect[0].id).await / 3600.0;
    assert!((23.9..=24.0).contains(&hours), "{hours}");
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reason_is_kept_as_a_code_with_its_values_until_a_retry(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let build = plan_build(&db, film, 1, 1).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let dying = claim(&db).await;
    let cause = ReasonCode::DecoderCrashed.with("signal", 11).with("at", "00:00:12");
    workflow::fail(&db, &dying.lease, &cause, Retry::Never).await.unwrap();

    let work = ReasonCode::WorkChunk
        .with("number", 1)
        .with("total", 1)
        .with("from", "00:00:00")
        .with("to", "00:01:00");
    let reason = ReasonCode::JobFailed.with_reason("work", work).with_reason("cause", &cause);
    let failed = find_film(&db, film).await;
    assert_eq!((failed.failure, failed.failure_reason), (Some(reason.to_string()), Some(reason.clone())));
    assert_eq!(find_build(&db, build).await.failure_reason, Some(reason.clone()));
    assert_eq!(find_job(&db, dying.job.id).await.error_reason, Some(cause.clone()));
    let attempts = queue::attempts(&db, dying.job.id).await.unwrap();
    assert_eq!(attempts[0].error_reason, Some(cause));
    let desk = desk::list(&db, 7, LEASE, 10).await.unwrap();
    assert_eq!(desk[0].reason, Some(reason));

    // A reason of a newer version has its text.
    sqlx::query("UPDATE films SET failure_reason = '{\"code\": \"of_a_newer_version\", \"values\": {}}'")
        .execute(&pool)
        .await
        .unwrap();
    let failed = find_film(&db, film).await;
    assert!(failed.failure.is_some() && failed.failure_reason.is_none());

    workflow::retry_job(&db, &Author::NANG, dying.job.id).await.unwrap();
    let retried = find_film(&db, film).await;
    assert_eq!((retried.failure, retried.failure_reason), (None, None));
    assert_eq!(find_build(&db, build).await.failure_reason, None);
    assert_eq!(find_job(&db, dying.job.id).await.error_reason, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_with_a_ready_build_stays_ready_when_a_newer_one_fails(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let old = make_ready(&db, film).await;
    let new = plan_build(&db, film, 2, 0).await;
    workflow::fail(&db, &claim(&db).await.lease, "no", Retry::Never).await.unwrap();
    let shown = find_film(&db, film).await;
    assert_eq!((shown.status, shown.build_id, shown.failure), (FilmStatus::Ready, Some(old), None));
    assert_eq!(find_build(&db, new).await.state, BuildState::Failed);

    // The same holds for a master that is refused.
    let (file, _) = upload_master(&db, film).await;
    workflow::refuse_file(&db, &claim(&db).await.lease, "The file has no video.").await.unwrap();
    assert_eq!(status(&db, film).await, FilmStatus::Ready);
    let file = db::film_file::find(&db, file).await.unwrap().unwrap();
    assert_eq!((file.state, file.note.as_deref()), (FileState::Refused, Some("The file has no video.")));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_is_not_failed_while_another_master_is_in_work(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    plan_build(&db, film, 1, 0).await;
    let first = claim(&db).await;
    plan_build(&db, film, 1, 0).await;
    workflow::fail(&db, &first.lease, "no", Retry::Never).await.unwrap();
    assert_eq!(status(&db, film).await, FilmStatus::Processing);
    workflow::fail(&db, &claim(&db).await.lease, "neither", Retry::Never).await.unwrap();
    let film = find_film(&db, film).await;
    assert_eq!(film.status, FilmStatus::Failed);
    assert!(film.failure.unwrap().ends_with("neither"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_master_fails_its_film_with_the_reason_of_the_planner(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let (file, probe) = upload_master(&db, film).await;
    workflow::refuse_file(&db, &claim(&db).await.lease, "The file has no video.").await.unwrap();
    let failed = find_film(&db, film).await;
    assert_eq!(
        (failed.status, failed.failure.as_deref()),
        (FilmStatus::Failed, Some("The file has no video."))
    );
    assert_eq!(db::film_file::find(&db, file).await.unwrap().unwrap().state, FileState::Refused);
    assert_eq!(find_job(&db, probe).await.state, JobState::Dead);
    let attempts = queue::attempts(&db, probe).await.unwrap();
    assert_eq!(attempts[0].outcome, Some(AttemptOutcome::Refused));
    assert!(nothing_to_claim(&db).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dead_collect_leaves_the_film_ready_and_can_be_retried(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    make_ready(&db, film).await;
    let shown = make_ready(&db, film).await;
    pass_waiting_times(&pool).await;
    let collect = claim(&db).await;
    assert_eq!(collect.job.kind, JobKind::Collect);
    workflow::fail(&db, &collect.lease, "access denied", Retry::Never).await.unwrap();
    let film = find_film(&db, film).await;
    assert_eq!((film.status, film.build_id), (FilmStatus::Ready, Some(shown)));
    assert!(workflow::retry_job(&db, &Author::NANG, collect.job.id).await.unwrap());
    assert_eq!(claim(&db).await.job.id, collect.job.id);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_build_that_failed_on_a_full_storage_is_collected_at_once(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    plan_build(&db, film(&db).await, 2, 0).await;
    let mut state = JobState::Queued;
    while state == JobState::Queued {
        pass_waiting_times(&pool).await;
        let claimed = claim(&db).await;
        assert_eq!(claimed.job.kind, JobKind::EncodeChunk);
        state = workflow::fail(&db, &claimed.lease, "the storage is full", Retry::LaterIfDiskSpace)
            .await
            .unwrap();
    }
    assert_eq!(state, JobState::Dead);
    assert_eq!(claim(&db).await.job.kind, JobKind::Collect);
}

/// Claims the next job three times, each time as if its worker had died.
async fn kill_three_workers(db: &Db, pool: &PgPool) -> JobId {
    let poison = claim(db).await.job.id;
    for _ in 0..2 {
        expire(pool, poison).await;
        assert_eq!(claim(db).await.job.id, poison);
    }
    expire(pool, poison).await;
    poison
}

#[sqlx::test(migrations = "../migrations")]
async fn an_expired_job_that_cannot_be_failed_does_not_block_claims_of_others(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let broken = plan_build(&db, film(&db).await, 1, 0).await;
    let poison = kill_three_workers(&db, &pool).await;
    // Nang never writes such a row: the build has ended, but its job runs.
    sqlx::query("UPDATE builds SET state = 'cancelled', finished_at = now() WHERE id = $1")
        .bind(broken.0)
        .execute(&pool)
        .await
        .unwrap();

    let healthy = film(&db).await;
    make_ready(&db, healthy).await;
    assert_eq!(find_job(&db, poison).await.state, JobState::Running);
    sqlx::query("UPDATE builds SET state = 'encoding', finished_at = NULL WHERE id = $1")
        .bind(broken.0)
        .execute(&pool)
        .await
        .unwrap();
    assert!(nothing_to_claim(&db).await);
    assert_eq!(find_job(&db, poison).await.state, JobState::Dead);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_plan_that_cannot_be_read_is_an_error_only_of_its_build(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let broken = plan_build(&db, id, 2, 0).await;
    sqlx::query(r#"UPDATE builds SET plan = '{"of": "another version"}' WHERE id = $1"#)
        .bind(broken.0)
        .execute(&pool)
        .await
        .unwrap();
    let plan = db::build::plan(&db, broken).await;
    assert!(matches!(plan, Err(DbError::UnreadablePlan { build, .. }) if build == broken), "{plan:?}");
    assert_eq!(db::build::list_by_film(&db, id).await.unwrap().len(), 1);
    assert_eq!(workflow::build_progress(&db, broken).await.unwrap().jobs_total, 2);

    let poison = kill_three_workers(&db, &pool).await;
    assert!(nothing_to_claim(&db).await);
    let reason = "The worker stopped responding 3 times while encoding video part 1.";
    assert_eq!(find_job(&db, poison).await.error.as_deref(), Some(reason));
    assert_eq!(find_build(&db, broken).await.failure.as_deref(), Some(reason));
    make_ready(&db, film(&db).await).await;
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}
