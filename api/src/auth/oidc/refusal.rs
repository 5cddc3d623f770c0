//! Why somebody could not log in with the identity provider, and how they are told.
//!
//! It is browsers that are sent to these routes, so whoever asks for a page is sent to the login page, which says it in their
//! language; programs get the problem.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tracing::warn;

use crate::{credential::oidc::provider::OidcError, http::error::ApiError};

/// Why not.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Another browser began it, or it was too long ago.
    NotBegun,
    /// The provider says no.
    AtProvider,
    /// The provider's answer is not good, or there is none.
    Answer(OidcError),
    /// The provider knows them, and no account here is theirs.
    Nobody,
    /// Their account is disabled.
    Disabled,
    /// As everywhere.
    Other(ApiError),
}

impl Refusal {
    /// What it is called in the login page's address.
    fn word(&self) -> &'static str {
        match self {
            Self::NotBegun => "not-begun",
            Self::AtProvider => "provider-refused",
            Self::Answer(OidcError::Refused(_)) => "bad-answer",
            Self::Answer(OidcError::Unreachable(_)) => "unavailable",
            Self::Nobody => "no-account",
            Self::Disabled => "disabled",
            Self::Other(ApiError::Throttled { .. }) => "throttled",
            Self::Other(_) => "other",
        }
    }

    /// The answer to a request with these headers.
    pub(super) fn respond(self, headers: &HeaderMap) -> Response {
        let location = format!("/login?to=/admin&refused={}", self.word());
        // Whatever is said, it is in the log.
        let problem = ApiError::from(self).into_response();
        if !wants_page(headers) {
            return problem;
        }
        let location = HeaderValue::try_from(location).expect("words are ASCII");
        (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
    }
}

/// Whether it is a browser that goes there, not a program: browsers name HTML, and programs `*/*` at most.
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
                Self::Forbidden("This login was not begun in this browser, or too long ago. Begin again.")
            }
            Refusal::AtProvider => Self::Forbidden("The identity provider has refused the login."),
            Refusal::Answer(OidcError::Unreachable(source)) => Self::Unavailable {
                what: "The identity provider does not answer as it should. Try again soon.",
                source,
            },
            Refusal::Answer(OidcError::Refused(why)) => {
                warn!(why, "Refused an answer of the identity provider");
                Self::Forbidden("The identity provider's answer is not good. Begin again.")
            }
            Refusal::Nobody => Self::Forbidden(
                "There is no editor's or admin's account for you here. Ask an admin for an invitation.",
            ),
            Refusal::Disabled => Self::Forbidden("This account has been disabled. Ask an admin."),
            Refusal::Other(error) => error,
        }
    }
}
