//! How the catalogue's lists are sent: cached for a few seconds where all callers get the same list, and compressed.

use std::{io::Read, time::Duration};

use axum::http::{Request, header};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    films::{create, publish},
    pipeline,
    test_app::{Answer, Caller, TestApp},
};

async fn ready_film(app: &TestApp, title: &str) -> domain::id::FilmId {
    let film = create(app, json!({ "en": title })).await;
    pipeline::make_ready(&app.db, film).await;
    publish(app, film).await;
    film
}

fn title(list: &Value) -> &Value {
    &list["items"][0]["titles"]["en"]
}

#[sqlx::test(migrations = "../migrations")]
async fn a_public_list_is_cached_and_an_edit_shows_at_once(pool: PgPool) {
    let app = TestApp::with_config(pool, |config| config.list_cache = Duration::from_hours(1));
    let app = app.with_editor().await.with_viewer().await;
    let film = ready_film(&app, "first").await;
    assert_eq!(title(&app.anonymous().get("/api/films").await.ok()), "first");

    // Changed behind the server's back: the public list is cached, the list for members is not.
    sqlx::query(r#"UPDATE films SET titles = '{"en": "second"}'"#).execute(&app.pool).await.unwrap();
    assert_eq!(title(&app.anonymous().get("/api/films").await.ok()), "first");
    assert_eq!(title(&app.anonymous().get("/api/films?limit=5").await.ok()), "second", "another query");
    assert_eq!(title(&app.viewer().get("/api/films").await.ok()), "second");
    assert_eq!(title(&app.editor().get("/api/films").await.ok()), "second");

    let path = format!("/api/admin/films/{film}");
    let version = app.editor().get(&path).await.header(header::ETAG).to_owned();
    app.editor()
        .patch(&path, "\"99\"", &json!({ "titles": { "en": "refused" } }))
        .await
        .expect(412, "stale-version");
    assert_eq!(
        title(&app.anonymous().get("/api/films").await.ok()),
        "first",
        "a refused edit keeps the cache"
    );
    app.editor().patch(&path, &version, &json!({ "titles": { "en": "third" } })).await.ok();
    let list = app.anonymous().get("/api/films").await;
    assert_eq!(title(&list.ok()), "third");
    assert_eq!(list.header(header::CACHE_CONTROL), "public, max-age=10");
    app.anonymous().get("/api/films?cursor=rubbish").await.expect(400, "invalid-query");
}

async fn get_gzip(caller: Caller<'_>, path: &str) -> Answer {
    caller.send(Request::get(path).header(header::ACCEPT_ENCODING, "gzip, br")).await
}

fn vary(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all(header::VARY).iter().map(|value| value.to_str().unwrap()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn large_json_is_compressed_for_clients_that_accept_it(pool: PgPool) {
    let app = TestApp::with_config(pool, |config| config.list_cache = Duration::from_hours(1));
    let app = app.with_editor().await;
    for number in 0..8 {
        ready_film(&app, &format!("film {number}")).await;
    }
    let plain = app.anonymous().get("/api/films").await;
    assert!(plain.body.len() > 1024, "{}", plain.body.len());
    assert_eq!(plain.header(header::CONTENT_ENCODING), "");
    assert_eq!(vary(&plain), ["Authorization", "Accept-Encoding"]);
    for path in ["/api/films", "/api/openapi.json"] {
        let plain = app.anonymous().get(path).await;
        let answer = get_gzip(app.anonymous(), path).await;
        assert_eq!(answer.header(header::CONTENT_ENCODING), "gzip", "{path}");
        assert!(vary(&answer).contains(&"Accept-Encoding"), "{path}");
        let mut body = Vec::new();
        GzDecoder::new(&answer.body[..]).read_to_end(&mut body).unwrap();
        assert_eq!(body, plain.body, "{path}");
        assert!(answer.body.len() * 2 < body.len(), "{path}: {} of {}", answer.body.len(), body.len());
    }
    for path in ["/api/health/live", "/api/films?limit=1", "/api/nowhere"] {
        assert_eq!(get_gzip(app.anonymous(), path).await.header(header::CONTENT_ENCODING), "", "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_etag_of_a_compressed_film_is_accepted_and_edits_get_uncompressed_responses(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let path = format!("/api/admin/films/{film}");
    let synopsis = json!({ "synopses": { "en": "A long story. ".repeat(100) } });
    let request =
        || Request::patch(&path).header(header::IF_MATCH, "\"1\"").header(header::ACCEPT_ENCODING, "gzip");
    // A response to another method than GET may have a secret next to text that an attacker chose.
    let changed = app.editor().send_json(request(), &synopsis).await;
    assert!(changed.ok().to_string().len() > 1024);
    assert_eq!((changed.header(header::CONTENT_ENCODING), changed.header(header::ETAG)), ("", "\"2\""));

    let answer = get_gzip(app.editor(), &path).await;
    assert_eq!(answer.header(header::CONTENT_ENCODING), "gzip");
    assert_eq!(answer.header(header::ETAG), "\"2-gzip\"", "each representation has its own ETag");
    assert_eq!(app.editor().get(&path).await.header(header::ETAG), "\"2\"");
    let change = json!({ "titles": { "en": "y" } });
    assert_eq!(app.editor().patch(&path, "\"2-gzip\"", &change).await.ok()["version"], 3);
    app.editor().patch(&path, "\"2-gzip\"", &change).await.expect(412, "stale-version");
}
