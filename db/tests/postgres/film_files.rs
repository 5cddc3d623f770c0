//! Uploads and masters.

use std::{collections::HashMap, time::Duration};

use db::{
    Db, DbError,
    audit::Author,
    build,
    film::{self as films, FilmChange, FilmStatus},
    film_file::{self, FileState},
    queue::JobKind,
    upload::{self, NewFile, UploadLease},
    workflow::{self, Retry},
};
use domain::id::{FileId, FilmId};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

use crate::support::{
    LEASE, broken_rules, claim, complete_all, far_future, film, find_film, finish_upload, lease_upload,
    long_ago, nothing_to_claim, receive_upload, status, unique_sha256, upload_master,
};

fn conflict(error: &DbError) -> &str {
    match error {
        DbError::Conflict { constraint, .. } => constraint,
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_checkpoint_continues_only_from_the_offset_of_the_upload(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let id = FileId(Uuid::now_v7());
    let new =
        NewFile { id, film_id: film, name: "a.mov".to_owned(), size_bytes: 100, expires_at: long_ago() };
    upload::create(&db, &Author::NANG, new).await.unwrap();
    let held = lease_upload(&db, id).await;
    assert!(upload::checkpoint(&db, &held, 0, 40, b"one", far_future()).await.unwrap());
    assert!(!upload::checkpoint(&db, &held, 0, 60, b"rival", far_future()).await.unwrap());
    assert!(upload::checkpoint(&db, &held, 40, 60, b"two", far_future()).await.unwrap());
    let file = film_file::find(&db, id).await.unwrap().unwrap();
    assert_eq!((file.received_bytes, file.hash_state.as_deref()), (60, Some(&b"two"[..])));
    assert_eq!(file.expires_at, far_future());
    let beyond = upload::checkpoint(&db, &held, 60, 101, b"x", far_future()).await.unwrap_err();
    assert_eq!(conflict(&beyond), "film_files_received_within_size");
    let early = upload::finish(&db, &held, &unique_sha256()).await.unwrap_err();
    assert_eq!(conflict(&early), "film_files_finish_once");
    assert_eq!(status(&db, film).await, FilmStatus::Empty);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_has_one_lease_and_a_replaced_one_changes_nothing(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let file = receive_upload(&db, film(&db).await).await;
    assert!(!upload::is_leased(&db, file).await.unwrap());
    let (first, row) = upload::take_lease(&db, file, LEASE).await.unwrap().unwrap();
    assert_eq!((row.id, row.received_bytes), (file, 10));
    assert!(upload::is_leased(&db, file).await.unwrap());
    assert!(upload::take_lease(&db, file, LEASE).await.unwrap().is_none());

    // After it has expired, the holder may continue until another request takes the lease.
    assert!(upload::renew_lease(&db, &first, Duration::ZERO).await.unwrap());
    assert!(!upload::is_leased(&db, file).await.unwrap());
    assert!(upload::checkpoint(&db, &first, 10, 10, b"hash", far_future()).await.unwrap());
    assert!(upload::renew_lease(&db, &first, LEASE).await.unwrap());
    assert!(upload::take_lease(&db, file, LEASE).await.unwrap().is_none());
    sqlx::query("UPDATE film_files SET lease_until = now()").execute(&pool).await.unwrap();
    let (second, _) = upload::take_lease(&db, file, LEASE).await.unwrap().unwrap();

    assert!(!upload::renew_lease(&db, &first, LEASE).await.unwrap());
    assert!(!upload::checkpoint(&db, &first, 10, 0, b"", far_future()).await.unwrap());
    assert!(!upload::delete(&db, &Author::NANG, &first).await.unwrap());
    let late = upload::finish(&db, &first, &unique_sha256()).await.unwrap_err();
    assert_eq!(conflict(&late), "film_files_finish_once");
    upload::release_lease(&db, &first).await.unwrap();
    assert!(upload::is_leased(&db, file).await.unwrap(), "only its holder releases it");

    // After the only server was killed, no request waits until the lease expires.
    assert_eq!(upload::release_all_leases(&db).await.unwrap(), 1);
    assert!(!upload::renew_lease(&db, &second, LEASE).await.unwrap());
    let second = lease_upload(&db, file).await;

    upload::finish(&db, &second, &unique_sha256()).await.unwrap();
    assert!(!upload::renew_lease(&db, &second, LEASE).await.unwrap());
    assert!(upload::take_lease(&db, file, LEASE).await.unwrap().is_none());
    upload::release_lease(&db, &second).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn of_many_requests_that_take_a_lease_at_once_one_gets_it(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    for _ in 0..10 {
        let file = receive_upload(&db, film).await;
        let takers: Vec<_> = (0..8)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { upload::take_lease(&db, file, LEASE).await.unwrap() })
            })
            .collect();
        let mut taken = 0;
        for taker in takers {
            taken += usize::from(taker.await.unwrap().is_some());
        }
        assert_eq!(taken, 1);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_finished_upload_queues_one_probe(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let id = receive_upload(&db, film).await;
    let sha256 = unique_sha256();
    let held = lease_upload(&db, id).await;
    let finished = upload::finish(&db, &held, &sha256).await.unwrap();
    let file = film_file::find(&db, id).await.unwrap().unwrap();
    assert_eq!((file.state, file.sha256, file.hash_state), (FileState::Uploaded, Some(sha256.clone()), None));
    assert_eq!(status(&db, film).await, FilmStatus::Processing);
    let again = upload::finish(&db, &held, &sha256).await.unwrap_err();
    assert_eq!(conflict(&again), "film_files_finish_once");
    let probe = claim(&db).await.job;
    assert_eq!((Some(probe.id), probe.kind, probe.file_id), (finished.job, JobKind::Probe, Some(id)));
    assert!(nothing_to_claim(&db).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_master_twice_is_a_duplicate_while_the_first_is_in_use(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let sha256 = unique_sha256();
    let original = receive_upload(&db, film).await;
    finish_upload(&db, original, &sha256).await.unwrap();
    let upload_again = async || {
        let file = receive_upload(&db, film).await;
        let finished = finish_upload(&db, file, &sha256).await.unwrap();
        (file, finished)
    };

    // While it is probed, while it is encoded, and when it is shown.
    let (file, finished) = upload_again().await;
    assert_eq!((finished.job, finished.duplicate_of), (None, Some(original)));
    let duplicate = film_file::find(&db, file).await.unwrap().unwrap();
    assert_eq!(duplicate.state, FileState::Duplicate);
    assert!(duplicate.note.unwrap().contains("ໜັງ"));
    let probe = claim(&db).await;
    assert_eq!(upload_again().await.1.duplicate_of, Some(original));
    crate::support::complete(&db, &probe).await.unwrap();
    assert_eq!(upload_again().await.1.duplicate_of, Some(original));
    complete_all(&db).await;
    assert_eq!(upload_again().await.1.duplicate_of, Some(original));
    assert_eq!(status(&db, film).await, FilmStatus::Ready);

    // With another profile it is encoded again.
    let change = FilmChange { profile: Some("fast".to_owned()), ..FilmChange::default() };
    films::update(&db, &Author::NANG, film, change, 1).await.unwrap().unwrap();
    assert_eq!(upload_again().await.1.duplicate_of, None);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_master_after_a_failure_a_cancel_or_in_another_film_is_not_a_duplicate(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let sha256 = unique_sha256();
    for end in ["failed", "cancelled", "refused"] {
        let file = receive_upload(&db, film).await;
        assert_eq!(finish_upload(&db, file, &sha256).await.unwrap().duplicate_of, None, "before {end}");
        let probe = claim(&db).await;
        if end == "refused" {
            workflow::refuse_file(&db, &probe.lease, "no").await.unwrap();
            continue;
        }
        crate::support::complete(&db, &probe).await.unwrap();
        if end == "failed" {
            workflow::fail(&db, &claim(&db).await.lease, "no", Retry::Never).await.unwrap();
        } else {
            let builds = build::list_by_film(&db, film).await.unwrap();
            assert!(workflow::cancel_build(&db, &Author::NANG, builds.last().unwrap().id).await.unwrap());
            complete_all(&db).await;
        }
    }
    let again = receive_upload(&db, film).await;
    assert_eq!(finish_upload(&db, again, &sha256).await.unwrap().duplicate_of, None);
    let elsewhere = receive_upload(&db, crate::support::film(&db).await).await;
    assert_eq!(finish_upload(&db, elsewhere, &sha256).await.unwrap().duplicate_of, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_uploads_of_one_master_that_end_at_once_are_encoded_once(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool);
    for _ in 0..10 {
        let film = film(&db).await;
        let (one, two) = (receive_upload(&db, film).await, receive_upload(&db, film).await);
        let sha256 = unique_sha256();
        let (first, second) =
            tokio::join!(finish_upload(&db, one, &sha256), finish_upload(&db, two, &sha256));
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(u32::from(first.job.is_some()) + u32::from(second.job.is_some()), 1);
        assert!(first.duplicate_of == Some(two) || second.duplicate_of == Some(one));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn only_unfinished_uploads_can_be_deleted(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let open = receive_upload(&db, film).await;
    let (whole, _) = upload_master(&db, film).await;
    let held = lease_upload(&db, open).await;
    assert!(upload::delete(&db, &Author::NANG, &held).await.unwrap());
    assert!(!upload::delete(&db, &Author::NANG, &held).await.unwrap());
    assert!(upload::take_lease(&db, whole, LEASE).await.unwrap().is_none());
    let files = film_file::list_by_film(&db, film).await.unwrap();
    assert_eq!(files.iter().map(|file| file.id).collect::<Vec<_>>(), [whole]);
}

#[sqlx::test(migrations = "../migrations")]
async fn abandoned_uploads_expire_once(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let half_of = async |size_bytes| {
        let (id, name) = (FileId(Uuid::now_v7()), "half.mov".to_owned());
        let new = NewFile { id, film_id: film, name, size_bytes, expires_at: far_future() };
        upload::create(&db, &Author::NANG, new).await.unwrap();
        let held = lease_upload(&db, id).await;
        assert!(upload::checkpoint(&db, &held, 0, size_bytes / 2, b"hash", far_future()).await.unwrap());
        (id, held)
    };
    let ((stale, held), (fresh, _)) = (half_of(100).await, half_of(1000).await);
    // All its bytes arrived, and the server was killed before it finished the upload.
    let whole = receive_upload(&db, film).await;
    let (master, _) = upload_master(&db, film).await;
    assert_eq!(upload::outstanding_before(&db, stale).await.unwrap(), 0);
    assert_eq!(upload::outstanding_before(&db, fresh).await.unwrap(), 50);
    assert_eq!(upload::outstanding_before(&db, master).await.unwrap(), 550);
    sqlx::query("UPDATE film_files SET expires_at = now() - interval '1 second' WHERE id = ANY($1)")
        .bind([stale.0, whole.0, master.0])
        .execute(&pool)
        .await
        .unwrap();
    assert!(upload::take_expired(&db, 10).await.unwrap().is_empty(), "a request is writing it");
    assert!(upload::renew_lease(&db, &held, Duration::ZERO).await.unwrap());
    assert_eq!(upload::take_expired(&db, 10).await.unwrap(), [stale]);
    assert!(upload::take_expired(&db, 10).await.unwrap().is_empty());
    assert_eq!(film_file::find(&db, stale).await.unwrap().unwrap().state, FileState::Expired);
    assert!(!upload::checkpoint(&db, &held, 50, 50, b"", far_future()).await.unwrap());
    assert!(upload::take_lease(&db, stale, LEASE).await.unwrap().is_none());
    let unfinished = upload::list_whole(&db).await.unwrap();
    assert_eq!(unfinished.iter().map(|file| file.id).collect::<Vec<_>>(), [whole]);
    let states = upload::states(&db, &[stale, master, FileId(Uuid::nil())]).await.unwrap();
    assert_eq!(states, HashMap::from([(stale, FileState::Expired), (master, FileState::Uploaded)]));
    assert_eq!(film_file::find(&db, fresh).await.unwrap().unwrap().state, FileState::Uploading);
    assert_eq!(find_film(&db, film).await.status, FilmStatus::Processing);
}

#[sqlx::test(migrations = "../migrations")]
async fn invalid_uploads_are_refused_with_a_reason(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let new = |film_id, name: &str, size_bytes| NewFile {
        id: FileId(Uuid::now_v7()),
        film_id,
        name: name.to_owned(),
        size_bytes,
        expires_at: far_future(),
    };
    for (file, constraint, reason) in [
        (new(film, "a.mov", 0), "film_files_size_positive", "the file is empty"),
        (new(film, "", 1), "film_files_name_given", "the file needs a name"),
        (new(FilmId(Uuid::now_v7()), "a.mov", 1), "film_files_film_fkey", "the film does not exist"),
    ] {
        let error = upload::create(&db, &Author::NANG, file).await.unwrap_err();
        assert_eq!((conflict(&error), error.to_string().as_str()), (constraint, reason));
    }
    let file = receive_upload(&db, film).await;
    let error = finish_upload(&db, file, "ABC").await.unwrap_err();
    assert_eq!(conflict(&error), "film_files_sha256_form");
    let unknown = UploadLease { file: FileId(Uuid::now_v7()), token: Uuid::new_v4() };
    assert!(matches!(upload::finish(&db, &unknown, "x").await, Err(DbError::NotFound)));
}
