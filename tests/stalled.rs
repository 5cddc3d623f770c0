//! Hundreds of clients that start an upload and then send nothing: the server still answers other clients, and still stops.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Site, eventually, signal};

/// More than the server has threads for blocking work (512).
const STALLED: usize = 650;
/// Accounts of these clients. Each account may send 32 uploads at a time.
const ACCOUNTS: usize = 22;
/// Long, for slow machines.
const LIMIT: Duration = Duration::from_mins(2);

/// Returns the `Upload-Metadata` of an upload for this film: "film.mov" and the film's id in base64.
fn metadata(film: &str) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    format!("filename {},film_id {}", BASE64_STANDARD.encode("film.mov"), BASE64_STANDARD.encode(film))
}

#[tokio::test]
async fn stalled_uploads_delay_no_other_client_and_let_the_server_stop() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    let mut site = Site::start_with(0, &[("NANG_MIN_FREE_BYTES", "0")], None).await;
    let admin = site.log_in().await;
    let (status, film) =
        site.post(&admin, "/api/admin/films", &json!({ "titles": { "en": "stalled" } })).await;
    assert_eq!(status, 201, "{film:#}");
    let metadata = metadata(film["id"].as_str().unwrap());

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let address = site.url("").trim_start_matches("http://").to_owned();
    let mut links = Vec::new();
    for account in 0..ACCOUNTS {
        let email = format!("editor{account}@nang.example");
        let created = site.run(&["admin", "create", &email, "--role", "editor"]).await;
        let printed = String::from_utf8(created.stdout).unwrap();
        let password = printed.split("with the password ").nth(1).unwrap().split_whitespace().next().unwrap();
        let token = site.log_in_as(&email, password).await;
        for _ in (account..STALLED).step_by(ACCOUNTS) {
            let created = http
                .post(site.url("/api/admin/uploads"))
                .bearer_auth(&token)
                .header("Tus-Resumable", "1.0.0")
                .header("Upload-Length", 1000)
                .header("Upload-Metadata", &metadata)
                .send()
                .await
                .unwrap();
            assert_eq!(created.status(), 201);
            let path = created.headers()["location"].to_str().unwrap().to_owned();
            let mut link = TcpStream::connect(&address).await.unwrap();
            let head = format!(
                "PATCH {path} HTTP/1.1\r\nHost: nang\r\nAuthorization: Bearer {token}\r\nTus-Resumable: 1.0.0\r\n\
                 Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 1000\r\n\r\n"
            );
            link.write_all(head.as_bytes()).await.unwrap();
            link.write_all(b"0123456789").await.unwrap();
            links.push((path, link));
        }
    }
    assert_eq!(links.len(), STALLED);
    let uploads = site.storage().join(".nang/uploads");
    eventually("the last upload to start", LIMIT, async || {
        let last = links.last().unwrap().0.rsplit('/').next().unwrap();
        std::fs::metadata(uploads.join(last)).is_ok_and(|facts| facts.len() == 10).then_some(())
    })
    .await;

    // Requests of other clients are answered.
    let admin = tokio::time::timeout(LIMIT, site.log_in()).await.unwrap();
    let ready = tokio::time::timeout(LIMIT, http.get(site.url("/api/health/ready")).send()).await;
    assert_eq!(ready.unwrap().unwrap().status(), 200);
    assert!(site.film(&admin, "stalled").await.is_some());

    signal(site.server().id(), Signal::TERM);
    eventually("the server to end", LIMIT, async || (!site.server().is_running()).then_some(())).await;
    assert!(site.server().0.wait().unwrap().success(), "{}", site.read_log("server"));
    let mut unavailable = 0;
    for (_, link) in &mut links {
        let mut answer = [0; 12];
        link.read_exact(&mut answer).await.unwrap();
        unavailable += usize::from(&answer == b"HTTP/1.1 503");
        // On a slow machine, the first clients may have reached the time limit for a silent client.
        assert!(
            [b"HTTP/1.1 503", b"HTTP/1.1 408"].contains(&&answer),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    assert!(unavailable > 0);

    // Received bytes are kept.
    site.start_server().await;
    let admin = site.log_in().await;
    for (path, _) in links.iter().step_by(50) {
        let state =
            http.head(site.url(path)).bearer_auth(&admin).header("Tus-Resumable", "1.0.0").send().await;
        assert_eq!(state.unwrap().headers()["upload-offset"], "10");
    }
}
