//! The catalogue as editors maintain it: editing, merging, deleting, and the audit log.

use axum::http::{Request, header};
use db::user::Role;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    catalogue::{add, change, create_public_film},
    films::create,
    pipeline,
    test_app::{Answer, Caller, TestApp},
};

async fn etag(app: &TestApp, path: &str) -> String {
    app.editor().get(path).await.header(header::ETAG).to_owned()
}

async fn send(app: &TestApp, method: &str, path: &str, of: &str, body: Value) -> Answer {
    let request = Request::builder().method(method).uri(path).header(header::IF_MATCH, etag(app, of).await);
    if body.is_null() {
        app.editor().send(request).await
    } else {
        app.editor().send_json(request, &body).await
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn null_clears_a_field_and_an_absent_field_stays(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let body =
        json!({ "titles": { "en": "Film" }, "year": 1988, "age_rating": "G", "synopses": { "lo": "ເລື່ອງ" } });
    let film = app.editor().post("/api/admin/films", &body).await.ok();
    let path = format!("/api/admin/films/{}", film["id"].as_str().unwrap());
    let after = change(&app, &path, json!({ "year": null, "runtime_ms": 60_000 })).await.ok();
    assert_eq!(
        (&after["year"], &after["age_rating"], &after["runtime_ms"], &after["synopses"]),
        (&json!(null), &json!("G"), &json!(60_000), &json!({ "lo": "ເລື່ອງ" }))
    );
    for (body, field) in [
        (json!({ "year": 1700 }), "year"),
        (json!({ "year": "x" }), "year"),
        (json!({ "age_rating": "" }), "age_rating"),
        (json!({ "original_title": "nul \u{0}" }), "original_title"),
        (json!({ "countries": ["laos"] }), "countries"),
        (json!({ "languages": ["x y"] }), "languages"),
        (json!({ "awards": { "en": "nul \u{0}" } }), "awards.en"),
        (json!({ "available_from": "tomorrow" }), "available_from"),
        (json!({ "credits": [{ "person_id": path, "role": "director" }] }), "credits[0].person_id"),
    ] {
        let problem = change(&app, &path, body.clone()).await.expect(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    let unknown = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f";
    for body in [
        json!({ "genres": [unknown] }),
        json!({ "credits": [{ "person_id": unknown, "role": "actor" }] }),
        json!({ "visibility": "scheduled" }),
        json!({ "publish_at": "2030-01-01T00:00:00Z" }),
        json!({ "available_from": "2030-01-01T00:00:00Z", "available_until": "2029-01-01T00:00:00Z" }),
    ] {
        change(&app, &path, body.clone()).await.expect(409, "conflict");
    }
    // The refused edits changed nothing.
    assert_eq!(app.editor().get(&path).await.ok()["version"], after["version"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn people_and_genres_are_merged_with_their_films_and_slugs(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let kept = add(&app, "cast", json!({ "names": { "en": "Som Ock" } })).await;
    let gone = add(&app, "cast", json!({ "names": { "en": "Somok", "lo": "ສົມອົກ" }, "slug": "somok" })).await;
    let drama = add(&app, "genres", json!({ "names": { "en": "Drama" } })).await;
    let dramas = add(&app, "genres", json!({ "names": { "en": "Dramas", "fr": "Drame" } })).await;
    let credit = |id: &str, role: &str| json!({ "person_id": id, "role": role });
    let both = create_public_film(
        &app,
        "Both",
        json!({ "genres": [dramas, drama], "credits": [credit(&gone, "actor"), credit(&kept, "actor"), credit(&gone, "writer")] }),
    )
    .await;
    for (collection, gone, kept) in [("cast", &gone, &kept), ("genres", &dramas, &drama)] {
        let path = format!("/api/admin/{collection}/{gone}");
        send(&app, "DELETE", &path, &path, Value::Null).await.expect(409, "conflict");
        let merge = format!("{path}/merge");
        send(&app, "POST", &merge, &path, json!({ "into": gone })).await.expect(409, "conflict");
        send(&app, "POST", &merge, &path, json!({ "into": both })).await.expect(409, "conflict");
        let stale = Request::post(&merge).header(header::IF_MATCH, "\"7\"");
        app.editor().send_json(stale, &json!({ "into": kept })).await.expect(412, "stale-version");
        let merged = send(&app, "POST", &merge, &path, json!({ "into": kept })).await.ok();
        assert_eq!(merged["id"], **kept);
        assert_eq!(merged["names"].as_object().unwrap().len(), 2);
        app.editor().get(&path).await.expect(404, "not-found");
    }
    let page = app.anonymous().get(&format!("/api/films/{both}")).await.ok();
    let roles: Vec<_> = page["credits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["person"]["id"].as_str().unwrap(), &c["role"]))
        .collect();
    assert_eq!(roles, [(kept.as_str(), &json!("actor")), (kept.as_str(), &json!("writer"))]);
    assert_eq!(page["genres"].as_array().unwrap().len(), 1);
    let moved = app.anonymous().get("/api/cast/somok").await;
    assert_eq!((moved.status.as_u16(), moved.header(header::LOCATION)), (308, "/api/cast/som-ock"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deleted_film_is_hidden_from_viewers_and_restored_unchanged(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create_public_film(&app, "Film", json!({})).await;
    let path = format!("/api/admin/films/{film}");
    app.editor().send(Request::delete(&path)).await.expect(400, "invalid-query");
    send(&app, "DELETE", &format!("{path}?title=film"), &path, Value::Null).await.expect(422, "invalid");
    let deleted = send(&app, "DELETE", &format!("{path}?title=Film"), &path, Value::Null).await.ok();
    assert_ne!(deleted["deleted_at"], Value::Null);
    send(&app, "DELETE", &format!("{path}?title=Film"), &path, Value::Null).await.expect(409, "conflict");
    app.anonymous().get("/api/films/film").await.expect(404, "not-found");
    for (query, count) in [("", 0), ("?deleted=true", 1)] {
        let list = app.editor().get(&format!("/api/admin/films{query}")).await.ok();
        assert_eq!(list["items"].as_array().unwrap().len(), count, "{query}");
    }
    // Within a day of the deletion the build still exists.
    let restored = send(&app, "POST", &format!("{path}/restore"), &path, Value::Null).await.ok();
    assert_eq!((&restored["deleted_at"], &restored["status"]), (&Value::Null, &json!("ready")));
    assert_eq!(app.anonymous().get("/api/films/film").await.ok()["duration_ms"], 6000);
    send(&app, "POST", &format!("{path}/restore"), &path, Value::Null).await.expect(409, "conflict");

    // Once the presentation has been retired, restoring encodes the film again.
    send(&app, "DELETE", &format!("{path}?title=Film"), &path, Value::Null).await.ok();
    pipeline::retire_replaced(&app.db, &app.pool).await;
    pipeline::finish_build(&app.db).await;
    let restored = send(&app, "POST", &format!("{path}/restore"), &path, Value::Null).await.ok();
    assert_eq!(restored["status"], "processing");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_purged_film_leaves_only_audit_log_entries(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create_public_film(&app, "Film", json!({})).await;
    let path = format!("/api/admin/films/{film}");
    let storage = app.editor().get("/api/admin/storage").await.ok();
    assert_eq!(
        storage["items"],
        json!([{
            "film_id": film, "titles": { "en": "Film" }, "deleted": false,
            "masters_bytes": 7, "builds_bytes": 750_000, "images_bytes": 0
        }])
    );
    let purge = format!("{path}/purge");
    let title = json!({ "title": "Film" });
    send(&app, "POST", &purge, &path, title.clone()).await.expect(409, "conflict");
    send(&app, "DELETE", &format!("{path}?title=Film"), &path, Value::Null).await.ok();
    send(&app, "POST", &purge, &path, json!({ "title": "x" })).await.expect(422, "invalid");
    let answer = send(&app, "POST", &purge, &path, title.clone()).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    send(&app, "POST", &purge, &path, title).await.expect(409, "conflict");
    send(&app, "POST", &format!("{path}/restore"), &path, Value::Null).await.expect(409, "conflict");
    let lease = std::time::Duration::from_mins(1);
    let job = db::workflow::claim(&app.db, "worker", lease).await.unwrap().unwrap();
    assert_eq!(job.job.kind, db::queue::JobKind::Purge);
    db::workflow::complete_purge(&app.db, &job.lease).await.unwrap();
    app.editor().get(&path).await.expect(404, "not-found");
    for table in ["films", "film_files", "builds", "renditions", "jobs", "job_attempts", "slugs"] {
        let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
            .fetch_one(&app.pool)
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
    let log = app.editor().get(&format!("/api/admin/audit?subject_id={film}&limit=2")).await.ok();
    let actions: Vec<_> =
        log["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["film.purged", "film.purge"]);
    assert_eq!(log["items"][1]["user_email"], "editor@films.example.la");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_audit_log_records_authors_and_changes(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "First" })).await;
    let path = format!("/api/admin/films/{film}");
    change(&app, &path, json!({ "titles": { "en": "Second" }, "year": 2001 })).await.ok();
    add(&app, "genres", json!({ "names": { "en": "Drama" } })).await;
    let all = app.editor().get("/api/admin/audit").await.ok();
    let actions: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["genre.create", "film.update", "film.create"]);
    let user = all["items"][0]["user_id"].as_str().unwrap();
    let entry = &app
        .editor()
        .get(&format!("/api/admin/audit?subject_id={film}&user_id={user}&limit=1"))
        .await
        .ok()["items"][0];
    assert_eq!(
        entry["changes"],
        json!({ "titles": [{ "en": "First" }, { "en": "Second" }], "year": [null, 2001] })
    );
    assert_eq!((&entry["label"], &entry["subject"]), (&json!("Second"), &json!("film")));
    let of_unknown = app.editor().get(&format!("/api/admin/audit?user_id={film}")).await.ok();
    assert_eq!(of_unknown, json!({ "items": [], "next_cursor": null }));
}

#[sqlx::test(migrations = "../migrations")]
async fn editors_find_films_by_any_part_of_a_title(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    create(&app, json!({ "lo": "ສະບາຍດີ ຫຼວງພະບາງ", "en": "Good Morning, \"Luang\" 100%" })).await;
    create(&app, json!({ "en": "Other" })).await;
    // One or two letters match only at the start of a word or Lao syllable; more letters match anywhere.
    for (text, found) in [
        ("morning", 1),
        ("orn", 1),
        ("%E0%BA%AB%E0%BA%BC%E0%BA%A7%E0%BA%87", 1),
        ("%22luang%22", 1),
        ("100%25", 1),
        ("%25%25", 0),
        ("en", 0),
        ("%5C", 0),
        ("on", 0),
        ("ot", 1),
        ("o", 1),
        ("%E0%BA%AB%E0%BA%BC", 1),
    ] {
        let list = app.editor().get(&format!("/api/admin/films?text={text}")).await.ok();
        assert_eq!(list["items"].as_array().unwrap().len(), found, "{text}");
    }
    app.editor().get("/api/admin/films?text=%00").await.expect(400, "invalid-query");
    for (query, found) in
        [("status=empty&visibility=draft", 2), ("status=ready", 0), ("visibility=public", 0)]
    {
        let list = app.editor().get(&format!("/api/admin/films?{query}")).await.ok();
        assert_eq!(list["items"].as_array().unwrap().len(), found, "{query}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn editors_read_the_catalogue_log_and_admins_the_whole_log(pool: PgPool) {
    let app = TestApp::new(pool).with_admin().await.with_editor().await;
    let film = create(&app, json!({ "en": "Film" })).await;
    let viewer = app.create_account(Role::Viewer).await;
    let invitation = json!({ "role": "viewer", "email": "noy@films.example.la" });
    let invitation = app.admin().post("/api/admin/invitations", &invitation).await.ok()["id"].clone();
    app.admin().do_post(&format!("/api/admin/users/{viewer}/reset-link")).await.ok();
    let admin = app.admin().get("/api/auth/me").await.ok()["id"].clone();
    let subjects = async |caller: Caller<'_>, query: &str| -> Vec<String> {
        let log = caller.get(&format!("/api/admin/audit{query}")).await.ok();
        let entries = log["items"].as_array().unwrap().iter();
        entries.map(|entry| entry["subject"].as_str().unwrap().to_owned()).collect()
    };
    for (query, to_admins, to_editors) in [
        (String::new(), vec!["user", "invitation", "film"], vec!["film"]),
        (format!("?user_id={}", admin.as_str().unwrap()), vec!["user", "invitation"], vec![]),
        (format!("?subject_id={viewer}"), vec!["user"], vec![]),
        (format!("?subject_id={}", invitation.as_str().unwrap()), vec!["invitation"], vec![]),
        (format!("?subject_id={film}"), vec!["film"], vec!["film"]),
    ] {
        assert_eq!(subjects(app.admin(), &query).await, to_admins, "{query}");
        assert_eq!(subjects(app.editor(), &query).await, to_editors, "{query}");
    }
}
