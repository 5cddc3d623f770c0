//! The refresh token on its way to a browser and back: 256 random bits in a cookie that no script can read and that
//! goes nowhere but to the login routes.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use time::Duration;

use crate::random;

/// How long a login lives without being used.
pub(crate) const LIFETIME: Duration = Duration::days(30);
const NAME: &str = "nang_refresh";
const PATH: &str = "/api/auth";

/// A refresh token. The database knows its hash alone.
#[derive(PartialEq, Eq)]
pub(crate) struct RefreshToken([u8; 32]);

impl RefreshToken {
    /// A new one.
    pub(crate) fn new() -> Self {
        Self(random::secret())
    }

    /// The one a browser sent.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        let bytes = URL_SAFE_NO_PAD.decode(jar.get(NAME)?.value()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// What the database knows it by.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// `Set-Cookie` that gives it to a browser.
    pub(crate) fn to_header(&self, secure: bool) -> (HeaderName, HeaderValue) {
        set_cookie(URL_SAFE_NO_PAD.encode(self.0), LIFETIME, secure)
    }
}

/// `Set-Cookie` that takes it away again.
pub(crate) fn removal(secure: bool) -> (HeaderName, HeaderValue) {
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

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let token = RefreshToken([7; 32]);
        let (_, value) = token.to_header(true);
        let value = value.to_str().unwrap();
        for attribute in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/api/auth", "Max-Age=2592000"] {
            assert!(value.split("; ").any(|part| part == attribute), "{attribute} in {value}");
        }
        assert!(!token.to_header(false).1.to_str().unwrap().contains("Secure"));
        assert!(removal(false).1.to_str().unwrap().starts_with("nang_refresh=; "));
        assert!(removal(false).1.to_str().unwrap().contains("Max-Age=0"));

        let mut headers = HeaderMap::new();
        let pair = value.split(';').next().unwrap();
        headers.insert(header::COOKIE, format!("theme=dark; {pair}").parse().unwrap());
        assert_eq!(RefreshToken::from_headers(&headers), Some(token));
        headers.insert(header::COOKIE, "nang_refresh=short".parse().unwrap());
        assert_eq!(RefreshToken::from_headers(&headers), None);
    }
}
