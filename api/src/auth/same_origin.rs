//! Refuses requests that another website makes a viewer's browser send to the routes that use the refresh cookie.
//!
//! The cookie is already `SameSite=Strict`. This check also stops other hosts of the same registrable domain, and login requests that
//! would log a viewer in to another account.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use std::sync::Arc;

use crate::{app::App, http::error::ApiError};

/// The request comes from this server's own pages, or from a client that is not a browser.
pub(crate) struct SameOrigin;

impl FromRequestParts<Arc<App>> for SameOrigin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        if is_same_origin(&parts.headers, app.public_url.as_deref()) {
            Ok(Self)
        } else {
            Err(ApiError::Forbidden("Logging in and out is possible only from this server's own pages."))
        }
    }
}

/// Decides by `Sec-Fetch-Site`, which every current browser sends, or else by comparing `Origin` with the public URL and the `Host`
/// of the request. A request with neither header comes from a client that is not a browser and sends only its own cookie.
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
    fn only_own_pages_and_clients_that_are_not_browsers_pass() {
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
