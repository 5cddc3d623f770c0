//! What the log must and must not contain.

use std::{
    cell::RefCell,
    io::{self, Write},
    sync::{Arc, Mutex, Once},
};

use api::Registration;
use axum::http::Request;
use db::user::Role;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    films::{create, publish},
    pipeline, sessions,
    test_app::{PASSWORD, TestApp, email},
};

thread_local! {
    static RECORDED: RefCell<Option<Arc<Mutex<Vec<u8>>>>> = const { RefCell::new(None) };
}

/// Recording of the log of the thread that made it, until it is dropped.
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        RECORDED.set(None);
    }
}

/// Writes into the recording of the present thread, if it records.
struct ThreadLog;

impl Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        RECORDED.with_borrow(|recorded| match recorded {
            Some(log) => log.lock().unwrap().write(bytes),
            None => Ok(bytes.len()),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Installs the subscriber of this process. It must be there before the code under test runs: a place of the code that logs for the first
/// time on a thread without a subscriber is switched off for all threads. So subscribers of single threads are not enough.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        tracing_subscriber::fmt()
            .with_writer(|| ThreadLog)
            .with_ansi(false)
            .with_env_filter("api=trace,ingest=trace,db=trace,it=trace")
            .init();
    });
}

/// Records everything that Nang logs on this thread from now on, at level trace.
pub fn record() -> Log {
    install();
    let log = Arc::default();
    RECORDED.set(Some(Arc::clone(&log)));
    Log(log)
}

#[sqlx::test(migrations = "../migrations")]
async fn no_secret_reaches_the_log(pool: PgPool) {
    let log = record();
    let app = TestApp::new(pool).with_editor().await;
    let body = json!({ "email": email(Role::Editor), "password": PASSWORD });
    let login = app.anonymous().post("/api/auth/login", &body).await;
    app.anonymous().post("/api/auth/login", &json!({ "email": "x@y.la", "password": "wrong-secret" })).await;
    let cookie = sessions::cookie(&login);
    let successor = sessions::cookie(&sessions::refresh(&app, &cookie).await);
    for cookie in [&successor, &cookie] {
        sessions::refresh(&app, cookie).await;
    }
    let film = create(&app, json!({ "en": "x" })).await;
    pipeline::make_ready(&app.db, film).await;
    publish(&app, film).await;
    let stream = app.anonymous().do_post(&format!("/api/stream/{film}?access_token=query-secret")).await.ok();

    let log = log.text();
    let url = stream["url"].as_str().unwrap().to_owned();
    let access = login.ok()["access_token"].as_str().unwrap().to_owned();
    let token = url.split('/').nth(2).unwrap();
    for secret in [
        PASSWORD,
        "wrong-secret",
        "query-secret",
        token,
        &access,
        cookie.split_once('=').unwrap().1,
        "$argon2id",
    ] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    for line in [
        "Logged in",
        "Login attempt refused",
        "A spent refresh token was presented",
        "Opened a playback session",
        "/api/stream/{film_id}",
    ] {
        assert!(log.contains(line), "{line:?} not in {log}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_error_is_logged_once_with_the_request_id(pool: PgPool) {
    use tower::ServiceExt;

    let app = TestApp::new(pool);
    sqlx::query("ALTER TABLE films RENAME TO hidden").execute(&app.pool).await.unwrap();
    let log = record();
    let request =
        Request::get("/api/films").header("x-request-id", "edge-42").body(axum::body::Body::empty()).unwrap();
    assert_eq!(app.router.clone().oneshot(request).await.unwrap().status(), 500);
    let log = log.text();
    let errors: Vec<_> = log.lines().filter(|line| line.contains(" ERROR ")).collect();
    assert_eq!(errors.len(), 1, "{log}");
    assert!(errors[0].contains("edge-42") && errors[0].contains("\\\"films\\\" does not exist"), "{log}");
}

#[sqlx::test(migrations = "../migrations")]
async fn no_link_token_and_no_new_password_reaches_the_log(pool: PgPool) {
    let log = record();
    let app = TestApp::with_config(pool, |config| config.registration = Registration::Invitation);
    let app = app.with_viewer().await.with_admin().await;
    let invitation = app.admin().post("/api/admin/invitations", &json!({ "role": "editor" })).await.ok();
    let register = json!({
        "email": "noy@x.la", "password": "first-secret", "display_name": "x", "invitation": invitation["token"]
    });
    app.anonymous().post("/api/auth/register", &register).await;
    let id = app.viewer().get("/api/auth/me").await.ok()["id"].as_str().unwrap().to_owned();
    let change = json!({ "old_password": PASSWORD, "new_password": "second-secret" });
    assert_eq!(app.viewer().post("/api/auth/password", &change).await.status, 204);
    let link = app.admin().do_post(&format!("/api/admin/users/{id}/reset-link")).await.ok();
    let reset = json!({ "token": link["token"], "new_password": "third-secret" });
    for _ in 0..2 {
        app.anonymous().post("/api/auth/reset", &reset).await;
    }
    let log = log.text();
    for secret in ["first-secret", "second-secret", "third-secret", PASSWORD, "$argon2id"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    for link in [&invitation, &link] {
        assert!(!log.contains(link["token"].as_str().unwrap()), "{link} in {log}");
    }
    for line in [
        "Created an invitation",
        "Registered an account",
        "Created a reset link",
        "Changed a password",
        "Set a password with a reset link",
        "Refused a reset link",
    ] {
        assert!(log.contains(line), "{line:?} not in {log}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reused_refresh_token_is_logged_with_its_session_and_account(pool: PgPool) {
    let app = TestApp::new(pool);
    let user = app.create_account(Role::Viewer).await;
    let first = sessions::cookie(&sessions::login(&app, &email(Role::Viewer), PASSWORD).await);
    let second = sessions::cookie(&sessions::refresh(&app, &first).await);
    sessions::refresh(&app, &second).await.ok();
    let session: Uuid =
        sqlx::query_scalar("SELECT id FROM account_sessions").fetch_one(&app.pool).await.unwrap();
    let log = record();
    sessions::refresh(&app, &first).await.expect(401, "unauthorized");
    let log = log.text();
    let line = log.lines().find(|line| line.contains("A spent refresh token was presented")).unwrap();
    assert!(
        line.contains(&format!("session.id={session}")) && line.contains(&format!("user.id={user}")),
        "{line}"
    );
}
