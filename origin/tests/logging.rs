//! The log, and that it never contains a token. The subscriber records every event of every crate at every level.

#![allow(clippy::unwrap_used)]

mod support;

use std::{
    io,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use domain::{id::FilmId, key::Key, revocations::Revocations, token::KeyRing};
use origin::{Config, Origin};
use support::{ABSENT, Fixture, LARGE, NOW, SEGMENT, Server, session};
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

/// Held by each test of this program, because they share a log.
static LOG_USE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let subscriber =
            tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
        tracing::subscriber::set_global_default(subscriber.with_ansi(false).finish()).unwrap();
        log
    })
}

fn logged() -> String {
    String::from_utf8(log().0.lock().unwrap().clone()).unwrap()
}

#[tokio::test]
async fn requests_are_logged_without_their_tokens() {
    let _log_use = LOG_USE.lock().await;
    log();
    let fixture = Fixture::new().await;
    let good = fixture.token();
    let expired = fixture.token_until(1);
    let revoked = fixture.token_of(1_700_000_000_000);
    let mut list = Revocations::new(NOW);
    list.revoke_session(session(1_700_000_000_000));
    fixture.put_list(&list).await;
    let mut server = Server::start(fixture.config()).await;
    // An object that cannot be read: the test creates a folder in its place.
    let broken = SEGMENT.replace("00001", "00009");
    std::fs::create_dir(fixture.folder.path().join("storage").join(fixture.key(&broken).as_str())).unwrap();
    for (token, name) in [
        (&good, SEGMENT),
        (&good, LARGE),
        (&good, ABSENT),
        (&good, "../x"),
        (&good, &broken),
        (&good, "a\0b"),
        (&expired, SEGMENT),
        (&revoked, SEGMENT),
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

    let log = logged();
    for token in [&good, &expired, &revoked] {
        assert!(!log.contains(token.as_str()), "a token was logged:\n{log}");
    }
    let entry = log.lines().find(|line| line.contains("origin::access") && line.contains(SEGMENT)).unwrap();
    for field in [
        format!("film.id={}", fixture.film),
        format!("key=\"{}\"", fixture.key(SEGMENT)),
        format!("session.id={}", fixture.session),
        "status=206".to_owned(),
        "bytes=10".to_owned(),
    ] {
        assert!(entry.contains(&field), "{field} is not in {entry}");
    }
    assert!(log.contains("reason=expired"), "{log}");
    assert!(log.contains("reason=revoked"), "{log}");
}

/// Each fault is logged once, however often the list is read.
#[tokio::test]
async fn faults_of_the_revocations_list_are_logged_once_each() {
    static CLOCK: AtomicU64 = AtomicU64::new(NOW);
    let _log_use = LOG_USE.lock().await;
    log();
    let fixture = Fixture::new().await;
    let foreign = KeyRing::parse(&format!("7 {}", "aa00".repeat(16))).unwrap();
    let origin = Origin::new(Config { clock: || CLOCK.load(Relaxed), ..fixture.config() }).unwrap();
    let list = |made_at, film: u128| {
        let mut list = Revocations::new(made_at);
        list.revoke_film(FilmId(uuid::Uuid::from_u128(film)), 1);
        list
    };
    let good = list(NOW, 1).sign(&fixture.keys).bytes;
    let truncated = good[..good.len() - 1].to_vec();
    let old = list(NOW - 1, 1).sign(&fixture.keys).bytes;
    let future = list(NOW + 61, 1).sign(&fixture.keys).bytes;
    let forged = list(NOW + 2, 1).sign(&foreign).bytes;
    let newer = list(NOW + 1, 1).sign(&fixture.keys).bytes;
    let storage_path = fixture.folder.path().join("storage").join(Key::revocations().as_str());

    // The object, and a text of the only event that reading it three times may add.
    let steps: [(Option<Vec<u8>>, Option<&str>); 14] = [
        (None, Some("no revocations list")),
        (Some(good.clone()), Some("Following the revocations list")),
        (Some(forged.clone()), Some("its MAC does not match")),
        (Some(truncated), None), // The same fault.
        (Some(good.clone()), Some("Following the revocations list")),
        (Some(old), Some("older than the list in use")),
        (Some(good.clone()), Some("Following the revocations list")),
        (Some(future), Some("in the future")),
        (Some(b"x".to_vec()), Some("malformed")),
        (Some(newer.clone()), Some("Following the revocations list")),
        (Some(vec![b'x'; 9 << 20]), Some("longer than allowed")),
        (None, Some("it was deleted")),
        (Some(newer.clone()), Some("Following the revocations list")),
        (Some(list(NOW + 1, 2).sign(&fixture.keys).bytes), None), // A list of the same second.
    ];
    let events = || -> Vec<String> {
        logged().lines().filter(|line| line.contains("origin::revocation_list")).map(str::to_owned).collect()
    };
    for (number, (object, expected)) in steps.into_iter().enumerate() {
        match object {
            Some(bytes) => fixture.put_list_bytes(bytes).await,
            None => fixture.storage.delete(&Key::revocations()).await.unwrap(),
        }
        let before = events().len();
        for _ in 0..3 {
            origin.read_revocations().await;
        }
        let added = &events()[before..];
        assert_eq!(added.len(), usize::from(expected.is_some()), "step {number}: {added:?}");
        assert!(expected.is_none_or(|text| added[0].contains(text)), "step {number}: {added:?}");
    }

    // A folder in place of the object: storage reports an error.
    std::fs::remove_file(&storage_path).unwrap();
    std::fs::create_dir(&storage_path).unwrap();
    let before = events().len();
    origin.read_revocations().await;
    origin.read_revocations().await;
    std::fs::remove_dir(&storage_path).unwrap();
    fixture.put_list_bytes(newer).await;
    origin.read_revocations().await;

    // The writer stops, and writes again.
    for now in [NOW + 61, NOW + 62, NOW + 600] {
        CLOCK.store(now, Relaxed);
        origin.read_revocations().await;
        assert_eq!(origin.stats().revocations_age_seconds, Some(now - NOW - 1));
    }
    fixture.put_list(&list(NOW + 590, 1)).await;
    origin.read_revocations().await;
    let added = &events()[before..];
    let expected = ["Ignored", "Following", "outdated", "up to date again"];
    assert_eq!(added.len(), expected.len(), "{added:?}");
    assert!(added.iter().zip(expected).all(|(event, text)| event.contains(text)), "{added:?}");
    assert!(added[2].contains("WARN"), "{added:?}");
    assert_eq!(origin.stats().revocations_age_seconds, Some(10));
}
