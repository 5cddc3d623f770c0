//! Creating and editing films.

use axum::http::{Request, header};
use serde_json::json;
use sqlx::PgPool;

use crate::{films::create, pipeline, test_app::TestApp};

#[sqlx::test(migrations = "../migrations")]
async fn a_new_film_is_an_empty_draft(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let body = json!({ "titles": { "LAO": "  ຈັນທະລີ ", "en": "Chanthaly" }, "profile": "fast" });
    let answer = app.editor().post("/api/admin/films", &body).await;
    let film = answer.ok();
    assert_eq!(answer.status, 201);
    assert_eq!(film["titles"], json!({ "lo": "ຈັນທະລີ", "en": "Chanthaly" }));
    for (field, value) in [
        ("visibility", json!("draft")),
        ("status", json!("empty")),
        ("failure", json!(null)),
        ("profile", json!("fast")),
        ("version", json!(1)),
        ("build_id", json!(null)),
        ("duration_ms", json!(null)),
        ("files", json!([])),
        ("builds", json!([])),
    ] {
        assert_eq!(film[field], value, "{field}");
    }
    let read = app.editor().get(answer.header(header::LOCATION)).await;
    assert_eq!(read.ok(), film);
    assert_eq!((read.header(header::ETAG), read.header(header::CACHE_CONTROL)), ("\"1\"", "no-store"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invalid_film_is_refused_with_the_names_of_its_fields(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let long = "ກ".repeat(201);
    for (body, fields) in [
        (json!({}), vec!["titles"]),
        (json!({ "titles": {} }), vec!["titles"]),
        (json!({ "titles": { "lo": "" } }), vec!["titles.lo"]),
        (json!({ "titles": { "lo": long, "klingonish": "x" } }), vec!["titles.klingonish", "titles.lo"]),
        (json!({ "titles": { "lo": 7 } }), vec!["titles.lo"]),
        (json!({ "titles": "x" }), vec!["titles"]),
        (json!({ "titles": { "en": "x" }, "profile": "best" }), vec!["profile"]),
        (json!({ "titles": { "en": "x" }, "visibility": "public" }), vec!["visibility"]),
    ] {
        let problem = app.editor().post("/api/admin/films", &body).await.expect(422, "invalid");
        let named: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields, "{body}: {problem}");
    }
    assert_eq!(app.editor().get("/api/admin/films").await.ok()["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn two_editors_do_not_overwrite_each_other(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await.with_admin().await;
    let film = create(&app, json!({ "en": "First" })).await;
    let path = format!("/api/admin/films/{film}");

    let answer = app.editor().patch(&path, "\"1\"", &json!({ "titles": { "en": "Second" } })).await;
    assert_eq!(answer.ok()["titles"], json!({ "en": "Second" }));
    assert_eq!(answer.header(header::ETAG), "\"2\"");
    for stale in ["\"1\"", "W/\"2\"", "2", "\"x\"", ""] {
        let answer = app.admin().patch(&path, stale, &json!({ "titles": { "en": "Third" } })).await;
        answer.expect(412, "stale-version");
    }
    let without = app.admin().send_json(Request::patch(&path), &json!({ "titles": { "en": "Third" } })).await;
    without.expect(428, "precondition-required");
    app.admin()
        .patch(&path, "*", &json!({ "titles": { "en": "Third" } }))
        .await
        .expect(428, "precondition-required");
    assert_eq!(app.admin().get(&path).await.ok()["titles"], json!({ "en": "Second" }));

    let answer = app.admin().patch(&path, "\"2\"", &json!({ "visibility": "public" })).await.ok();
    assert_eq!((&answer["titles"], &answer["visibility"]), (&json!({ "en": "Second" }), &json!("public")));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_is_validated_like_a_new_film(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let path = format!("/api/admin/films/{film}");
    for body in [json!({ "titles": {} }), json!({ "visibility": "secret" }), json!({ "version": 9 })] {
        app.editor().patch(&path, "\"1\"", &body).await.expect(422, "invalid");
    }
    let unknown = "/api/admin/films/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f";
    app.editor().patch(unknown, "\"1\"", &json!({})).await.expect(404, "not-found");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_editor_sees_masters_builds_progress_and_bitrates(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let path = format!("/api/admin/films/{film}");
    let file = pipeline::upload(&app.db, film).await;
    let build = pipeline::probe(&app.db).await;

    let seen = app.editor().get(&path).await.ok();
    assert_eq!(seen["status"], "processing");
    assert_eq!(seen["files"][0]["id"], file.to_string());
    assert_eq!(
        (&seen["files"][0]["state"], &seen["files"][0]["name"]),
        (&json!("uploaded"), &json!("ຮູບເງົາ.mov"))
    );
    assert_eq!(
        (&seen["files"][0]["size_bytes"], &seen["files"][0]["received_bytes"]),
        (&json!(7), &json!(7))
    );
    let seen = &seen["builds"][0];
    assert_eq!((&seen["id"], &seen["file_id"]), (&json!(build.to_string()), &json!(file.to_string())));
    assert_eq!((&seen["state"], &seen["finished_at"]), (&json!("encoding"), &json!(null)));
    let progress =
        json!({ "frames_done": 0, "frames_total": 150, "jobs_done": 0, "jobs_total": 3, "jobs_running": 0 });
    assert_eq!(seen["progress"], progress);
    assert_eq!(seen["renditions"][0]["average_bps"], json!(null));

    pipeline::finish_build(&app.db).await;
    let seen = app.editor().get(&path).await.ok();
    assert_eq!((&seen["status"], &seen["build_id"]), (&json!("ready"), &json!(build.to_string())));
    assert_eq!(
        seen["builds"][0]["renditions"],
        json!([
            { "name": "v360", "kind": "video", "width": 640, "height": 360, "language": null, "label": null,
              "level": null, "codecs": "avc1.4d401e", "average_bps": 500_000, "peak_bps": 700_000, "size_bytes": 375_000 },
            { "name": "a1", "kind": "audio", "width": null, "height": null, "language": "lo", "label": "ລາວ",
              "level": { "integrated_lufs": -16.5, "range_lu": 9.0, "true_peak_dbtp": -0.5, "gain_db": -6.5, "is_limited": false },
              "codecs": "mp4a.40.2", "average_bps": 500_000, "peak_bps": 700_000, "size_bytes": 375_000 },
        ])
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_editor_sees_that_a_master_is_analysed_before_its_build_is_planned(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let path = format!("/api/admin/films/{film}");
    pipeline::upload(&app.db, film).await;
    let build = pipeline::begin_analysis(&app.db).await;
    let seen = app.editor().get(&path).await.ok();
    let seen = &seen["builds"][0];
    assert_eq!((&seen["state"], &seen["renditions"]), (&json!("analysing"), &json!([])));
    assert_eq!((&seen["progress"]["jobs_done"], &seen["progress"]["jobs_total"]), (&json!(0), &json!(1)));
    let of_state = app.editor().get("/api/admin/builds?state=analysing").await.ok();
    assert_eq!(of_state["items"][0]["id"], build.to_string());
    let jobs = app.editor().get("/api/admin/jobs?state=queued").await.ok();
    assert_eq!((&jobs["items"][0]["kind"], &jobs["items"][0]["index"]), (&json!("analyse"), &json!(0)));

    pipeline::finish_analysis(&app.db).await;
    let seen = app.editor().get(&path).await.ok();
    assert_eq!(seen["builds"][0]["state"], "encoding");
    pipeline::finish_build(&app.db).await;
    assert_eq!(app.editor().get(&path).await.ok()["status"], "ready");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_shipped_profiles_are_listed(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let profiles = app.editor().get("/api/admin/profiles").await.ok();
    let names: Vec<_> =
        profiles["items"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"default") && names.contains(&"fast"), "{names:?}");
}
