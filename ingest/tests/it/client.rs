//! Requests of a tus client, and of a broken one.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::id::FileId;
use reqwest::{Method, RequestBuilder, Response};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::site::Site;

/// Returns bytes that do not repeat and are the same in every run.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    domain::hex::encode(&Sha256::digest(bytes))
}

pub(crate) fn metadata(site: &Site, name: &str) -> String {
    let film = site.film.to_string();
    format!("filename {},film_id {}", BASE64_STANDARD.encode(name), BASE64_STANDARD.encode(film))
}

/// Builds a request to all uploads, or to the one in `path`.
pub(crate) fn request(site: &Site, method: &str, path: &str) -> RequestBuilder {
    let url = format!("http://{}/api/admin/uploads{path}", site.address);
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .request(method, url)
        .header("Tus-Resumable", "1.0.0")
}

pub(crate) fn creation(site: &Site, length: u64) -> RequestBuilder {
    request(site, "POST", "")
        .header("Upload-Length", length)
        .header("Upload-Metadata", metadata(site, "film.mov"))
}

pub(crate) async fn create(site: &Site, length: u64) -> FileId {
    let answer = creation(site, length).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    file_of(&answer)
}

pub(crate) fn file_of(answer: &Response) -> FileId {
    let location = answer.headers()["location"].to_str().unwrap();
    location.strip_prefix("/api/admin/uploads/").unwrap().parse().unwrap()
}

pub(crate) fn patch(site: &Site, file: FileId, offset: u64, bytes: &[u8]) -> RequestBuilder {
    request(site, "PATCH", &format!("/{file}"))
        .header("Upload-Offset", offset)
        .header("Content-Type", "application/offset+octet-stream")
        .body(bytes.to_vec())
}

pub(crate) async fn head(site: &Site, file: FileId) -> Response {
    request(site, "HEAD", &format!("/{file}")).send().await.unwrap()
}

pub(crate) fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Reads the status of the response on `connection`.
pub(crate) async fn status_of(connection: &mut TcpStream) -> u16 {
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    std::str::from_utf8(&answer).unwrap().strip_prefix("HTTP/1.1 ").unwrap().parse().unwrap()
}

/// Returns the status and the detail of a refusal.
pub(crate) async fn refusal(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    assert_eq!(header(&answer, "content-type"), "application/problem+json");
    assert_eq!(header(&answer, "tus-resumable"), "1.0.0");
    let problem: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(problem["status"], status);
    (status, problem["detail"].as_str().unwrap().to_owned())
}

/// Sends the head of a PATCH of `length` bytes. The caller sends the bytes, or some of them.
pub(crate) async fn start_patch(site: &Site, file: FileId, offset: u64, length: u64) -> TcpStream {
    let mut connection = TcpStream::connect(&site.address).await.unwrap();
    let head = format!(
        "PATCH /api/admin/uploads/{file} HTTP/1.1\r\nHost: nang\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n\
         Content-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection
}

/// A client that keeps sending single bytes, so that the server never considers it stalled, even on a slow machine.
pub(crate) struct SlowClient {
    stop: CancellationToken,
    sending: JoinHandle<(TcpStream, usize)>,
}

impl SlowClient {
    pub(crate) fn start(mut connection: TcpStream, byte: u8) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let sending = tokio::spawn(async move {
            let mut sent = 0;
            while stopped.run_until_cancelled(tokio::time::sleep(Duration::from_millis(100))).await.is_some()
            {
                connection.write_all(&[byte]).await.unwrap();
                sent += 1;
            }
            (connection, sent)
        });
        Self { stop, sending }
    }

    /// Stops sending. Returns the connection and the number of bytes sent.
    pub(crate) async fn stop(self) -> (TcpStream, usize) {
        self.stop.cancel();
        self.sending.await.unwrap()
    }
}
