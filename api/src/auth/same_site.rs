//! Refuses what another web site makes a viewer's browser send to the routes that live by a cookie.
//!
//! The cookie is `SameSite=Strict` already; this also stops neighbours on the same registered domain, and logging a
//! viewer into somebody else's account.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use std::sync::Arc;

use crate::{app::App, http::error::ApiError};

/// The request comes from our own pages, or not from a browser at all.
pub(crate) struct SameOrigin;

impl FromRequestParts<Arc<App>> for SameOrigin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        if is_same_origin(&parts.headers, app.public_url.as_deref()) {
            Ok(Self)
        } else {
            Err(ApiError::Forbidden("Logging in and out works from this server's own pages only."))
        }
    }
}

/// By `Sec-Fetch-Site`, which every current browser sends; failing that by `Origin` against the public address or the
/// `Host` that was asked. A request with neither is no browser's, and has no cookie but its own.
fn is_same_origin(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, None) => true,
        (None, Some(origin)) => {
            let origin_host = origin.split_once("://").map_or(origin, |(_, host)| host);
            let public = public_url.is_some_and(|url| url.trim_end_matches('/') == origin);
            public || text(header::HOST.as_str()) == Some(origin_host)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_same_origin;
    use axum::http::{HeaderMap, HeaderName};

    #[test]
    fn only_our_own_pages_and_other_programs_pass() {
        for (headers, expected) in [
            (vec![], true),
            (
                vec![("sec-fetch-site", "same-origin"), ("origin", "http://dev:5173"), ("host", "films.la")],
                true,
            ),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("origin", "http://films.la"), ("host", "films.la")], true),
            (vec![("origin", "https://films.example.la"), ("host", "10.0.0.1:8080")], true),
            (vec![("origin", "https://evil.example"), ("host", "films.la")], false),
            (vec![("origin", "null"), ("host", "films.la")], false),
        ] {
            let map: HeaderMap = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
                .collect();
            assert_eq!(is_same_origin(&map, Some("https://films.example.la/")), expected, "{headers:?}");
        }
    }
}
