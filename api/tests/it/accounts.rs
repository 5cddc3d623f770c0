//! The caller's own account: its name, its password, and the link that resets a forgotten password.

use axum::http::header;
use db::user::Role;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use crate::{
    clock,
    sessions::{cookie, login, refresh},
    test_app::{PASSWORD, TestApp, email},
};

const NEW_PASSWORD: &str = "ດອກບົວ battery staple";

#[sqlx::test(migrations = "../migrations")]
async fn a_rename_needs_the_current_version(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await;
    let me = app.viewer().get("/api/auth/me").await;
    assert_eq!(me.header(header::ETAG), "\"1\"");
    let changed = app.viewer().patch("/api/auth/me", "\"1\"", &json!({ "display_name": " ນ້ອຍ " })).await;
    assert_eq!(changed.header(header::ETAG), "\"2\"");
    assert_eq!(changed.ok()["display_name"], "ນ້ອຍ");
    let again = json!({ "display_name": "x" });
    app.viewer().patch("/api/auth/me", "\"1\"", &again).await.expect(412, "stale-version");
    app.viewer().patch("/api/auth/me", "*", &again).await.expect(428, "precondition-required");
    for (body, field) in [
        (json!({}), "display_name"),
        (json!({ "display_name": "  " }), "display_name"),
        (json!({ "display_name": "a\u{0}b" }), "display_name"),
        (json!({ "display_name": "ກ".repeat(101) }), "display_name"),
        (json!({ "display_name": "x", "role": "admin" }), "role"),
    ] {
        let problem = app.viewer().patch("/api/auth/me", "\"2\"", &body).await.expect(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    app.viewer().patch("/api/auth/me", "\"2\"", &json!({ "display_name": "ກ".repeat(100) })).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn changing_the_password_ends_every_other_session(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await;
    let other = login(&app, &email(Role::Viewer), PASSWORD).await;
    let body = json!({ "old_password": PASSWORD, "new_password": NEW_PASSWORD });
    assert_eq!(app.viewer().post("/api/auth/password", &body).await.status, 204);
    app.viewer().get("/api/auth/me").await.ok();
    let token = other.ok()["access_token"].as_str().unwrap().to_owned();
    app.holder(&token).get("/api/auth/me").await.expect(401, "unauthorized");
    refresh(&app, &cookie(&other)).await.expect(401, "unauthorized");
    login(&app, &email(Role::Viewer), PASSWORD).await.expect(401, "unauthorized");
    login(&app, &email(Role::Viewer), NEW_PASSWORD).await.ok();
    app.viewer().post("/api/auth/password", &body).await.expect(403, "forbidden");
}

#[sqlx::test(migrations = "../migrations")]
async fn guessing_the_old_password_within_a_session_is_throttled(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await;
    let body = json!({ "old_password": "wrong", "new_password": NEW_PASSWORD });
    for _ in 0..10 {
        app.viewer().post("/api/auth/password", &body).await.expect(403, "forbidden");
    }
    let body = json!({ "old_password": PASSWORD, "new_password": NEW_PASSWORD });
    app.viewer().post("/api/auth/password", &body).await.expect(429, "throttled");
}

#[sqlx::test(migrations = "../migrations")]
async fn invalid_passwords_are_refused_wherever_one_is_set(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await;
    for password in ["012345678", "aaaaaaaaaaaa", "0123456789\0", &"x1".repeat(129)] {
        for (path, body, field) in [
            (
                "/api/auth/password",
                json!({ "old_password": PASSWORD, "new_password": password }),
                "new_password",
            ),
            ("/api/auth/reset", json!({ "token": "x", "new_password": password }), "new_password"),
            (
                "/api/auth/register",
                json!({ "email": "a@b.la", "display_name": "x", "password": password }),
                "password",
            ),
        ] {
            let problem = app.viewer().post(path, &body).await.expect(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reset_link_sets_a_password_once_and_ends_every_session(pool: PgPool) {
    let app =
        TestApp::with_config(pool, |config| config.public_url = Some("https://films.example.la".to_owned()))
            .with_viewer()
            .await
            .with_admin()
            .await;
    let id = app.viewer().get("/api/auth/me").await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/admin/users/{id}/reset-link");
    let other = app.admin().do_post(&path).await.ok();
    let link = app.admin().do_post(&path).await;
    assert_eq!(link.status, 201);
    let link = link.ok();
    let token = link["token"].as_str().unwrap();
    assert_eq!(link["url"], format!("https://films.example.la/reset#{token}"));
    let stored: String =
        sqlx::query_scalar("SELECT string_agg(password_resets::text, ' ') FROM password_resets")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert!(!stored.contains(token));

    let spend = async |token: &str| {
        app.anonymous()
            .post("/api/auth/reset", &json!({ "token": token, "new_password": NEW_PASSWORD }))
            .await
    };
    for bad in ["rubbish", "a\0b", &"A".repeat(43)] {
        spend(bad).await.expect(403, "forbidden");
    }
    app.viewer().get("/api/auth/me").await.ok();
    assert_eq!(spend(token).await.status, 204);
    for spent in [token, other["token"].as_str().unwrap()] {
        spend(spent).await.expect(403, "forbidden");
    }
    app.viewer().get("/api/auth/me").await.expect(401, "unauthorized");
    login(&app, &email(Role::Viewer), PASSWORD).await.expect(401, "unauthorized");
    login(&app, &email(Role::Viewer), NEW_PASSWORD).await.ok();

    let late = app.admin().do_post(&path).await.ok();
    clock::advance(Duration::hours(24));
    spend(late["token"].as_str().unwrap()).await.expect(403, "forbidden");
}

#[sqlx::test(migrations = "../migrations")]
async fn guessing_reset_links_is_throttled(pool: PgPool) {
    let app = TestApp::new(pool);
    let body = json!({ "token": "A".repeat(43), "new_password": NEW_PASSWORD });
    for _ in 0..40 {
        app.anonymous().post("/api/auth/reset", &body).await.expect(403, "forbidden");
    }
    app.anonymous().post("/api/auth/reset", &body).await.expect(429, "throttled");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_audit_log_records_renames_and_password_changes(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_admin().await;
    let me = app.viewer().get("/api/auth/me").await.ok();
    app.viewer().patch("/api/auth/me", "\"1\"", &json!({ "display_name": "ນ້ອຍ" })).await.ok();
    let body = json!({ "old_password": PASSWORD, "new_password": "ດອກບົວ battery staple" });
    assert_eq!(app.viewer().post("/api/auth/password", &body).await.status, 204);
    let path = format!("/api/admin/audit?subject_id={}", me["id"].as_str().unwrap());
    let log = app.admin().get(&path).await.ok();
    let entry = |at: usize| {
        let entry = &log["items"][at];
        assert_eq!((&entry["user_id"], &entry["user_email"]), (&me["id"], &me["email"]));
        (entry["action"].as_str().unwrap(), &entry["changes"])
    };
    assert_eq!(entry(0), ("user.change_password", &json!({})));
    assert_eq!(entry(1), ("user.rename", &json!({ "display_name": [me["display_name"], "ນ້ອຍ"] })));
}
