//! The sample configuration, run by a real NGINX in front of a real origin.

#![allow(clippy::unwrap_used)]

mod server;
#[path = "../support/mod.rs"]
mod support;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use domain::revocations::Revocations;
use http::{Method, header};
use origin::{AllowedOrigins, Config, TakeDown};
use server::Nginx;
use support::{
    ABSENT, Fixture, LARGE, LARGE_BYTES, LATER, MANIFEST, NOW, PLAYLIST, RECORD, SEGMENT, SEGMENT_BYTES,
    Server, client, pattern, playlist, session, wait_until,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn status(url: String) -> u16 {
    client().get(url).send().await.unwrap().status().as_u16()
}

fn answered(server: &Server, status: u16) -> u64 {
    let counted = server.origin.stats().requests;
    counted.iter().find(|(known, _)| known.as_u16() == status).map_or(0, |(_, count)| *count)
}

#[tokio::test]
async fn one_copy_serves_all_authorized_viewers_and_no_others() {
    let fixture = Fixture::new().await;
    // An hour, so that NGINX authorizes each viewer once, however slow this machine is.
    let take_down = TakeDown { authorization_seconds: 3600, ..fixture.config().take_down };
    let server = Server::start(Config { take_down, ..fixture.config() }).await;
    let folder = tempfile::tempdir().unwrap();
    let nginx = Nginx::start(folder.path(), server.address).await;

    // Five viewers, four requests each.
    for viewer in 0..5 {
        let token = fixture.token_until(NOW + 4000 + viewer);
        for _ in 0..4 {
            let response = client().get(nginx.url(&fixture.path_with(&token, SEGMENT))).send().await.unwrap();
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
            assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
            assert!(response.bytes().await.unwrap() == pattern(SEGMENT_BYTES));
        }
    }
    assert_eq!(answered(&server, 200), 1, "the object was fetched once");
    assert_eq!(answered(&server, 204), 5, "each viewer was authorised once");

    let other_film = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4eff".parse().unwrap();
    let foreign = fixture.keys.sign(other_film, fixture.session, u32::try_from(NOW + 99).unwrap());
    for refused in [fixture.token_until(NOW), foreign, "A".repeat(51)] {
        let request = client().get(nginx.url(&fixture.path_with(&refused, SEGMENT)));
        let response = request.header(header::ORIGIN, "https://a.example").send().await.unwrap();
        assert_eq!(response.status(), 403);
        assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    }

    // Clients can read only objects of the film that are for viewers, and cannot request the subrequest's path.
    let token = fixture.token();
    for (path, expected) in [
        (fixture.path(ABSENT), 404),
        (fixture.path(MANIFEST), 404),
        (fixture.path(RECORD), 404),
        (fixture.path("%2e%2e/%2e%2e/secret"), 404),
        (fixture.path(&PLAYLIST.replace("main", "MAIN")), 404),
        (fixture.path_with("short", SEGMENT), 404),
        (fixture.authorize_path(&token), 404),
        ("/.nang-authorize".to_owned(), 404),
    ] {
        assert_eq!(status(nginx.url(&path)).await, expected, "{path}");
    }

    // A browser's preflight succeeds with any token.
    let preflight = client()
        .request(Method::OPTIONS, nginx.url(&fixture.path_with(&fixture.token_until(1), SEGMENT)))
        .header(header::ORIGIN, "https://a.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET");
    let preflight = preflight.send().await.unwrap();
    assert_eq!(preflight.status(), 204);
    assert!(preflight.headers().contains_key(header::ACCESS_CONTROL_ALLOW_HEADERS));
}

#[tokio::test]
async fn ranges_conditions_and_encodings_are_those_of_the_origin() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    let folder = tempfile::tempdir().unwrap();
    let nginx = Nginx::start(folder.path(), server.address).await;
    for (name, size) in [(SEGMENT, SEGMENT_BYTES), (LARGE, LARGE_BYTES)] {
        let url = nginx.url(&fixture.path(name));
        let etag = fixture.etag(name);
        let whole = pattern(size);
        for round in ["from the origin", "from the cache"] {
            let get = |header: &'static str, value: &str| client().get(&url).header(header, value).send();
            let part = get("range", "bytes=100000-199999").await.unwrap();
            assert_eq!(part.status(), 206, "{round}");
            assert_eq!(part.headers()[header::CONTENT_RANGE], format!("bytes 100000-199999/{size}"));
            assert!(part.bytes().await.unwrap() == whole.slice(100_000..200_000), "{round}");
            let several = get("range", "bytes=0-1,5-6").await.unwrap();
            assert_eq!(
                (several.status().as_u16(), several.content_length()),
                (200, Some(size as u64)),
                "{round}"
            );
            assert_eq!(get("range", "bytes=999999999-").await.unwrap().status(), 416, "{round}");
            assert_eq!(get("if-none-match", &etag).await.unwrap().status(), 304, "{round}");
            let head = client().head(&url).send().await.unwrap();
            assert_eq!(head.headers()[header::CONTENT_LENGTH], size.to_string(), "{round}");
        }
    }

    let url = nginx.url(&fixture.path(PLAYLIST));
    for _ in 0..2 {
        let plain = client().get(&url).header(header::ACCEPT_ENCODING, "identity").send().await.unwrap();
        assert!(plain.text().await.unwrap() == playlist());
        let compressed = client().get(&url).header(header::ACCEPT_ENCODING, "gzip").send().await.unwrap();
        assert_eq!(compressed.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(compressed.headers()[header::ETAG], format!("\"{}+gzip\"", fixture.key(PLAYLIST)));
    }
}

#[tokio::test]
async fn an_expired_token_is_refused_although_the_film_is_cached() {
    static CLOCK: AtomicU64 = AtomicU64::new(NOW);
    let fixture = Fixture::new().await;
    let config = Config {
        clock: || CLOCK.load(Ordering::Relaxed),
        allowed_origins: AllowedOrigins::List(Vec::new()),
        ..fixture.config()
    };
    let server = Server::start(config).await;
    let folder = tempfile::tempdir().unwrap();
    let nginx = Nginx::start(folder.path(), server.address).await;
    let token = fixture.token_until(NOW + 2);
    let url = nginx.url(&fixture.path_with(&token, SEGMENT));
    assert_eq!(status(url.clone()).await, 200);

    // The origin's clock passes the expiry at once. NGINX caches the authorization for two seconds.
    CLOCK.store(NOW + 2, Ordering::Relaxed);
    wait_until("the expired token is refused", async || status(url.clone()).await == 403).await;
    let later = fixture.token_until(NOW + 3600);
    assert_eq!(status(nginx.url(&fixture.path_with(&later, SEGMENT))).await, 200);
}

/// Requests the segment as a player does, and checks the whole response.
async fn play(nginx: &Nginx, path: &str) {
    let response = client().get(nginx.url(path)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.unwrap() == pattern(SEGMENT_BYTES));
}

#[tokio::test]
async fn a_revoked_session_is_refused_within_a_minute_although_the_film_is_cached() {
    let fixture = Fixture::new().await;
    // With the default values, and 5 s for the API process, half of the minute remains for a slow machine.
    let default = TakeDown::default();
    let promised =
        Duration::from_secs(5) + default.poll_interval + Duration::from_secs(default.authorization_seconds);
    assert!(promised <= Duration::from_secs(30), "{promised:?}");
    // Two seconds instead of twenty.
    let take_down = TakeDown { authorization_seconds: 2, ..fixture.config().take_down };
    let server = Server::start(Config { take_down, ..fixture.config() }).await;
    let folder = tempfile::tempdir().unwrap();
    let nginx = Nginx::start(folder.path(), server.address).await;
    let before = 1_799_990_000_000;
    let ended = fixture.path_with(&fixture.token_of(before), SEGMENT);
    let earlier = fixture.path_with(&fixture.token_of(before + 1), SEGMENT);
    let later = fixture.path_with(&fixture.token_of(before + 2), SEGMENT);
    for path in [&ended, &earlier, &later] {
        play(&nginx, path).await;
    }

    // A session ends.
    let mut list = Revocations::new(NOW);
    list.revoke_session(session(before));
    fixture.put_list(&list).await;
    let changed = Instant::now();
    wait_until("the ended session is refused", async || {
        play(&nginx, &earlier).await;
        play(&nginx, &later).await;
        status(nginx.url(&ended)).await == 403
    })
    .await;
    assert!(changed.elapsed() < Duration::from_mins(1), "took {:?}", changed.elapsed());

    // The film is taken down, and published again before the last session.
    let mut list = Revocations::new(NOW + 1);
    list.revoke_session(session(before));
    list.revoke_film(fixture.film, before + 2);
    fixture.put_list(&list).await;
    let changed = Instant::now();
    wait_until("the film's earlier session is refused", async || {
        play(&nginx, &later).await;
        status(nginx.url(&earlier)).await == 403
    })
    .await;
    assert!(changed.elapsed() < Duration::from_mins(1), "took {:?}", changed.elapsed());

    // They stay refused, and every response came from the one copy.
    for path in [&ended, &earlier] {
        let refused = client().get(nginx.url(path)).send().await.unwrap();
        assert_eq!(refused.status(), 403);
        assert_eq!(refused.headers()[header::CACHE_CONTROL], "no-store");
    }
    play(&nginx, &later).await;
    assert_eq!(answered(&server, 200), 1, "the object was fetched once");
    assert!(server.origin.stats().revoked >= 4);
}

#[tokio::test]
async fn no_token_is_logged() {
    let fixture = Fixture::new().await;
    let mut server = Server::start(fixture.config()).await;
    let folder = tempfile::tempdir().unwrap();
    let mut nginx = Nginx::start(folder.path(), server.address).await;
    let good = fixture.token();
    let expired = fixture.token_until(1);
    let film = fixture.film;
    let (first, second) = good.split_at(25);
    let mut requests = 0;
    for path in [
        fixture.path(SEGMENT),
        fixture.path(ABSENT),
        fixture.path("..%2f"),
        fixture.path("a%20b"),
        fixture.path("a%00b"),
        fixture.path("%ff"),
        fixture.path_with(&good, "x?token=") + &good,
        fixture.path_with(&expired, SEGMENT),
        format!("/elsewhere/{good}/x?token={good}"),
        // Longer tokens, and several.
        fixture.path_with(&format!("AAAA{good}"), SEGMENT),
        fixture.path_with(&format!("{good}{good}"), SEGMENT),
        fixture.path_with(&good, &format!("x/{good}")),
        format!("/elsewhere/{good}/and/{expired}"),
        format!("/elsewhere/AAAA{good}AAAA/{good}{expired}"),
        format!("/{good}"),
        format!("/assets/index-{good}.js"),
        format!("/authorize/{good}/{film}"),
        format!("/AUTHORIZE/{good}/{film}"),
        format!("/V/{good}/{film}/{PLAYLIST}"),
        // Line ends and other control characters around and inside tokens.
        fixture.path_with(&format!("{good}%0a"), SEGMENT),
        fixture.path_with(&format!("%0a{good}"), SEGMENT),
        fixture.path_with(&format!("{first}%0a{second}"), SEGMENT),
        format!("/elsewhere/%0a{good}"),
        format!("/elsewhere/x%0a/{good}%0a"),
        format!("/elsewhere/{first}%0a{second}"),
        format!("/elsewhere/{first}%7f{second}"),
        format!("%0a/{good}"),
        // Slashes and letters that are percent-encoded once and twice.
        format!("/v%2f{good}%2f{film}%2fmain.m3u8"),
        format!("/v/{good}/{film}/{first}/{second}"),
        format!("/v/{good}/{film}/builds/{good}/main.m3u8"),
        format!("/v/{film}/{good}/{film}/main.m3u8"),
        format!("/v%252f{good}%252f{film}"),
        format!("/elsewhere%2f{good}%2fx"),
        format!("/elsewhere%252f{first}%2541{second}"),
        format!("/elsewhere/{first}%2500{second}"),
        format!("//v//{good}//{film}/{PLAYLIST}"),
        format!("/x/../v/{good}/{film}/{LATER}"),
    ] {
        requests += 1;
        let referer = nginx.url(&fixture.path(PLAYLIST));
        // Sent by hand, because an HTTP client would normalize the path.
        let mut link = tokio::net::TcpStream::connect(nginx.address).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nReferer: {referer}\r\nConnection: close\r\n\r\n");
        link.write_all(request.as_bytes()).await.unwrap();
        link.read_to_end(&mut Vec::new()).await.unwrap();
    }
    let ordinary = format!("/films/the-long-way-home-a-film-in-three-parts-and-an-epilogue/{film}");
    status(nginx.url(&ordinary)).await;
    // Without the origin, NGINX has errors to log.
    server.stop();
    server.stopped().await;
    assert_eq!(status(nginx.url(&fixture.path_with(&fixture.token_until(NOW + 7), LATER))).await, 500);
    nginx.stop();

    let access = std::fs::read_to_string(folder.path().join("nang.log")).unwrap();
    let film = format!("\"/v/-/{}/{SEGMENT}\" 200 {SEGMENT_BYTES}", fixture.film);
    assert!(access.contains(&film), "{film} is not in\n{access}");
    assert_eq!(access.lines().count(), requests + 2, "{access}");
    // A path that cannot contain a token is logged unchanged.
    assert!(access.contains(&format!("\"{ordinary}\" ")), "{access}");
    for log in ["nang.log", "nang-error.log", "error.log"] {
        let text = std::fs::read_to_string(folder.path().join(log)).unwrap();
        for token in [&good, &expired] {
            // Not even a part of a token may be logged.
            for part in [&token[..25], &token[25..]] {
                assert!(!text.contains(part), "{log} has a token:\n{text}");
            }
        }
    }
}

/// Nang receives the address of the connection, regardless of the headers that the client sends.
#[tokio::test]
async fn a_client_cannot_choose_its_address() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = listener.local_addr().unwrap();
    let describe = |headers: header::HeaderMap| async move {
        let named = ["x-forwarded-for", "forwarded"].map(|name| {
            let values: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
            format!("{name}: {}", values.join(" + "))
        });
        named.join("; ")
    };
    let router = axum::Router::new().fallback(describe);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = tempfile::tempdir().unwrap();
    let nginx = Nginx::start(folder.path(), upstream).await;
    let fixture = Fixture::new().await;
    // Under /v/, this upstream answers the subrequest with 200, so NGINX lets the request pass.
    for path in ["/api/auth/login".to_owned(), fixture.path(SEGMENT)] {
        let request = client()
            .get(nginx.url(&path))
            .header("X-Forwarded-For", "203.0.113.7")
            .header("X-Forwarded-For", "198.51.100.9")
            .header("Forwarded", "for=203.0.113.7");
        let received = request.send().await.unwrap().text().await.unwrap();
        assert_eq!(received, "x-forwarded-for: 127.0.0.1; forwarded: ", "{path}");
    }
}
