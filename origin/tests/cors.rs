//! The CORS headers for players on other hosts.

#![allow(clippy::unwrap_used)]

mod support;

use http::{Method, header};
use origin::{AllowedOrigins, Config};
use reqwest::Response;
use support::{ABSENT, Fixture, PLAYLIST, SEGMENT, Server, client};

fn value(response: &Response, name: impl http::header::AsHeaderName) -> Option<String> {
    let values: Vec<_> =
        response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

#[tokio::test]
async fn every_page_may_play_if_any_origin_is_allowed() {
    let fixture = Fixture::new().await;
    let server = Server::start(fixture.config()).await;
    for path in [fixture.path(SEGMENT), fixture.path_with("x", SEGMENT), fixture.path(ABSENT)] {
        let response =
            client().get(server.url(&path)).header(header::ORIGIN, "https://a.example").send().await.unwrap();
        assert_eq!(value(&response, header::ACCESS_CONTROL_ALLOW_ORIGIN).unwrap(), "*");
        assert_eq!(value(&response, "timing-allow-origin").unwrap(), "*");
        let exposed = value(&response, header::ACCESS_CONTROL_EXPOSE_HEADERS).unwrap();
        assert_eq!(exposed, "Content-Length, Content-Range, ETag");
        assert_eq!(value(&response, header::VARY), None);
    }
}

#[tokio::test]
async fn only_listed_pages_may_play_if_some_are_listed() {
    let fixture = Fixture::new().await;
    let allowed_origins = AllowedOrigins::parse("https://films.example.la, http://localhost:5173").unwrap();
    let server = Server::start(Config { allowed_origins, ..fixture.config() }).await;
    for (origin, allowed) in [
        (Some("https://films.example.la"), true),
        (Some("http://localhost:5173"), true),
        (Some("http://films.example.la"), false),
        (Some("https://films.example.la.evil.example"), false),
        (Some("https://films.example.la:8443"), false),
        (Some("null"), false),
        (None, false),
    ] {
        let mut get = client().get(server.url(&fixture.path(PLAYLIST)));
        let mut preflight = client()
            .request(Method::OPTIONS, server.url(&fixture.path(SEGMENT)))
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "range");
        if let Some(origin) = origin {
            get = get.header(header::ORIGIN, origin);
            preflight = preflight.header(header::ORIGIN, origin);
        }
        let expected = origin.filter(|_| allowed).map(str::to_owned);
        let response = get.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(value(&response, header::ACCESS_CONTROL_ALLOW_ORIGIN), expected);
        assert_eq!(value(&response, "timing-allow-origin"), expected);
        assert_eq!(value(&response, header::VARY).unwrap(), "Accept-Encoding, Origin");

        let response = preflight.send().await.unwrap();
        assert_eq!(response.status(), 204);
        assert_eq!(value(&response, header::ACCESS_CONTROL_ALLOW_ORIGIN), expected);
        assert_eq!(value(&response, header::VARY).unwrap(), "Origin");
        let methods = value(&response, header::ACCESS_CONTROL_ALLOW_METHODS);
        assert_eq!(methods, allowed.then(|| "GET, HEAD, OPTIONS".to_owned()));
        let headers = value(&response, header::ACCESS_CONTROL_ALLOW_HEADERS);
        assert_eq!(headers, allowed.then(|| "Range, If-None-Match, If-Range".to_owned()));
    }
}
