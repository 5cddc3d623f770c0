//! The refresh token on its way to a browser and back: 256 random bits in a cookie that no script can read and that
//! goes nowhere but to the login routes.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use time::Duration;

use crate::credential::secret_token::SecretToken;

/// How long a login lives without being used.
pub(crate) const LIFETIME: Duration = Duration::days(30);
const NAME: &str = "nang_refresh";
const PATH: &str = "/api/auth";

/// The refresh token that a browser sent.
pub(crate) fn read(headers: &HeaderMap) -> Option<SecretToken> {
    SecretToken::parse(CookieJar::from_headers(headers).get(NAME)?.value())
}

/// `Set-Cookie` that gives a refresh token to a browser.
pub(crate) fn give(token: &SecretToken, secure: bool) -> (HeaderName, HeaderValue) {
    set_cookie(token.to_text(), LIFETIME, secure)
}

/// `Set-Cookie` that takes it away again.
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
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let token = SecretToken::new();
        let (_, value) = give(&token, true);
        let value = value.to_str().unwrap();
        for attribute in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/api/auth", "Max-Age=2592000"] {
            assert!(value.split("; ").any(|part| part == attribute), "{attribute} in {value}");
        }
        assert!(!give(&token, false).1.to_str().unwrap().contains("Secure"));
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
