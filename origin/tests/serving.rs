//! The responses that clients get over real connections: tokens, methods, conditions, ranges and headers.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::Read;

use http::{
    Method, StatusCode,
    header::{self, HeaderMap, HeaderName},
};
use origin::Config;
use support::{
    ABSENT, EMPTY, Fixture, INDEX, INIT, LARGE, LARGE_BYTES, LATER, MANIFEST, NOW, PLAYLIST, RECORD, SEGMENT,
    SEGMENT_BYTES, SHEET, Server, client, pattern, playlist,
};

/// Status and bytes. `None` if the response has no bytes.
type Expected = Option<(u16, std::ops::Range<usize>)>;

#[tokio::test]
async fn objects_are_complete_and_have_their_headers() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    for (name, bytes, content_type) in [
        (PLAYLIST, playlist().into(), "application/vnd.apple.mpegurl"),
        (INIT, pattern(1000), "video/mp4"),
        (SEGMENT, pattern(SEGMENT_BYTES), "video/mp4"),
        (LARGE, pattern(LARGE_BYTES), "video/mp4"),
        (EMPTY, pattern(0), "video/mp4"),
        (INDEX, "WEBVTT\n".into(), "text/vtt; charset=utf-8"),
        (SHEET, pattern(3000), "image/jpeg"),
    ] {
        // The second time, a small object comes from memory.
        for _ in 0..2 {
            let response = client().get(server.url(&fixture.path(name))).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{name}");
            let headers = response.headers().clone();
            assert_eq!(headers[header::CONTENT_TYPE], content_type);
            assert_eq!(headers[header::CONTENT_LENGTH], bytes.len().to_string());
            assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
            assert_eq!(headers[header::ACCEPT_RANGES], "bytes");
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(headers[header::ETAG], fixture.etag(name));
            assert!(headers.contains_key(header::DATE));
            assert!(!headers.contains_key(header::CONTENT_ENCODING));
            assert!(response.bytes().await.unwrap() == bytes, "{name}");
        }
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    let known = fixture.etag(SEGMENT);
    let describe = |method: Method, path: String, extra: (HeaderName, String)| {
        let request = client().request(method, server.url(&path)).header(extra.0, extra.1);
        async move {
            let response = request.send().await.unwrap();
            let mut headers = response.headers().clone();
            headers.remove(header::DATE);
            (response.status(), headers, response.bytes().await.unwrap())
        }
    };
    for (path, extra) in [
        (fixture.path(PLAYLIST), (header::ACCEPT_ENCODING, "gzip".to_owned())),
        (fixture.path(PLAYLIST), (header::ACCEPT_ENCODING, "identity".to_owned())),
        (fixture.path(SEGMENT), (header::ACCEPT, "*/*".to_owned())),
        (fixture.path(SEGMENT), (header::IF_NONE_MATCH, known)),
        (fixture.path(LARGE), (header::ACCEPT, "*/*".to_owned())),
        (fixture.path(EMPTY), (header::ACCEPT, "*/*".to_owned())),
        (fixture.path(ABSENT), (header::ACCEPT, "*/*".to_owned())),
        (fixture.path_with("x", SEGMENT), (header::ACCEPT, "*/*".to_owned())),
        ("/".to_owned(), (header::ACCEPT, "*/*".to_owned())),
        ("/health/live".to_owned(), (header::ACCEPT, "*/*".to_owned())),
    ] {
        let (get_status, get_headers, _) = describe(Method::GET, path.clone(), extra.clone()).await;
        let (head_status, head_headers, head_body) = describe(Method::HEAD, path.clone(), extra).await;
        assert_eq!((get_status, get_headers), (head_status, head_headers), "{path}");
        assert!(head_body.is_empty());
    }
    // RFC 9110 §14.2: a range is defined only for GET.
    let range = (header::RANGE, "bytes=0-1".to_owned());
    let (status, headers, _) = describe(Method::HEAD, fixture.path(SEGMENT), range).await;
    assert_eq!(
        (status, &headers[header::CONTENT_LENGTH]),
        (StatusCode::OK, &SEGMENT_BYTES.to_string().parse().unwrap())
    );
}

