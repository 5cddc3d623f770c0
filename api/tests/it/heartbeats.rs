//! Heartbeats of players, and the history and resume points that they write.

use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    clock,
    films::{create, publish},
    pipeline,
    test_app::TestApp,
};

const PATH: &str = "/api/stream/heartbeats";

fn rfc3339(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap()
}

fn event(at: OffsetDateTime, position_ms: u32, watched_ms: u32, state: &str) -> Value {
    json!({ "event_id": Uuid::now_v7(), "at": rfc3339(at), "position_ms": position_ms, "watched_ms": watched_ms, "state": state })
}

/// A public film of ten minutes.
async fn film(app: &TestApp) -> String {
    let film = create(app, json!({ "lo": "ໜັງ" })).await;
    pipeline::make_ready(&app.db, film).await;
    publish(app, film).await;
    sqlx::query("UPDATE films SET duration_ms = 600000").execute(&app.pool).await.unwrap();
    film.to_string()
}

#[sqlx::test(migrations = "../migrations")]
async fn playback_is_recorded_as_history_and_a_resume_point(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let film = film(&app).await;
    let session = app.viewer().do_post(&format!("/api/stream/{film}")).await.ok()["session_id"].clone();
    // The clock of this device says 2001.
    let then = time::macros::datetime!(2001-01-01 00:00 UTC);
    let batch = json!({ "session_id": session, "sent_at": rfc3339(then), "events": [
        event(then - Duration::seconds(20), 60_000, 10_000, "playing"),
        event(then - Duration::seconds(10), 70_000, 10_000, "playing"),
        event(then, 70_000, 0, "paused"),
        event(then - Duration::days(31), 500_000, 10_000, "playing"),
    ]});
    for _ in 0..2 {
        let receipt = app.viewer().post(PATH, &batch).await.ok();
        assert_eq!(receipt, json!({ "accepted": 3, "ignored": 1, "ended_at": null }));
    }
    let history = app.viewer().get("/api/history").await.ok();
    let [row] = history["items"].as_array().unwrap().as_slice() else { panic!("{history}") };
    assert_eq!(row["film"], app.viewer().listed_film(&film).await);
    assert_eq!((&row["watched_ms"], &row["furthest_ms"]), (&json!(20_000), &json!(70_000)));
    assert_eq!(row["finished"], false);
    let resume = app.viewer().get("/api/resume").await.ok();
    assert_eq!(resume["items"][0]["position_ms"], 70_000);
    let updated_at =
        OffsetDateTime::parse(resume["items"][0]["updated_at"].as_str().unwrap(), &Rfc3339).unwrap();
    assert!((OffsetDateTime::now_utc() - updated_at).abs() < Duration::MINUTE, "{updated_at}");

    // Watched to the end, the film leaves the list of films to resume.
    let end = json!({ "session_id": session, "sent_at": rfc3339(then), "events": [event(then, 590_000, 30_000, "ended")] });
    assert_ne!(app.viewer().post(PATH, &end).await.ok()["ended_at"], Value::Null);
    assert_eq!(app.viewer().get("/api/resume").await.ok()["items"], json!([]));
    assert_eq!(app.viewer().get("/api/history").await.ok()["items"][0]["finished"], true);
    assert_eq!(app.viewer().get("/api/stream/sessions").await.ok()["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_player_learns_that_its_session_was_ended_elsewhere(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let film = film(&app).await;
    let session = app.viewer().do_post(&format!("/api/stream/{film}")).await.ok()["session_id"].clone();
    let now = OffsetDateTime::now_utc();
    let batch = json!({ "session_id": session, "sent_at": rfc3339(now), "events": [event(now, 1000, 1000, "playing")] });
    assert_eq!(app.viewer().post(PATH, &batch).await.ok()["ended_at"], Value::Null);
    let path = format!("/api/stream/sessions/{}", session.as_str().unwrap());
    app.viewer().send(axum::http::Request::delete(path)).await;
    assert_ne!(app.viewer().post(PATH, &batch).await.ok()["ended_at"], Value::Null);
    for caller in [app.anonymous(), app.editor()] {
        caller.post(PATH, &batch).await.expect(404, "not-found");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_batch_of_five_hundred_is_accepted_and_a_larger_or_invalid_one_is_refused(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let film = film(&app).await;
    let session = app.viewer().do_post(&format!("/api/stream/{film}")).await.ok()["session_id"].clone();
    let now = OffsetDateTime::now_utc();
    let events = |count: u32| -> Vec<_> {
        (1..=count)
            .map(|second| event(now + Duration::seconds(second.into()), second * 1000, 1000, "buffering"))
            .collect()
    };
    let batch = |events: Vec<Value>| json!({ "session_id": session, "sent_at": rfc3339(now + Duration::HOUR), "events": events });
    assert_eq!(app.viewer().post(PATH, &batch(events(500))).await.ok()["accepted"], 500);
    assert_eq!(app.viewer().get("/api/history").await.ok()["items"][0]["watched_ms"], 500_000);
    for (events, field) in [(events(501), "events"), (vec![], "events")] {
        let problem = app.viewer().post(PATH, &batch(events)).await.expect(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    for (field, value) in [
        ("position_ms", json!(-1)),
        ("position_ms", json!(604_800_001)),
        ("watched_ms", json!(604_800_001)),
        ("state", json!("dreaming")),
        ("at", json!("yesterday")),
        ("event_id", json!("1")),
        ("extra", json!(1)),
    ] {
        let mut one = event(now, 1000, 1000, "playing");
        one[field] = value;
        let problem = app.viewer().post(PATH, &batch(vec![one])).await.expect(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], format!("events[0].{field}"), "{problem}");
    }
    // Years at which dates overflow.
    for at in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"] {
        let mut one = event(now, 1000, 1000, "playing");
        one["at"] = json!(at);
        let mut batch = batch(vec![one]);
        for sent_at in ["0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00Z"] {
            batch["sent_at"] = json!(sent_at);
            app.viewer().post(PATH, &batch).await.ok();
        }
    }
}

/// A batch from a device whose clock is right.
fn batch(session: &Value, sent_at: OffsetDateTime, events: &[&Value]) -> Value {
    json!({ "session_id": session, "sent_at": rfc3339(sent_at), "events": events })
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slow_retry_does_not_override_a_newer_position_of_another_device(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let film = film(&app).await;
    let open = async || app.viewer().do_post(&format!("/api/stream/{film}")).await.ok()["session_id"].clone();
    let (phone, television) = (open().await, open().await);
    let then = clock::now();
    let reported = event(then, 100_000, 10_000, "playing");
    // The batch arrived at once; the response was lost.
    app.viewer().post(PATH, &batch(&phone, then, &[&reported])).await.ok();
    clock::advance(Duration::seconds(20));
    let newer = event(clock::now(), 200_000, 10_000, "playing");
    app.viewer().post(PATH, &batch(&television, clock::now(), &[&newer])).await.ok();
    // The phone sends the batch again, and it takes half a minute to arrive.
    let sent_again = clock::now();
    clock::advance(Duration::seconds(30));
    app.viewer().post(PATH, &batch(&phone, sent_again, &[&reported])).await.ok();
    let resume = app.viewer().get("/api/resume").await.ok();
    assert_eq!(resume["items"][0]["position_ms"], 200_000);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slow_retry_does_not_restore_what_was_cleared(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let film = film(&app).await;
    let session = app.viewer().do_post(&format!("/api/stream/{film}")).await.ok()["session_id"].clone();
    let then = clock::now();
    let reported = event(then, 100_000, 10_000, "playing");
    app.viewer().post(PATH, &batch(&session, then, &[&reported])).await.ok();
    for path in ["/api/history", "/api/resume"] {
        assert_eq!(app.viewer().delete(path).await.status, 204);
    }
    let sent_again = clock::now();
    clock::advance(Duration::seconds(30));
    app.viewer().post(PATH, &batch(&session, sent_again, &[&reported])).await.ok();
    for path in ["/api/history", "/api/resume"] {
        assert_eq!(app.viewer().get(path).await.ok()["items"], json!([]), "{path}");
    }
    // Later heartbeats count.
    let next = event(clock::now(), 110_000, 10_000, "playing");
    app.viewer().post(PATH, &batch(&session, clock::now(), &[&next])).await.ok();
    assert_eq!(app.viewer().get("/api/history").await.ok()["items"][0]["watched_ms"], 10_000);
}
