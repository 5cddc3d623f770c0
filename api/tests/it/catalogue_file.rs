//! Export and import of the catalogue as a file, over HTTP.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{Request, header},
};
use futures_util::stream;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::sync::oneshot;

use crate::test_app::{Answer, Caller, TestApp, eventually};

async fn import(caller: Caller<'_>, query: &str, media_type: &str, file: impl Into<Body>) -> Answer {
    let request =
        Request::post(format!("/api/admin/catalogue?{query}")).header(header::CONTENT_TYPE, media_type);
    caller.send_body(request, file).await
}

const TABLE: &str = "title_lo,title_en,year,genres,visibility\r\n\
                     ດາວ,Star,1999,Drama|Comedy,members\r\n\
                     \"ເດືອນ\",\"The \"\"Moon\"\"\",,drama,\r\n";

#[sqlx::test(migrations = "../migrations")]
async fn a_table_passes_a_dry_run_is_imported_and_is_exported(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let editor = app.editor();
    let tried = import(editor, "format=csv", "text/csv; charset=utf-8", TABLE).await.ok();
    let expected = json!({
        "applied": false, "created": 2, "changed": 0, "unchanged": 0, "new_genres": ["Drama", "Comedy"], "new_people": [],
        "new_categories": [], "errors": [], "error_count": 0
    });
    assert_eq!(tried, expected);
    assert_eq!(editor.get("/api/admin/films").await.ok()["items"], json!([]));
    let done = import(editor, "format=csv&dry_run=false", "text/csv", TABLE).await.ok();
    assert_eq!(done["applied"], true);
    assert_eq!(editor.get("/api/admin/films").await.ok()["items"].as_array().unwrap().len(), 2);
    let log = editor.get("/api/admin/audit").await.ok();
    let actions: Vec<_> = log["items"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions.iter().filter(|action| **action == "film.create").count(), 2, "{actions:?}");

    for (format, media_type) in [("csv", "text/csv"), ("json", "application/json")] {
        let file = editor.get(&format!("/api/admin/catalogue?format={format}")).await;
        assert_eq!(file.status, 200);
        let name = file.header(header::CONTENT_DISPOSITION);
        assert!(
            name.starts_with("attachment; filename=\"nang-catalogue-")
                && name.ends_with(&format!(".{format}\"")),
            "{name}"
        );
        let query = format!("format={format}&dry_run=false");
        let report = import(editor, &query, media_type, file.body.clone()).await.ok();
        assert_eq!((&report["unchanged"], &report["changed"]), (&json!(2), &json!(0)), "{report}");
        assert_eq!(editor.get(&format!("/api/admin/catalogue?format={format}")).await.body, file.body);
    }
    // Imported films are found like any other film.
    let found = editor.get("/api/admin/films?text=moon").await.ok();
    assert_eq!(found["items"][0]["titles"]["lo"], "ເດືອນ");
}

#[sqlx::test(migrations = "../migrations")]
async fn errors_name_their_line_and_nothing_is_imported(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let file = "title_en,year\nFine,1999\n,1\n";
    let tried = import(app.editor(), "format=csv", "text/csv", file).await.ok();
    assert_eq!((&tried["error_count"], &tried["created"]), (&json!(1), &json!(1)));
    assert_eq!(
        tried["errors"][0],
        json!({ "line": 3, "field": "year", "detail": "must be a whole number, 1880 to 2200" })
    );
    let answer = import(app.editor(), "format=csv&dry_run=false", "text/csv", file).await;
    let problem = answer.expect(422, "import-refused");
    assert_eq!(problem["errors"][0]["field"], "line 3: year");
    assert_eq!(app.editor().get("/api/admin/films").await.ok()["items"], json!([]));

    for (query, media_type, status, kind) in [
        ("format=xml", "text/csv", 400, "invalid-query"),
        ("dry_run=perhaps", "application/json", 400, "invalid-query"),
        ("force=true", "application/json", 400, "invalid-query"),
        ("format=csv", "application/json", 415, "unsupported-media-type"),
        ("", "text/csv", 415, "unsupported-media-type"),
    ] {
        import(app.editor(), query, media_type, file).await.expect(status, kind);
    }
    for file in [
        &b"\xff"[..],
        b"{",
        b"null",
        b"[]",
        b"{\"films\":[1]}",
        b"{\"films\":[{\"titles\":{\"en\":\"a\\u0000\"}}]}",
    ] {
        let report = import(app.editor(), "", "application/json", file).await.ok();
        assert_eq!(report["error_count"], 1, "{report}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_is_too_large_or_ends_early_is_refused(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let part = Bytes::from(vec![b' '; 1 << 20]);
    let endless = Body::from_stream(stream::repeat_with(move || Ok::<_, std::io::Error>(part.clone())));
    import(app.editor(), "", "application/json", endless).await.expect(413, "body-too-large");
    let broken = stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("gone"))]);
    import(app.editor(), "", "application/json", Body::from_stream(broken))
        .await
        .expect(400, "malformed-body");
}