#[tokio::test]
async fn a_token_grants_its_own_film_until_it_expires() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    let (film, session) = (fixture.film, fixture.session);
    let other_film = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4eff".parse().unwrap();
    let until = u32::try_from(NOW + 3600).unwrap();
    let good = fixture.token();
    let mut forged = good.clone();
    forged.replace_range(50.., if good.ends_with('A') { "Q" } else { "A" });
    let version_1 = good.replacen("Ag", "AQ", 1);
    assert_ne!(version_1, good);
    let rotated = domain::token::KeyRing::parse(&format!("8 {}", "fedcba9876543210".repeat(4))).unwrap();
    let foreign = domain::token::KeyRing::parse(&format!("7 {}", "aa00".repeat(16))).unwrap();
    let retired = domain::token::KeyRing::parse(&format!("9 {}", "0123456789abcdef".repeat(4))).unwrap();
    for (token, allowed, what) in [
        (good.clone(), true, "good"),
        (rotated.sign(film, session, until), true, "signed with the second key in force"),
        (fixture.token_until(NOW + 1), true, "in its last second"),
        (fixture.token_until(NOW), false, "expired now"),
        (fixture.token_until(0), false, "expired long ago"),
        (fixture.keys.sign(other_film, session, until), false, "for another film"),
        (version_1, false, "of version 1, for one build"),
        (foreign.sign(film, session, until), false, "signed with an unknown key that has a known id"),
        (retired.sign(film, session, until), false, "signed with a key that is not in force"),
        (forged, false, "changed in its last character"),
        (good.to_lowercase(), false, "in lower case"),
        (format!("{good}A"), false, "too long"),
        (format!("{good}="), false, "padded"),
        (good[..50].to_owned(), false, "too short"),
        (String::new(), false, "empty"),
        ("%41".to_owned(), false, "escaped"),
    ] {
        for (name, status_if_allowed) in [(SEGMENT, 200), (ABSENT, 404), ("..%2f", 404), ("", 404)] {
            let response = client().get(server.url(&fixture.path_with(&token, name))).send().await.unwrap();
            let expected = if allowed { status_if_allowed } else { 403 };
            assert_eq!(response.status(), expected, "token: {what}; object: {name:?}");
            if expected == 403 {
                assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
                assert_eq!(response.bytes().await.unwrap(), "");
            }
        }
        let authorize = server.url(&fixture.authorize_path(&token));
        let response = client().get(authorize).send().await.unwrap();
        assert_eq!(response.status(), if allowed { 204 } else { 403 }, "token: {what}; checked by a proxy");
    }
}

