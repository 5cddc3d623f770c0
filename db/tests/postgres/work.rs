//! Editors take masters and builds away, have masters encoded again, and stop single jobs.

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
    broken_rules, claim, complete, drain, film, find_build, find_film, find_job, jobs, nothing_to_claim,
    pass_waiting_times, planned, ready, received, seconds_until_run, uploaded,
};

const NOBODY: &Author = &Author::NANG;

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
    let uploading = received(&db, id).await;
    assert!(refused_by(&workflow::delete_master(&db, NOBODY, uploading).await, "film_files_unneeded"));

    let build = planned(&db, id, 2, 1).await;
    let old = master_of(&db, build).await;
    assert!(
        refused_by(&workflow::delete_master(&db, NOBODY, old).await, "film_files_unneeded"),
        "it is being encoded"
    );
    drain(&db).await;
    assert!(
        refused_by(&workflow::delete_master(&db, NOBODY, old).await, "film_files_unneeded"),
        "it is shown"
    );

    let newer = ready(&db, id).await;
    workflow::delete_master(&db, NOBODY, old).await.unwrap();
    let newest = master_of(&db, newer).await;
    assert!(
        refused_by(&workflow::delete_master(&db, NOBODY, newest).await, "film_files_unneeded"),
        "it is shown"
    );
    assert!(matches!(workflow::delete_master(&db, NOBODY, old).await, Err(DbError::NotFound)), "it is gone");
    assert_eq!(actions(&db, old.0).await, ["file.upload", "file.delete"]);

    // A job removes its bytes; the build that was made of it can still be looked at.
    let collect = claim(&db).await;
    assert_eq!(
        (collect.job.kind, collect.job.file_id, collect.job.build_id),
        (JobKind::Collect, Some(old), None)
    );
    complete(&db, &collect).await.unwrap();
    let left = film_file::list_by_films(&db, &[id]).await.unwrap();
    assert_eq!(left.iter().map(|file| file.id).collect::<Vec<_>>(), [uploading, newest]);
    assert_eq!(film_file::list_by_film(&db, id).await.unwrap().len(), 3, "a purge still looks for its bytes");
    assert_eq!(find_build(&db, build).await.file_id, old);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_master_goes_though_it_is_the_only_one(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let (file, probe) = uploaded(&db, id).await;
    workflow::refuse_master(&db, &claim(&db).await.lease, "There is no picture in it.").await.unwrap();
    workflow::delete_master(&db, NOBODY, file).await.unwrap();
    assert!(
        refused_by(&workflow::retry_job(&db, NOBODY, probe).await, "jobs_retry_of_kept"),
        "there is nothing to read"
    );
    assert_eq!(claim(&db).await.job.file_id, Some(file));
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stored_master_is_encoded_again(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let first = ready(&db, id).await;
    let master = master_of(&db, first).await;
    let probe = workflow::encode_master(&db, NOBODY, master).await.unwrap();
    assert!(
        refused_by(&workflow::encode_master(&db, NOBODY, master).await, "film_files_encodable"),
        "it is queued"
    );
    // Viewers keep what they have until the new build is whole.
    assert_eq!(find_film(&db, id).await.build_id, Some(first));
    let claimed = claim(&db).await;
    assert_eq!((claimed.job.id, claimed.job.file_id), (probe, Some(master)));
    complete(&db, &claimed).await.unwrap();
    assert!(
        refused_by(&workflow::encode_master(&db, NOBODY, master).await, "film_files_encodable"),
        "it is encoded"
    );
    drain(&db).await;
    let shown = find_film(&db, id).await.build_id.unwrap();
    assert_ne!(shown, first);
    assert_eq!(master_of(&db, shown).await, master);
    assert_eq!(actions(&db, master.0).await, ["file.upload", "file.encode"]);
    assert_eq!(broken_rules(&pool).await, [""; 0]);

    db::workflow::delete_film(&db, NOBODY, id, 1).await.unwrap().unwrap();
    assert!(
        refused_by(&workflow::encode_master(&db, NOBODY, master).await, "film_files_encodable"),
        "it is deleted"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn only_a_build_that_is_neither_shown_nor_made_is_deleted(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let old = planned(&db, id, 2, 1).await;
    assert!(refused_by(&workflow::delete_build(&db, NOBODY, old).await, "builds_ended"));
    drain(&db).await;
    assert!(refused_by(&workflow::delete_build(&db, NOBODY, old).await, "builds_not_shown"));
    let shown = ready(&db, id).await;
    // It would be collected in a day.
    assert!(nothing_to_claim(&db).await);
    workflow::delete_build(&db, NOBODY, old).await.unwrap();
    let collect = claim(&db).await;
    assert_eq!((collect.job.kind, collect.job.build_id), (JobKind::Collect, Some(old)));
    complete(&db, &collect).await.unwrap();
    assert!(matches!(workflow::delete_build(&db, NOBODY, old).await, Err(DbError::NotFound)));
    let left = build::list(&db, BuildFilter::default(), None, 9).await.unwrap();
    assert_eq!(left.iter().map(|build| build.id).collect::<Vec<_>>(), [shown]);
    assert_eq!(actions(&db, old.0).await, ["build.delete"]);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deleted_failed_build_is_not_gone_on_with(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let build = planned(&db, id, 2, 1).await;
    let failing = claim(&db).await;
    workflow::fail(&db, &failing.lease, "broken", Retry::Never).await.unwrap();
    workflow::delete_build(&db, NOBODY, build).await.unwrap();
    // Workers at its other parts may still write for a while.
    let collect = jobs(&db, id, JobKind::Collect, JobState::Queued).await[0].id;
    assert!((500.0..=600.0).contains(&seconds_until_run(&pool, collect).await));
    assert!(refused_by(&workflow::retry_job(&db, NOBODY, failing.job.id).await, "jobs_retry_of_kept"));
    pass_waiting_times(&pool).await;
    drain(&db).await;
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cancelled_part_takes_its_build_along_and_a_cancelled_probe_its_film(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let (file, probe) = uploaded(&db, id).await;
    let reading = claim(&db).await;
    assert!(workflow::cancel_job(&db, NOBODY, probe).await.unwrap());
    assert!(!workflow::cancel_job(&db, NOBODY, probe).await.unwrap(), "it has ended");
    assert!(matches!(complete(&db, &reading).await, Err(DbError::LeaseLost)));
    let failed = find_film(&db, id).await;
    assert_eq!(
        (failed.status, failed.failure.as_deref()),
        (FilmStatus::Failed, Some("Reading the master was cancelled."))
    );
    assert_eq!(broken_rules(&pool).await, [""; 0]);

    workflow::encode_master(&db, NOBODY, file).await.unwrap();
    complete(&db, &claim(&db).await).await.unwrap();
    let part = claim(&db).await;
    assert!(workflow::cancel_job(&db, NOBODY, part.job.id).await.unwrap());
    assert!(matches!(complete(&db, &part).await, Err(DbError::LeaseLost)));
    let build = part.job.build_id.unwrap();
    assert_eq!(find_build(&db, build).await.state, BuildState::Cancelled);
    assert_eq!(actions(&db, part.job.id.0).await, ["job.cancel"]);
    assert_eq!(broken_rules(&pool).await, [""; 0]);

    // What removes objects goes on.
    let collect = jobs(&db, id, JobKind::Collect, JobState::Queued).await[0].id;
    assert!(refused_by(&workflow::cancel_job(&db, NOBODY, collect).await, "jobs_collect_goes_on"));
    assert!(matches!(workflow::cancel_job(&db, NOBODY, JobId(Uuid::now_v7())).await, Err(DbError::NotFound)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_purge_can_be_called_off_until_a_worker_begins_it(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    db::workflow::delete_film(&db, NOBODY, id, 1).await.unwrap().unwrap();
    db::workflow::purge_film(&db, NOBODY, id, 2).await.unwrap().unwrap();
    let purge = jobs(&db, id, JobKind::Purge, JobState::Queued).await[0].id;
    assert!(workflow::cancel_job(&db, NOBODY, purge).await.unwrap());
    assert_eq!(find_job(&db, purge).await.state, JobState::Cancelled);
    db::workflow::purge_film(&db, NOBODY, id, 3).await.unwrap().unwrap();
    let purge = claim(&db).await;
    assert!(refused_by(&workflow::cancel_job(&db, NOBODY, purge.job.id).await, "jobs_purge_goes_on"));
}

#[sqlx::test(migrations = "../migrations")]
async fn files_are_listed_by_film_and_state_newest_first(pool: PgPool) {
    let db = Db::from_pool(pool);
    let (one, other) = (film(&db).await, film(&db).await);
    let mut all = Vec::new();
    for id in [one, other, one] {
        all.push(uploaded(&db, id).await.0);
    }
    let under_way = received(&db, other).await;
    all.push(under_way);
    all.reverse();
    let ids = async |filter, after, limit| {
        let files = film_file::list(&db, filter, after, limit).await.unwrap();
        let last = files.last().map(film_file::FilmFile::cursor);
        (files.into_iter().map(|file| file.id).collect::<Vec<_>>(), last)
    };
    let (first, cursor) = ids(FileFilter::default(), None, 3).await;
    let (rest, _) = ids(FileFilter::default(), cursor, 3).await;
    assert_eq!([first, rest].concat(), all);
    let of_film = FileFilter { film_id: Some(one), state: None };
    assert_eq!(ids(of_film, None, 9).await.0, [all[1], all[3]]);
    let uploading = FileFilter { film_id: None, state: Some(FileState::Uploading) };
    assert_eq!(ids(uploading, None, 9).await.0, [under_way]);
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_of_one_film_can_name_what_is_anothers(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let (one, other) = (film(&db).await, film(&db).await);
    let (mine, theirs) = (ready(&db, one).await, ready(&db, other).await);
    let master = master_of(&db, theirs).await;
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
            "playback_sessions_build_fkey",
            "INSERT INTO playback_sessions (id, film_id, build_id, expires_at, duration_ms)
             VALUES (gen_random_uuid(), $1, $2, now(), 1)",
            one.0,
            theirs.0,
        ),
    ] {
        let mut tx = pool.begin().await.unwrap();
        // Or the build would have two jobs of a kind, which another rule forbids.
        sqlx::query("DROP INDEX jobs_one_publish").execute(&mut *tx).await.unwrap();
        let error = sqlx::query(sql).bind(own).bind(foreign).execute(&mut *tx).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().constraint(), Some(constraint), "{error}");
    }
}
