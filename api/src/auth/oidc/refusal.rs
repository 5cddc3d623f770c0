//! Why logging in with the identity provider failed, and the response.
//!
//! Users open these routes in browsers, so a client that accepts HTML is redirected to `/login`, which shows the reason in the user's
//! language. Other clients receive the problem.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tracing::warn;

use crate::{credential::oidc::provider::OidcError, http::error::ApiError};

/// Why logging in failed.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Another browser started it, or it started too long ago.
    NotBegun,
    /// The provider refused.
    AtProvider,
    /// The response of the provider is invalid or absent.
    Answer(OidcError),
    /// The identity has no account of an editor or admin.
    NoAccount,
    /// The account is disabled.
    Disabled,
    /// Any other error.
    Other(ApiError),
}

impl Refusal {
    /// Returns the value of `refused` in the URL of `/login`.
    fn code(&self) -> &'static str {
        match self {
            Self::NotBegun => "not-begun",
            Self::AtProvider => "provider-refused",
            Self::Answer(OidcError::Refused(_)) => "bad-answer",
            Self::Answer(OidcError::Unreachable(_)) => "unavailable",
            Self::NoAccount => "no-account",
            Self::Disabled => "disabled",
            Self::Other(ApiError::Throttled { .. }) => "throttled",
            Self::Other(_) => "other",
        }
    }

    /// Returns the response to a request with these headers.
    pub(super) fn respond(self, headers: &HeaderMap) -> Response {
        let location = format!("/login?to=/admin&refused={}", self.code());
        // Converted in both cases, because the conversion writes the log line.
        let problem = ApiError::from(self).into_response();
        if !wants_page(headers) {
            return problem;
        }
        let location = HeaderValue::try_from(location).expect("codes are ASCII");
        (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
    }
}

/// Whether the client is a browser that opens a page: browsers accept `text/html`, other programs at most `*/*`.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|range| {
        let media_type = range.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("text/html")
    })
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Other(error)
    }
}

impl From<db::DbError> for Refusal {
    fn from(error: db::DbError) -> Self {
        Self::Other(error.into())
    }
}

impl From<OidcError> for Refusal {
    fn from(error: OidcError) -> Self {
        Self::Answer(error)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotBegun => {
                Self::Forbidden("Logging in was not started in this browser, or too long ago. Start again.")
            }
            Refusal::AtProvider => Self::Forbidden("The identity provider refused to log you in."),
            Refusal::Answer(OidcError::Unreachable(source)) => Self::Unavailable {
                what: "The identity provider does not respond correctly. Try again soon.",
                source,
            },
            Refusal::Answer(OidcError::Refused(why)) => {
                warn!(why, "Login attempt refused: the response of the identity provider is invalid");
                Self::Forbidden("The response of the identity provider is invalid. Start again.")
            }
            Refusal::NoAccount => {
                Self::Forbidden("You have no account of an editor or admin. Ask an admin for an invitation.")
            }
            Refusal::Disabled => Self::Forbidden("This account is disabled. Ask an admin."),
            Refusal::Other(error) => error,
        }
    }
}
