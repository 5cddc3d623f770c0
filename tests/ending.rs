//! The end of `nang up`: unless it is killed with `kill -9`, it ends in time, and its PostgreSQL ends before it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::process::ExitStatusExt,
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use rustix::process::Signal;
use serde_json::json;

use crate::support::{Process, Site, eventually, postgres_processes, postmaster, signal};

/// The time limit that supervisors can rely on.
const LIMIT: Duration = Duration::from_secs(15);

const NONE: [i32; 0] = [];

/// Waits for the end of a process. Panics after `limit`.
async fn end_of(process: &mut Process, limit: Duration) -> ExitStatus {
    eventually("the process to end", limit, async || process.0.try_wait().unwrap()).await
}

/// Stops the processes of PostgreSQL as a debugger does: they react only to SIGKILL.
fn freeze(data: &std::path::Path) {
    let processes = postgres_processes(data);
    assert!(processes.len() > 1, "{processes:?}");
    for pid in processes {
        signal(pid, Signal::STOP);
    }
}

/// Starts an upload and sends only its first byte.
async fn stalled_upload(site: &Site, token: &str) -> TcpStream {
    let body = json!({ "titles": { "en": "stalled" }, "profile": "fast" });
    let (status, film) = site.post(token, "/api/admin/films", &body).await;
    assert_eq!(status, 201, "{film:#}");
    let client = reqwest::Client::new();
    let metadata =
        format!("filename {},film_id {}", base64("film.mov"), base64(film["id"].as_str().unwrap()));
    let created = client
        .post(site.url("/api/admin/uploads"))
        .bearer_auth(token)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", "1000000")
        .header("upload-metadata", metadata)
        .send()
        .await
        .unwrap();
    assert_eq!(created.status(), 201, "{}", created.text().await.unwrap());
    let location = created.headers()["location"].to_str().unwrap().to_owned();
    let path = location.strip_prefix(&site.url("")).unwrap_or(&location).to_owned();
    let host = site.url("").strip_prefix("http://").unwrap().to_owned();
    let mut connection = TcpStream::connect(&host).unwrap();
    write!(
        connection,
        "PATCH {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\ntus-resumable: 1.0.0\r\nupload-offset: 0\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: 1000000\r\n\r\nx"
    )
    .unwrap();
    connection
}

fn base64(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}

#[tokio::test]
async fn if_everything_hangs_sigterm_still_ends_the_server_and_postgres_in_time() {
    let mut site = Site::start(1).await;
    let token = site.log_in().await;
    let mut uploads = Vec::new();
    for _ in 0..8 {
        uploads.push(stalled_upload(&site, &token).await);
    }
    let data = site.data();
    freeze(&data);
    // A request that waits for the database.
    let mut waiting = TcpStream::connect(site.url("").strip_prefix("http://").unwrap()).unwrap();
    write!(waiting, "GET /api/films HTTP/1.1\r\nhost: nang\r\n\r\n").unwrap();

    let started = Instant::now();
    signal(site.server().id(), Signal::TERM);
    let status = end_of(site.server(), LIMIT).await;
    assert!(started.elapsed() <= LIMIT, "{:?}", started.elapsed());
    assert_eq!(postgres_processes(&data), NONE, "{status}\n{}", site.read_log("server"));
    assert!(site.read_log("server").contains("did not stop"), "{}", site.read_log("server"));
    drop((uploads, waiting));

    // Stored data is kept.
    site.start_server().await;
    let token = site.log_in().await;
    assert!(site.film(&token, "stalled").await.is_some());
}

#[tokio::test]
async fn a_second_signal_ends_the_server_and_postgres_immediately() {
    let mut site = Site::start(0).await;
    let data = site.data();
    freeze(&data);
    signal(site.server().id(), Signal::TERM);
    eventually("the server to receive the first signal", LIMIT, async || {
        site.read_log("server").contains("a second signal stops immediately").then_some(())
    })
    .await;
    let started = Instant::now();
    signal(site.server().id(), Signal::TERM);
    let status = end_of(site.server(), LIMIT).await;
    assert_eq!(status.code(), Some(130), "{status}");
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "the second signal must end the server before its time limit: {:?}",
        started.elapsed()
    );
    assert_eq!(postgres_processes(&data), NONE);
}

#[tokio::test]
async fn an_idle_server_ends_without_an_error() {
    let mut site = Site::start(1).await;
    let data = site.data();
    assert!(postmaster(&data).is_some());
    signal(site.server().id(), Signal::INT);
    let status = end_of(site.server(), LIMIT).await;
    assert!(status.success(), "{status}\n{}", site.read_log("server"));
    assert_eq!(postgres_processes(&data), NONE);
    let printed = std::fs::read_to_string(data.join("postgres.log")).unwrap();
    assert!(printed.trim_end().ends_with("database system is shut down"), "{printed}");
}

#[tokio::test]
async fn a_start_that_fails_after_postgres_started_stops_postgres() {
    let mut site = Site::start(0).await;
    let data = site.data();
    let changed = Command::new("psql")
        .args(["-XAtq", "-d", &site.database_url(), "-c", "UPDATE _sqlx_migrations SET checksum = 'other'"])
        .output()
        .unwrap();
    assert!(changed.status.success(), "{changed:?}");
    signal(site.server().id(), Signal::TERM);
    end_of(site.server(), LIMIT).await;

    let failed = site.run(&["up"]).await;
    let printed = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(!failed.status.success() && printed.contains("cannot migrate the database"), "{printed}");
    assert_eq!(postgres_processes(&data), NONE, "{printed}");
}

#[tokio::test]
async fn an_address_in_use_is_an_error_before_postgres_starts() {
    let site = Site::unstarted();
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let failed = site.run(&["up", "--listen", &address]).await;
    let printed = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(
        !failed.status.success() && printed.contains(&format!("cannot listen on {address}")),
        "{printed}"
    );
    assert!(!site.data().join("postgres").exists());
}

#[tokio::test]
async fn a_signal_during_the_start_ends_the_server_and_postgres() {
    let site = Site::unstarted();
    let data = site.data();
    let mut server =
        Process(site.command(&["up"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    // The first start creates the cluster and its tables, which takes seconds.
    eventually("PostgreSQL to start", Duration::from_mins(1), async || postmaster(&data)).await;
    signal(server.id(), Signal::TERM);
    let status = end_of(&mut server, LIMIT).await;
    assert!(status.signal().is_none(), "{status}");
    assert_eq!(postgres_processes(&data), NONE);
    let mut printed = String::new();
    server.0.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    // The next start succeeds with the data that it left.
    let mut site = site;
    site.start_server().await;
}
