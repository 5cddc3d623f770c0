//! Event streams of films that change.

use std::time::Duration;

use axum::body::BodyDataStream;
use db::{
    queue::{self, JobKind},
    workflow,
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{clock, films::create, pipeline, test_app::TestApp};

/// Longest wait for an expected event.
const EVENT_TIMEOUT: Duration = Duration::from_secs(20);

struct Events {
    body: BodyDataStream,
    rest: String,
}

impl Events {
    async fn open(app: &TestApp, path: &str) -> Self {
        let response = app.editor().open(path).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { body: response.into_body().into_data_stream(), rest: String::new() }
    }

    /// The next film, or `None` at the end of the stream.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.rest = rest;
                if event.starts_with(':') {
                    continue;
                }
                let data = event.strip_prefix("event: film\ndata: ").unwrap_or_else(|| panic!("{event}"));
                return Some(serde_json::from_str(data).unwrap());
            }
            let bytes =
                tokio::time::timeout(EVENT_TIMEOUT, self.body.next()).await.expect("an event in time")?;
            self.rest.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
        }
    }

    async fn until(&mut self, condition: impl Fn(&Value) -> bool) -> Value {
        loop {
            let film = self.next().await.expect("the stream is still open");
            if condition(&film) {
                return film;
            }
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_stream_of_a_film_shows_progress_until_the_film_is_ready(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "lo": "ບົວແດງ" })).await;
    let path = format!("/api/admin/films/{film}");
    let mut events = Events::open(&app, &format!("{path}/events")).await;
    let mut others = Events::open(&app, &format!("{path}/events")).await;
    assert_eq!(events.next().await.unwrap(), app.editor().get(&path).await.ok());

    pipeline::upload(&app.db, film).await;
    events.until(|film| film["status"] == "processing").await;
    pipeline::probe(&app.db).await;
    // The audio is claimed first, then the first chunk, which is half done.
    let audio = pipeline::claim(&app.db, JobKind::EncodeAudio).await;
    let chunk = pipeline::claim(&app.db, JobKind::EncodeChunk).await;
    queue::heartbeat(&app.db, &chunk.lease, Duration::from_mins(1), Some((37, 75))).await.unwrap();
    let seen = events.until(|film| film["builds"][0]["progress"]["frames_done"] == 37).await;
    assert_eq!(
        seen["builds"][0]["progress"],
        json!({ "frames_done": 37, "frames_total": 150, "jobs_done": 0, "jobs_total": 3, "jobs_running": 2 })
    );
    for held in [audio, chunk] {
        workflow::complete_part(&app.db, &held.lease, &domain::output::PartOutput::default()).await.unwrap();
    }
    pipeline::finish_build(&app.db).await;
    let ready = events.until(|film| film["status"] == "ready").await;
    assert_eq!(ready, app.editor().get(&path).await.ok());
    assert_eq!(others.until(|film| film["status"] == "ready").await, ready);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_stream_ends_when_the_server_stops(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let mut events = Events::open(&app, &format!("/api/admin/films/{film}/events")).await;
    events.next().await.unwrap();
    app.shutdown.cancel();
    assert_eq!(events.next().await, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_stream_ends_when_the_access_token_expires(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    clock::advance(time::Duration::minutes(15) - time::Duration::milliseconds(3500));
    let mut events = Events::open(&app, &format!("/api/admin/films/{film}/events")).await;
    events.next().await.unwrap();
    assert_eq!(events.next().await, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_stream_ends_with_the_session(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let mut events = Events::open(&app, &format!("/api/admin/films/{film}/events")).await;
    events.next().await.unwrap();
    assert_eq!(app.editor().do_post("/api/auth/logout-everywhere").await.status, 204);
    assert_eq!(events.next().await, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_stream_of_all_films_shows_each_film_until_its_work_ends(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let idle = create(&app, json!({ "en": "idle" })).await;
    let (film, other) = (create(&app, json!({ "en": "x" })).await, create(&app, json!({ "en": "y" })).await);
    pipeline::upload(&app.db, film).await;
    let mut events = Events::open(&app, "/api/admin/events").await;
    let first = events.next().await.unwrap();
    assert_eq!(first, app.editor().get(&format!("/api/admin/films/{film}")).await.ok());
    pipeline::probe(&app.db).await;
    pipeline::finish_build(&app.db).await;
    pipeline::upload(&app.db, other).await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let event = events.next().await.unwrap();
        assert_ne!(event["id"], idle.to_string());
        let (id, status) = (event["id"].as_str().unwrap().to_owned(), event["status"].clone());
        if [(film.to_string(), json!("ready")), (other.to_string(), json!("processing"))]
            .contains(&(id.clone(), status))
        {
            seen.push(id);
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(app.editor().do_post("/api/auth/logout-everywhere").await.status, 204);
    while events.next().await.is_some() {}
}