#[tokio::test]
async fn a_token_opens_every_presentation_and_build_of_its_film_but_no_record() {
    let fixture = Fixture::new().await;
    let (second, legacy) = ("0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e70", "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e71");
    let other_film =
        Fixture { film: "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4eff".parse().unwrap(), ..Fixture::new().await };
    let served = [
        format!("presentations/{second}/main.m3u8"),
        format!("builds/{second}/a1/index.m3u8"),
        format!("builds/{second}/s1/00001.vtt"),
        format!("builds/{second}/storyboard/00001.jpg"),
        format!("{legacy}/main.m3u8"),
        format!("{legacy}/v1080/00001.m4s"),
    ];
    let not_served = [
        format!("presentations/{second}/manifest.json"),
        format!("builds/{second}/build.json"),
        format!("{legacy}/manifest.json"),
        format!("{legacy}/build.json"),
    ];
    for path in served.iter().chain(&not_served) {
        fixture.put(path, "text".into()).await;
        let key = other_film.key(path);
        fixture.storage.put_bytes(&key, "text".into()).await.unwrap();
    }
    let server = Server::start(fixture.config()).await;
    let token = fixture.token();
    let status = async |path: String| client().get(server.url(&path)).send().await.unwrap().status();
    for path in served.iter().map(String::as_str).chain([PLAYLIST, SEGMENT, INDEX]) {
        assert_eq!(status(fixture.path_with(&token, path)).await, StatusCode::OK, "{path}");
    }
    for path in not_served.iter().map(String::as_str).chain([MANIFEST, RECORD]) {
        assert_eq!(status(fixture.path_with(&token, path)).await, StatusCode::NOT_FOUND, "{path}");
    }
    for path in served.iter().chain(&not_served) {
        assert_eq!(status(other_film.path_with(&token, path)).await, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(status(other_film.path_with(&other_film.token(), &served[0])).await, StatusCode::OK);
    assert_eq!(status(other_film.authorize_path(&token)).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_authorization_is_cached_no_longer_than_its_token_is_valid() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    for (left, expected) in [(3600, "max-age=20"), (21, "max-age=20"), (3, "max-age=3")] {
        let token = fixture.token_until(NOW + left);
        let url = server.url(&fixture.authorize_path(&token));
        let response = client().get(url).send().await.unwrap();
        assert_eq!(response.headers()[header::CACHE_CONTROL], expected);
    }
}

#[tokio::test]
async fn ranges_and_conditions_are_obeyed() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    for (name, size) in [(SEGMENT, SEGMENT_BYTES), (LARGE, LARGE_BYTES)] {
        let whole = pattern(size);
        let etag = fixture.etag(name);
        let weak = format!("W/{etag}");
        let date = "Sat, 29 Oct 1994 19:43:31 GMT";
        let full = Some((200, 0..size));
        let part = |range| Some((206, range));
        let cases: Vec<(Vec<(&str, &str)>, Expected)> = vec![
            (vec![("range", "bytes=0-0")], part(0..1)),
            (vec![("range", "bytes=65530-70000")], part(65530..70001)),
            (vec![("range", "bytes=1000000-")], part(1_000_000..size)),
            (vec![("range", "bytes=-100000")], part(size - 100_000..size)),
            (vec![("range", "bytes=5-99999999999")], part(5..size)),
            (vec![("range", "bytes=0-1,5-6")], full.clone()),
            (vec![("range", "bytes=0-1"), ("range", "bytes=5-6")], full.clone()),
            (vec![("range", "bytes=6-5")], full.clone()),
            (vec![("range", "bytes=0-1"), ("if-range", &etag)], part(0..2)),
            (vec![("range", "bytes=0-1"), ("if-range", &weak)], full.clone()),
            (vec![("range", "bytes=0-1"), ("if-range", "\"other\"")], full.clone()),
            (vec![("range", "bytes=0-1"), ("if-range", date)], full.clone()),
            (vec![("if-none-match", "\"other\"")], full.clone()),
            (vec![("if-none-match", "\"other\""), ("range", "bytes=7-8")], part(7..9)),
            (vec![("if-match", &etag)], full.clone()),
            (vec![("if-modified-since", date)], full.clone()),
            (vec![("if-unmodified-since", date)], full),
            // 304, 412 and 416 have no body.
            (vec![("if-none-match", &etag)], None),
            (vec![("if-none-match", &weak)], None),
            (vec![("if-none-match", "*")], None),
            (vec![("if-none-match", "\"other\""), ("if-none-match", &etag)], None),
            (vec![("if-none-match", &etag), ("range", "bytes=0-1")], None),
            (vec![("if-match", "\"other\"")], None),
            (vec![("if-match", &weak)], None),
            (vec![("range", "bytes=99999999999-")], None),
            (vec![("range", "bytes=-0")], None),
        ];
        for (headers, expected) in cases {
            let mut request = client().get(server.url(&fixture.path(name)));
            for (header, value) in &headers {
                request = request.header(*header, *value);
            }
            let response = request.send().await.unwrap();
            let (status, answered) = (response.status().as_u16(), response.headers().clone());
            let body = response.bytes().await.unwrap();
            assert_eq!(answered[header::ETAG], etag, "{headers:?}");
            if let Some((expected, range)) = expected {
                assert_eq!(status, expected, "{headers:?}");
                assert!(body == whole.slice(range.clone()), "{headers:?}");
                assert_eq!(answered[header::CONTENT_LENGTH], range.len().to_string());
                let place = format!("bytes {}-{}/{size}", range.start, range.end - 1);
                let placed =
                    answered.get(header::CONTENT_RANGE).map(|value| value.to_str().unwrap().to_owned());
                assert_eq!(placed, (status == 206).then_some(place), "{headers:?}");
            } else {
                let (first, _) = headers[0];
                let expected = match first {
                    "if-none-match" => 304,
                    "if-match" => 412,
                    _ => 416,
                };
                assert_eq!((status, body.len()), (expected, 0), "{headers:?}");
                let placed =
                    answered.get(header::CONTENT_RANGE).map(|value| value.to_str().unwrap().to_owned());
                assert_eq!(placed, (status == 416).then(|| format!("bytes */{size}")));
                let kept = answered[header::CACHE_CONTROL].to_str().unwrap().contains("immutable");
                assert_eq!(kept, status == 304, "{headers:?}");
            }
        }
    }
}

#[tokio::test]
async fn playlists_are_gzipped_for_clients_that_accept_it() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    let url = server.url(&fixture.path(PLAYLIST));
    let fetch = async |accepted: &str, extra: HeaderMap| {
        client().get(&url).header(header::ACCEPT_ENCODING, accepted).headers(extra).send().await.unwrap()
    };

    let compressed = fetch("br, gzip", HeaderMap::new()).await;
    let headers = compressed.headers().clone();
    assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
    assert_eq!(headers[header::VARY], "Accept-Encoding");
    let etag = headers[header::ETAG].clone();
    assert_eq!(etag, format!("\"{}+gzip\"", fixture.key(PLAYLIST)));
    let compressed = compressed.bytes().await.unwrap();
    assert_eq!(headers[header::CONTENT_LENGTH], compressed.len().to_string());
    let mut text = String::new();
    flate2::read::GzDecoder::new(compressed.as_ref()).read_to_string(&mut text).unwrap();
    assert!(text == playlist());

    // Ranges and conditions apply to the form that would be sent.
    let part = fetch("gzip", HeaderMap::from_iter([(header::RANGE, "bytes=10-19".parse().unwrap())])).await;
    assert_eq!(part.headers()[header::CONTENT_RANGE], format!("bytes 10-19/{}", compressed.len()));
    assert_eq!(part.bytes().await.unwrap(), compressed.slice(10..20));
    let condition = HeaderMap::from_iter([(header::IF_NONE_MATCH, etag)]);
    let known = fetch("gzip", condition.clone()).await;
    assert_eq!(
        (known.status(), &known.headers()[header::VARY]),
        (StatusCode::NOT_MODIFIED, &"Accept-Encoding".parse().unwrap())
    );
    let plain = fetch("identity", condition).await;
    assert_eq!(
        (plain.status(), &plain.headers()[header::VARY]),
        (StatusCode::OK, &"Accept-Encoding".parse().unwrap())
    );
    assert!(plain.text().await.unwrap() == playlist());

    let segment = client().get(server.url(&fixture.path(SEGMENT))).header(header::ACCEPT_ENCODING, "gzip");
    let segment = segment.send().await.unwrap();
    assert!(
        !segment.headers().contains_key(header::CONTENT_ENCODING)
            && !segment.headers().contains_key(header::VARY)
    );
}

#[tokio::test]
async fn other_methods_are_refused() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let response =
            client().request(method, server.url(&fixture.path(SEGMENT))).body("x").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()[header::ALLOW], "GET, HEAD, OPTIONS");
    }
    let options = client().request(Method::OPTIONS, server.url(&fixture.path(SEGMENT))).send().await.unwrap();
    assert_eq!(
        (options.status(), options.headers()[header::ALLOW].as_bytes()),
        (StatusCode::NO_CONTENT, &b"GET, HEAD, OPTIONS"[..])
    );
}

