//! What a page shows first, sent with the page: on a poor link, to ask the API for it would cost another round trip before the first
//! image. The pages take it from there in place of their first requests (`clients/web/src/lib/early-fetch.ts`).
//!
//! It is what a visitor without an account gets. The API is asked in this process, with the headers of the visitor's request that say where
//! he is, and without those that say who he is.

use std::time::Duration;

use axum::{Router, body::Body};
use futures_util::future::join_all;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use tower::ServiceExt;

/// A page does not wait longer: it then asks itself.
const MAX_WAIT: Duration = Duration::from_millis(300);
/// Maximum size of one answer.
const MAX_BYTES: usize = 256 << 10;
/// Headers that make the answer personal, or that make it something else than JSON.
const NOT_FOR_CONTENT: [header::HeaderName; 8] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::ACCEPT_ENCODING,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::RANGE,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
];

/// What the pages show first.
#[derive(Clone)]
pub(super) struct Content {
    api: Router,
}

impl Content {
    /// `api` serves `/api`.
    pub(super) fn new(api: Router) -> Self {
        Self { api }
    }

    /// Returns a script element with the API's answers for this page, by their addresses; empty without answers.
    pub(super) async fn for_page(&self, page: &Parts) -> String {
        let addresses = requests(page.uri.path(), page.uri.query().unwrap_or_default());
        let answers = self.answers(page, &addresses);
        let answers = tokio::time::timeout(MAX_WAIT, answers).await.unwrap_or_default();
        if answers.is_empty() {
            return String::new();
        }
        let members: Vec<String> = answers
            .into_iter()
            .map(|(address, json)| format!("{}:{json}", serde_json::Value::from(address)))
            .collect();
        // Texts of editors must not end the element. In JSON, `<` occurs only in texts.
        let json = members.join(",").replace('<', "\\u003c");
        format!("    <script type=\"application/json\" id=\"early\">{{{json}}}</script>\n")
    }

    async fn answers(&self, page: &Parts, addresses: &[String]) -> Vec<(String, String)> {
        let answers = join_all(addresses.iter().map(|address| self.ask(page, address))).await;
        addresses.iter().cloned().zip(answers).filter_map(|(address, json)| Some((address, json?))).collect()
    }

    async fn ask(&self, page: &Parts, address: &str) -> Option<String> {
        let mut request = Request::builder().uri(address).body(Body::empty()).ok()?;
        *request.headers_mut() = anonymous(&page.headers);
        *request.extensions_mut() = page.extensions.clone();
        let response = self.api.clone().oneshot(request).await.ok()?;
        if response.status() != StatusCode::OK {
            return None;
        }
        let body = Limited::new(response.into_body(), MAX_BYTES).collect().await.ok()?;
        String::from_utf8(body.to_bytes().into()).ok()
    }
}

/// The addresses that a page asks first. They are written as the pages write them.
fn requests(path: &str, query: &str) -> Vec<String> {
    match (path, query) {
        ("/", _) => vec!["/api/categories?films=12&limit=20".to_owned(), "/api/recommendations".to_owned()],
        ("/films", "") => vec!["/api/films?limit=24".to_owned()],
        ("/search", query) => {
            let text = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "q");
            let address = text.filter(|(_, text)| !text.is_empty()).map(|(_, text)| {
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair("q", &text)
                    .append_pair("limit", "24")
                    .finish();
                format!("/api/search?{query}")
            });
            address.into_iter().collect()
        }
        (path, _) => match path.strip_prefix("/films/") {
            Some(film) if !film.contains('/') => vec![format!("/api/films/{film}")],
            _ => Vec::new(),
        },
    }
}

fn anonymous(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in NOT_FOR_CONTENT {
        headers.remove(name);
    }
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers
}

#[cfg(test)]
mod tests {
    use axum::{Json, routing::get};

    use super::{Content, HeaderMap, Request, Router, requests};

    #[test]
    fn a_page_asks_for_what_it_shows_first() {
        for (path, query, expected) in [
            ("/", "", &["/api/categories?films=12&limit=20", "/api/recommendations"][..]),
            ("/films", "", &["/api/films?limit=24"]),
            ("/films", "genre=drama", &[]),
            ("/films/fon", "t=3", &["/api/films/fon"]),
            ("/search", "q=%E0%BA%99 x", &["/api/search?q=%E0%BA%99+x&limit=24"]),
            ("/search", "", &[]),
            ("/search", "q=", &[]),
            ("/people/noy", "", &[]),
        ] {
            assert_eq!(requests(path, query), expected, "{path}?{query}");
        }
    }

    #[tokio::test]
    async fn an_answer_is_anonymous_cannot_end_its_element_and_is_left_out_if_it_failed() {
        let films = |headers: HeaderMap| async move {
            assert!(!headers.contains_key("cookie") && !headers.contains_key("authorization"));
            assert_eq!(headers["x-forwarded-for"], "203.0.113.7");
            Json("</script><b>")
        };
        let content = Content::new(Router::new().route("/api/films", get(films)));
        let page = |uri: &str| {
            let request = Request::get(uri).header("cookie", "a=b").header("authorization", "Bearer x");
            request.header("x-forwarded-for", "203.0.113.7").body(()).unwrap().into_parts().0
        };
        let element = content.for_page(&page("/films")).await;
        let json = "{\"/api/films?limit=24\":\"\\u003c/script>\\u003cb>\"}";
        assert_eq!(element, format!("    <script type=\"application/json\" id=\"early\">{json}</script>\n"));
        assert_eq!(content.for_page(&page("/")).await, "");
    }
}
