//! How long answers of the catalogue may be kept, and by whom.

use axum::http::{HeaderName, HeaderValue, header};
use db::Audience;

/// The same for everybody, and seldom different a moment later; what members see is nobody else's. Caches keep the two apart.
pub(crate) fn cache(audience: Audience) -> [(HeaderName, HeaderValue); 2] {
    let control = match audience {
        Audience::Anybody => "public, max-age=10",
        Audience::Member | Audience::Editor => "private, max-age=10",
    };
    [
        (header::CACHE_CONTROL, HeaderValue::from_static(control)),
        (header::VARY, HeaderValue::from_static("Authorization")),
    ]
}