#[tokio::test]
async fn an_object_is_served_as_soon_as_it_exists() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    let url = server.url(&fixture.path(LATER));
    assert_eq!(client().get(&url).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    fixture.put(LATER, pattern(10)).await;
    assert_eq!(client().get(&url).send().await.unwrap().bytes().await.unwrap(), pattern(10));
}

#[tokio::test]
async fn every_object_is_served_with_a_tiny_cache() {
    let fixture = Fixture::new().await;
    for cache_bytes in [0, 1, 4096, 3 * 1024 * 1024] {
        let server = Server::start(Config { cache_bytes, ..fixture.config() }).await;
        for (name, size) in [(INIT, 1000), (SEGMENT, SEGMENT_BYTES), (LARGE, LARGE_BYTES), (EMPTY, 0)] {
            let response = client().get(server.url(&fixture.path(name))).send().await.unwrap();
            assert!(response.bytes().await.unwrap() == pattern(size), "{name} with {cache_bytes}");
        }
        let playlist_url = server.url(&fixture.path(PLAYLIST));
        let response =
            client().get(playlist_url).header(header::ACCEPT_ENCODING, "gzip").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert!(server.origin.stats().cached_bytes <= cache_bytes);
    }
}

#[tokio::test]
async fn responses_are_counted() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    for (path, times) in
        [(fixture.path(SEGMENT), 3), (fixture.path(ABSENT), 1), (fixture.path_with("x", SEGMENT), 2)]
    {
        for _ in 0..times {
            client().get(server.url(&path)).send().await.unwrap().bytes().await.unwrap();
        }
    }
    client().head(server.url(&fixture.path(SEGMENT))).send().await.unwrap();
    let stats = server.origin.stats();
    let counted: Vec<_> = stats.requests.iter().map(|(status, count)| (status.as_u16(), *count)).collect();
    assert_eq!(counted, [(200, 4), (403, 2), (404, 1)]);
    assert_eq!(stats.sent_bytes, 3 * SEGMENT_BYTES as u64);
    assert_eq!((stats.cache_hits, stats.cache_misses), (3, 2));
}

#[tokio::test]
async fn an_origin_also_serves_within_a_router() {
    let fixture = Fixture::new().await;
    let origin = origin::Origin::new(fixture.config()).unwrap();
    let router = axum::Router::new().route_service("/v/{*rest}", origin);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = hyper_util::service::TowerToHyperService::new(router);
    tokio::spawn(server::serve(
        listener,
        move |_| service.clone(),
        server::Limits::default(),
        std::future::pending(),
    ));
    let url = |path: &str| format!("http://{address}{path}");
    let response = client().get(url(&fixture.path(SEGMENT))).send().await.unwrap();
    assert!(response.bytes().await.unwrap() == pattern(SEGMENT_BYTES));
    let response = client().head(url(&fixture.path(LARGE))).send().await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_LENGTH], LARGE_BYTES.to_string());
    let response = client().get(url(&fixture.path_with("x", SEGMENT))).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}
