//! The cookie that a browser keeps while the user logs in at the identity provider. Nang checks it when the browser returns.
//!
//! The cookie is `Lax` and not `Strict`, because another website sends the browser back. Browsers send it only to the routes below
//! `/api/auth/oidc`, and scripts cannot read it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use time::Duration;

use crate::credential::secret_token::SecretToken;

/// Maximum time for logging in at the provider.
const LIFETIME: Duration = Duration::minutes(10);
const NAME: &str = "nang_oidc";
const PATH: &str = "/api/auth/oidc";

/// The secrets of one authorization flow.
pub(crate) struct Flow {
    /// Binds the callback to this browser (RFC 6749 §10.12).
    pub(crate) state: SecretToken,
    /// Binds the ID token to this flow (OIDC Core §3.1.2.1).
    pub(crate) nonce: SecretToken,
    /// Binds the code to this flow (RFC 7636 §4.1).
    pub(crate) verifier: SecretToken,
}

impl Flow {
    /// Returns a new flow.
    pub(crate) fn new() -> Self {
        Self { state: SecretToken::new(), nonce: SecretToken::new(), verifier: SecretToken::new() }
    }

    /// Returns the flow from the browser's cookie; `None` if the cookie is absent or invalid.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        let mut parts = jar.get(NAME)?.value().split('.').map(SecretToken::parse);
        let flow = Self { state: parts.next()??, nonce: parts.next()??, verifier: parts.next()?? };
        parts.next().is_none().then_some(flow)
    }

    /// Whether `state` is this flow's state. Compares hashes, so that the duration reveals nothing.
    pub(crate) fn has_state(&self, state: &str) -> bool {
        SecretToken::parse(state).is_some_and(|state| state.hash() == self.state.hash())
    }

    /// Returns the `Set-Cookie` header that sets the cookie.
    pub(crate) fn to_cookie(&self, secure: bool) -> (HeaderName, HeaderValue) {
        let parts = [&self.state, &self.nonce, &self.verifier].map(SecretToken::to_text);
        set_cookie(parts.join("."), LIFETIME, secure)
    }
}

/// Returns the `Set-Cookie` header that removes the cookie.
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
