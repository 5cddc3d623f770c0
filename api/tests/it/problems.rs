//! Every error as problem+json. `TestApp` checks the shape of each response; these tests check that each error occurs.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    http::{Request, header},
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{document, films::create, test_app::TestApp};

#[sqlx::test(migrations = "../migrations")]
async fn unknown_paths_are_not_found(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    for path in [
        "/api/nowhere",
        "/api",
        "/api/",
        "/api/films/",
        "/api//films",
        "/api/films/a/b",
        "/api/admin/uploads/a/b",
    ] {
        app.editor().get(path).await.expect(404, "not-found");
    }
    for id in [
        "1",
        "x",
        "0193A6B0-7C1E-7D6A-8F00-0A1B2C3D4E5F",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "%ff",
        "%E0%BA%81",
    ] {
        app.anonymous().get(&format!("/api/films/{id}")).await.expect(404, "not-found");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn unsupported_methods_are_not_allowed(pool: PgPool) {
    let app = TestApp::new(pool);
    let answer = app.anonymous().send(Request::delete("/api/films")).await;
    answer.expect(405, "method-not-allowed");
    assert_eq!(answer.header(header::ALLOW), "GET,HEAD");
}

#[sqlx::test(migrations = "../migrations")]
async fn bodies_that_never_end_time_out(pool: PgPool) {
    let short = |change: fn(&mut api::ClientTimeouts)| {
        let pool = pool.clone();
        TestApp::with_config(pool, move |config| change(&mut config.client_timeouts))
    };
    let login = || Request::post("/api/auth/login").header(header::CONTENT_TYPE, "application/json");
    let stops =
        || Body::from_stream(stream::once(async { Ok::<_, Infallible>("{") }).chain(stream::pending()));
    // The body stops.
    let app = short(|timeouts| timeouts.idle = Duration::from_millis(20));
    app.anonymous().send_body(login(), stops()).await.expect(408, "slow-body");
    // The body keeps coming and never ends.
    let app = short(|timeouts| timeouts.json = Duration::from_millis(20));
    let drips = stream::repeat_with(|| Ok::<_, Infallible>(" ")).then(async |space| {
        tokio::time::sleep(Duration::from_millis(1)).await;
        space
    });
    app.anonymous().send_body(login(), Body::from_stream(drips)).await.expect(408, "slow-body");

    let app = short(|timeouts| timeouts.idle = Duration::from_millis(20)).with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    for (path, media_type) in [
        ("/api/admin/catalogue".to_owned(), "application/json"),
        (format!("/api/admin/films/{film}/images?kind=poster"), "image/png"),
    ] {
        let request =
            Request::post(path).header(header::CONTENT_TYPE, media_type).header(header::IF_MATCH, "\"1\"");
        app.editor().send_body(request, stops()).await.expect(408, "slow-body");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn malformed_bodies_are_refused(pool: PgPool) {
    let app = TestApp::new(pool);
    let login = |content_type: &'static str| {
        Request::post("/api/auth/login").header(header::CONTENT_TYPE, content_type)
    };
    let send = async |request, body: &str| app.anonymous().send_body(request, body.to_owned()).await;
    for body in ["", "{", "not json", "{\"email\":", "{}{}"] {
        let answer = send(login("application/json; charset=utf-8"), body).await;
        if body == "{}{}" {
            answer.expect(422, "invalid")
        } else {
            answer.expect(400, "malformed-body")
        };
    }
    let whole = r#"{"email":"a@b.la","password":"x"}"#;
    send(login("application/json"), &format!("{whole}{{")).await.expect(400, "malformed-body");
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        send(login(content_type), whole).await.expect(415, "unsupported-media-type");
    }
    let padding = " ".repeat(256 * 1024);
    send(login("application/json"), &format!("{whole}{padding}")).await.expect(413, "body-too-large");
}

#[sqlx::test(migrations = "../migrations")]
async fn invalid_fields_are_named(pool: PgPool) {
    let app = TestApp::new(pool);
    for (body, field) in [
        (json!({ "password": "x" }), "email"),
        (json!({ "email": "a@b.la" }), "password"),
        (json!({ "email": "a@b.la", "password": "x", "role": "admin" }), "role"),
        (json!({ "email": "not an address", "password": "x" }), "email"),
        (json!({ "email": "a@b.la", "password": "" }), "password"),
        (json!({ "email": "a@b.la", "password": "x".repeat(257) }), "password"),
        (json!({ "email": ["a@b.la"], "password": "x" }), "email[0]"),
    ] {
        let problem = app.anonymous().post("/api/auth/login", &body).await.expect(422, "invalid");
        let named = problem["errors"][0]["field"].as_str().unwrap();
        assert_eq!(named, field.trim_end_matches("[0]"), "{body}: {problem}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn invalid_query_parameters_are_named(pool: PgPool) {
    let app = TestApp::new(pool).with_editor().await;
    for (path, field) in [
        ("/api/films?limit=0", "limit"),
        ("/api/films?limit=101", "limit"),
        ("/api/films?limit=many", "limit"),
        ("/api/films?cursor=rubbish", "cursor"),
        ("/api/films?sort=title", "sort"),
        ("/api/admin/jobs?state=lazy", "state"),
        ("/api/admin/jobs?film_id=1", "film_id"),
    ] {
        let problem = app.editor().get(path).await.expect(400, "invalid-query");
        assert_eq!(problem["errors"][0]["field"], field, "{path}: {problem}");
    }
}

/// The values of an enumeration in the document, inline or by reference.
fn enumeration(schema: &Value) -> Option<Vec<&str>> {
    let referred = schema["$ref"].as_str().and_then(|name| document::DOCUMENT.pointer(&name[1..]));
    let nested = schema["oneOf"].as_array().into_iter().flatten().find_map(enumeration);
    let own = referred.unwrap_or(schema)["enum"].as_array();
    nested.or_else(|| own.map(|values| values.iter().filter_map(Value::as_str).collect()))
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invalid_value_in_a_query_gets_the_allowed_values(pool: PgPool) {
    let app = TestApp::new(pool).with_admin().await;
    let id = uuid::Uuid::nil().to_string();
    let mut checked = Vec::new();
    for (method, path, operation) in document::operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let Some(allowed) = enumeration(&parameter["schema"]) else { continue };
            let name = parameter["name"].as_str().unwrap();
            let address = path.split('/').map(|part| if part.starts_with('{') { &id } else { part });
            let address = format!("{}?{name}=nonsense", address.collect::<Vec<_>>().join("/"));
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(&address);
            let problem = app.admin().send(request).await.expect(400, "invalid-query");
            assert_eq!(problem["errors"][0]["field"], name, "{address}: {problem}");
            let detail = problem["errors"][0]["detail"].as_str().unwrap();
            assert_eq!(detail, format!("must be one of: {}", allowed.join(", ")), "{address}");
            checked.push(address);
        }
    }
    assert!(checked.len() >= 8, "only {checked:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invalid_value_in_a_body_gets_the_allowed_values(pool: PgPool) {
    let app = TestApp::new(pool).with_admin().await.with_editor().await;
    let film = create(&app, json!({ "en": "x" })).await;
    let film = format!("/api/admin/films/{film}");
    let person = json!({ "person_id": uuid::Uuid::nil(), "role": "hero" });
    for (path, body, field, allowed) in [
        (
            film.as_str(),
            json!({ "visibility": "secret" }),
            "visibility",
            "draft, scheduled, public, members, unlisted",
        ),
        (&film, json!({ "visibility": 5 }), "visibility", "draft, scheduled, public, members, unlisted"),
        (&film, json!({ "credits": [person] }), "credits[0].role", "director, writer, producer"),
        ("/api/admin/invitations", json!({ "role": "king" }), "role", "viewer, editor, admin"),
        ("/api/admin/invitations", json!({ "role": ["admin"] }), "role", "viewer, editor, admin"),
    ] {
        let answer = if path == film {
            app.admin().patch(path, "\"1\"", &body).await
        } else {
            app.admin().post(path, &body).await
        };
        let problem = answer.expect(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
        let detail = problem["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("must be one of: {allowed}")), "{body}: {detail}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unreachable_database_is_reported_without_details(pool: PgPool) {
    let app = TestApp::new(pool);
    app.anonymous().get("/api/health/ready").await.ok();
    app.db.close().await;
    let problem = app.anonymous().get("/api/health/ready").await.expect(503, "unavailable");
    assert_eq!(problem["detail"], "The database does not respond.");
    let problem = app.anonymous().get("/api/films").await.expect(503, "unavailable");
    assert!(!problem.to_string().to_lowercase().contains("pool"), "{problem}");
    app.anonymous().get("/api/health/live").await.ok();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_error_is_answered_without_its_text(pool: PgPool) {
    let app = TestApp::new(pool);
    sqlx::query("ALTER TABLE films RENAME TO hidden").execute(&app.pool).await.unwrap();
    let response = {
        use tower::ServiceExt;
        let request = Request::get("/api/films").body(axum::body::Body::empty()).unwrap();
        app.router.clone().oneshot(request).await.unwrap()
    };
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    let body = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.contains("urn:nang:problem:internal") && !text.contains("films"), "{text}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_valid_request_id_is_kept_and_an_invalid_one_is_replaced(pool: PgPool) {
    let app = TestApp::new(pool);
    let ask = async |id: &str| {
        let request = Request::get("/api/health/live").header("x-request-id", id);
        app.anonymous().send(request).await.header("x-request-id").to_owned()
    };
    assert_eq!(ask("edge-7_a.b").await, "edge-7_a.b");
    for invalid in ["two words", "a\"b", &"x".repeat(65), ""] {
        assert_eq!(ask(invalid).await.len(), 36, "{invalid}");
    }
}
