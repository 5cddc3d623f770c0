//! Accounts as admins manage them.

use axum::http::header;
use db::user::Role;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    sessions::login,
    test_app::{PASSWORD, TestApp, email},
};

async fn path_of(app: &TestApp, role: Role) -> String {
    let me = app.caller(role).get("/api/auth/me").await.ok();
    format!("/api/admin/users/{}", me["id"].as_str().unwrap())
}

#[sqlx::test(migrations = "../migrations")]
async fn accounts_are_listed_by_role_and_text_page_by_page(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await.with_admin().await;
    let emails = async |query: &str| {
        let page = app.admin().get(&format!("/api/admin/users{query}")).await.ok();
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|user| user["email"].as_str().unwrap().split('@').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(emails("").await, ["admin", "editor", "viewer"]);
    assert_eq!(emails("?role=editor").await, ["editor"]);
    assert_eq!(emails("?text=DMIN").await, ["admin"]);
    assert_eq!(emails("?text=%E0%BA%97%E0%BB%89%E0%BA%B2%E0%BA%A7&role=viewer").await, ["viewer"]);
    assert_eq!(emails("?text=%25").await, Vec::<String>::new());
    let page = app.admin().get("/api/admin/users?limit=2").await.ok();
    let next = page["next_cursor"].as_str().unwrap();
    assert_eq!(emails(&format!("?limit=2&cursor={next}")).await, ["viewer"]);
    for user in page["items"].as_array().unwrap() {
        assert!(!user.to_string().contains("argon2"), "{user}");
    }
    for (query, field) in
        [("role=king", "role"), ("text=%00", "text"), ("text=", "text"), ("limit=0", "limit")]
    {
        let problem =
            app.admin().get(&format!("/api/admin/users?{query}")).await.expect(400, "invalid-query");
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_of_an_account_needs_the_current_version(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_admin().await;
    let path = path_of(&app, Role::Viewer).await;
    assert_eq!(app.admin().get(&path).await.header(header::ETAG), "\"1\"");
    let change = json!({ "role": "editor", "display_name": "ນ້ອຍ" });
    let changed = app.admin().patch(&path, "\"1\"", &change).await;
    assert_eq!(changed.header(header::ETAG), "\"2\"");
    let changed = changed.ok();
    assert_eq!((&changed["role"], &changed["display_name"]), (&json!("editor"), &json!("ນ້ອຍ")));
    app.admin().patch(&path, "\"1\"", &change).await.expect(412, "stale-version");
    // The new role applies at once to the existing access token.
    app.viewer().get("/api/admin/films").await.ok();
    let entries =
        "SELECT user_email, subject_id::text, label, changes FROM audit_log WHERE action = 'user.update'";
    let entries: Vec<(String, String, String, Value)> =
        sqlx::query_as(entries).fetch_all(&app.pool).await.unwrap();
    let changes = json!({ "role": ["viewer", "editor"], "display_name": ["ທ້າວ viewer", "ນ້ອຍ"] });
    let id = path.rsplit('/').next().unwrap().to_owned();
    assert_eq!(entries, [(email(Role::Admin), id, email(Role::Viewer), changes)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_disabled_account_loses_access_at_once_and_logs_in_again_when_enabled(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_admin().await;
    let path = path_of(&app, Role::Viewer).await;
    let disabled = app.admin().patch(&path, "\"1\"", &json!({ "disabled": true })).await.ok();
    assert!(disabled["disabled_at"].is_string());
    app.viewer().get("/api/auth/me").await.expect(401, "unauthorized");
    login(&app, &email(Role::Viewer), PASSWORD).await.expect(403, "forbidden");
    let enabled = app.admin().patch(&path, "\"2\"", &json!({ "disabled": false })).await.ok();
    assert_eq!(enabled["disabled_at"], Value::Null);
    app.viewer().get("/api/auth/me").await.expect(401, "unauthorized");
    login(&app, &email(Role::Viewer), PASSWORD).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_admin_cannot_be_demoted_or_disabled(pool: PgPool) {
    let app = TestApp::new(pool).with_admin().await;
    let path = path_of(&app, Role::Admin).await;
    for change in [json!({ "role": "editor" }), json!({ "disabled": true })] {
        let problem = app.admin().patch(&path, "\"1\"", &change).await.expect(409, "conflict");
        assert!(problem["detail"].as_str().unwrap().contains("last admin"), "{problem}");
    }
    app.admin().patch(&path, "\"1\"", &json!({ "display_name": "ຍັງຢູ່", "disabled": false })).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn an_admin_lists_and_ends_the_sessions_of_an_account(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_admin().await;
    let path = format!("{}/sessions", path_of(&app, Role::Viewer).await);
    login(&app, &email(Role::Viewer), PASSWORD).await.ok();
    let page = app.admin().get(&path).await.ok();
    assert_eq!(page["items"].as_array().unwrap().len(), 2, "{page}");
    let first = page["items"][1]["id"].as_str().unwrap();
    assert_eq!(app.admin().delete(&format!("{path}/{first}")).await.status, 204);
    app.admin().delete(&format!("{path}/{first}")).await.expect(404, "not-found");
    app.viewer().get("/api/auth/me").await.expect(401, "unauthorized");
    assert_eq!(app.admin().get(&path).await.ok()["items"].as_array().unwrap().len(), 1);
    assert_eq!(app.admin().delete(&path).await.status, 204);
    assert_eq!(app.admin().get(&path).await.ok()["items"], json!([]));
    app.admin().get("/api/auth/me").await.ok();
}
