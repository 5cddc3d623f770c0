//! A viewer's own lists: watchlist, history, films to resume.

use axum::http::Request;
use db::heartbeat::{self, Heartbeat};
use domain::id::{FilmId, PlaybackSessionId};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    films::{create, publish},
    pipeline,
    test_app::{Caller, TestApp},
};

/// Creates public films of ten minutes.
pub async fn create_films(app: &TestApp, count: usize) -> Vec<FilmId> {
    let mut films = Vec::new();
    for number in 0..count {
        let film = create(app, json!({ "en": format!("Film {number}") })).await;
        pipeline::make_ready(&app.db, film).await;
        publish(app, film).await;
        films.push(film);
    }
    sqlx::query("UPDATE films SET duration_ms = 600000").execute(&app.pool).await.unwrap();
    films
}

/// Watches the first minute of a film, as a player reports it.
pub async fn watch(app: &TestApp, caller: Caller<'_>, film: FilmId) {
    let stream = caller.do_post(&format!("/api/stream/{film}")).await.ok();
    let session: PlaybackSessionId = stream["session_id"].as_str().unwrap().parse().unwrap();
    let me = caller.get("/api/auth/me").await.ok()["id"].as_str().unwrap().parse().unwrap();
    let one = Heartbeat {
        event_id: Uuid::now_v7(),
        at: OffsetDateTime::now_utc(),
        position_ms: 60_000,
        watched_ms: 60_000,
        is_end: true,
    };
    heartbeat::record(&app.db, session, Some(me), 0, &[one]).await.unwrap().unwrap();
}

/// Reads all films of a list, page by page.
async fn list_all(caller: Caller<'_>, path: &str) -> Vec<String> {
    let (mut seen, mut next) = (Vec::new(), format!("{path}?limit=2"));
    loop {
        let page = caller.get(&next).await.ok();
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["film"]["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("{path}?limit=2&cursor={cursor}"),
            None => return seen,
        }
    }
}

async fn delete(caller: Caller<'_>, path: &str) {
    assert_eq!(caller.send(Request::delete(path)).await.status, 204);
}

