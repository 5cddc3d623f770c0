//! The caller's preferences and data, and deleting the account.

use axum::http::Request;
use db::user::Role;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    own_lists::{create_films, watch},
    sessions::{self, login},
    test_app::{PASSWORD, TestApp, email},
};

const PREFERENCES: &str = "/api/auth/me/preferences";

#[sqlx::test(migrations = "../migrations")]
async fn preferences_follow_the_account(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let put =
        async |preferences: Value| app.viewer().send_json(Request::put(PREFERENCES), &preferences).await;
    let unset = app.viewer().get(PREFERENCES).await.ok();
    assert!(unset.as_object().unwrap().values().all(Value::is_null), "{unset}");
    let chosen = json!({
        "language": "lo", "subtitle_language": "EN", "subtitle_size_percent": 150, "subtitle_colour": "#ffff00",
        "subtitle_background": "box", "subtitle_position": "top", "subtitles": true, "data_saver": true, "speed": 1.25,
    });
    put(chosen.clone()).await.ok();
    let stored = app.viewer().get(PREFERENCES).await.ok();
    for (field, value) in chosen.as_object().unwrap() {
        let value = if field == "subtitle_language" { &json!("en") } else { value };
        assert_eq!(&stored[field], value, "{field}");
    }
    assert_eq!(app.editor().get(PREFERENCES).await.ok(), unset);
    for wrong in [
        json!({ "speed": 9 }),
        json!({ "subtitle_size_percent": 1 }),
        json!({ "subtitle_colour": "yellow" }),
        json!({ "subtitle_position": "left" }),
        json!({ "language": "Lao, please" }),
        json!({ "theme": "dark" }),
    ] {
        put(wrong).await.expect(422, "invalid");
    }
    // The whole document is replaced.
    assert_eq!(put(json!({ "language": "en" })).await.ok()["speed"], Value::Null);
    // What another version stored and this one does not know is no error.
    sqlx::query("UPDATE users SET preferences = '{\"speed\": \"fast\"}'").execute(&app.pool).await.unwrap();
    assert_eq!(app.viewer().get(PREFERENCES).await.ok(), unset);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_data_of_an_account_is_a_file_with_everything_about_it(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await;
    let films = create_films(&app, 2).await;
    watch(&app, app.viewer(), films[0]).await;
    app.viewer().send(Request::put(format!("/api/watchlist/{}", films[1]))).await;
    app.viewer().send_json(Request::put(PREFERENCES), &json!({ "language": "lo" })).await.ok();
    let answer = app.viewer().get("/api/auth/me/data").await;
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"nang-account.json\"");
    let data = answer.ok();
    assert_eq!(data["account"], app.viewer().get("/api/auth/me").await.ok());
    assert_eq!(data["preferences"]["language"], "lo");
    assert_eq!(data["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(data["watchlist"][0]["film_id"], films[1].to_string());
    assert_eq!(
        (&data["history"][0]["film_id"], &data["history"][0]["watched_ms"]),
        (&json!(films[0]), &json!(60_000))
    );
    assert_eq!(data["resume_points"][0]["titles"], json!({ "en": "Film 0" }));
    assert_eq!(data["playback_sessions"].as_array().unwrap().len(), 1);
    let nothing = app.editor().get("/api/auth/me/data").await.ok();
    assert_eq!((&nothing["history"], &nothing["watchlist"]), (&json!([]), &json!([])));
}

#[sqlx::test(migrations = "../migrations")]
async fn deleting_an_account_leaves_nothing_that_names_the_person(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await.with_admin().await;
    let films = create_films(&app, 1).await;
    for caller in [app.viewer(), app.editor()] {
        watch(&app, caller, films[0]).await;
        caller.send(Request::put(format!("/api/watchlist/{}", films[0]))).await;
    }
    let delete = async |role: Role, password: Value| {
        app.caller(role).post("/api/auth/me/delete", &json!({ "password": password })).await
    };
    delete(Role::Editor, json!("wrong password")).await.expect(403, "wrong-password");
    delete(Role::Editor, Value::Null).await.expect(403, "wrong-password");
    app.editor().get("/api/auth/me").await.ok();

    let gone = delete(Role::Editor, json!(PASSWORD)).await;
    assert_eq!(gone.status, 204);
    assert!(gone.header("set-cookie").starts_with("nang_refresh=;"));
    app.editor().get("/api/auth/me").await.expect(401, "unauthorized");
    login(&app, &email(Role::Editor), PASSWORD).await.expect(401, "unauthorized");
    // Each text of each table.
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    assert!(tables.len() > 20);
    for table in tables {
        let sql = format!("SELECT count(*) FROM \"{table}\" AS one WHERE one::text ILIKE '%' || $1 || '%'");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(email(Role::Editor))
            .fetch_one(&app.pool)
            .await
            .unwrap();
        assert_eq!(found, 0, "{table} contains the address");
    }
    // The play counts, without the account, and its token is revoked; others keep their lists.
    let (plays, ended): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE ended_at IS NOT NULL) FROM playback_sessions WHERE user_id IS NULL",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!((plays, ended), (1, 1));
    assert_eq!(app.viewer().get("/api/watchlist").await.ok()["items"].as_array().unwrap().len(), 1);
    let films = app.admin().get("/api/admin/audit?limit=1").await.ok();
    assert_eq!(
        (&films["items"][0]["action"], &films["items"][0]["label"]),
        (&json!("user.delete"), &Value::Null)
    );
    // The address is free again.
    app.create_account(Role::Editor).await;
    sessions::login(&app, &email(Role::Editor), PASSWORD).await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_admin_cannot_delete_the_account(pool: PgPool) {
    let app = TestApp::new(pool).with_admin().await;
    let body = json!({ "password": PASSWORD });
    app.admin().post("/api/auth/me/delete", &body).await.expect(409, "conflict");
    app.admin().get("/api/auth/me").await.ok();
}
