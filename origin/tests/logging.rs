//! The log, and that it never contains a token. The subscriber records every event of every crate at every level.

#![allow(clippy::unwrap_used)]

mod support;

use std::{
    io,
    sync::{Arc, Mutex},
};

use support::{Fixture, LARGE, SEGMENT, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn requests_are_logged_without_their_tokens() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
    tracing::subscriber::set_global_default(subscriber.with_ansi(false).finish()).unwrap();

    let fixture = Fixture::new().await;
    let mut server = Server::start(fixture.config()).await;
    let good = fixture.token();
    let expired = fixture.token_until(1);
    // An object that cannot be read: the test creates a folder in its place.
    let broken = fixture.key("v1080/00009.m4s");
    std::fs::create_dir(fixture.folder.path().join("storage").join(broken.as_str())).unwrap();
    for (token, name) in [
        (&good, SEGMENT),
        (&good, LARGE),
        (&good, "none"),
        (&good, "../x"),
        (&good, "v1080/00009.m4s"),
        (&good, "a\0b"),
        (&expired, SEGMENT),
    ] {
        let path = fixture.path_with(token, name);
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-9\r\nConnection: close\r\n\r\n");
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    }
    server.stop();
    server.stopped().await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for token in [&good, &expired] {
        assert!(!log.contains(token.as_str()), "a token was logged:\n{log}");
    }
    let entry = log.lines().find(|line| line.contains("origin::access") && line.contains(SEGMENT)).unwrap();
    for field in [
        format!("film.id={}", fixture.film),
        format!("build.id={}", fixture.build),
        format!("session.id={}", fixture.session),
        "status=206".to_owned(),
        "bytes=10".to_owned(),
    ] {
        assert!(entry.contains(&field), "{field} is not in {entry}");
    }
    assert!(log.contains("reason=expired"), "{log}");
}
