//! Malicious request lines, sent byte for byte, to an origin whose storage has secret files inside and outside.

#![allow(clippy::unwrap_used)]

mod support;

use domain::revocations::Revocations;
use support::{Fixture, MANIFEST, NOW, PLAYLIST, RECORD, SEGMENT, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const SECRET: &str = "a secret file";

/// Sends `request` unchanged, and returns everything that the server sends until it closes the connection.
async fn exchange(server: &Server, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // The server may close the connection before the request is sent completely.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

fn status(answer: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(answer.get(9..12)?).ok()?;
    answer.starts_with(b"HTTP/1.").then(|| line.parse().ok())?
}

/// Starts a server whose storage has files inside and outside that are not objects of the film.
async fn server_with_secrets() -> (Fixture, Server) {
    let fixture = Fixture::new().await;
    let storage = fixture.folder.path().join("storage");
    std::fs::write(fixture.folder.path().join("secret.txt"), SECRET).unwrap();
    std::fs::write(storage.join("secret.txt"), SECRET).unwrap();
    std::fs::create_dir(storage.join("masters")).unwrap();
    std::fs::write(storage.join("masters/secret.txt"), SECRET).unwrap();
    let film = storage.join(format!("films/{}", fixture.film));
    let rendition = storage.join(fixture.key(SEGMENT).as_str()).parent().unwrap().to_owned();
    for folder in [film, rendition.parent().unwrap().to_owned(), rendition] {
        std::fs::write(folder.join("secret.txt"), SECRET).unwrap();
        std::fs::write(folder.join(".hidden"), SECRET).unwrap();
        std::fs::write(folder.join("UPPER"), SECRET).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.join("link")).unwrap();
        std::os::unix::fs::symlink("/etc", folder.join("folder")).unwrap();
    }
    fixture.put_list(&Revocations::new(NOW)).await;
    let server = Server::start(fixture.config()).await;
    (fixture, server)
}

#[tokio::test]
async fn only_objects_of_the_film_can_be_read() {
    let (fixture, server) = server_with_secrets().await;
    let good = fixture.path("");
    let good = good.trim_end_matches('/');
    let (token, film) = (fixture.token(), fixture.film);
    let rendition = SEGMENT.rsplit_once('/').unwrap().0;
    let build = rendition.rsplit_once('/').unwrap().0;
    let deep = "../".repeat(40);
    let long_name = "a".repeat(600);
    let mut paths = vec![
        format!("{good}/{build}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/secret.txt"),
        format!("{good}/{build}/../../../../secret.txt"),
        format!("{good}/{build}/../../secret.txt"),
        format!("{good}/{build}/../secret.txt"),
        format!("{good}/{rendition}/../build.json"),
        format!("{good}/{rendition}/%2e%2e/build.json"),
        format!("{good}/{rendition}/..%2fbuild.json"),
        format!("{good}/{build}//build.json"),
        format!("{good}/{build}/./build.json"),
        format!("{good}/{build}/build.json/"),
        format!("{good}/{MANIFEST}"),
        format!("{good}/{RECORD}"),
        format!("{good}/{RECORD}?x=main.m3u8"),
        format!("{good}/{PLAYLIST}/"),
        format!("{good}/{PLAYLIST}/x"),
        format!("{good}/{PLAYLIST}%00.m4s"),
        format!("{good}/{}", PLAYLIST.to_uppercase()),
        format!("{good}/{}", PLAYLIST.replace("main", "MAIN")),
        format!("{good}/{}", PLAYLIST.replace("presentations/", "presentations//")),
        format!("{good}/{}", PLAYLIST.replace("presentations/", "presentations/./")),
        format!("{good}/{}", PLAYLIST.replace("presentations/", "builds/../presentations/")),
        format!("{good}/{}", SEGMENT.replace("builds", "Builds")),
        format!("{good}/builds"),
        format!("{good}/builds/"),
        format!("{good}/{build}"),
        format!("{good}/{rendition}"),
        format!("{good}/{rendition}/"),
        format!("{good}/{rendition}/{long_name}"),
        format!("{good}/"),
        good.to_owned(),
        format!("{good}/~root"),
        format!("{good}/../../playback/revocations"),
        format!("{good}/playback/revocations"),
        format!("/v/{token}/playback/revocations"),
        format!("/v/{token}/{film}/../../masters/secret.txt"),
        format!("/v/{token}/../{film}/{PLAYLIST}"),
        format!("/v/../v/{token}/{film}/{PLAYLIST}"),
        format!("//v/{token}/{film}/{PLAYLIST}"),
        format!("/v//{token}/{film}/{PLAYLIST}"),
        format!("/v/{token}//{film}/{PLAYLIST}"),
        format!("/V/{token}/{film}/{PLAYLIST}"),
        format!("/%76/{token}/{film}/{PLAYLIST}"),
        format!("/v/{token}/{film}%2f{PLAYLIST}"),
        format!("/films/{film}/{PLAYLIST}"),
        "/playback/revocations".to_owned(),
        "/secret.txt".to_owned(),
        "/masters/secret.txt".to_owned(),
        "/../secret.txt".to_owned(),
        "/etc/passwd".to_owned(),
        "*".to_owned(),
        "/".to_owned(),
        "http://other.example/secret.txt".to_owned(),
        "file:///etc/passwd".to_owned(),
    ];
    for folder in [good.to_owned(), format!("{good}/{build}"), format!("{good}/{rendition}")] {
        paths.extend([
            format!("{folder}/../../../secret.txt"),
            format!("{folder}/../../../../secret.txt"),
            format!("{folder}/{deep}etc/passwd"),
            format!("{folder}/%2e%2e/%2e%2e/%2e%2e/secret.txt"),
            format!("{folder}/%2E%2E%2F%2E%2E%2F%2E%2E%2Fsecret.txt"),
            format!("{folder}/%252e%252e/secret.txt"),
            format!("{folder}/..%c0%af..%c0%afsecret.txt"),
            format!("{folder}/..\\..\\..\\secret.txt"),
            format!("{folder}/..;/secret.txt"),
            format!("{folder}//etc/passwd"),
            format!("{folder}/UPPER"),
            format!("{folder}/.hidden"),
        ]);
    }
    for path in paths {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = exchange(&server, request.as_bytes()).await;
        let answered = status(&answer);
        assert!(matches!(answered, Some(400 | 404)), "{path}: {answered:?}");
        assert!(answer.ends_with(b"\r\n\r\n"), "{path}: the response has a body");
    }
    // A symbolic link is not an object. Storage may report it as an error.
    for path in
        [format!("{good}/link"), format!("{good}/{build}/folder/passwd"), format!("{good}/{rendition}/link")]
    {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = exchange(&server, request.as_bytes()).await;
        assert!(matches!(status(&answer), Some(404 | 500)) && answer.ends_with(b"\r\n\r\n"), "{path}");
    }
    // The same code does find objects, also with the absolute form of a path (RFC 9112 §3.2.2).
    for path in [
        fixture.path(SEGMENT),
        format!("http://x{}", fixture.path(SEGMENT)),
        fixture.path(SEGMENT) + "?../..",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&exchange(&server, request.as_bytes()).await), Some(200), "{path}");
    }
}

#[tokio::test]
async fn invalid_values_of_known_headers_are_ignored() {
    let (fixture, server) = server_with_secrets().await;
    for header in [
        &b"Range: \xff\xff"[..],
        b"If-None-Match: \xff\"",
        b"Accept-Encoding: \xff",
        b"Origin: \xff",
        b"If-Range: \x80",
    ] {
        let line = format!("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", fixture.path(SEGMENT));
        let request = [line.as_bytes(), header, b"\r\n\r\n"].concat();
        assert_eq!(status(&exchange(&server, &request).await), Some(200));
    }
}
