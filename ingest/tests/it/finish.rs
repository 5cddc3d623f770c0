//! The end of an upload: finished, a duplicate, interrupted, or expired.

use std::time::Duration;

use db::{
    audit::Author,
    film_file::{self, FileState},
    upload::{self, NewFile},
};
use domain::id::FileId;
use domain::key::Key;
use ingest::{Sweeper, Swept};
use sqlx::PgPool;
use storage::Checkpoint;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::client::{create, head, header, patch, pattern, refusal, request, sha256};
use crate::site::{DAY, Site, new_film};

#[sqlx::test(migrations = "../migrations")]
async fn the_same_file_is_a_duplicate_only_within_its_film(pool: PgPool) {
    let mut site = Site::start(pool).await;
    let bytes = pattern(100_000);
    let mut files = Vec::new();
    for expected in ["uploaded", "duplicate", "uploaded"] {
        if files.len() == 2 {
            site.film = new_film(&site.db).await;
        }
        let file = create(&site, 100_000).await;
        let answer = patch(&site, file, 0, &bytes).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, "upload-offset")), (204, "100000"));
        assert_eq!(header(&answer, "nang-upload-state"), expected);
        assert_eq!(header(&head(&site, file).await, "nang-upload-state"), expected);
        assert_eq!(site.master(file).await.is_some(), expected == "uploaded", "not stored twice");
        if expected == "duplicate" {
            let first: FileId = files[0];
            assert_eq!(header(&answer, "nang-duplicate-of"), first.to_string());
            assert!(site.row(file).await.note.unwrap().contains("film.mov"));
        }
        files.push(file);
    }
}

/// Returns the checkpoint at the end of an upload, as far as a folder needs it.
pub(crate) fn whole(size_bytes: usize) -> Checkpoint {
    Checkpoint { offset: size_bytes as u64, ..Checkpoint::default() }
}

/// Creates an upload in the state that a server leaves if it is killed when all bytes are stored and recorded.
pub(crate) async fn stored_but_unfinished(site: &Site, bytes: &[u8]) -> FileId {
    let (id, expires_at) = (FileId(Uuid::now_v7()), OffsetDateTime::now_utc() + DAY);
    let size_bytes = bytes.len() as u64;
    let new = NewFile { id, film_id: site.film, name: "film.mov".to_owned(), size_bytes, expires_at };
    upload::create(&site.db, &Author::NANG, new).await.unwrap();
    let mut upload = site.storage.open_upload(id, size_bytes, Checkpoint::default()).await.unwrap();
    assert!(upload.append(bytes.to_vec().into()).await);
    let Checkpoint { offset, state } = upload.close().await.checkpoint;
    let (lease, _) = upload::take_lease(&site.db, id, DAY).await.unwrap().unwrap();
    assert!(upload::checkpoint(&site.db, &lease, 0, offset, &state, expires_at).await.unwrap());
    upload::release_lease(&site.db, &lease).await.unwrap();
    id
}

