//! Which web pages on other hosts may play films (WHATWG Fetch §3.2).
//!
//! Error responses have these headers too: without them a player cannot distinguish an expired token from a network failure.

use http::{HeaderMap, HeaderValue, header};

use crate::config::ConfigError;

/// The web pages whose scripts may read the origin's responses. Pages of the origin's own host always may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Every page. This is safe, because access depends on the token, not on the page.
    Any,
    /// Pages of these origins (`https://films.example.la`). If the list is empty, no page may.
    List(Vec<HeaderValue>),
}

impl AllowedOrigins {
    /// Parses `*`, or origins separated by commas. An empty text is an empty list.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        let members = text.split(',').map(str::trim).filter(|member| !member.is_empty());
        members.map(parse_origin).collect::<Result<_, _>>().map(Self::List)
    }

    /// Adds the headers with which a browser lets a player read the response, its size and its range.
    pub(crate) fn apply(&self, request: &HeaderMap, response: &mut HeaderMap) {
        if matches!(self, Self::List(_)) {
            response.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(allowed) = self.allowed(request) {
            response.insert("timing-allow-origin", allowed.clone());
            response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            response.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("Content-Length, Content-Range, ETag"),
            );
        }
    }

    /// Adds the headers of the response to `OPTIONS`, the same for every path: a browser sends it before a request with `Range`.
    pub(crate) fn preflight(&self, request: &HeaderMap, response: &mut HeaderMap) {
        response.insert(header::ALLOW, HeaderValue::from_static(crate::origin::ALLOW));
        if self.allowed(request).is_some() && request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            let methods = HeaderValue::from_static(crate::origin::ALLOW);
            response.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            let headers = HeaderValue::from_static("Range, If-None-Match, If-Range");
            response.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
            response.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
        }
    }

    fn allowed(&self, request: &HeaderMap) -> Option<HeaderValue> {
        match self {
            Self::Any => Some(HeaderValue::from_static("*")),
            Self::List(origins) => {
                let origin = request.get(header::ORIGIN)?;
                origins.contains(origin).then(|| origin.clone())
            }
        }
    }
}

/// Parses `scheme://host[:port]` as a browser sends it (RFC 6454 §6.2): lower case, nothing after the port.
fn parse_origin(text: &str) -> Result<HeaderValue, ConfigError> {
    let wrong = || ConfigError::AllowedOrigin(text.to_owned());
    let (scheme, authority) = text.split_once("://").ok_or_else(wrong)?;
    let is_host = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b':' | b'[' | b']');
    if !matches!(scheme, "http" | "https") || authority.is_empty() || !authority.bytes().all(is_host) {
        return Err(wrong());
    }
    HeaderValue::from_str(text).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::AllowedOrigins::{self, Any, List};

    #[test]
    fn valid_origins_are_parsed_and_others_refused() {
        assert_eq!(AllowedOrigins::parse(" * ").unwrap(), Any);
        assert_eq!(AllowedOrigins::parse("").unwrap(), List(Vec::new()));
        let list =
            AllowedOrigins::parse("https://films.example.la, http://localhost:5173,http://[::1]:80").unwrap();
        let List(origins) = list else { panic!("{list:?}") };
        assert_eq!(origins, ["https://films.example.la", "http://localhost:5173", "http://[::1]:80"]);
        for text in [
            "films.example.la",
            "https://films.example.la/",
            "https://Films.example.la",
            "ftp://x",
            "https://",
            "https://a\nb",
            "*, https://a",
            "null",
        ] {
            assert!(AllowedOrigins::parse(text).is_err(), "{text:?}");
        }
    }
}
