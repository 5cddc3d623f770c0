//! Which callers may play which films.

use axum::http::Request;
use db::{playback_session, presentation};
use domain::{
    id::{FilmId, PlaybackSessionId, PresentationId, UserId},
    token::TokenError,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    clock,
    films::{create, publish},
    pipeline,
    test_app::{Answer, Caller, TestApp, trusted_peer},
};

fn id(value: &Value) -> PlaybackSessionId {
    value.as_str().unwrap().parse().unwrap()
}

/// The token of `/v/<token>/<film>/presentations/<presentation>/main.m3u8`.
fn token(url: &str, film: FilmId, presentation: PresentationId) -> &str {
    let path = format!("/{film}/presentations/{presentation}/main.m3u8");
    let token = url.strip_prefix("/v/").unwrap().strip_suffix(&path).unwrap();
    assert!(!token.contains('/'), "{url}");
    token
}

#[sqlx::test(migrations = "../migrations")]
async fn an_anonymous_caller_may_play_a_public_film_for_some_hours(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await.with_viewer().await;
    let film = create(&app, json!({ "lo": "ນາງ" })).await;
    pipeline::make_ready(&app.db, film).await;
    publish(&app, film).await;
    let shown = presentation::shown(&app.db, film).await.unwrap().unwrap().id;

    let stream = app.anonymous().do_post(&format!("/api/stream/{film}")).await.ok();
    assert_eq!(stream["duration_ms"], 6000);
    let expires_at = OffsetDateTime::parse(stream["expires_at"].as_str().unwrap(), &Rfc3339).unwrap();
    let margin = OffsetDateTime::now_utc() + Duration::hours(4) - expires_at;
    assert!(margin.abs() < Duration::minutes(1), "{margin}");

    let session = id(&stream["session_id"]);
    let token = token(stream["url"].as_str().unwrap(), film, shown);
    let end = u64::try_from(expires_at.unix_timestamp()).unwrap();
    assert_eq!(app.keys.verify(token, film, end - 1).unwrap().session, session);
    assert_eq!(app.keys.verify(token, film, end), Err(TokenError::Expired));
    let row = playback_session::find(&app.db, session).await.unwrap().unwrap();
    assert_eq!(
        (row.film_id, row.presentation_id, row.user_id, row.expires_at),
        (film, shown, None, expires_at)
    );

    let stream = app.viewer().do_post(&format!("/api/stream/{film}")).await.ok();
    let row = playback_session::find(&app.db, id(&stream["session_id"])).await.unwrap().unwrap();
    let me = app.viewer().get("/api/auth/me").await.ok();
    assert_eq!(row.user_id, Some(me["id"].as_str().unwrap().parse::<UserId>().unwrap()));
}

