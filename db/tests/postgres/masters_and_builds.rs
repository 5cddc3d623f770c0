//! Editors delete masters and builds, encode masters again, and cancel single jobs.

use db::{
    Db, DbError,
    audit::{self, AuditFilter, Author},
    build::{self, BuildFilter, BuildState},
    film::FilmStatus,
    film_file::{self, FileFilter, FileState},
    queue::{JobKind, JobState},
    workflow::{self, Retry},
};
use domain::id::{BuildId, FileId, JobId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{
    broken_rules, claim, claim_collect, complete, complete_all, film, find_build, find_film, find_job, jobs,
    make_ready, nothing_to_claim, pass_waiting_times, plan_build, receive_upload, seconds_until_run,
    upload_master,
};

const NANG: &Author = &Author::NANG;

fn refused_by<T: std::fmt::Debug>(answer: &Result<T, DbError>, rule: &str) -> bool {
    match answer {
        Err(DbError::Conflict { constraint, .. }) => constraint == rule,
        _ => panic!("{answer:?}"),
    }
}

async fn master_of(db: &Db, build: BuildId) -> FileId {
    find_build(db, build).await.file_id
}

async fn actions(db: &Db, subject: Uuid) -> Vec<String> {
    let filter = AuditFilter { subject_id: Some(subject), ..AuditFilter::default() };
    let entries = audit::list(db, filter, None, 100).await.unwrap();
    entries.into_iter().rev().map(|entry| entry.action).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_master_is_deleted_only_when_nothing_needs_it(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let uploading = receive_upload(&db, id).await;
    assert!(refused_by(&workflow::delete_master(&db, NANG, uploading).await, "film_files_unneeded"));

    let build = plan_build(&db, id, 2, 1).await;
    let old = master_of(&db, build).await;
    assert!(
        refused_by(&workflow::delete_master(&db, NANG, old).await, "film_files_unneeded"),
        "it is being encoded"
    );
    complete_all(&db).await;
    assert!(refused_by(&workflow::delete_master(&db, NANG, old).await, "film_files_unneeded"), "it is shown");

    let newer = make_ready(&db, id).await;
    workflow::delete_master(&db, NANG, old).await.unwrap();
    let newest = master_of(&db, newer).await;
    assert!(
        refused_by(&workflow::delete_master(&db, NANG, newest).await, "film_files_unneeded"),
        "it is shown"
    );
    assert!(
        matches!(workflow::delete_master(&db, NANG, old).await, Err(DbError::NotFound)),
        "it is already deleted"
    );
    assert_eq!(actions(&db, old.0).await, ["file.upload", "file.delete"]);

    // A job deletes its bytes; the build of it can still be read.
    let collect = claim(&db).await;
    assert_eq!(
        (collect.job.kind, collect.job.file_id, collect.job.build_id),
        (JobKind::Collect, Some(old), None)
    );
    complete(&db, &collect).await.unwrap();
    let left = film_file::list_masters_by_films(&db, &[id]).await.unwrap();
    assert_eq!(left.iter().map(|file| file.id).collect::<Vec<_>>(), [uploading, newest]);
    assert_eq!(film_file::list_by_film(&db, id).await.unwrap().len(), 3, "a purge still looks for its bytes");
    assert_eq!(find_build(&db, build).await.file_id, old);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_master_is_deleted_even_if_it_is_the_only_one(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let (file, probe) = upload_master(&db, id).await;
    workflow::refuse_file(&db, &claim(&db).await.lease, "The file has no video.").await.unwrap();
    workflow::delete_master(&db, NANG, file).await.unwrap();
    assert!(
        refused_by(&workflow::retry_job(&db, NANG, probe).await, "jobs_retry_of_kept"),
        "there is no master to probe"
    );
    assert_eq!(claim(&db).await.job.file_id, Some(file));
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stored_master_is_encoded_again(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let first = make_ready(&db, id).await;
    let master = master_of(&db, first).await;
    let probe = workflow::encode_master(&db, NANG, master).await.unwrap();
    assert!(
        refused_by(&workflow::encode_master(&db, NANG, master).await, "film_files_encodable"),
        "it is queued"
    );
    // Viewers keep the old build until the new one is complete.
    assert_eq!(find_film(&db, id).await.build_id, Some(first));
    let claimed = claim(&db).await;
    assert_eq!((claimed.job.id, claimed.job.file_id), (probe, Some(master)));
    complete(&db, &claimed).await.unwrap();
    assert!(
        refused_by(&workflow::encode_master(&db, NANG, master).await, "film_files_encodable"),
        "it is encoded"
    );
    complete_all(&db).await;
    let shown = find_film(&db, id).await.build_id.unwrap();
    assert_ne!(shown, first);
    assert_eq!(master_of(&db, shown).await, master);
    assert_eq!(actions(&db, master.0).await, ["file.upload", "file.encode"]);
    assert_eq!(broken_rules(&pool).await, [""; 0]);

    db::workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    assert!(
        refused_by(&workflow::encode_master(&db, NANG, master).await, "film_files_encodable"),
        "it is deleted"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_build_is_deleted_only_when_it_is_neither_shown_nor_in_work(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let old = plan_build(&db, id, 2, 1).await;
    assert!(refused_by(&workflow::delete_build(&db, NANG, old).await, "builds_ended"));
    complete_all(&db).await;
    assert!(refused_by(&workflow::delete_build(&db, NANG, old).await, "builds_not_shown"));
    let shown = make_ready(&db, id).await;
    // Without the deletion it would be kept for a day.
    assert!(nothing_to_claim(&db).await);
    workflow::delete_build(&db, NANG, old).await.unwrap();
    let collect = claim_collect(&db, old).await;
    complete(&db, &collect).await.unwrap();
    assert!(matches!(workflow::delete_build(&db, NANG, old).await, Err(DbError::NotFound)));
    let left = build::list(&db, BuildFilter::default(), None, 9).await.unwrap();
    assert_eq!(left.iter().map(|build| build.id).collect::<Vec<_>>(), [shown]);
    assert_eq!(actions(&db, old.0).await, ["build.delete"]);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deleted_failed_build_is_not_retried(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let build = plan_build(&db, id, 2, 1).await;
    let failing = claim(&db).await;
    workflow::fail(&db, &failing.lease, "broken", Retry::Never).await.unwrap();
    workflow::delete_build(&db, NANG, build).await.unwrap();
    // Workers of its other parts may still write for a while.
    let collect = jobs(&db, id, JobKind::Collect, JobState::Queued).await[0].id;
    assert!((500.0..=600.0).contains(&seconds_until_run(&pool, collect).await));
    assert!(refused_by(&workflow::retry_job(&db, NANG, failing.job.id).await, "jobs_retry_of_kept"));
    pass_waiting_times(&pool).await;
    complete_all(&db).await;
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cancelled_part_cancels_its_build_and_a_cancelled_probe_fails_its_film(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let (file, probe) = upload_master(&db, id).await;
    let reading = claim(&db).await;
    assert!(workflow::cancel_job(&db, NANG, probe).await.unwrap());
    assert!(!workflow::cancel_job(&db, NANG, probe).await.unwrap(), "it has ended");
    assert!(matches!(complete(&db, &reading).await, Err(DbError::LeaseLost)));
    let failed = find_film(&db, id).await;
    assert_eq!(
        (failed.status, failed.failure.as_deref()),
        (FilmStatus::Failed, Some("Reading the master was cancelled."))
    );
    assert_eq!(broken_rules(&pool).await, [""; 0]);

    workflow::encode_master(&db, NANG, file).await.unwrap();
    complete(&db, &claim(&db).await).await.unwrap();
    let part = claim(&db).await;
    assert!(workflow::cancel_job(&db, NANG, part.job.id).await.unwrap());
    assert!(matches!(complete(&db, &part).await, Err(DbError::LeaseLost)));
    let build = part.job.build_id.unwrap();
    assert_eq!(find_build(&db, build).await.state, BuildState::Cancelled);
    assert_eq!(actions(&db, part.job.id.0).await, ["job.cancel"]);
    assert_eq!(broken_rules(&pool).await, [""; 0]);

    // A job that deletes objects cannot be cancelled.
    let collect = jobs(&db, id, JobKind::Collect, JobState::Queued).await[0].id;
    assert!(refused_by(&workflow::cancel_job(&db, NANG, collect).await, "jobs_collect_not_cancellable"));
    assert!(matches!(workflow::cancel_job(&db, NANG, JobId(Uuid::now_v7())).await, Err(DbError::NotFound)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_purge_can_be_cancelled_until_a_worker_claims_it(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    db::workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    db::workflow::purge_film(&db, NANG, id, 2).await.unwrap().unwrap();
    let purge = jobs(&db, id, JobKind::Purge, JobState::Queued).await[0].id;
    assert!(workflow::cancel_job(&db, NANG, purge).await.unwrap());
    assert_eq!(find_job(&db, purge).await.state, JobState::Cancelled);
    db::workflow::purge_film(&db, NANG, id, 3).await.unwrap().unwrap();
    let purge = claim(&db).await;
    assert!(refused_by(&workflow::cancel_job(&db, NANG, purge.job.id).await, "jobs_purge_not_cancellable"));
}

#[sqlx::test(migrations = "../migrations")]
async fn files_are_listed_by_film_and_state_newest_first(pool: PgPool) {
    let db = Db::from_pool(pool);
    let (one, other) = (film(&db).await, film(&db).await);
    let mut all = Vec::new();
    for id in [one, other, one] {
        all.push(upload_master(&db, id).await.0);
    }
    let unfinished = receive_upload(&db, other).await;
    all.push(unfinished);
    all.reverse();
    let ids = async |filter, after, limit| {
        let files = film_file::list(&db, filter, after, limit).await.unwrap();
        let last = files.last().map(film_file::FilmFile::cursor);
        (files.into_iter().map(|file| file.id).collect::<Vec<_>>(), last)
    };
    let (first, cursor) = ids(FileFilter::default(), None, 3).await;
    let (rest, _) = ids(FileFilter::default(), cursor, 3).await;
    assert_eq!([first, rest].concat(), all);
    let of_film = FileFilter { film_id: Some(one), ..FileFilter::default() };
    assert_eq!(ids(of_film, None, 9).await.0, [all[1], all[3]]);
    let uploading = FileFilter { state: Some(FileState::Uploading), ..FileFilter::default() };
    assert_eq!(ids(uploading, None, 9).await.0, [unfinished]);
}

#[sqlx::test(migrations = "../migrations")]
async fn rows_of_one_film_cannot_reference_those_of_another(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let (one, other) = (film(&db).await, film(&db).await);
    let (mine, theirs) = (make_ready(&db, one).await, make_ready(&db, other).await);
    let master = master_of(&db, theirs).await;
    let shown = db::presentation::shown(&db, other).await.unwrap().unwrap().id;
    for (constraint, sql, own, foreign) in [
        ("films_build_fkey", "UPDATE films SET build_id = $2 WHERE id = $1", one.0, theirs.0),
        ("builds_file_fkey", "UPDATE builds SET file_id = $2 WHERE id = $1", mine.0, master.0),
        (
            "jobs_build_fkey",
            "UPDATE jobs SET build_id = $2 WHERE build_id = $1 AND kind = 'publish'",
            mine.0,
            theirs.0,
        ),
        (
            "jobs_file_fkey",
            "UPDATE jobs SET file_id = $2 WHERE film_id = $1 AND kind = 'probe'",
            one.0,
            master.0,
        ),
        (
            "playback_sessions_presentation_fkey",
            "INSERT INTO playback_sessions (id, film_id, presentation_id, expires_at, duration_ms)
             VALUES (gen_random_uuid(), $1, $2, now(), 1)",
            one.0,
            shown.0,
        ),
        ("films_presentation_fkey", "UPDATE films SET presentation_id = $2 WHERE id = $1", one.0, shown.0),
        (
            "presentations_build_fkey",
            "UPDATE presentations SET build_id = $2 WHERE film_id = $1",
            one.0,
            theirs.0,
        ),
    ] {
        let mut tx = pool.begin().await.unwrap();
        // Without this the build would have two publish jobs, which another rule forbids.
        sqlx::query("DROP INDEX jobs_one_publish").execute(&mut *tx).await.unwrap();
        let error = sqlx::query(sql).bind(own).bind(foreign).execute(&mut *tx).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().constraint(), Some(constraint), "{error}");
    }
}
