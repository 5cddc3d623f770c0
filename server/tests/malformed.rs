//! Malformed requests, sent byte for byte. They are refused and do not affect other clients.

#![allow(clippy::unwrap_used)]

mod support;

use support::Server;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Sends `request`, and returns the head of the first response.
async fn exchange(server: &Server, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // The server may close the connection before the request is sent completely.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    while !answer.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read_buf(&mut answer).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    answer
}

fn status(answer: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(answer.get(9..12)?).ok()?;
    answer.starts_with(b"HTTP/1.").then(|| line.parse().ok())?
}

#[tokio::test]
async fn malformed_requests_are_refused_without_affecting_others() {
    let server = Server::start().await;
    let with_path = |middle: &[u8]| [b"GET /v/", middle, b" HTTP/1.1\r\nHost: x\r\n\r\n"].concat();
    let with_header = |header: &[u8]| {
        [b"GET /bytes/0/10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".as_slice(), header, b"\r\n\r\n"]
            .concat()
    };
    let refused: Vec<(&str, Vec<u8>, &[u16])> = vec![
        ("a NUL in the path", with_path(b"a\0b"), &[400]),
        ("a control character in the path", with_path(b"a\x01b"), &[400]),
        ("bad UTF-8 in the path", with_path(b"\xff\xfe\xc3\x28"), &[400, 404]),
        ("UTF-8 in the path", with_path("ຮູບເງົາ".as_bytes()), &[400, 404]),
        ("a very long path", with_path(&vec![b'a'; 200_000]), &[400, 414, 431]),
        ("a long path", with_path(&vec![b'a'; 15_000]), &[404]),
        ("a very long header", with_header(&[b"X: ".as_slice(), &vec![b'a'; 200_000]].concat()), &[400, 431]),
        ("very many headers", with_header(&b"X: y\r\n".repeat(500)), &[400, 431]),
        ("no version", b"GET /bytes/0/10\r\n\r\n".to_vec(), &[400]),
        ("a future version", b"GET /bytes/0/10 HTTP/9.9\r\n\r\n".to_vec(), &[400, 505]),
        ("a space in the path", b"GET /bytes/0/10 x HTTP/1.1\r\n\r\n".to_vec(), &[400]),
        ("a smuggled header", with_header(b"Range\0: bytes=0-1"), &[400]),
        ("two lengths", with_header(b"Content-Length: 1\r\nContent-Length: 2"), &[400]),
        ("random bytes", (0..=255).cycle().skip(3).take(4000).collect::<Vec<u8>>(), &[400]),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(10), &[400]),
    ];
    for (what, mut request, expected) in refused {
        if !request.ends_with(b"\r\n\r\n") {
            request.extend_from_slice(b"\r\n\r\n");
        }
        let answer = exchange(&server, &request).await;
        // A client that is disconnected while it is still sending may get no response at all.
        if let Some(answered) = status(&answer) {
            assert!(expected.contains(&answered), "{what}: {answered}");
        } else {
            assert!(answer.is_empty(), "{what}");
        }
    }
    assert_eq!(status(&exchange(&server, &with_header(b"X: y")).await), Some(200));
}
