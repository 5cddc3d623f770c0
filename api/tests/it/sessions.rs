//! Logging in, refreshing, logging out, and throttling of guesses.

use api::AccessKeys;
use axum::http::{Request, header};
use db::user::Role;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use crate::{
    clock, document,
    test_app::{Answer, PASSWORD, TestApp, email, trusted_peer},
};

pub async fn login(app: &TestApp, email: &str, password: &str) -> Answer {
    app.anonymous().post("/api/auth/login", &json!({ "email": email, "password": password })).await
}

/// `name=value` of the cookie that a response sets.
pub fn cookie(answer: &Answer) -> String {
    answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned()
}

async fn post_with_cookie(app: &TestApp, path: &str, cookie: &str) -> Answer {
    app.anonymous().send(Request::post(path).header(header::COOKIE, cookie)).await
}

pub async fn refresh(app: &TestApp, cookie: &str) -> Answer {
    post_with_cookie(app, "/api/auth/refresh", cookie).await
}

#[sqlx::test(migrations = "../migrations")]
async fn the_right_password_logs_in_with_the_address_in_any_case(pool: PgPool) {
    let app = TestApp::new(pool);
    let id = app.create_account(Role::Editor).await;
    let answer = login(&app, "Editor@Films.Example.LA", PASSWORD).await;
    let grant = answer.ok();
    let user = json!({ "id": id.to_string(), "email": email(Role::Editor), "role": "editor", "display_name": "ທ້າວ editor", "version": 1 });
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
async fn an_unknown_account_and_a_wrong_password_get_the_same_response(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    // An account that logs in only with an identity provider has no password.
    app.create_account(Role::Editor).await;
    sqlx::query("UPDATE users SET password_hash = NULL WHERE role = 'editor'")
        .execute(&app.pool)
        .await
        .unwrap();
    let passwordless = login(&app, &email(Role::Editor), "not the password").await;
    let wrong = login(&app, &email(Role::Viewer), "not the password").await;
    let unknown = login(&app, "unknown@films.example.la", "not the password").await;
    assert_eq!(wrong.expect(401, "unauthorized"), unknown.expect(401, "unauthorized"));
    assert_eq!(wrong.json(), passwordless.json());
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
async fn refresh_tokens_rotate_and_a_reused_one_ends_the_session(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    let first = cookie(&login(&app, &email(Role::Viewer), PASSWORD).await);
    let elsewhere = cookie(&login(&app, &email(Role::Viewer), PASSWORD).await);

    let answer = refresh(&app, &first).await;
    assert!(answer.ok()["access_token"].is_string());
    let second = cookie(&answer);
    assert_ne!(first, second);
    let third = cookie(&refresh(&app, &second).await);

    // A stolen copy is used: the session ends for the thief and the owner; other sessions of the account stay.
    refresh(&app, &first).await.expect(401, "unauthorized");
    refresh(&app, &third).await.expect(401, "unauthorized");
    refresh(&app, &elsewhere).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_client_that_lost_the_response_refreshes_again(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    let first = cookie(&login(&app, &email(Role::Viewer), PASSWORD).await);
    refresh(&app, &first).await.ok();
    let second = cookie(&refresh(&app, &first).await);
    refresh(&app, &second).await.ok();
    // The successor has been used, so this token counts as stolen.
    refresh(&app, &first).await.expect(401, "unauthorized");
    refresh(&app, &second).await.expect(401, "unauthorized");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cookie_sent_twice_at_once_leaves_at_most_one_valid_successor(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    for _ in 0..5 {
        let grant = login(&app, &email(Role::Viewer), PASSWORD).await;
        let access = grant.ok()["access_token"].as_str().unwrap().to_owned();
        let first = cookie(&grant);
        let (one, other) = tokio::join!(refresh(&app, &first), refresh(&app, &first));
        one.ok();
        other.ok();
        let (one, other) = (cookie(&one), cookie(&other));
        let (one, other) = tokio::join!(refresh(&app, &one), refresh(&app, &other));
        let refreshed: Vec<_> = [one, other].into_iter().filter(|answer| answer.status == 200).collect();
        assert!(refreshed.len() <= 1, "two branches are active: {refreshed:?}");
        // The other branch was presented too, so it may be stolen: the session has ended.
        for answer in refreshed {
            refresh(&app, &cookie(&answer)).await.expect(401, "unauthorized");
        }
        app.holder(&access).get("/api/auth/me").await.expect(401, "unauthorized");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn invented_cookies_are_refused(pool: PgPool) {
    let app = TestApp::new(pool);
    for cookie in
        ["nang_refresh=", "nang_refresh=short", "other=1", &format!("nang_refresh={}", "A".repeat(43))]
    {
        refresh(&app, cookie).await.expect(401, "unauthorized");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_does_not_store_a_refresh_token(pool: PgPool) {
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
async fn logging_out_ends_the_session_and_deletes_the_cookie(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    let held = cookie(&login(&app, &email(Role::Viewer), PASSWORD).await);
    let answer = post_with_cookie(&app, "/api/auth/logout", &held).await;
    assert_eq!(answer.status, 204);
    assert!(answer.header(header::SET_COOKIE).starts_with("nang_refresh=;"));
    refresh(&app, &held).await.expect(401, "unauthorized");
    assert_eq!(post_with_cookie(&app, "/api/auth/logout", &held).await.status, 204);
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
async fn requests_from_other_sites_are_refused(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    let held = cookie(&login(&app, &email(Role::Viewer), PASSWORD).await);
    // Login sets the cookie; the other two routes use it, as the document says.
    let by_cookie: Vec<_> = document::operations()
        .filter(|(.., operation)| operation["security"].to_string().contains("refresh_cookie"))
        .map(|(method, path, _)| (method, path))
        .chain([("post", "/api/auth/login")])
        .collect();
    assert_eq!(by_cookie.len(), 3, "{by_cookie:?}");
    for (method, path) in by_cookie {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
        ] {
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(path);
            let request = request.header(header::COOKIE, &held).header(name, value);
            let body = json!({ "email": email(Role::Viewer), "password": PASSWORD });
            app.anonymous().send_json(request, &body).await.expect(403, "forbidden");
        }
    }
    refresh(&app, &held).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn guessing_is_throttled_even_with_the_right_password_at_last(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    for _ in 0..10 {
        login(&app, &email(Role::Viewer), "wrong").await.expect(401, "unauthorized");
    }
    let answer = login(&app, &email(Role::Viewer), PASSWORD).await;
    answer.expect(429, "throttled");
    let seconds: i64 = answer.header(header::RETRY_AFTER).parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    // Another case of the address does not help, other accounts are not throttled, and waiting helps.
    login(&app, &email(Role::Viewer).to_uppercase(), PASSWORD).await.expect(429, "throttled");
    login(&app, "other@films.example.la", "wrong").await.expect(401, "unauthorized");
    clock::advance(Duration::seconds(seconds));
    login(&app, &email(Role::Viewer), PASSWORD).await.ok();
    for _ in 0..3 {
        login(&app, &email(Role::Viewer), "wrong").await.expect(401, "unauthorized");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stranger_does_not_lock_the_owner_out_of_an_account(pool: PgPool) {
    // The peer of a test's requests is trusted as a proxy.
    let app = TestApp::with_config(pool, |config| config.trusted_proxies = trusted_peer());
    app.create_account(Role::Viewer).await;
    let from = async |address: &str, path: &str, password: &str| {
        let mut body = json!({ "email": email(Role::Viewer), "password": password });
        if path.ends_with("register") {
            body["display_name"] = json!("X");
        }
        app.anonymous().send_json(Request::post(path).header("x-forwarded-for", address), &body).await
    };
    let login = "/api/auth/login";
    for _ in 0..10 {
        from("203.0.113.1", login, "wrong").await.expect(401, "unauthorized");
    }
    from("203.0.113.1", login, PASSWORD).await.expect(429, "throttled");
    from("203.0.113.2", login, PASSWORD).await.ok();
    // Registration is closed, so these requests are not guesses.
    for _ in 0..11 {
        from("203.0.113.2", "/api/auth/register", PASSWORD).await.expect(403, "forbidden");
    }
    from("203.0.113.2", login, PASSWORD).await.ok();
    // Guesses from many addresses throttle the account, but not at an address where the owner logged in before.
    let mut guesses = 0..1000;
    while from(&format!("198.51.100.{}", guesses.next().unwrap() / 10), login, "wrong").await.status != 429 {}
    from("192.0.2.1", login, PASSWORD).await.expect(429, "throttled");
    from("203.0.113.2", login, PASSWORD).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn an_access_token_ends_with_its_session(pool: PgPool) {
    let app = TestApp::new(pool);
    app.create_account(Role::Viewer).await;
    let grant = login(&app, &email(Role::Viewer), PASSWORD).await;
    let access = grant.ok()["access_token"].as_str().unwrap().to_owned();
    let held = cookie(&grant);
    app.holder(&access).get("/api/auth/me").await.ok();
    // The access token of a refresh belongs to the same session.
    let answer = refresh(&app, &held).await;
    let fresh = answer.ok()["access_token"].as_str().unwrap().to_owned();
    app.holder(&access).get("/api/auth/me").await.ok();
    assert_eq!(post_with_cookie(&app, "/api/auth/logout", &cookie(&answer)).await.status, 204);
    for token in [&access, &fresh] {
        app.holder(token).get("/api/auth/me").await.expect(401, "unauthorized");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_replaced_secret_stays_valid_until_it_is_removed(pool: PgPool) {
    const OLD: &[u8] = b"0123456789abcdef0123456789abcdef";
    const NEW: &[u8] = b"fedcba9876543210fedcba9876543210";
    let with = |keys: AccessKeys| TestApp::with_config(pool.clone(), |config| config.access_keys = keys);
    let old = with(AccessKeys::new(OLD, &[]).unwrap()).with_viewer().await;
    let access = login(&old, &email(Role::Viewer), PASSWORD).await.ok()["access_token"].clone();
    let access = access.as_str().unwrap();
    with(AccessKeys::new(NEW, &[OLD.to_vec()]).unwrap()).holder(access).get("/api/auth/me").await.ok();
    let without_old = with(AccessKeys::new(NEW, &[]).unwrap());
    without_old.holder(access).get("/api/auth/me").await.expect(401, "unauthorized");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_caller_lists_and_ends_their_own_sessions(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let request = Request::post("/api/auth/login")
        .header(header::USER_AGENT, "F".repeat(300))
        .header(header::CONTENT_TYPE, "application/json");
    let body = json!({ "email": email(Role::Viewer), "password": PASSWORD });
    let other = app.anonymous().send_body(request, body.to_string()).await;
    let page = app.viewer().get("/api/auth/sessions").await.ok();
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{page}");
    assert_eq!((&items[0]["current"], &items[1]["current"]), (&json!(false), &json!(true)));
    assert_eq!(items[0]["user_agent"], "F".repeat(200));
    assert_eq!(items[0]["address"], "0.0.0.0", "the address of a test's requests");
    let path = format!("/api/auth/sessions/{}", items[0]["id"].as_str().unwrap());
    // A session of another account is not found.
    app.editor().delete(&path).await.expect(404, "not-found");
    assert_eq!(app.viewer().delete(&path).await.status, 204);
    app.viewer().delete(&path).await.expect(404, "not-found");
    refresh(&app, &cookie(&other)).await.expect(401, "unauthorized");
    app.viewer().get("/api/auth/me").await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn logging_out_everywhere_ends_every_session_of_the_account(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let other = login(&app, &email(Role::Viewer), PASSWORD).await;
    let answer = app.viewer().do_post("/api/auth/logout-everywhere").await;
    assert_eq!(answer.status, 204);
    assert!(answer.header(header::SET_COOKIE).starts_with("nang_refresh=;"));
    app.viewer().get("/api/auth/me").await.expect(401, "unauthorized");
    let token = other.ok()["access_token"].as_str().unwrap().to_owned();
    app.holder(&token).get("/api/auth/me").await.expect(401, "unauthorized");
    refresh(&app, &cookie(&other)).await.expect(401, "unauthorized");
    app.editor().get("/api/auth/me").await.ok();
}
