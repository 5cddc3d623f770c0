//! Which roles may call which routes: each role calls every route of the OpenAPI document. A route without a row fails the test.

use axum::http::Request;
use db::user::Role;
use sqlx::PgPool;

use crate::{document, test_app::TestApp};

/// Method, path and the expected status for an anonymous caller, a viewer, an editor and an admin. The ids are unknown and the
/// requests have no body, so a caller that the guard admits gets a status that no guard gives.
const TABLE: &[(&str, &str, [u16; 4])] = &[
    ("post", "/api/auth/login", [415, 415, 415, 415]),
    ("post", "/api/auth/refresh", [401, 401, 401, 401]),
    ("post", "/api/auth/logout", [204, 204, 204, 204]),
    ("get", "/api/auth/options", [200, 200, 200, 200]),
    ("post", "/api/auth/register", [415, 415, 415, 415]),
    ("post", "/api/auth/reset", [415, 415, 415, 415]),
    ("post", "/api/auth/forgot-password", [415, 415, 415, 415]),
    ("post", "/api/auth/password", [401, 415, 415, 415]),
    ("get", "/api/auth/me", [401, 200, 200, 200]),
    ("patch", "/api/auth/me", [401, 428, 428, 428]),
    ("get", "/api/auth/me/preferences", [401, 200, 200, 200]),
    ("put", "/api/auth/me/preferences", [401, 415, 415, 415]),
    ("get", "/api/auth/me/data", [401, 200, 200, 200]),
    ("post", "/api/auth/me/delete", [401, 415, 415, 415]),
    ("get", "/api/auth/oidc/login", [404, 404, 404, 404]),
    ("get", "/api/auth/oidc/callback", [404, 404, 404, 404]),
    ("get", "/api/auth/sessions", [401, 200, 200, 200]),
    ("delete", "/api/auth/sessions/{id}", [401, 404, 404, 404]),
    ("get", "/api/films", [200, 200, 200, 200]),
    ("get", "/api/facets", [200, 200, 200, 200]),
    ("get", "/api/search", [400, 400, 400, 400]),
    ("get", "/api/search/suggestions", [400, 400, 400, 400]),
    ("get", "/api/films/{id_or_slug}", [404, 404, 404, 404]),
    ("get", "/api/genres", [200, 200, 200, 200]),
    ("get", "/api/genres/{id_or_slug}", [404, 404, 404, 404]),
    ("get", "/api/categories", [200, 200, 200, 200]),
    ("get", "/api/categories/{id_or_slug}", [404, 404, 404, 404]),
    ("get", "/api/cast", [200, 200, 200, 200]),
    ("get", "/api/cast/{id_or_slug}", [404, 404, 404, 404]),
    ("delete", "/api/admin/films/{id}", [401, 403, 400, 400]),
    ("post", "/api/admin/films/{id}/restore", [401, 403, 428, 428]),
    ("post", "/api/admin/films/{id}/purge", [401, 403, 428, 428]),
    ("get", "/api/admin/genres", [401, 403, 200, 200]),
    ("post", "/api/admin/genres", [401, 403, 415, 415]),
    ("get", "/api/admin/genres/{id}", [401, 403, 404, 404]),
    ("patch", "/api/admin/genres/{id}", [401, 403, 428, 428]),
    ("delete", "/api/admin/genres/{id}", [401, 403, 428, 428]),
    ("post", "/api/admin/genres/{id}/merge", [401, 403, 428, 428]),
    ("get", "/api/admin/cast", [401, 403, 200, 200]),
    ("post", "/api/admin/cast", [401, 403, 415, 415]),
    ("get", "/api/admin/cast/{id}", [401, 403, 404, 404]),
    ("patch", "/api/admin/cast/{id}", [401, 403, 428, 428]),
    ("delete", "/api/admin/cast/{id}", [401, 403, 428, 428]),
    ("post", "/api/admin/cast/{id}/merge", [401, 403, 428, 428]),
    ("get", "/api/admin/categories", [401, 403, 200, 200]),
    ("post", "/api/admin/categories", [401, 403, 415, 415]),
    ("get", "/api/admin/categories/{id}", [401, 403, 404, 404]),
    ("patch", "/api/admin/categories/{id}", [401, 403, 428, 428]),
    ("delete", "/api/admin/categories/{id}", [401, 403, 428, 428]),
    ("get", "/api/admin/categories/{id}/films", [401, 403, 404, 404]),
    ("put", "/api/admin/categories/{id}/films", [401, 403, 428, 428]),
    ("get", "/api/admin/catalogue", [401, 403, 200, 200]),
    ("post", "/api/admin/catalogue", [401, 403, 415, 415]),
    ("get", "/api/admin/films/{id}/tracks", [401, 403, 404, 404]),
    ("put", "/api/admin/films/{id}/tracks/order", [401, 403, 415, 415]),
    ("patch", "/api/admin/films/{id}/tracks/{track}", [401, 403, 415, 415]),
    ("delete", "/api/admin/films/{id}/tracks/{track}", [401, 403, 404, 404]),
    ("post", "/api/admin/films/{id}/tracks/subtitles", [401, 403, 404, 404]),
    ("delete", "/api/admin/films/{id}/tracks/{track}/dub", [401, 403, 404, 404]),
    ("get", "/api/admin/films/{id}/tracks/{track}/subtitle", [401, 403, 404, 404]),
    ("put", "/api/admin/films/{id}/tracks/{track}/subtitle", [401, 403, 404, 404]),
    ("get", "/api/admin/films/{id}/tracks/{track}/cues", [401, 403, 404, 404]),
    ("post", "/api/admin/films/{id}/tracks/{track}/cues", [401, 403, 415, 415]),
    ("put", "/api/admin/films/{id}/tracks/{track}/cues/{index}", [401, 403, 415, 415]),
    ("delete", "/api/admin/films/{id}/tracks/{track}/cues/{index}", [401, 403, 400, 400]),
    ("get", "/api/admin/films/{id}/presentations", [401, 403, 404, 404]),
    ("post", "/api/admin/films/{id}/presentations/{presentation}/show", [401, 403, 404, 404]),
    ("get", "/api/admin/films/{id}/preview-links", [401, 403, 404, 404]),
    ("post", "/api/admin/films/{id}/preview-links", [401, 403, 415, 415]),
    ("delete", "/api/admin/preview-links/{id}", [401, 403, 404, 404]),
    ("get", "/api/admin/films/{id}/images", [401, 403, 404, 404]),
    ("post", "/api/admin/films/{id}/images", [401, 403, 400, 400]),
    ("put", "/api/admin/films/{id}/images", [401, 403, 428, 428]),
    ("get", "/api/admin/cast/{id}/images", [401, 403, 404, 404]),
    ("post", "/api/admin/cast/{id}/images", [401, 403, 428, 428]),
    ("put", "/api/admin/cast/{id}/images", [401, 403, 428, 428]),
    ("delete", "/api/admin/images/{id}", [401, 403, 428, 428]),
    ("put", "/api/admin/images/{id}/focus", [401, 403, 428, 428]),
    ("get", "/api/images/{id}/{width}", [404, 404, 404, 404]),
    ("get", "/api/admin/audit", [401, 403, 200, 200]),
    ("get", "/api/admin/storage", [401, 403, 200, 200]),
    ("get", "/api/admin/desk", [401, 403, 200, 200]),
    ("get", "/api/admin/figures", [401, 403, 200, 200]),
    ("get", "/api/admin/settings", [401, 403, 403, 200]),
    ("post", "/api/stream/{film_id}", [404, 404, 404, 404]),
    ("post", "/api/preview", [415, 415, 415, 415]),
    ("post", "/api/preview/stream", [415, 415, 415, 415]),
    ("post", "/api/stream/heartbeats", [415, 415, 415, 415]),
    ("get", "/api/stream/sessions", [401, 200, 200, 200]),
    ("delete", "/api/stream/sessions/{id}", [404, 404, 404, 404]),
    ("post", "/api/stream/sessions/{id}/renew", [404, 404, 404, 404]),
    ("get", "/api/films/{id_or_slug}/similar", [404, 404, 404, 404]),
    ("get", "/api/recommendations", [200, 200, 200, 200]),
    ("get", "/api/watchlist", [401, 200, 200, 200]),
    ("put", "/api/watchlist/{film_id}", [401, 404, 404, 404]),
    ("delete", "/api/watchlist/{film_id}", [401, 204, 204, 204]),
    ("get", "/api/history", [401, 200, 200, 200]),
    ("delete", "/api/history", [401, 204, 204, 204]),
    ("delete", "/api/history/{film_id}", [401, 204, 204, 204]),
    ("get", "/api/resume", [401, 200, 200, 200]),
    ("delete", "/api/resume", [401, 204, 204, 204]),
    ("get", "/api/resume/{film_id}", [401, 404, 404, 404]),
    ("put", "/api/resume/{film_id}", [401, 415, 415, 415]),
    ("delete", "/api/resume/{film_id}", [401, 204, 204, 204]),
    ("get", "/api/admin/films", [401, 403, 200, 200]),
    ("post", "/api/admin/films", [401, 403, 415, 415]),
    ("get", "/api/admin/films/{id}", [401, 403, 404, 404]),
    ("patch", "/api/admin/films/{id}", [401, 403, 428, 428]),
    ("get", "/api/admin/films/{id}/events", [401, 403, 404, 404]),
    ("get", "/api/admin/uploads", [401, 403, 200, 200]),
    ("get", "/api/admin/files", [401, 403, 200, 200]),
    ("delete", "/api/admin/files/{id}", [401, 403, 404, 404]),
    ("post", "/api/admin/files/{id}/encode", [401, 403, 404, 404]),
    ("get", "/api/admin/builds", [401, 403, 200, 200]),
    ("delete", "/api/admin/builds/{id}", [401, 403, 404, 404]),
    ("post", "/api/admin/builds/{id}/cancel", [401, 403, 404, 404]),
    ("post", "/api/admin/builds/{id}/publish", [401, 403, 404, 404]),
    ("get", "/api/admin/jobs", [401, 403, 200, 200]),
    ("get", "/api/admin/jobs/{id}", [401, 403, 404, 404]),
    ("post", "/api/admin/jobs/{id}/retry", [401, 403, 404, 404]),
    ("post", "/api/admin/jobs/{id}/cancel", [401, 403, 404, 404]),
    ("put", "/api/admin/jobs/{id}/urgency", [401, 403, 415, 415]),
    ("get", "/api/admin/profiles", [401, 403, 200, 200]),
    ("get", "/api/admin/users", [401, 403, 403, 200]),
    ("get", "/api/admin/users/{id}", [401, 403, 403, 404]),
    ("patch", "/api/admin/users/{id}", [401, 403, 403, 428]),
    ("post", "/api/admin/users/{id}/reset-link", [401, 403, 403, 404]),
    ("get", "/api/admin/users/{id}/sessions", [401, 403, 403, 404]),
    ("delete", "/api/admin/users/{id}/sessions", [401, 403, 403, 404]),
    ("delete", "/api/admin/users/{id}/sessions/{session_id}", [401, 403, 403, 404]),
    ("get", "/api/admin/invitations", [401, 403, 403, 200]),
    ("post", "/api/admin/invitations", [401, 403, 403, 415]),
    ("delete", "/api/admin/invitations/{id}", [401, 403, 403, 404]),
    ("get", "/api/admin/workers", [401, 403, 403, 200]),
    ("post", "/api/admin/workers", [401, 403, 403, 415]),
    ("delete", "/api/admin/workers/{id}", [401, 403, 403, 404]),
    ("options", "/api/admin/uploads", [401, 403, 204, 204]),
    ("post", "/api/admin/uploads", [401, 403, 412, 412]),
    ("head", "/api/admin/uploads/{id}", [401, 403, 412, 412]),
    ("patch", "/api/admin/uploads/{id}", [401, 403, 412, 412]),
    ("delete", "/api/admin/uploads/{id}", [401, 403, 412, 412]),
    ("get", "/api/health/live", [200, 200, 200, 200]),
    ("get", "/api/health/ready", [200, 200, 200, 200]),
    ("get", "/api/metrics", [403, 403, 403, 403]),
    ("get", "/api/openapi.json", [200, 200, 200, 200]),
    // The server is shutting down by then; otherwise the stream would not end.
    ("get", EVENTS, [401, 403, 200, 200]),
    // Last, because it ends the sessions of this table's callers.
    ("post", "/api/auth/logout-everywhere", [401, 204, 204, 204]),
];