#[sqlx::test(migrations = "../migrations")]
async fn an_interrupted_finish_is_completed_by_the_next_request(pool: PgPool) {
    let site = Site::start(pool).await;
    for (case, renamed, by_head) in [(0, false, true), (1, true, true), (2, false, false), (3, true, false)] {
        let bytes = pattern(50_000 + case);
        let file = stored_but_unfinished(&site, &bytes).await;
        if renamed {
            site.storage.finish_upload(file, &whole(bytes.len())).await.unwrap();
        }
        let answer = if by_head {
            head(&site, file).await
        } else {
            patch(&site, file, bytes.len() as u64, b"").send().await.unwrap()
        };
        assert!(answer.status().is_success());
        assert_eq!(header(&answer, "nang-upload-state"), "uploaded", "case {case}");
        let row = site.row(file).await;
        assert_eq!((row.state, row.sha256.unwrap()), (FileState::Uploaded, sha256(&bytes)));
        assert_eq!(site.master(file).await.unwrap(), bytes);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_request_may_be_repeated_if_its_response_was_lost(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 3).await;
    for (offset, bytes, status) in [(0, "abc", 204), (3, "", 204), (0, "abc", 409), (3, "d", 413)] {
        let answer = patch(&site, file, offset, bytes.as_bytes()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{bytes} at {offset}");
    }
    assert_eq!(site.master(file).await.unwrap(), b"abc");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_without_new_bytes_for_too_long_expires(pool: PgPool) {
    let site = Site::start_with(pool.clone(), |config| config.expiry = Duration::ZERO).await;
    let sweeper = Sweeper::new(site.db.clone(), site.storage.clone());
    let begun = create(&site, 100).await;
    patch(&site, begun, 0, &[1; 50]).send().await.unwrap();
    let whole = stored_but_unfinished(&site, b"whole").await;
    let finished = create(&site, 3).await;
    patch(&site, finished, 0, b"abc").send().await.unwrap();

    assert_eq!(sweeper.sweep().await.unwrap(), Swept { finished: 1, expired: 1 });
    assert_eq!(site.row(begun).await.state, FileState::Expired);
    assert_eq!(site.row(whole).await.state, FileState::Uploaded);
    assert!(site.storage.list_uploads().await.unwrap().is_empty());
    assert_eq!(site.master(finished).await.unwrap(), b"abc");
    assert_eq!(head(&site, begun).await.status(), 410);
    let (status, detail) = refusal(patch(&site, begun, 50, &[1; 50]).send().await.unwrap()).await;
    assert!(status == 410 && detail.contains("expired"), "{status} {detail}");

    // A sweep that was killed between its two steps has left bytes.
    let upload = site.storage.open_upload(begun, 50, Checkpoint::default()).await.unwrap();
    upload.close().await;
    assert_eq!(sweeper.sweep().await.unwrap(), Swept::default());
    assert!(site.storage.list_uploads().await.unwrap().is_empty());
}

/// The first case is the state that a server leaves if it is killed after the last checkpoint, the second if it is killed after
/// the bytes were renamed.
#[sqlx::test(migrations = "../migrations")]
async fn a_stored_upload_whose_client_never_returns_becomes_a_master(pool: PgPool) {
    let site = Site::start(pool.clone()).await;
    let cases = [false, true].map(|renamed| (renamed, pattern(50_000 + usize::from(renamed))));
    let mut files = Vec::new();
    for (renamed, bytes) in &cases {
        let file = stored_but_unfinished(&site, bytes).await;
        if *renamed {
            site.storage.finish_upload(file, &whole(bytes.len())).await.unwrap();
        }
        files.push(file);
    }
    // No client has sent a request for a long time.
    sqlx::query("UPDATE film_files SET expires_at = now() - interval '1 day'").execute(&pool).await.unwrap();
    let sweeper = Sweeper::new(site.db.clone(), site.storage.clone());
    assert_eq!(sweeper.sweep().await.unwrap(), Swept { finished: 2, expired: 0 });
    for (file, (_, bytes)) in files.iter().zip(&cases) {
        let row = site.row(*file).await;
        assert_eq!((row.state, row.sha256.unwrap()), (FileState::Uploaded, sha256(bytes)));
        assert_eq!(&site.master(*file).await.unwrap(), bytes);
    }
    assert_eq!(sweeper.sweep().await.unwrap(), Swept::default());
}

#[sqlx::test(migrations = "../migrations")]
async fn several_callers_may_finish_the_same_upload_at_once(pool: PgPool) {
    let site = Site::start(pool).await;
    let bytes = pattern(50_000);
    for expected in [FileState::Uploaded, FileState::Duplicate] {
        let file = stored_but_unfinished(&site, &bytes).await;
        let sweeps = (0..4).map(|_| {
            let sweeper = Sweeper::new(site.db.clone(), site.storage.clone());
            tokio::spawn(async move { sweeper.sweep().await.unwrap() })
        });
        let sweeps: Vec<_> = sweeps.collect();
        let answer = head(&site, file).await;
        assert_eq!(
            (answer.status().as_u16(), header(&answer, "nang-upload-state")),
            (200, expected.as_str())
        );
        for sweep in sweeps {
            assert_eq!(sweep.await.unwrap().expired, 0);
        }
        assert_eq!(site.row(file).await.state, expected);
        assert_eq!(site.master(file).await.is_some(), expected == FileState::Uploaded);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_whose_bytes_are_lost_does_not_block_others(pool: PgPool) {
    let site = Site::start(pool).await;
    let lost = stored_but_unfinished(&site, b"lost").await;
    site.storage.abort_upload(lost).await.unwrap();
    let whole = stored_but_unfinished(&site, b"whole").await;
    let sweeper = Sweeper::new(site.db.clone(), site.storage.clone());
    assert_eq!(sweeper.sweep().await.unwrap(), Swept { finished: 1, expired: 0 });
    // It does not expire, because this may only be the wrong storage. Its client gets an error and can delete it.
    assert_eq!(site.row(lost).await.state, FileState::Uploading);
    assert_eq!(head(&site, lost).await.status(), 410);
    assert_eq!(request(&site, "DELETE", &format!("/{lost}")).send().await.unwrap().status(), 204);
    assert!(film_file::find(&site.db, lost).await.unwrap().is_none());
    assert_eq!(site.master(whole).await.unwrap(), b"whole");
}

#[sqlx::test(migrations = "../migrations")]
async fn bytes_that_no_row_needs_are_deleted(pool: PgPool) {
    let site = Site::start(pool.clone()).await;
    let bytes = pattern(1000);
    let master = create(&site, 1000).await;
    patch(&site, master, 0, &bytes).send().await.unwrap();
    // A server was killed after it recorded a duplicate and before it deleted the bytes.
    let duplicate = stored_but_unfinished(&site, &bytes).await;
    site.storage.finish_upload(duplicate, &whole(1000)).await.unwrap();
    let (lease, _) = upload::take_lease(&site.db, duplicate, DAY).await.unwrap().unwrap();
    upload::finish(&site.db, &lease, &sha256(&bytes)).await.unwrap();
    assert_eq!(site.row(duplicate).await.state, FileState::Duplicate);
    // A server that deletes the row before the bytes was killed between the two. (The current code deletes the bytes first.)
    let orphaned = create(&site, 1000).await;
    patch(&site, orphaned, 0, &bytes[..500]).send().await.unwrap();
    let (lease, _) = upload::take_lease(&site.db, orphaned, DAY).await.unwrap().unwrap();
    assert!(upload::delete(&site.db, &Author::NANG, &lease).await.unwrap());
    // These stay: an upload without bytes, one in progress, and a master that is not in this database.
    let empty = create(&site, 1000).await;
    let in_progress = create(&site, 1000).await;
    patch(&site, in_progress, 0, &bytes[..500]).send().await.unwrap();
    let unknown = FileId(Uuid::now_v7());
    site.storage.put_bytes(&Key::master(unknown), bytes.clone().into()).await.unwrap();

    let sweeper = Sweeper::new(site.db.clone(), site.storage.clone());
    assert_eq!(sweeper.sweep().await.unwrap(), Swept::default());
    assert!(site.master(duplicate).await.is_none());
    assert_eq!(site.storage.list_uploads().await.unwrap(), [in_progress]);
    assert_eq!(site.master(master).await.unwrap(), bytes);
    assert_eq!(site.master(unknown).await.unwrap(), bytes);
    for file in [empty, in_progress] {
        assert_eq!(site.row(file).await.state, FileState::Uploading);
    }
}
