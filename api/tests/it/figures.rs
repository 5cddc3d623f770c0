//! Figures of what is watched, and the settings in force.

use db::heartbeat::{self, Heartbeat};
use domain::id::PlaybackSessionId;
use serde_json::json;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    own_lists::{create_films, watch},
    test_app::TestApp,
};

#[sqlx::test(migrations = "../migrations")]
async fn plays_of_all_viewers_count_by_film_day_and_device(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await.with_viewer().await;
    let films = create_films(&app, 2).await;
    watch(&app, app.viewer(), films[0]).await;
    // A guest watches the end twice, in one session; the same part counts once.
    let stream = app.anonymous().do_post(&format!("/api/stream/{}", films[0])).await.ok();
    let session: PlaybackSessionId = stream["session_id"].as_str().unwrap().parse().unwrap();
    let beat = |position_ms, watched_ms| Heartbeat {
        event_id: Uuid::now_v7(),
        at: OffsetDateTime::now_utc(),
        position_ms,
        watched_ms,
        is_end: false,
    };
    for _ in 0..2 {
        heartbeat::record(&app.db, session, None, 0, &[beat(600_000, 30_000), beat(590_000, 10_000)])
            .await
            .unwrap();
    }
    // A page that was only opened is no play.
    app.anonymous().do_post(&format!("/api/stream/{}", films[1])).await.ok();

    let today = OffsetDateTime::now_utc().date();
    let figures = app.editor().get("/api/admin/figures").await.ok();
    assert_eq!(figures["last_day"], today.to_string());
    let items = figures["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{figures}");
    let expected = json!({
        "film_id": films[0], "titles": { "en": "Film 0" }, "day": today.to_string(), "device": "other", "plays": 2, "completed": 1,
        "watched_ms": 90_000, "duration_ms": 600_000,
    });
    assert_eq!(items[0], expected);

    let csv = app.editor().get("/api/admin/figures?format=csv").await;
    let text = String::from_utf8(csv.body.to_vec()).unwrap();
    assert!(text.starts_with("\u{feff}day,film_id,"), "{text}");
    assert!(
        text.contains(&format!("{today},{},\"\",\"Film 0\",other,2,1,90000,600000\r\n", films[0])),
        "{text}"
    );
    let yesterday = today - Duration::DAY;
    let before = app.editor().get(&format!("/api/admin/figures?last_day={yesterday}")).await.ok();
    assert_eq!(before["items"], json!([]));
    let other = app.editor().get(&format!("/api/admin/figures?film_id={}", films[1])).await.ok();
    assert_eq!(other["items"], json!([]));
    for query in ["first_day=2999-01-01", "first_day=yesterday", "first_day=2001-01-01&last_day=2026-01-01"] {
        app.editor().get(&format!("/api/admin/figures?{query}")).await.expect(400, "invalid-query");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn figures_stay_when_playback_sessions_are_deleted(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await.with_viewer().await;
    let films = create_films(&app, 1).await;
    watch(&app, app.viewer(), films[0]).await;
    sqlx::query(
        "UPDATE playback_sessions SET created_at = created_at - interval '55 days', expires_at = now() - interval '50 days'",
    )
    .execute(&app.pool)
    .await
    .unwrap();
    for _ in 0..2 {
        db::figure::keep_old(&app.db).await.unwrap();
    }
    sqlx::query("DELETE FROM playback_sessions").execute(&app.pool).await.unwrap();
    let from = OffsetDateTime::now_utc().date() - Duration::days(60);
    let figures = app.editor().get(&format!("/api/admin/figures?first_day={from}")).await.ok();
    let items = figures["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{figures}");
    assert_eq!((&items[0]["plays"], &items[0]["watched_ms"]), (&json!(1), &json!(60_000)));
}

#[sqlx::test(migrations = "../migrations")]
async fn admins_read_the_settings_in_force(pool: PgPool) {
    let setting = |name: &str, value, is_default| api::Setting { name: name.to_owned(), value, is_default };
    let settings = [setting("worker_jobs", json!(4), false), setting("smtp_url", json!("***"), false)];
    let app = TestApp::with_config(pool, |config| config.settings = settings.into()).with_admin().await;
    let seen = app.admin().get("/api/admin/settings").await.ok();
    assert_eq!(seen["items"][0], json!({ "key": "worker_jobs", "value": 4, "is_default": false }));
    assert_eq!(seen["items"][1]["value"], "***");
}
