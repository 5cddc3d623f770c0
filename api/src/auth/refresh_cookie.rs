//! The cookie with the refresh token: 256 random bits. Scripts cannot read the cookie, and browsers send it only to the routes below
//! `/api/auth`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use time::Duration;

use crate::credential::secret_token::SecretToken;

/// Time until a session ends if it is not refreshed.
pub(crate) const LIFETIME: Duration = Duration::days(30);
const NAME: &str = "nang_refresh";
const PATH: &str = "/api/auth";

/// Returns the refresh token that the browser sent.
pub(crate) fn read(headers: &HeaderMap) -> Option<SecretToken> {
    SecretToken::parse(CookieJar::from_headers(headers).get(NAME)?.value())
}

/// Returns the `Set-Cookie` header that sets the cookie.
pub(crate) fn set(token: &SecretToken, secure: bool) -> (HeaderName, HeaderValue) {
    set_cookie(token.to_text(), LIFETIME, secure)
}

/// Returns the `Set-Cookie` header that removes the cookie.
pub(crate) fn remove(secure: bool) -> (HeaderName, HeaderValue) {
    set_cookie(String::new(), Duration::ZERO, secure)
}

fn set_cookie(value: String, max_age: Duration, secure: bool) -> (HeaderName, HeaderValue) {
    let cookie = Cookie::build((NAME, value))
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .max_age(max_age)
        .build();
    let value = HeaderValue::try_from(cookie.to_string()).expect("base64url and attributes are ASCII");
    (header::SET_COOKIE, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_other_websites_cannot_use_the_cookie() {
        let token = SecretToken::new();
        let (_, value) = set(&token, true);
        let value = value.to_str().unwrap();
        for attribute in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/api/auth", "Max-Age=2592000"] {
            assert!(value.split("; ").any(|part| part == attribute), "{attribute} in {value}");
        }
        assert!(!set(&token, false).1.to_str().unwrap().contains("Secure"));
        assert!(remove(false).1.to_str().unwrap().starts_with("nang_refresh=; "));
        assert!(remove(false).1.to_str().unwrap().contains("Max-Age=0"));

        let mut headers = HeaderMap::new();
        let pair = value.split(';').next().unwrap();
        headers.insert(header::COOKIE, format!("theme=dark; {pair}").parse().unwrap());
        assert_eq!(read(&headers), Some(token));
        headers.insert(header::COOKIE, "nang_refresh=short".parse().unwrap());
        assert_eq!(read(&headers), None);
    }
}
