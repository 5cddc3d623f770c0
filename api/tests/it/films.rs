//! The catalogue as the public sees it.

use axum::http::header;
use domain::id::FilmId;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{pipeline, test_app::TestApp};

/// Creates a film as an editor.
pub async fn create(app: &TestApp, titles: Value) -> FilmId {
    let film = app.editor().post("/api/admin/films", &json!({ "titles": titles })).await.ok();
    film["id"].as_str().unwrap().parse().unwrap()
}

pub async fn publish(app: &TestApp, film: FilmId) {
    let path = format!("/api/admin/films/{film}");
    let etag = app.editor().get(&path).await.header(header::ETAG).to_owned();
    app.editor().patch(&path, &etag, &json!({ "visibility": "public" })).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_is_shown_when_it_is_both_public_and_ready(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let titles = json!({ "lo": "ສະບາຍດີ ຫຼວງພະບາງ", "en": "Good Morning, Luang Prabang" });
    let film = create(&app, titles.clone()).await;
    let path = format!("/api/films/{film}");
    let expect_hidden = async || {
        app.anonymous().get(&path).await.expect(404, "not-found");
        app.editor().get(&path).await.expect(404, "not-found");
        assert_eq!(app.anonymous().get("/api/films").await.ok(), json!({ "items": [], "next_cursor": null }));
    };
    expect_hidden().await;
    pipeline::make_ready(&app.db, film).await;
    expect_hidden().await;
    publish(&app, film).await;

    let answer = app.anonymous().get(&path).await;
    let shown = answer.ok();
    let created_at = shown["created_at"].as_str().unwrap();
    assert!(created_at.ends_with('Z'), "{created_at}");
    let expected = json!({
        "id": film.to_string(), "slug": shown["slug"], "titles": titles, "original_title": null, "year": null, "age_rating": null,
        "duration_ms": 6000, "width": 640, "height": 360, "poster": null, "backdrop": null,
        "in_watchlist": null, "created_at": created_at,
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(shown[field], *value, "{field}");
    }
    let audio = &shown["audio_tracks"][0];
    let expected_audio = json!({
        "id": audio["id"], "language": "lo", "label": "ລາວ", "default": true, "forced": false, "role": "main",
    });
    assert_eq!(shown["audio_tracks"], json!([expected_audio]));
    assert_eq!(app.anonymous().get("/api/films").await.ok()["items"], json!([expected]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_public_film_stays_visible_while_a_newer_master_is_encoded(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    pipeline::make_ready(&app.db, film).await;
    publish(&app, film).await;
    pipeline::upload(&app.db, film).await;
    app.anonymous().get(&format!("/api/films/{film}")).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_list_every_film_once_newest_first(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let mut films = Vec::new();
    for number in 0..5 {
        films.push(create(&app, json!({ "en": format!("Film {number}") })).await.to_string());
    }
    films.reverse();
    let mut seen: Vec<String> = Vec::new();
    let mut path = "/api/admin/films?limit=2".to_owned();
    loop {
        let page = app.editor().get(&path).await.ok();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|film| film["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/admin/films?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, films);
    // An exactly full page is the last one when no film follows.
    assert_eq!(app.editor().get("/api/admin/films?limit=5").await.ok()["next_cursor"], Value::Null);
}