/// The events of all films in work: a stream that does not end.
const EVENTS: &str = "/api/admin/events";

const UNKNOWN_ID: &str = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f";

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let mut routes: Vec<_> = document::operations().map(|(method, path, _)| (method, path)).collect();
    let mut rows: Vec<_> = TABLE.iter().map(|(method, path, _)| (*method, *path)).collect();
    routes.sort_unstable();
    rows.sort_unstable();
    assert_eq!(routes, rows);
}

#[sqlx::test(migrations = "../migrations")]
async fn each_role_gets_the_expected_status_from_every_route(pool: PgPool) {
    let app = TestApp::new(pool).with_viewer().await.with_editor().await.with_admin().await;
    let callers =
        [app.anonymous(), app.caller(Role::Viewer), app.caller(Role::Editor), app.caller(Role::Admin)];
    for (method, template, expected) in TABLE {
        if *template == EVENTS {
            app.shutdown.cancel();
        }
        let path = ["{id}", "{id_or_slug}", "{film_id}", "{session_id}", "{track}", "{presentation}"]
            .iter()
            .fold(template.replace("{index}", "0"), |path, id| path.replace(id, UNKNOWN_ID));
        let mut statuses = [0; 4];
        for (status, caller) in statuses.iter_mut().zip(callers) {
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(&path);
            *status = caller.send(request).await.status.as_u16();
        }
        assert_eq!(&statuses, expected, "{method} {template}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_access_token_is_refused_once_its_account_is_disabled(pool: PgPool) {
    let app = TestApp::new(pool).with_admin().await;
    app.admin().get("/api/auth/me").await.ok();
    sqlx::query("UPDATE users SET disabled_at = now()").execute(&app.pool).await.unwrap();
    for path in ["/api/auth/me", "/api/admin/films"] {
        app.admin().get(path).await.expect(401, "unauthorized");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_lowered_role_applies_at_once(pool: PgPool) {
    let app = TestApp::new(pool).with_admin().await;
    app.admin().get("/api/admin/films").await.ok();
    sqlx::query("UPDATE users SET role = 'viewer'").execute(&app.pool).await.unwrap();
    app.admin().get("/api/admin/films").await.expect(403, "forbidden");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invalid_authorization_header_is_refused_even_on_public_routes(pool: PgPool) {
    let app = TestApp::new(pool);
    let path = format!("/api/stream/{UNKNOWN_ID}");
    for value in ["Bearer", "Bearer ", "Bearer rubbish", "Basic YTpi", "rubbish"] {
        let request = Request::post(&path).header("authorization", value);
        let answer = app.anonymous().send(request).await;
        answer.expect(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}
