//! Very many clients that send nothing: they hold nothing that others need.

use std::time::Duration;

use db::audit::Author;
use db::upload::{self, NewFile};
use domain::id::FileId;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::client::{create, creation, half_a_patch, head, header, patch, refusal, status_of};
use crate::site::{DAY, Site, eventually};

/// More than the runtime has blocking threads (512).
const STALLED: usize = 650;

/// An upload of 100 bytes. Without a request, which takes longer than the database does.
async fn begin(site: &Site) -> FileId {
    let (id, expires_at) = (FileId(Uuid::now_v7()), time::OffsetDateTime::now_utc() + DAY);
    let new = NewFile { id, film_id: site.film, name: "film.mov".to_owned(), size_bytes: 100, expires_at };
    upload::create(&site.db, &Author::NANG, new).await.unwrap();
    id
}

#[sqlx::test(migrations = "../migrations")]
async fn stalled_uploads_hold_no_threads_and_end_with_the_server(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    assert!(limit.maximum.is_none_or(|most| most >= 4096), "needs 4,096 open files: {limit:?}");
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
    let site = Site::start(pool).await;
    let mut links: Vec<(FileId, TcpStream)> = Vec::new();
    for _ in 0..STALLED {
        let file = begin(&site).await;
        let mut link = half_a_patch(&site, file, 0, 100).await;
        link.write_all(&[1; 10]).await.unwrap();
        links.push((file, link));
    }
    eventually("all have begun", async || site.storage.list_uploads().await.unwrap().len() == STALLED).await;

    // Beside them: work on threads, the database, readiness' look at storage, an upload from its beginning to its end.
    tokio::task::spawn_blocking(|| ()).await.unwrap();
    db::film_file::find(&site.db, links[0].0).await.unwrap().unwrap();
    site.storage.check_writable().await.unwrap();
    let file = create(&site, 100).await;
    assert_eq!(patch(&site, file, 0, &[2; 100]).send().await.unwrap().status(), 204);
    assert_eq!(site.master(file).await.unwrap(), [2; 100]);

    // When they rest, they hold no file and no lock either; they may all be resumed elsewhere.
    eventually("they rest", async || {
        let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let uploads = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
        let folder = site.folder().join(".nang/uploads");
        !uploads.into_iter().any(|path| path.starts_with(&folder))
    })
    .await;
    eventually("what came is recorded", async || site.row(links[STALLED - 1].0).await.received_bytes == 10)
        .await;

    site.shutdown.cancel();
    for (file, link) in &mut links {
        // On a slow machine the first may have been taken for gone before.
        let status = status_of(link).await;
        assert!(matches!(status, 503 | 408), "{status}");
        assert_eq!(site.row(*file).await.received_bytes, 10);
    }
}

/// Not yet at rest: what came is still on its way to the disk.
#[sqlx::test(migrations = "../migrations")]
async fn stalled_uploads_keep_their_bytes_when_the_server_stops_at_once(pool: PgPool) {
    let site = Site::start(pool).await;
    let mut links: Vec<(FileId, TcpStream)> = Vec::new();
    for _ in 0..50 {
        let file = create(&site, 100).await;
        let mut link = half_a_patch(&site, file, 0, 100).await;
        link.write_all(&[1; 10]).await.unwrap();
        links.push((file, link));
    }
    eventually("all have begun", async || site.storage.list_uploads().await.unwrap().len() == 50).await;
    site.shutdown.cancel();
    for (file, link) in &mut links {
        assert_eq!(status_of(link).await, 503);
        assert_eq!(site.row(*file).await.received_bytes, 10);
        assert!(!db::upload::is_leased(&site.db, *file).await.unwrap());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_has_a_limit_of_uploads_at_a_time(pool: PgPool) {
    let site = Site::start_with(pool, |config| config.max_uploads_per_account = 3).await;
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let stall = async |account: Uuid| {
        let file = create(&site, 100).await;
        let mut link = TcpStream::connect(&site.address).await.unwrap();
        let head = format!(
            "PATCH /api/admin/uploads/{file} HTTP/1.1\r\nHost: nang\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
             Test-Account: {account}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 100\r\n\r\n"
        );
        link.write_all(head.as_bytes()).await.unwrap();
        link.write_all(&[1; 10]).await.unwrap();
        eventually("it has begun", async || site.storage.list_uploads().await.unwrap().contains(&file)).await;
        (file, link)
    };
    let mut links = [stall(one).await, stall(one).await, stall(one).await];
    let fourth = create(&site, 100).await;
    let send = |account: Uuid| patch(&site, fourth, 0, &[2; 50]).header("Test-Account", account.to_string());
    let answer = send(one).send().await.unwrap();
    assert_eq!(header(&answer, "retry-after"), "10");
    let (status, detail) = refusal(answer).await;
    assert!(status == 429 && detail.contains("3 files"), "{status} {detail}");
    let with_bytes = creation(&site, 100).header("Test-Account", one.to_string());
    assert_eq!(refusal(with_bytes.send().await.unwrap()).await.0, 429);
    // Looking is always allowed, and other accounts have places of their own.
    assert_eq!(head(&site, fourth).await.status(), 200);
    assert_eq!(send(other).send().await.unwrap().status(), 204);
    // One ends, and there is a place again.
    let (_, link) = &mut links[0];
    link.write_all(&[1; 90]).await.unwrap();
    assert_eq!(status_of(link).await, 204);
    let last = || patch(&site, fourth, 50, &[2; 50]).header("Test-Account", one.to_string());
    eventually("the place to be free", async || last().send().await.unwrap().status() != 429).await;
    assert_eq!(site.master(fourth).await.unwrap(), [2; 100]);
}

/// The time after which a client that sends nothing is taken for gone, and its connection closed.
#[sqlx::test(migrations = "../migrations")]
async fn a_client_that_sends_nothing_is_answered_in_the_end(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    let mut link = half_a_patch(&site, file, 0, 100).await;
    link.write_all(&[1; 10]).await.unwrap();
    let answered = tokio::time::timeout(Duration::from_mins(3), status_of(&mut link)).await;
    assert_eq!(answered.unwrap(), 408);
    assert_eq!(site.row(file).await.received_bytes, 10);
}