fn newest_first(films: &[FilmId]) -> Vec<String> {
    films.iter().rev().map(ToString::to_string).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_watchlist_is_newest_first_and_adding_twice_changes_nothing(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let films = create_films(&app, 5).await;
    for film in films.iter().chain(&films[..2]) {
        let answer = app.viewer().send(Request::put(format!("/api/watchlist/{film}"))).await;
        assert_eq!(answer.status, 204);
    }
    assert_eq!(list_all(app.viewer(), "/api/watchlist").await, newest_first(&films));
    assert!(list_all(app.editor(), "/api/watchlist").await.is_empty());
    for _ in 0..2 {
        delete(app.viewer(), &format!("/api/watchlist/{}", films[4])).await;
    }
    assert_eq!(list_all(app.viewer(), "/api/watchlist").await, newest_first(&films[..4]));

    let draft = create(&app, json!({ "en": "Draft" })).await;
    app.viewer().send(Request::put(format!("/api/watchlist/{draft}"))).await.expect(404, "not-found");
    app.viewer().get("/api/watchlist?limit=0").await.expect(400, "invalid-query");
    for path in ["/api/watchlist", "/api/history", "/api/resume"] {
        for cursor in ["rubbish", "-300000000000000000.0193a6b07c1e7d6a8f000a1b2c3d4e5f"] {
            app.viewer().get(&format!("{path}?cursor={cursor}")).await.expect(400, "invalid-query");
        }
        let oldest = "0.0193a6b07c1e7d6a8f000a1b2c3d4e5f";
        assert_eq!(app.viewer().get(&format!("{path}?cursor={oldest}")).await.ok()["items"], json!([]));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_film_tells_whether_it_is_in_the_callers_watchlist(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let films = create_films(&app, 2).await;
    app.viewer().send(Request::put(format!("/api/watchlist/{}", films[0]))).await;
    watch(&app, app.viewer(), films[0]).await;
    let (path, slug) = (format!("/api/films/{}", films[0]), "/api/films/film-0");
    for (pointer, path) in [
        ("/items/1/in_watchlist", "/api/films"),
        ("/in_watchlist", &*path),
        ("/in_watchlist", slug),
        ("/items/0/in_watchlist", "/api/search?q=film%200"),
        ("/items/0/film/in_watchlist", "/api/watchlist"),
        ("/items/0/film/in_watchlist", "/api/history"),
        ("/items/0/film/in_watchlist", "/api/resume"),
    ] {
        let mine = app.viewer().get(path).await.ok();
        assert_eq!(mine.pointer(pointer), Some(&json!(true)), "{path}: {mine}");
        if path.contains("films") || path.contains("search") {
            let theirs = app.editor().get(path).await.ok();
            assert_eq!(theirs.pointer(pointer), Some(&json!(false)), "{path}: {theirs}");
            let guests = app.anonymous().get(path).await.ok();
            assert_eq!(guests.pointer(pointer), Some(&Value::Null), "{path}: {guests}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn lists_hold_only_films_their_owner_may_still_see(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let film = create_films(&app, 1).await[0];
    app.viewer().send(Request::put(format!("/api/watchlist/{film}"))).await;
    watch(&app, app.viewer(), film).await;
    for (visibility, shown) in [("draft", false), ("members", true), ("unlisted", true), ("public", true)] {
        sqlx::query("UPDATE films SET visibility = $1").bind(visibility).execute(&app.pool).await.unwrap();
        for path in ["/api/watchlist", "/api/history", "/api/resume"] {
            assert_eq!(!list_all(app.viewer(), path).await.is_empty(), shown, "{path} {visibility}");
        }
        let point = app.viewer().get(&format!("/api/resume/{film}")).await;
        assert_eq!(point.status.as_u16(), if shown { 200 } else { 404 }, "{visibility}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn history_and_resume_points_are_listed_and_cleared_one_by_one_or_all(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let films = create_films(&app, 5).await;
    for film in &films {
        watch(&app, app.viewer(), *film).await;
        watch(&app, app.editor(), *film).await;
    }
    for path in ["/api/history", "/api/resume"] {
        assert_eq!(list_all(app.viewer(), path).await, newest_first(&films), "{path}");
        delete(app.viewer(), &format!("{path}/{}", films[4])).await;
        assert_eq!(list_all(app.viewer(), path).await, newest_first(&films[..4]), "{path}");
        delete(app.viewer(), path).await;
        assert!(list_all(app.viewer(), path).await.is_empty(), "{path}");
        assert_eq!(list_all(app.editor(), path).await, newest_first(&films), "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_resume_point_is_set_read_and_cleared(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let film = create_films(&app, 1).await[0];
    let path = format!("/api/resume/{film}");
    app.viewer().get(&path).await.expect(404, "not-found");
    for (position_ms, resumable) in [(10_000, false), (300_000, true), (599_000, false)] {
        let set = app.viewer().send_json(Request::put(&path), &json!({ "position_ms": position_ms })).await;
        assert_eq!(set.status, 204);
        let point = app.viewer().get(&path).await.ok();
        assert_eq!((&point["position_ms"], &point["resumable"]), (&json!(position_ms), &json!(resumable)));
        assert_eq!(list_all(app.viewer(), "/api/resume").await.len(), usize::from(resumable));
    }
    app.editor().get(&path).await.expect(404, "not-found");
    delete(app.viewer(), &path).await;
    app.viewer().get(&path).await.expect(404, "not-found");
    let draft = create(&app, json!({ "en": "Draft" })).await;
    let point = json!({ "position_ms": 1 });
    app.viewer()
        .send_json(Request::put(format!("/api/resume/{draft}")), &point)
        .await
        .expect(404, "not-found");
    for wrong in [json!({}), json!({ "position_ms": -1 }), json!({ "position_ms": 1, "x": Value::Null })] {
        app.viewer().send_json(Request::put(&path), &wrong).await.expect(422, "invalid");
    }
}
