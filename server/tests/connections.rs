//! Many clients, slow clients, silent clients, and stopping.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use server::Limits;
use support::{LARGE, LARGE_BYTES, SEGMENT, Server, bytes, client};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

async fn send_get(server: &Server, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads the head of a response, and leaves its body unread.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_clients_get_their_own_bytes() {
    let server = Server::start().await;
    let mut tasks = JoinSet::new();
    for at in 0..400_usize {
        let length = if at % 40 == 0 { 5_000_000 } else { 10_000 };
        let (url, client) = (server.url(&format!("/bytes/{at}/{length}")), client());
        tasks.spawn(async move {
            let response = client.get(url).send().await.unwrap();
            assert_eq!(response.status(), 200);
            (at, length, response.bytes().await.unwrap())
        });
    }
    while let Some(done) = tasks.join_next().await {
        let (at, length, body) = done.unwrap();
        assert!(body == bytes(at, length), "from {at}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let get = |path: &str, more: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n");
    let requests = [get("/bytes/0/4", ""), get("/none", ""), get("/bytes/4/4", "Connection: close\r\n")];
    stream.write_all(requests.concat().as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer);
    let statuses: Vec<_> = text.match_indices("HTTP/1.1 ").map(|(at, _)| &text[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["200", "404", "200"]);
    assert!(answer.ends_with(&bytes(4, 4)));
}

#[tokio::test]
async fn a_client_that_stops_reading_is_disconnected() {
    let limits = Limits {
        stall_timeout: Duration::from_millis(100),
        drain_timeout: Duration::from_hours(1),
        ..Limits::default()
    };
    let mut server = Server::start_with(limits).await;
    let mut stalled = send_get(&server, LARGE).await;
    assert!(read_head(&mut stalled).await.starts_with("HTTP/1.1 200"));
    // Only the disconnect lets the server stop: it would wait an hour for a running response.
    server.stop();
    server.stopped().await;
    let mut rest = Vec::new();
    // The disconnect may be an end or a reset.
    let _ = stalled.read_to_end(&mut rest).await;
    assert!(rest.len() < LARGE_BYTES);
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_request_is_disconnected() {
    let limits = Limits { head_timeout: Duration::from_millis(100), ..Limits::default() };
    let server = Server::start_with(limits).await;
    for beginning in ["", "GET /v/", "GET / HTTP/1.1\r\nHost: x\r\n"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    }
}

#[tokio::test]
async fn connections_past_the_limit_wait() {
    let server = Server::start_with(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = send_get(&server, LARGE).await;
    read_head(&mut first).await;
    let mut second = send_get(&server, SEGMENT).await;
    let early = tokio::time::timeout(Duration::from_millis(100), second.read_u8()).await;
    assert!(early.is_err(), "the second got a response while the first was connected");
    drop(first);
    assert_eq!(second.read_u8().await.unwrap(), b'H');
}

#[tokio::test]
async fn stopping_waits_for_running_responses() {
    let mut server = Server::start().await;
    let mut running = send_get(&server, LARGE).await;
    read_head(&mut running).await;
    // An idle connection does not delay the stop.
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    let request = format!("HEAD {SEGMENT} HTTP/1.1\r\nHost: x\r\n\r\n");
    idle.write_all(request.as_bytes()).await.unwrap();
    read_head(&mut idle).await;

    server.stop();
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
    let address = server.address;
    let mut rest = Vec::new();
    running.read_to_end(&mut rest).await.unwrap();
    assert!(rest == bytes(0, LARGE_BYTES));
    server.stopped().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn responses_that_do_not_end_are_cut_off_after_the_drain_timeout() {
    let limits = Limits { drain_timeout: Duration::from_millis(50), ..Limits::default() };
    let mut server = Server::start_with(limits).await;
    let mut running = send_get(&server, LARGE).await;
    read_head(&mut running).await;
    // A response that has not begun, and an incomplete request.
    let mut unanswered = send_get(&server, "/never").await;
    let mut half = TcpStream::connect(server.address).await.unwrap();
    half.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    server.stop();
    server.stopped().await;
    for connection in [&mut unanswered, &mut half] {
        // The disconnect may be an end or a reset, but there is no response.
        assert_eq!(connection.read(&mut [0; 1]).await.unwrap_or(0), 0);
    }
}
