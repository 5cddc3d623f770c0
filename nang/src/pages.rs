//! The web pages, embedded in the binary, and their security headers.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, StatusCode, header},
    routing::get,
};
use memory_serve::CacheControl;
use tower::ServiceBuilder;
use tower_http::set_header::SetResponseHeaderLayer;

/// Serves the pages. An unknown path gets `index.html`, because the application in it does its own routing. `media_origin` is the host
/// that serves the films, if it is another one (`https://cdn.example.org`).
pub(crate) fn router(media_origin: Option<&str>) -> Router {
    let media = media_origin.unwrap_or_default();
    let policy = format!(
        "default-src 'self'; connect-src 'self' {media}; img-src 'self' {media}; media-src 'self' blob: {media}; worker-src blob:; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let header = |name: HeaderName, value: &str| {
        let value = HeaderValue::from_str(value)
            .expect("invariant: origins are checked when settings are read, so the policy is ASCII");
        SetResponseHeaderLayer::overriding(name, value)
    };
    memory_serve::load!()
        .index_file(Some("/index.html"))
        .fallback(Some("/index.html"))
        .fallback_status(StatusCode::OK)
        .html_cache_control(CacheControl::NoCache)
        .cache_control(CacheControl::Long)
        .into_router()
        // A page of an older version requests files that no longer exist. It must get 404, and not `index.html` in place of a script.
        .route("/assets/{*missing}", get(async || StatusCode::NOT_FOUND))
        .layer(
            ServiceBuilder::new()
                .layer(header(header::CONTENT_SECURITY_POLICY, &policy))
                .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .layer(header(header::REFERRER_POLICY, "same-origin")),
        )
}
