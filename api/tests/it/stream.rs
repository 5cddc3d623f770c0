//! Who may play what.

use db::playback_session;
use domain::{
    id::{BuildId, FilmId, SessionId, UserId},
    token::TokenError,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    films::{create, publish},
    pipeline,
    test_app::TestApp,
};

fn id(value: &Value) -> SessionId {
    value.as_str().unwrap().parse().unwrap()
}

/// The token of `/v/<token>/<film>/<build>/main.m3u8`.
fn token(url: &str, film: FilmId, build: BuildId) -> &str {
    let token = url.strip_prefix("/v/").unwrap().strip_suffix(&format!("/{film}/{build}/main.m3u8")).unwrap();
    assert!(!token.contains('/'), "{url}");
    token
}

#[sqlx::test(migrations = "../migrations")]
async fn anybody_may_play_a_public_film_until_some_hours_have_passed(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await.with_viewer().await;
    let film = create(&app, json!({ "lo": "ນາງ" })).await;
    let build = pipeline::make_ready(&app.db, film).await;
    publish(&app, film).await;

    let stream = app.anonymous().do_post(&format!("/api/stream/{film}")).await.ok();
    assert_eq!(stream["duration_ms"], 6000);
    let expires_at = OffsetDateTime::parse(stream["expires_at"].as_str().unwrap(), &Rfc3339).unwrap();
    let margin = OffsetDateTime::now_utc() + Duration::hours(4) - expires_at;
    assert!(margin.abs() < Duration::minutes(1), "{margin}");

    let session = id(&stream["session_id"]);
    let token = token(stream["url"].as_str().unwrap(), film, build);
    let end = u64::try_from(expires_at.unix_timestamp()).unwrap();
    assert_eq!(app.keys.verify(token, film, build, end - 1).unwrap().session, session);
    assert_eq!(app.keys.verify(token, film, build, end), Err(TokenError::Expired));
    let row = playback_session::find(&app.db, session).await.unwrap().unwrap();
    assert_eq!((row.film_id, row.build_id, row.user_id, row.expires_at), (film, build, None, expires_at));

    let stream = app.viewer().do_post(&format!("/api/stream/{film}")).await.ok();
    let row = playback_session::find(&app.db, id(&stream["session_id"])).await.unwrap().unwrap();
    let me = app.viewer().get("/api/auth/me").await.ok();
    assert_eq!(row.user_id, Some(me["id"].as_str().unwrap().parse::<UserId>().unwrap()));
}

#[sqlx::test(migrations = "../migrations")]
async fn drafts_are_played_by_editors_and_admins_alone(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await.with_admin().await;
    let film = create(&app, json!({ "en": "Draft" })).await;
    let path = format!("/api/stream/{film}");
    for stage in ["empty", "ready"] {
        if stage == "ready" {
            pipeline::make_ready(&app.db, film).await;
        }
        app.anonymous().do_post(&path).await.expect(404, "not-found");
        app.viewer().do_post(&path).await.expect(404, "not-found");
        for caller in [app.editor(), app.admin()] {
            let answer = caller.do_post(&path).await;
            if stage == "ready" {
                answer.ok()
            } else {
                answer.expect(409, "conflict")
            };
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn addresses_lead_to_the_origin_when_it_is_elsewhere(pool: PgPool) {
    let app = TestApp::with_config(pool, |config| {
        config.origin_base_url = Some("https://video.example.la/".to_owned());
    })
    .with_editor()
    .await;
    let film = create(&app, json!({ "en": "x" })).await;
    pipeline::make_ready(&app.db, film).await;
    let stream = app.editor().do_post(&format!("/api/stream/{film}")).await.ok();
    assert!(stream["url"].as_str().unwrap().starts_with("https://video.example.la/v/"), "{stream}");
}
