//! Cache headers of responses with catalogue data.

use axum::http::{HeaderName, HeaderValue, header};
use db::Audience;

/// Returns headers that let shared caches store responses to anonymous callers, and only private caches those to others, for ten
/// seconds. `Vary` keeps the two apart.
pub(crate) fn cache_headers(audience: Audience) -> [(HeaderName, HeaderValue); 2] {
    let control = match audience {
        Audience::Anonymous => "public, max-age=10",
        Audience::Member | Audience::Editor => "private, max-age=10",
    };
    [
        (header::CACHE_CONTROL, HeaderValue::from_static(control)),
        (header::VARY, HeaderValue::from_static("Authorization")),
    ]
}
