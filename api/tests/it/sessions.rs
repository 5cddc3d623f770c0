//! Logging in, refreshing, logging out, and what stops guessing.

use axum::http::{Request, header};
use db::user::Role;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use crate::{
    clock,
    test_app::{Answer, PASSWORD, TestApp, email},
};

async fn login(app: &TestApp, email: &str, password: &str) -> Answer {
    app.anonymous().post("/api/auth/login", &json!({ "email": email, "password": password })).await
}

/// `name=value` of the cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned()
}

async fn post_with(app: &TestApp, path: &str, cookie: &str) -> Answer {
    app.anonymous().send(Request::post(path).header(header::COOKIE, cookie)).await
}

async fn refresh(app: &TestApp, cookie: &str) -> Answer {
    post_with(app, "/api/auth/refresh", cookie).await
}

#[sqlx::test(migrations = "../migrations")]
async fn the_right_password_logs_in_however_the_address_is_typed(pool: PgPool) {
    let app = TestApp::new(pool);
    let id = app.create_account(Role::Editor).await;
    let answer = login(&app, "Editor@Films.Example.LA", PASSWORD).await;
    let grant = answer.ok();
    let user = json!({ "id": id.to_string(), "email": email(Role::Editor), "role": "editor", "display_name": "ທ້າວ editor" });
    assert_eq!(grant["user"], user);
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");

    let bearer = format!("bearer {}", grant["access_token"].as_str().unwrap());
    let me = app
        .anonymous()
        .send(Request::get("/api/auth/me").header(header::AUTHORIZATION, bearer.clone()))
        .await;
    assert_eq!(me.ok(), user);
    clock::advance(Duration::minutes(15));
    let me = app.anonymous().send(Request::get("/api/auth/me").header(header::AUTHORIZATION, bearer)).await;
    me.expect(401, "unauthorized");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_account_and_a_wrong_password_get_the_same_answer(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    let wrong = login(&app, &email(Role::Viewer), "not the password").await;
    let unknown = login(&app, "nobody@films.example.la", "not the password").await;
    assert_eq!(wrong.expect(401, "unauthorized"), unknown.expect(401, "unauthorized"));
    assert_eq!(wrong.headers.get(header::SET_COOKIE), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_disabled_account_neither_logs_in_nor_refreshes(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    let cookie = cookie(&login(&app, &email(Role::Viewer), PASSWORD).await);
    sqlx::query("UPDATE users SET disabled_at = now()").execute(&app.pool).await.unwrap();
    refresh(&app, &cookie).await.expect(401, "unauthorized");
    login(&app, &email(Role::Viewer), PASSWORD).await.expect(403, "forbidden");
    login(&app, &email(Role::Viewer), "wrong").await.expect(401, "unauthorized");
}

#[sqlx::test(migrations = "../migrations")]
async fn refresh_tokens_rotate_and_a_reused_one_ends_the_login(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    let first = cookie(&login(&app, &email(Role::Viewer), PASSWORD).await);
    let elsewhere = cookie(&login(&app, &email(Role::Viewer), PASSWORD).await);

    let answer = refresh(&app, &first).await;
    assert!(answer.ok()["access_token"].is_string());
    let second = cookie(&answer);
    assert_ne!(first, second);
    let third = cookie(&refresh(&app, &second).await);

    // A thief's copy: the thief and the owner are both out, other logins of the account stay.
    refresh(&app, &first).await.expect(401, "unauthorized");
    refresh(&app, &third).await.expect(401, "unauthorized");
    refresh(&app, &elsewhere).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn made_up_cookies_refresh_nothing(pool: PgPool) {
    let app = TestApp::new(pool);
    for cookie in
        ["nang_refresh=", "nang_refresh=short", "other=1", &format!("nang_refresh={}", "A".repeat(43))]
    {
        refresh(&app, cookie).await.expect(401, "unauthorized");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_never_sees_a_refresh_token(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    let cookie = cookie(&login(&app, &email(Role::Viewer), PASSWORD).await);
    let token = cookie.strip_prefix("nang_refresh=").unwrap();
    let row: String = sqlx::query_scalar("SELECT refresh_tokens::text FROM refresh_tokens")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert!(!row.contains(token));
    assert_eq!(token.len(), 43, "256 bits in base64url");
}

#[sqlx::test(migrations = "../migrations")]
async fn logging_out_ends_the_login_and_removes_the_cookie(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    let held = cookie(&login(&app, &email(Role::Viewer), PASSWORD).await);
    let answer = post_with(&app, "/api/auth/logout", &held).await;
    assert_eq!(answer.status, 204);
    assert!(answer.header(header::SET_COOKIE).starts_with("nang_refresh=;"));
    refresh(&app, &held).await.expect(401, "unauthorized");
    assert_eq!(post_with(&app, "/api/auth/logout", &held).await.status, 204);
}

#[sqlx::test(migrations = "../migrations")]
async fn cookies_are_secure_when_the_server_is_reached_over_https(pool: PgPool) {
    for (public_url, secure) in
        [(None, false), (Some("http://10.0.0.1:8080"), false), (Some("https://films.example.la"), true)]
    {
        let app =
            TestApp::with_config(pool.clone(), |config| config.public_url = public_url.map(str::to_owned));
        if public_url.is_none() {
            app.create_account(Role::Viewer).await;
        }
        let answer = login(&app, &email(Role::Viewer), PASSWORD).await;
        assert_eq!(answer.header(header::SET_COOKIE).contains("Secure"), secure, "{public_url:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn other_sites_can_use_none_of_it(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    let held = cookie(&login(&app, &email(Role::Viewer), PASSWORD).await);
    for path in ["/api/auth/refresh", "/api/auth/logout", "/api/auth/login"] {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
        ] {
            let request = Request::post(path).header(header::COOKIE, &held).header(name, value);
            let body = json!({ "email": email(Role::Viewer), "password": PASSWORD });
            app.anonymous().send_json(request, &body).await.expect(403, "forbidden");
        }
    }
    refresh(&app, &held).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn guessing_is_slowed_down_even_with_the_right_password_at_last(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    for _ in 0..10 {
        login(&app, &email(Role::Viewer), "wrong").await.expect(401, "unauthorized");
    }
    let answer = login(&app, &email(Role::Viewer), PASSWORD).await;
    answer.expect(429, "throttled");
    let seconds: i64 = answer.header(header::RETRY_AFTER).parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    // Typing the address otherwise does not help, other accounts are free, and waiting helps.
    login(&app, &email(Role::Viewer).to_uppercase(), PASSWORD).await.expect(429, "throttled");
    login(&app, "other@films.example.la", "wrong").await.expect(401, "unauthorized");
    clock::advance(Duration::seconds(seconds));
    login(&app, &email(Role::Viewer), PASSWORD).await.ok();
    for _ in 0..3 {
        login(&app, &email(Role::Viewer), "wrong").await.expect(401, "unauthorized");
    }
}
