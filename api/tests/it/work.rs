//! Uploads, masters and builds of all films: listing, deleting and encoding them again, and the audit log of it.

use axum::http::Request;
use db::queue::JobKind;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    films::create,
    pipeline,
    test_app::{Answer, TestApp, email},
};

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// The actions on a subject in the audit log, oldest first, each with its author.
async fn log_of(app: &TestApp, subject: &str) -> Vec<(String, Value)> {
    let log = app.editor().get(&format!("/api/admin/audit?subject_id={subject}")).await.ok();
    let entries = log["items"].as_array().unwrap().iter().rev();
    entries.map(|entry| (entry["action"].as_str().unwrap().to_owned(), entry["user_email"].clone())).collect()
}

fn by_editor(actions: &[&str]) -> Vec<(String, Value)> {
    actions.iter().map(|action| ((*action).to_owned(), json!(email(db::user::Role::Editor)))).collect()
}

async fn upload(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::builder().method(method).uri(path).header("tus-resumable", "1.0.0");
    app.editor()
        .send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
        .await
}

#[sqlx::test(migrations = "../migrations")]
async fn unfinished_uploads_are_listed_with_their_film_and_account(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let metadata = format!("filename {},film_id {}", base64(b"film.x"), base64(film.to_string().as_bytes()));
    let headers = [("upload-length", "9"), ("upload-metadata", &*metadata)];
    let begun = upload(&app, "POST", "/api/admin/uploads", &headers).await;
    assert_eq!(begun.status, 201, "{begun:?}");
    let path = begun.header("location").to_owned();
    let id = path.rsplit('/').next().unwrap().to_owned();
    pipeline::upload(&app.db, film).await;

    let uploads = app.editor().get("/api/admin/uploads").await.ok();
    assert_eq!(ids(&uploads), [&id]);
    let seen = &uploads["items"][0];
    assert_eq!((&seen["film_id"], &seen["state"]), (&json!(film), &json!("uploading")));
    assert_eq!(
        (&seen["name"], &seen["received_bytes"], &seen["size_bytes"]),
        (&json!("film.x"), &json!(0), &json!(9))
    );
    assert_eq!(seen["user_email"], email(db::user::Role::Editor));
    assert!(seen["expires_at"].is_string());
    assert_eq!(ids(&app.editor().get("/api/admin/files").await.ok()).len(), 2);

    assert_eq!(upload(&app, "DELETE", &path, &[]).await.status, 204);
    assert_eq!(
        app.editor().get("/api/admin/uploads").await.ok(),
        json!({ "items": [], "next_cursor": null })
    );
    assert_eq!(log_of(&app, &id).await, by_editor(&["file.upload", "file.end_upload"]));
}

/// Base64 (RFC 4648 §4) of whole triples.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    assert_eq!(bytes.len() % 3, 0);
    let triple = |three: &[u8]| {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(LETTERS[bits >> shift & 63]))
    };
    bytes.chunks(3).flat_map(triple).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_master_is_encoded_again_and_deleted_when_a_newer_one_is_shown(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let old = pipeline::upload(&app.db, film).await;
    let first = pipeline::probe(&app.db).await;
    pipeline::finish_build(&app.db).await;
    let path = format!("/api/admin/files/{old}");
    app.editor().delete(&path).await.expect(409, "conflict");
    let queued = app.editor().do_post(&format!("{path}/encode")).await;
    assert_eq!(queued.status, 202);
    assert_eq!((&queued.ok()["kind"], &queued.ok()["file_id"]), (&json!("probe"), &json!(old)));
    app.editor().do_post(&format!("{path}/encode")).await.expect(409, "conflict");
    let second = pipeline::probe(&app.db).await;
    app.editor().delete(&format!("/api/admin/builds/{second}")).await.expect(409, "conflict");
    pipeline::finish_build(&app.db).await;
    let third = pipeline::make_ready(&app.db, film).await;
    pipeline::retire_replaced(&app.db, &app.pool).await;

    let builds = app.editor().get(&format!("/api/admin/builds?film_id={film}")).await.ok();
    assert_eq!(ids(&builds), [third, second, first].map(|id| id.to_string()));
    assert_eq!(
        (&builds["items"][0]["film_id"], &builds["items"][0]["state"]),
        (&json!(film), &json!("ready"))
    );
    let page = app.editor().get("/api/admin/builds?state=superseded&limit=1").await.ok();
    assert_eq!(ids(&page), [second.to_string()]);
    let cursor = page["next_cursor"].as_str().unwrap();
    let next =
        app.editor().get(&format!("/api/admin/builds?state=superseded&limit=1&cursor={cursor}")).await.ok();
    assert_eq!((ids(&next), &next["next_cursor"]), (vec![&*first.to_string()], &Value::Null));

    let build = format!("/api/admin/builds/{first}");
    assert_eq!(app.editor().delete(&build).await.status, 204);
    app.editor().delete(&build).await.expect(404, "not-found");
    assert_eq!(log_of(&app, &first.to_string()).await, by_editor(&["build.delete"]));
    assert_eq!(app.editor().delete(&path).await.status, 204);
    app.editor().delete(&path).await.expect(404, "not-found");
    let logged = log_of(&app, &old.to_string()).await;
    assert_eq!(logged[1..], by_editor(&["file.encode", "file.delete"]));
    let left = app.editor().get(&format!("/api/admin/files?film_id={film}&state=uploaded")).await.ok();
    assert_eq!(ids(&left).len(), 1);
    assert_eq!(
        app.editor().get(&format!("/api/admin/films/{film}")).await.ok()["files"].as_array().unwrap().len(),
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn cancels_and_retries_are_logged_with_their_author(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    pipeline::upload(&app.db, film).await;
    let build = pipeline::probe(&app.db).await;
    let dead = pipeline::fail_next(&app.db, JobKind::EncodeAudio, "broken").await.job.id;
    assert_eq!(app.editor().do_post(&format!("/api/admin/jobs/{dead}/retry")).await.status, 202);
    let stopped = app.editor().do_post(&format!("/api/admin/jobs/{dead}/cancel")).await;
    assert_eq!((stopped.status.as_u16(), &stopped.ok()["state"]), (202, &json!("cancelled")));
    app.editor().do_post(&format!("/api/admin/jobs/{dead}/cancel")).await.expect(409, "conflict");
    app.editor().do_post(&format!("/api/admin/builds/{build}/cancel")).await.expect(409, "conflict");
    assert_eq!(log_of(&app, &dead.to_string()).await, by_editor(&["job.retry", "job.cancel"]));

    let other = create(&app, json!({ "en": "y" })).await;
    pipeline::upload(&app.db, other).await;
    let build = pipeline::probe(&app.db).await;
    assert_eq!(app.editor().do_post(&format!("/api/admin/builds/{build}/cancel")).await.status, 202);
    assert_eq!(log_of(&app, &build.to_string()).await, by_editor(&["build.cancel"]));
}
