//! Which web pages on other hosts may play films (WHATWG Fetch §3.2).
//!
//! Refusals carry these headers too: without them a player cannot tell an expired token from a dead network.

use http::{HeaderMap, HeaderValue, header};

use crate::config::ConfigError;

/// Pages whose scripts may read what the origin answers. Pages of the origin's own host always may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Every page. The token, not the page, decides who may watch, so this is safe.
    Any,
    /// Pages of these origins (`https://films.example.la`), and none if empty.
    List(Vec<HeaderValue>),
}

impl AllowedOrigins {
    /// Reads `*`, or origins separated by commas; an empty text is an empty list.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        let members = text.split(',').map(str::trim).filter(|member| !member.is_empty());
        members.map(parse_origin).collect::<Result<_, _>>().map(Self::List)
    }

    /// Adds what a browser needs to hand the answer, its size and its place in the object to a player.
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

    /// Answers `OPTIONS`, for every path alike: a browser asks before it sends a `Range`.
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
                let asked = request.get(header::ORIGIN)?;
                origins.contains(asked).then(|| asked.clone())
            }
        }
    }
}

/// `scheme://host[:port]`, as a browser sends it (RFC 6454 §6.2): lower case, nothing after the port.
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
    fn settings_are_read_or_refused_by_name() {
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
