//! Lost connections, concurrent writers, and a server that is killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use db::film_file::FileState;
use domain::id::FileId;
use ingest::Sweeper;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::{ConnectOptions, PgPool};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{
    SlowClient, create, head, header, patch, pattern, refusal, request, sha256, start_patch, status_of,
};
use crate::site::{Site, eventually};

async fn offset_of(site: &Site, file: FileId) -> usize {
    header(&head(site, file).await, "upload-offset").parse().unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn bytes_received_before_a_disconnect_are_kept(pool: PgPool) {
    let site = Site::start(pool).await;
    let bytes = pattern(2_000_000);
    let file = create(&site, 2_000_000).await;
    let mut connection = start_patch(&site, file, 0, 2_000_000).await;
    connection.write_all(&bytes[..777_777]).await.unwrap();
    drop(connection);
    eventually("the bytes are recorded", async || site.row(file).await.received_bytes == 777_777).await;
    assert_eq!(offset_of(&site, file).await, 777_777);
    patch(&site, file, 777_777, &bytes[777_777..]).send().await.unwrap();
    assert_eq!(site.row(file).await.sha256.unwrap(), sha256(&bytes));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_second_of_two_writers_must_wait(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 10_000).await;
    let first = SlowClient::start(start_patch(&site, file, 0, 10_000).await, 1);
    let held = |site: &Site| site.folder().join(format!(".nang/uploads/{file}")).exists();
    eventually("the first holds the upload", async || held(&site)).await;
    let answer = patch(&site, file, 0, &[2; 10_000]).send().await.unwrap();
    assert_eq!(header(&answer, "retry-after"), "2");
    let (status, detail) = refusal(answer).await;
    assert!(status == 423 && detail.contains("Another connection"), "{status} {detail}");
    let (mut first, sent) = first.stop().await;
    first.write_all(&vec![1; 10_000 - sent]).await.unwrap();
    assert_eq!(status_of(&mut first).await, 204);
    assert_eq!(site.master(file).await.unwrap(), [1; 10_000]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_writer_in_another_process_blocks_too(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    let held = site.storage.open_upload(file, 1000, storage::Checkpoint::default()).await.unwrap();
    assert_eq!(patch(&site, file, 0, &[2; 100]).send().await.unwrap().status(), 423);
    held.close().await;
    assert_eq!(patch(&site, file, 0, &[2; 100]).send().await.unwrap().status(), 204);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_silently_lost_connection_can_be_replaced(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    let mut lost = start_patch(&site, file, 0, 100).await;
    lost.write_all(&[1; 50]).await.unwrap();
    eventually("a new request sees the bytes of the lost connection", async || {
        offset_of(&site, file).await == 50
    })
    .await;
    let answer = patch(&site, file, 50, &[1; 50]).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    assert_eq!(site.master(file).await.unwrap(), [1; 100]);
    // The old connection gets a response as well.
    let mut answer = [0; 12];
    lost.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[sqlx::test(migrations = "../migrations")]
async fn bytes_past_the_announced_size_never_become_a_master(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    let pieces = (0..11).map(|_| Ok::<_, std::io::Error>(vec![1_u8; 10]));
    let request = chunked_patch(&site, file, 0, pieces);
    let (status, detail) = refusal(request.send().await.unwrap()).await;
    assert!(status == 413 && detail.contains("100"), "{status} {detail}");
    // Neither the next request nor a sweep makes them a master.
    assert_eq!(offset_of(&site, file).await, 0);
    Sweeper::new(site.db.clone(), site.storage.clone()).sweep().await.unwrap();
    assert_eq!(site.row(file).await.state, FileState::Uploading);
    assert!(site.master(file).await.is_none());
    // An earlier request that kept to the announced size counts.
    assert_eq!(patch(&site, file, 0, &[2; 60]).send().await.unwrap().status(), 204);
    let pieces = (0..5).map(|_| Ok::<_, std::io::Error>(vec![1_u8; 10]));
    let request = chunked_patch(&site, file, 60, pieces);
    assert_eq!(refusal(request.send().await.unwrap()).await.0, 413);
    assert_eq!(offset_of(&site, file).await, 60);
    assert_eq!(patch(&site, file, 60, &[2; 40]).send().await.unwrap().status(), 204);
    assert_eq!(site.master(file).await.unwrap(), [2; 100]);
}

/// Builds a PATCH without a Content-Length, so that the server does not know in advance how many bytes follow.
fn chunked_patch(
    site: &Site,
    file: FileId,
    offset: u64,
    pieces: impl Iterator<Item = std::io::Result<Vec<u8>>> + Send + 'static,
) -> reqwest::RequestBuilder {
    request(site, "PATCH", &format!("/{file}"))
        .header("Upload-Offset", offset)
        .header("Content-Type", "application/offset+octet-stream")
        .body(reqwest::Body::wrap_stream(futures_util::stream::iter(pieces.collect::<Vec<_>>())))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_client_that_keeps_sending_gets_its_response(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100 << 20).await;
    let answer = patch(&site, file, 5, &vec![0; 50 << 20]).send().await.unwrap();
    assert_eq!(refusal(answer).await.0, 409);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stopping_server_keeps_the_received_bytes(pool: PgPool) {
    let site = Site::start(pool).await;
    let file = create(&site, 100).await;
    let mut connection = start_patch(&site, file, 0, 100).await;
    connection.write_all(&[1; 50]).await.unwrap();
    let stored = site.folder().join(format!(".nang/uploads/{file}"));
    let length = || std::fs::metadata(&stored).map_or(0, |facts| facts.len());
    eventually("the bytes are stored", async || length() == 50).await;
    site.shutdown.cancel();
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 503");
    assert_eq!(site.row(file).await.received_bytes, 50);
}

/// A server in a separate process.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(database: &str, folder: &std::path::Path) -> Self {
        let program = std::env::current_exe().unwrap().parent().unwrap().join("../examples/uploads");
        let mut process =
            Command::new(program).arg(database).arg(folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { process, address: address.trim().to_owned() }
    }

    /// `kill -9`
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_resumes_after_its_server_is_killed_at_any_byte(pool: PgPool) {
    const SIZE: usize = 400 << 20;
    const KILLS: usize = 20;
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let database = pool.connect_options().to_url_lossy().to_string();
    let site_pool = pool.clone();
    let site = Site::start(pool).await;
    let bytes = pattern(SIZE);
    let file = create(&site, SIZE as u64).await;
    let (mut kills, mut kept, mut resumed) = (0, 0, 0);
    loop {
        let mut server = Server::start(&database, site.folder());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}/uploads/{file}", server.address);
        let state = http.head(&url).header("Tus-Resumable", "1.0.0").send().await.unwrap();
        let offset: usize = header(&state, "upload-offset").parse().unwrap();
        assert!(offset >= kept, "recorded bytes are never lost");
        resumed += usize::from(offset > kept);
        kept = offset;
        if offset == SIZE {
            break;
        }
        // The first servers are killed before the end of the upload, the last ones around it.
        let until = if kills < 14 { (offset + random.random_range(0..SIZE / 4)).min(SIZE - 1) } else { SIZE };
        let pieces: Vec<_> = bytes[offset..until]
            .chunks(1 << 20)
            .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
            .collect();
        let endless = futures_util::StreamExt::chain(
            futures_util::stream::iter(pieces),
            futures_util::stream::pending(),
        );
        let request = http
            .patch(&url)
            .header("Tus-Resumable", "1.0.0")
            .header("Upload-Offset", offset)
            .header("Content-Length", SIZE - offset)
            .header("Content-Type", "application/offset+octet-stream")
            .body(reqwest::Body::wrap_stream(endless));
        let sending = tokio::spawn(request.send());
        if kills == KILLS {
            // This server is not killed.
            assert_eq!(sending.await.unwrap().unwrap().status(), 204);
            continue;
        }
        // Every second server is killed while it records the bytes of a lost connection, the others while bytes arrive.
        let mut pause = async |most_ms| {
            tokio::time::sleep(Duration::from_millis(random.random_range(0..most_ms))).await;
        };
        pause(400).await;
        if kills % 2 == 0 {
            sending.abort();
            pause(40).await;
        }
        server.kill();
        kills += 1;
        // The killed server's lease will expire; the test does not wait for that.
        sqlx::query("UPDATE film_files SET lease_until = now() WHERE lease_until > now()")
            .execute(&site_pool)
            .await
            .unwrap();
    }
    println!("{kills} kills, {resumed} of them after a checkpoint");
    assert!(kills >= 14);
    let row = site.row(file).await;
    assert_eq!((row.state, row.sha256.as_deref()), (FileState::Uploaded, Some(&*sha256(&bytes))));
    assert_eq!(sha256(&site.master(file).await.unwrap()), sha256(&bytes));
    assert!(site.storage.list_uploads().await.unwrap().is_empty());
}
