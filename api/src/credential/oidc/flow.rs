//! What a browser keeps while it is at the identity provider, to be checked when it comes back.
//!
//! The cookie is `Lax` and not `Strict`, since it is another site that sends the browser back; it goes to the callback
//! alone, and no script reads it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use time::Duration;

use crate::credential::secret_token::SecretToken;

/// How long somebody may take to log in at the provider.
const LIFETIME: Duration = Duration::minutes(10);
const NAME: &str = "nang_oidc";
const PATH: &str = "/api/auth/oidc";

/// One login under way.
pub(crate) struct Flow {
    /// Ties the callback to this browser (RFC 6749 §10.12).
    pub(crate) state: SecretToken,
    /// Ties the ID token to this login (OIDC Core §3.1.2.1).
    pub(crate) nonce: SecretToken,
    /// Ties the code to this login (RFC 7636 §4.1).
    pub(crate) verifier: SecretToken,
}

impl Flow {
    /// A new one.
    pub(crate) fn new() -> Self {
        Self { state: SecretToken::new(), nonce: SecretToken::new(), verifier: SecretToken::new() }
    }

    /// The one that a browser kept.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        let mut parts = jar.get(NAME)?.value().split('.').map(SecretToken::parse);
        let flow = Self { state: parts.next()??, nonce: parts.next()??, verifier: parts.next()?? };
        parts.next().is_none().then_some(flow)
    }

    /// Whether `state` is this flow's. By their hashes, so that how long it takes tells nothing.
    pub(crate) fn began_with(&self, state: &str) -> bool {
        SecretToken::parse(state).is_some_and(|state| state.hash() == self.state.hash())
    }

    /// `Set-Cookie` for a browser to keep it.
    pub(crate) fn give(&self, secure: bool) -> (HeaderName, HeaderValue) {
        let parts = [&self.state, &self.nonce, &self.verifier].map(SecretToken::to_text);
        set_cookie(parts.join("."), LIFETIME, secure)
    }
}

/// `Set-Cookie` that takes it away again.
pub(crate) fn remove(secure: bool) -> (HeaderName, HeaderValue) {
    set_cookie(String::new(), Duration::ZERO, secure)
}

fn set_cookie(value: String, max_age: Duration, secure: bool) -> (HeaderName, HeaderValue) {
    let cookie = Cookie::build((NAME, value))
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(max_age)
        .build();
    let value = HeaderValue::try_from(cookie.to_string()).expect("base64url and attributes are ASCII");
    (header::SET_COOKIE, value)
}
