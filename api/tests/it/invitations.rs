//! Registration: open, by invitation, or closed.

use api::Registration;
use axum::http::StatusCode;
use db::user::Role;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::{
    clock,
    sessions::login,
    test_app::{Answer, PASSWORD, TestApp, email},
};

const NEW_PASSWORD: &str = "ດອກບົວ battery staple";

fn app(pool: PgPool, registration: Registration) -> TestApp {
    TestApp::with_config(pool, |config| config.registration = registration)
}

async fn register(app: &TestApp, email: &str, invitation: Option<&str>) -> Answer {
    let mut body = json!({ "email": email, "password": NEW_PASSWORD, "display_name": " ນ້ອຍ " });
    if let Some(token) = invitation {
        body["invitation"] = token.into();
    }
    app.anonymous().post("/api/auth/register", &body).await
}

async fn invite(app: &TestApp, body: Value) -> Value {
    let answer = app.admin().post("/api/admin/invitations", &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_creates_an_account_where_registration_is_closed(pool: PgPool) {
    let app = app(pool, Registration::Closed).with_admin().await;
    assert_eq!(app.anonymous().get("/api/auth/options").await.ok()["registration"], "closed");
    register(&app, "noy@x.la", None).await.expect(403, "forbidden");
    register(&app, "noy@x.la", Some(&"A".repeat(43))).await.expect(403, "forbidden");
    let link = invite(&app, json!({ "role": "editor" })).await;
    assert_eq!(register(&app, "noy@x.la", link["token"].as_str()).await.status, 202);
    assert_eq!(login(&app, "noy@x.la", NEW_PASSWORD).await.ok()["user"]["role"], "editor");
    // The invitation is spent, and registration is still closed.
    register(&app, "other@x.la", link["token"].as_str()).await.expect(403, "forbidden");
    register(&app, "other@x.la", None).await.expect(403, "forbidden");
}

#[sqlx::test(migrations = "../migrations")]
async fn open_registration_creates_viewers(pool: PgPool) {
    let app = app(pool, Registration::Open);
    assert_eq!(register(&app, "Noy@X.la", None).await.status, 202);
    let user = login(&app, "noy@x.la", NEW_PASSWORD).await.ok()["user"].clone();
    assert_eq!((&user["role"], &user["display_name"]), (&json!("viewer"), &json!("ນ້ອຍ")));
    for (body, field) in [
        (json!({ "email": "x", "password": NEW_PASSWORD, "display_name": "x" }), "email"),
        (json!({ "email": "a\u{0}@b.la", "password": NEW_PASSWORD, "display_name": "x" }), "email"),
        (
            json!({ "email": format!("a@{}.la", "b.".repeat(130)), "password": NEW_PASSWORD, "display_name": "x" }),
            "email",
        ),
        (json!({ "email": "a@b.la", "password": NEW_PASSWORD, "display_name": "\u{0}" }), "display_name"),
        (
            json!({ "email": "a@b.la", "password": NEW_PASSWORD, "display_name": "x", "role": "admin" }),
            "role",
        ),
        (
            json!({ "email": "a@b.la", "password": NEW_PASSWORD, "display_name": "x", "invitation": "A".repeat(101) }),
            "invitation",
        ),
    ] {
        let problem = app.anonymous().post("/api/auth/register", &body).await.expect(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_in_use_gets_the_same_response_and_keeps_its_account(pool: PgPool) {
    let app = app(pool, Registration::Open);
    app.create_account(Role::Viewer).await;
    let (used, free) =
        (register(&app, &email(Role::Viewer), None).await, register(&app, "free@x.la", None).await);
    assert_eq!((used.status, &used.body), (StatusCode::ACCEPTED, &free.body));
    assert_eq!(used.status, free.status);
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&used), names(&free));
    login(&app, &email(Role::Viewer), NEW_PASSWORD).await.expect(401, "unauthorized");
    login(&app, &email(Role::Viewer), PASSWORD).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_creates_one_account_with_its_role(pool: PgPool) {
    let app = app(pool, Registration::Invitation).with_admin().await;
    register(&app, "noy@x.la", None).await.expect(403, "forbidden");
    for bad in ["rubbish", &"A".repeat(43), "a\0b"] {
        register(&app, "noy@x.la", Some(bad)).await.expect(403, "forbidden");
    }
    let link = invite(&app, json!({ "role": "editor", "email": "Noy@X.la" })).await;
    let token = link["token"].as_str().unwrap();
    assert_eq!(link["url"], format!("/register#{token}"));
    register(&app, "other@x.la", Some(token)).await.expect(403, "forbidden");
    assert_eq!(register(&app, "NOY@x.la", Some(token)).await.status, 202);
    register(&app, "noy@x.la", Some(token)).await.expect(403, "forbidden");
    assert_eq!(login(&app, "noy@x.la", NEW_PASSWORD).await.ok()["user"]["role"], "editor");

    let late = invite(&app, json!({ "role": "viewer", "days": 1 })).await;
    clock::advance(Duration::days(1));
    register(&app, "late@x.la", late["token"].as_str()).await.expect(403, "forbidden");
}

#[sqlx::test(migrations = "../migrations")]
async fn invitations_are_listed_and_withdrawn(pool: PgPool) {
    let app = app(pool, Registration::Invitation).with_admin().await;
    let first = invite(&app, json!({ "role": "viewer" })).await;
    let second = invite(&app, json!({ "role": "editor", "email": "noy@x.la" })).await;
    let page = app.admin().get("/api/admin/invitations?limit=1").await.ok();
    assert_eq!(page["items"][0]["id"], second["id"]);
    assert_eq!(page["items"][0]["token"], Value::Null, "a token is shown once");
    let cursor = page["next_cursor"].as_str().unwrap();
    let page = app.admin().get(&format!("/api/admin/invitations?limit=1&cursor={cursor}")).await.ok();
    assert_eq!((&page["items"][0]["id"], &page["next_cursor"]), (&first["id"], &Value::Null));

    let path = |link: &Value| format!("/api/admin/invitations/{}", link["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(app.admin().delete(&path(&first)).await.status, 204);
    }
    register(&app, "a@x.la", first["token"].as_str()).await.expect(403, "forbidden");
    assert_eq!(register(&app, "noy@x.la", second["token"].as_str()).await.status, 202);
    app.admin().delete(&path(&second)).await.expect(409, "conflict");
    app.admin()
        .post("/api/admin/invitations", &json!({ "role": "viewer", "email": "noy@x.la" }))
        .await
        .expect(409, "conflict");
    for (body, field) in [
        (json!({ "role": "king" }), "role"),
        (json!({ "role": "viewer", "email": "x" }), "email"),
        (json!({ "role": "viewer", "days": 0 }), "days"),
        (json!({ "role": "viewer", "days": 91 }), "days"),
    ] {
        let problem = app.admin().post("/api/admin/invitations", &body).await.expect(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn registration_is_throttled(pool: PgPool) {
    let app = app(pool, Registration::Open);
    for _ in 0..10 {
        assert_eq!(register(&app, "noy@x.la", None).await.status, 202);
    }
    register(&app, "Noy@x.la", None).await.expect(429, "throttled");
}