/// A body that is held back: the receiver reports that reading has begun, and the file is sent once the sender fires.
fn held_back(file: &'static str) -> (oneshot::Receiver<()>, oneshot::Sender<()>, Body) {
    let (begun, began) = oneshot::channel::<()>();
    let (end, ended) = oneshot::channel::<()>();
    let mut begun = Some(begun);
    let body = stream::once(async move {
        begun.take().unwrap().send(()).unwrap();
        ended.await.unwrap();
        Ok::<_, std::io::Error>(Bytes::from_static(file.as_bytes()))
    });
    (began, end, Body::from_stream(body))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_on_a_slow_connection_does_not_block_other_imports(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let (began, end, body) = held_back("{\"films\":[]}");
    let slow = import(app.editor(), "", "application/json", body);
    let quick = async {
        began.await.unwrap();
        import(app.editor(), "", "application/json", "{\"films\":[]}").await.ok();
        end.send(()).unwrap();
    };
    let (slow, ()) = tokio::join!(slow, quick);
    assert_eq!(slow.ok()["error_count"], Value::from(0));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_second_import_is_refused_instead_of_waiting_for_the_first(pool: PgPool) {
    let app = TestApp::new(pool.clone()).with_editor().await;
    // This lock makes the first import wait in the database.
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE films IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    let first = import(app.editor(), "", "application/json", "{\"films\":[{\"titles\":{\"en\":\"x\"}}]}");
    let second = async {
        let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'films'::regclass)";
        while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut *lock).await.unwrap() {
            tokio::task::yield_now().await;
        }
        import(app.editor(), "", "application/json", "{\"films\":[]}").await.expect(409, "conflict");
        lock.rollback().await.unwrap();
    };
    let (first, ()) = tokio::join!(first, second);
    assert_eq!(first.ok()["created"], 1);
    import(app.editor(), "", "application/json", "{\"films\":[]}").await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn the_number_of_concurrent_exports_is_limited(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    let path = "/api/admin/catalogue";
    let first = app.editor().open(path).await;
    let second = app.editor().open(path).await;
    let refused = app.editor().get(path).await;
    refused.expect(503, "busy");
    assert_eq!(refused.header(header::RETRY_AFTER), "60");
    // One export is read to its end, the other is abandoned.
    axum::body::to_bytes(first.into_body(), 1 << 20).await.unwrap();
    drop(second);
    eventually("two exports to be admitted", async || {
        let both = [app.editor().open(path).await, app.editor().open(path).await];
        both.iter().all(|answer| answer.status() == 200)
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_export_without_a_reader_releases_its_connection(pool: PgPool) {
    let stalls = |config: &mut api::Config| config.client_timeouts.export_part = Duration::from_millis(50);
    let app = TestApp::with_config(pool.clone(), stalls).with_editor().await;
    let path = "/api/admin/catalogue";
    let stuck = [app.editor().open(path).await, app.editor().open(path).await];
    let exporting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL
                     AND pid <> pg_backend_pid()";
    eventually("no transaction to be open", async || {
        sqlx::query_scalar::<_, i64>(exporting).fetch_one(&pool).await.unwrap() == 0
    })
    .await;
    app.editor().get(path).await.ok();
    for stuck in stuck {
        // A client that reads on must not take the export for complete.
        axum::body::to_bytes(stuck.into_body(), 1 << 20).await.unwrap_err();
    }
}
