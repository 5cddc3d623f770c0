//! Preview links: one film that is not public, for a person without an account.

use axum::http::Request;
use db::revoked_playback;
use domain::id::{FilmId, PlaybackSessionId};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    clock,
    films::create,
    pipeline,
    test_app::{Answer, TestApp},
};

async fn create_draft(app: &TestApp) -> FilmId {
    let film = create(app, json!({ "en": "Not yet" })).await;
    pipeline::make_ready(&app.db, film).await;
    film
}

/// Creates a link. Returns it and its token.
async fn create_link(app: &TestApp, film: FilmId, body: Value) -> (Value, String) {
    let path = format!("/api/admin/films/{film}/preview-links");
    let answer = app.editor().post(&path, &body).await;
    assert_eq!(answer.status, 201);
    let link = answer.json();
    let token = link["url"].as_str().unwrap().strip_prefix("/preview#").unwrap().to_owned();
    (link, token)
}

async fn open(app: &TestApp, path: &str, token: &str) -> Answer {
    app.anonymous().post(path, &json!({ "token": token })).await
}

fn moment(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().unwrap(), &Rfc3339).unwrap()
}

async fn is_revoked(app: &TestApp, session: &str) -> bool {
    let id = PlaybackSessionId(Uuid::parse_str(session).unwrap());
    let (_, sessions) = revoked_playback::list(&app.db).await.unwrap();
    sessions.iter().any(|session| session.id == id)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_shows_and_plays_its_draft_and_nothing_else(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let (film, other) = (create_draft(&app).await, create_draft(&app).await);
    let (link, token) = create_link(&app, film, json!({ "note": " Jury " })).await;
    assert_eq!((&link["note"], &link["is_open"]), (&json!("Jury"), &json!(true)));
    let early = clock::now() + Duration::days(7) - moment(&link["expires_at"]);
    assert!((Duration::ZERO..Duration::MINUTE).contains(&early), "{early}");
    let stored: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT token_hash FROM preview_links").fetch_all(&app.pool).await.unwrap();
    assert!(!stored[0].windows(8).any(|part| token.as_bytes().starts_with(part)), "only the hash is stored");

    let preview = open(&app, "/api/preview", &token).await.ok();
    assert_eq!((&preview["film"]["id"], &preview["expires_at"]), (&json!(film), &link["expires_at"]));
    let stream = open(&app, "/api/preview/stream", &token).await.ok();
    assert!(stream["url"].as_str().unwrap().contains(&film.to_string()), "{stream}");
    assert_eq!((&stream["next_film"], &stream["resume_position_ms"]), (&Value::Null, &Value::Null));
    assert!(!is_revoked(&app, stream["session_id"].as_str().unwrap()).await);
    for path in
        [format!("/api/films/{film}"), format!("/api/films/{other}"), format!("/api/films/{film}/similar")]
    {
        app.anonymous().get(&path).await.expect(404, "not-found");
    }
    app.anonymous().do_post(&format!("/api/stream/{film}")).await.expect(404, "not-found");
    // A window and countries do not matter either.
    sqlx::query(
        "UPDATE films SET visibility = 'public', available_from = '2999-01-01', available_in = '{LA}'",
    )
    .execute(&app.pool)
    .await
    .unwrap();
    open(&app, "/api/preview/stream", &token).await.ok();
    assert!(!is_revoked(&app, stream["session_id"].as_str().unwrap()).await);
    for wrong in ["", "short", &"A".repeat(43)] {
        open(&app, "/api/preview", wrong).await.expect(403, "preview-ended");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_revoked_link_ends_its_playback(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create_draft(&app).await;
    let (link, token) = create_link(&app, film, json!({})).await;
    let (_, other) = create_link(&app, film, json!({})).await;
    let stream = open(&app, "/api/preview/stream", &token).await.ok();
    let session = stream["session_id"].as_str().unwrap();
    let renew = format!("/api/stream/sessions/{session}/renew");
    app.anonymous().do_post(&renew).await.ok();
    let path = format!("/api/admin/preview-links/{}", link["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(app.editor().send(Request::delete(&path)).await.status, 204);
    }
    for path in ["/api/preview", "/api/preview/stream"] {
        open(&app, path, &token).await.expect(403, "preview-ended");
        open(&app, path, &other).await.ok();
    }
    app.anonymous().do_post(&renew).await.expect(403, "preview-ended");
    assert!(is_revoked(&app, session).await);
    let listed = app.editor().get(&format!("/api/admin/films/{film}/preview-links")).await.ok();
    assert_eq!((&listed["items"][0]["is_open"], &listed["items"][1]["id"]), (&json!(true), &link["id"]));
    assert_eq!(listed["items"][1]["is_open"], false);
    let actions: Vec<String> = sqlx::query_scalar(
        "SELECT action FROM audit_log WHERE subject_id = $1 AND action LIKE 'preview%' ORDER BY created_at",
    )
    .bind(film.0)
    .fetch_all(&app.pool)
    .await
    .unwrap();
    assert_eq!(actions, ["preview_link.create", "preview_link.create", "preview_link.revoke"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn playback_ends_with_the_link(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create_draft(&app).await;
    let (link, token) = create_link(&app, film, json!({ "days": 1 })).await;
    let end = moment(&link["expires_at"]);
    let first = open(&app, "/api/preview/stream", &token).await.ok();
    assert!(moment(&first["expires_at"]) < end);
    clock::advance(Duration::hours(23));
    let late = open(&app, "/api/preview/stream", &token).await.ok();
    let renew = format!("/api/stream/sessions/{}/renew", first["session_id"].as_str().unwrap());
    let renewed = app.anonymous().do_post(&renew).await.ok();
    for stream in [&late, &renewed] {
        assert_eq!(moment(&stream["expires_at"]), end.replace_nanosecond(0).unwrap());
    }
    clock::advance(Duration::hours(1));
    open(&app, "/api/preview", &token).await.expect(403, "preview-ended");
    app.anonymous().do_post(&renew).await.expect(403, "preview-ended");
    // The list of revoked sessions has the database's time.
    sqlx::query("UPDATE preview_links SET expires_at = now()").execute(&app.pool).await.unwrap();
    assert!(is_revoked(&app, first["session_id"].as_str().unwrap()).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn links_need_a_film_that_is_not_deleted_and_at_most_90_days(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "Empty" })).await;
    let path = format!("/api/admin/films/{film}/preview-links");
    for invalid in
        [json!({ "days": 0 }), json!({ "days": 91 }), json!({ "note": "" }), json!({ "note": "a\nb" })]
    {
        app.editor().post(&path, &invalid).await.expect(422, "invalid");
    }
    let (_, token) = create_link(&app, film, json!({ "days": 90 })).await;
    open(&app, "/api/preview", &token).await.ok();
    open(&app, "/api/preview/stream", &token).await.expect(409, "being-prepared");
    sqlx::query("UPDATE films SET deleted_at = now()").execute(&app.pool).await.unwrap();
    open(&app, "/api/preview", &token).await.expect(403, "preview-ended");
    app.editor().post(&path, &json!({})).await.expect(404, "not-found");
}