#[sqlx::test(migrations = "../migrations")]
async fn only_editors_and_admins_play_drafts(pool: PgPool) {
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
                answer.expect(409, "being-prepared")
            };
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn stream_urls_have_the_address_of_a_separate_origin(pool: PgPool) {
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

/// Creates a public film of six seconds that is ready.
async fn create_public_film(app: &TestApp, title: &str) -> FilmId {
    let film = create(app, json!({ "en": title })).await;
    pipeline::make_ready(&app.db, film).await;
    publish(app, film).await;
    film
}

/// Opens a playback session on a device of this name.
async fn play(caller: Caller<'_>, film: FilmId, device: &str) -> Answer {
    caller
        .send(Request::post(format!("/api/stream/{film}")).header("user-agent", format!("{device}/1.0")))
        .await
}

#[sqlx::test(migrations = "../migrations")]
async fn refusals_by_availability_and_by_visibility_differ(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let film = create_public_film(&app, "Windowed").await;
    let path = format!("/api/stream/{film}");
    let set = async |sql: &str| {
        let sql = format!("UPDATE films SET {sql} WHERE id = $1");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(film.0).execute(&app.pool).await.unwrap();
    };
    for (change, status, kind, member) in [
        (
            "available_from = '2999-01-01'",
            403,
            "not-yet-available",
            ("available_from", "2999-01-01T00:00:00Z"),
        ),
        (
            "available_from = '2000-01-01', available_until = '2001-02-03'",
            403,
            "no-longer-available",
            ("available_until", "2001-02-03T00:00:00Z"),
        ),
    ] {
        set(change).await;
        for caller in [app.anonymous(), app.viewer()] {
            let problem = caller.do_post(&path).await.expect(status, kind);
            assert_eq!(problem[member.0], member.1);
            assert!(problem["detail"].as_str().unwrap().contains(&member.1[..4]), "{problem}");
        }
        app.editor().do_post(&path).await.ok();
    }
    set("available_from = NULL, available_until = NULL, visibility = 'members'").await;
    let problem = app.anonymous().do_post(&path).await.expect(401, "members-only");
    assert!(problem["detail"].as_str().unwrap().contains("members"), "{problem}");
    app.viewer().do_post(&path).await.ok();
    set("visibility = 'scheduled', publish_at = now() + interval '1 hour'").await;
    app.viewer().do_post(&path).await.expect(404, "not-found");
    set("publish_at = now()").await;
    app.anonymous().do_post(&path).await.ok();
    set("visibility = 'unlisted', publish_at = NULL").await;
    app.anonymous().do_post(&path).await.ok();
    set("deleted_at = now()").await;
    for caller in [app.anonymous(), app.viewer(), app.editor()] {
        caller.do_post(&path).await.expect(404, "not-found");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_fifth_device_gets_the_oldest_session_and_may_end_it(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let film = create_public_film(&app, "Popular at home").await;
    let mut sessions = Vec::new();
    for device in ["Phone", "Tablet", "Television", "Laptop"] {
        sessions.push(play(app.viewer(), film, device).await.ok()["session_id"].clone());
    }
    let problem = play(app.viewer(), film, "Watch").await.expect(409, "too-many-streams");
    let oldest = &problem["active_session"];
    assert_eq!((&oldest["id"], &oldest["device"]), (&sessions[0], &json!("Phone")));
    assert_eq!(oldest["titles"]["en"], "Popular at home");
    assert!(problem["detail"].as_str().unwrap().contains("Phone since "), "{problem}");
    let listed = app.viewer().get("/api/stream/sessions").await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 4);
    assert_eq!(listed["items"][3], *oldest);

    // Other callers can neither see nor end it, and do not share its limit.
    let path = format!("/api/stream/sessions/{}", oldest["id"].as_str().unwrap());
    assert_eq!(app.editor().get("/api/stream/sessions").await.ok()["items"], json!([]));
    for caller in [app.anonymous(), app.editor()] {
        caller.send(Request::delete(&path)).await.expect(404, "not-found");
        caller.do_post(&format!("{path}/renew")).await.expect(404, "not-found");
        play(caller, film, "Watch").await.ok();
    }
    for _ in 0..2 {
        assert_eq!(app.viewer().send(Request::delete(&path)).await.status, 204);
    }
    play(app.viewer(), film, "Watch").await.ok();
    app.viewer().do_post(&format!("{path}/renew")).await.expect(409, "conflict");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_is_renewed_for_its_own_presentation_while_its_viewer_may_play(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create_public_film(&app, "Long").await;
    let stream = app.anonymous().do_post(&format!("/api/stream/{film}")).await.ok();
    let session = id(&stream["session_id"]);
    let first = playback_session::find(&app.db, session).await.unwrap().unwrap().presentation_id;
    pipeline::make_ready(&app.db, film).await;
    assert_ne!(presentation::shown(&app.db, film).await.unwrap().unwrap().id, first);
    clock::advance(Duration::hours(3));
    let renew = format!("/api/stream/sessions/{session}/renew");
    let renewed = app.anonymous().do_post(&renew).await.ok();
    assert_eq!(renewed["session_id"], stream["session_id"]);
    let token = token(renewed["url"].as_str().unwrap(), film, first);
    let expires_at = OffsetDateTime::parse(renewed["expires_at"].as_str().unwrap(), &Rfc3339).unwrap();
    let end = u64::try_from(expires_at.unix_timestamp()).unwrap();
    assert_eq!(app.keys.verify(token, film, end - 1).unwrap().session, session);
    assert_eq!(playback_session::find(&app.db, session).await.unwrap().unwrap().expires_at, expires_at);

    sqlx::query("UPDATE films SET available_until = now()").execute(&app.pool).await.unwrap();
    app.anonymous().do_post(&renew).await.expect(403, "no-longer-available");
    sqlx::query("UPDATE films SET visibility = 'draft'").execute(&app.pool).await.unwrap();
    app.anonymous().do_post(&renew).await.expect(404, "not-found");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stream_has_the_address_of_its_storyboard(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create_public_film(&app, "With a storyboard").await;
    let stream = app.anonymous().do_post(&format!("/api/stream/{film}")).await.ok();
    let shown = presentation::shown(&app.db, film).await.unwrap().unwrap();
    let url = stream["url"].as_str().unwrap();
    let index = url.replace(
        &format!("/presentations/{}/main.m3u8", shown.id),
        &format!("/builds/{}/storyboard/index.vtt", shown.content.video),
    );
    assert_ne!(url, index);
    assert_eq!(
        stream["storyboard"],
        json!({ "url": index, "interval_ms": 1000, "tile_width": 160, "tile_height": 90, "columns": 2, "rows": 2 })
    );

    let chapters = json!([{ "start_ms": 0, "title": "ແມ່ນ້ຳ" }, { "start_ms": 2000, "title": null }]);
    assert_eq!(stream["chapters"], chapters);
    let page = app.editor().get(&format!("/api/admin/films/{film}")).await.ok();
    assert_eq!(page["builds"][0]["chapters"], chapters);

    // A build that was made before storyboards and chapters existed.
    sqlx::query("UPDATE presentations SET content = content - 'chapters' || '{\"thumbnails\": null}'")
        .execute(&app.pool)
        .await
        .unwrap();
    sqlx::query("UPDATE builds SET plan = plan - 'chapters'").execute(&app.pool).await.unwrap();
    let stream = app.anonymous().do_post(&format!("/api/stream/{film}")).await.ok();
    assert_eq!((&stream["storyboard"], &stream["chapters"]), (&Value::Null, &json!([])));
    let page = app.editor().get(&format!("/api/admin/films/{film}")).await.ok();
    assert_eq!(page["builds"][0]["chapters"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stream_has_tracks_the_resume_position_and_the_next_film(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let mut films = Vec::new();
    for title in ["One", "Two", "Three"] {
        films.push(create_public_film(&app, title).await);
    }
    let category = uuid::Uuid::now_v7();
    sqlx::query("INSERT INTO categories (id, slug, names) VALUES ($1, 'category', '{\"en\": \"Category\"}')")
        .bind(category)
        .execute(&app.pool)
        .await
        .unwrap();
    for (position, film) in (0..).zip(&films) {
        sqlx::query("INSERT INTO film_categories (category_id, film_id, position) VALUES ($1, $2, $3)")
            .bind(category)
            .bind(film.0)
            .bind(position)
            .execute(&app.pool)
            .await
            .unwrap();
    }
    let subtitle = json!({
        "id": category, "build": category, "renditions": ["s1"], "language": "en", "label": "English", "default": false,
        "forced": true, "role": "hard_of_hearing",
    });
    sqlx::query(
        "UPDATE presentations SET content = jsonb_set(content, '{subtitles}', $2) WHERE film_id = $1",
    )
    .bind(films[0].0)
    .bind(json!([subtitle]))
    .execute(&app.pool)
    .await
    .unwrap();
    sqlx::query("UPDATE films SET duration_ms = 600000, credits_ms = 500000 WHERE id = $1")
        .bind(films[0].0)
        .execute(&app.pool)
        .await
        .unwrap();
    let place = format!("/api/resume/{}", films[0]);
    app.viewer().send_json(Request::put(&place), &json!({ "position_ms": 300_000 })).await;

    let stream = app.viewer().do_post(&format!("/api/stream/{}", films[0])).await.ok();
    assert_eq!(
        (&stream["audio_tracks"][0]["language"], &stream["audio_tracks"][0]["default"]),
        (&json!("lo"), &json!(true))
    );
    assert_eq!(
        stream["subtitle_tracks"],
        json!([{ "id": category, "language": "en", "label": "English", "default": false, "forced": true, "role": "hard_of_hearing" }])
    );
    assert_eq!(stream["credits_ms"], 500_000);
    assert_eq!(stream["resume_position_ms"], 300_000);
    assert_eq!(stream["next_film"], app.viewer().listed_film(&films[1].to_string()).await);
    let anonymous = app.anonymous().do_post(&format!("/api/stream/{}", films[0])).await.ok();
    assert_eq!(anonymous["resume_position_ms"], Value::Null);

    // From the credits on, playback starts at the beginning; films that cannot be played now are skipped.
    app.viewer().send_json(Request::put(&place), &json!({ "position_ms": 500_000 })).await;
    sqlx::query("UPDATE films SET available_until = now() WHERE id = $1")
        .bind(films[1].0)
        .execute(&app.pool)
        .await
        .unwrap();
    let stream = app.viewer().do_post(&format!("/api/stream/{}", films[0])).await.ok();
    assert_eq!(stream["resume_position_ms"], Value::Null);
    assert_eq!(stream["next_film"]["id"], films[2].to_string());
    let last = app.viewer().do_post(&format!("/api/stream/{}", films[2])).await.ok();
    assert_eq!(last["next_film"], Value::Null);
}

#[sqlx::test(migrations = "../migrations")]
async fn anonymous_callers_of_one_network_are_throttled_and_others_are_not(pool: PgPool) {
    let app = TestApp::with_config(pool, |config| config.trusted_proxies = trusted_peer());
    let app = app.with_editor().await.with_viewer().await;
    let film = create(&app, json!({ "lo": "ນາງ" })).await;
    pipeline::make_ready(&app.db, film).await;
    publish(&app, film).await;
    let path = format!("/api/stream/{film}");
    let from = async |caller: Caller<'_>, address: &str| {
        caller.send(Request::post(&path).header("x-forwarded-for", address)).await
    };
    let mut opened = 0;
    let refusal = loop {
        let answer = from(app.anonymous(), "203.0.113.1").await;
        if answer.status == 429 {
            break answer;
        }
        answer.ok();
        opened += 1;
        assert!(opened <= 1000, "anonymous callers are not throttled");
    };
    refusal.expect(429, "throttled");
    assert!(opened >= 500, "{opened} films are too few for a mobile network");
    assert_eq!(refusal.header("retry-after"), "1");
    from(app.anonymous(), "203.0.113.2").await.ok();
    from(app.viewer(), "203.0.113.1").await.ok();
    clock::advance(Duration::SECOND);
    from(app.anonymous(), "203.0.113.1").await.ok();
}
