//! The metrics that Prometheus scrapes.

use axum::http::Request;
use sqlx::PgPool;

use crate::test_app::TestApp;

#[sqlx::test(migrations = "../migrations")]
async fn requests_are_counted_by_route_and_not_by_path(pool: PgPool) {
    let app = TestApp::with_config(pool, |config| config.metrics_token = Some("scraper".to_owned()));
    for address in
        ["/api/films", "/api/films", "/api/films/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f", "/api/secret"]
    {
        app.anonymous().get(address).await;
    }
    app.anonymous().get("/api/metrics").await.expect(401, "unauthorized");
    let request = Request::get("/api/metrics").header("authorization", "Bearer scraper");
    let answer = app.anonymous().send(request).await;
    assert_eq!(answer.status, 200);
    let text = std::str::from_utf8(&answer.body).unwrap();
    for line in [
        r#"nang_http_requests_total{method="GET",route="/api/films",status="200"} 2"#,
        r#"nang_http_requests_total{method="GET",route="/api/films/{id_or_slug}",status="404"} 1"#,
        r#"nang_http_requests_total{method="GET",route="none",status="404"} 1"#,
        r#"nang_http_request_duration_seconds_count{method="GET",route="/api/films"} 2"#,
        r#"nang_queue_depth{kind="encode_chunk"} 0"#,
        "# EOF",
    ] {
        assert!(text.lines().any(|given| given == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("secret") && !text.contains("0193a6b0"));
}
