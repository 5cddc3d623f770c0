//! Many clients that send nothing hold nothing that others need.

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

use crate::client::{create, creation, head, header, patch, refusal, start_patch, status_of};
use crate::site::{DAY, Site, eventually};

/// More than the runtime's blocking threads (512).
const STALLED: usize = 650;

/// Creates an upload of 100 bytes in the database, which is faster than by a request.
async fn create_row(site: &Site) -> FileId {
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
    let mut connections: Vec<(FileId, TcpStream)> = Vec::new();
    for _ in 0..STALLED {
        let file = create_row(&site).await;
        let mut connection = start_patch(&site, file, 0, 100).await;
        connection.write_all(&[1; 10]).await.unwrap();
        connections.push((file, connection));
    }
    eventually("all uploads have started", async || {
        site.storage.list_uploads().await.unwrap().len() == STALLED
    })
    .await;

    // These still work: blocking threads, the database, the readiness check of storage, and a complete upload.
    tokio::task::spawn_blocking(|| ()).await.unwrap();
    db::film_file::find(&site.db, connections[0].0).await.unwrap().unwrap();
    site.storage.check_writable().await.unwrap();
    let file = create(&site, 100).await;
    assert_eq!(patch(&site, file, 0, &[2; 100]).send().await.unwrap().status(), 204);
    assert_eq!(site.master(file).await.unwrap(), [2; 100]);

    // Requests that have yielded their leases hold no file and no lock either. Other connections may resume all of them.
    eventually("they close their files", async || {
        let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let uploads = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
        let folder = site.folder().join(".nang/uploads");
        !uploads.into_iter().any(|path| path.starts_with(&folder))
    })
    .await;
    eventually("the received bytes are recorded", async || {
        site.row(connections[STALLED - 1].0).await.received_bytes == 10
    })
    .await;

    site.shutdown.cancel();
    for (file, connection) in &mut connections {
        // On a slow machine the first may have reached the stall timeout before.
        let status = status_of(connection).await;
        assert!(matches!(status, 503 | 408), "{status}");
        assert_eq!(site.row(*file).await.received_bytes, 10);
    }
}

/// The requests have not yielded their leases yet, and the received bytes are still being written to the disk.
#[sqlx::test(migrations = "../migrations")]
async fn stalled_uploads_keep_their_bytes_when_the_server_stops_at_once(pool: PgPool) {
    let site = Site::start(pool).await;
    let mut connections: Vec<(FileId, TcpStream)> = Vec::new();
    for _ in 0..50 {
        let file = create(&site, 100).await;
        let mut connection = start_patch(&site, file, 0, 100).await;
        connection.write_all(&[1; 10]).await.unwrap();
        connections.push((file, connection));
    }
    eventually("all uploads have started", async || site.storage.list_uploads().await.unwrap().len() == 50)
        .await;
    site.shutdown.cancel();
    for (file, connection) in &mut connections {
        assert_eq!(status_of(connection).await, 503);
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
        let mut connection = TcpStream::connect(&site.address).await.unwrap();
        let head = format!(
            "PATCH /api/admin/uploads/{file} HTTP/1.1\r\nHost: nang\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
             Test-Account: {account}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 100\r\n\r\n"
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&[1; 10]).await.unwrap();
        eventually("the upload has started", async || {
            site.storage.list_uploads().await.unwrap().contains(&file)
        })
        .await;
        (file, connection)
    };
    let mut connections = [stall(one).await, stall(one).await, stall(one).await];
    let fourth = create(&site, 100).await;
    let send = |account: Uuid| patch(&site, fourth, 0, &[2; 50]).header("Test-Account", account.to_string());
    let answer = send(one).send().await.unwrap();
    assert_eq!(header(&answer, "retry-after"), "10");
    let (status, detail) = refusal(answer).await;
    assert!(status == 429 && detail.contains("3 files"), "{status} {detail}");
    let with_bytes = creation(&site, 100).header("Test-Account", one.to_string());
    assert_eq!(refusal(with_bytes.send().await.unwrap()).await.0, 429);
    // HEAD is always allowed, and other accounts have their own slots.
    assert_eq!(head(&site, fourth).await.status(), 200);
    assert_eq!(send(other).send().await.unwrap().status(), 204);
    // When one upload ends, its slot is free again.
    let (_, connection) = &mut connections[0];
    connection.write_all(&[1; 90]).await.unwrap();
    assert_eq!(status_of(connection).await, 204);
    let last = || patch(&site, fourth, 50, &[2; 50]).header("Test-Account", one.to_string());
    eventually("the slot to be free", async || last().send().await.unwrap().status() != 429).await;
    assert_eq!(site.master(fourth).await.unwrap(), [2; 100]);
}

/// Waits for the stall timeout, after which a request without new bytes ends and its connection is closed.
#[sqlx::test(migrations = "../migrations")]
async fn a_client_that_sends_nothing_gets_a_timeout_response(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    let mut connection = start_patch(&site, file, 0, 100).await;
    connection.write_all(&[1; 10]).await.unwrap();
    let answered = tokio::time::timeout(Duration::from_mins(3), status_of(&mut connection)).await;
    assert_eq!(answered.unwrap(), 408);
    assert_eq!(site.row(file).await.received_bytes, 10);
}
