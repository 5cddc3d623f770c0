//! The caller of a request, as extractors: the parameters of a handler determine which callers it accepts.
//!
//! The session and its account are read at every request, so an ended session or a disabled account loses access at once.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use db::{
    Audience,
    audit::Author,
    user::{Role, User as Account},
};
use domain::id::{AccountSessionId, UserId};
use time::OffsetDateTime;

use crate::{app::App, http::error::ApiError};

/// A logged-in caller: its account and session.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) account: Account,
    /// The session of the access token.
    pub(crate) session: AccountSessionId,
    /// When the access token of the request expires.
    pub(crate) token_expires_at: OffsetDateTime,
}

impl User {
    /// Returns the author for the audit log.
    pub(crate) fn author(&self) -> Author {
        Author { user_id: Some(self.account.id), user_email: Some(self.account.email.clone()) }
    }
}

/// Any caller, logged in or not. If the request has an access token, it must be valid; otherwise a caller with an expired token
/// would silently be treated as anonymous.
pub(crate) struct Viewer(pub(crate) Option<User>);

impl Viewer {
    /// Returns the part of the catalogue that the caller sees. Editors see drafts only in the lists for editors.
    pub(crate) fn audience(&self) -> Audience {
        if self.0.is_some() { Audience::Member } else { Audience::Anonymous }
    }

    /// Returns the caller's account.
    pub(crate) fn user_id(&self) -> Option<UserId> {
        self.0.as_ref().map(|user| user.account.id)
    }
}

/// An editor or an admin.
pub(crate) struct Editor(pub(crate) User);

impl Editor {
    /// Whether the session is still active and its account still an editor's. Long-running requests check this repeatedly.
    pub(crate) async fn is_still_allowed(&self, app: &App) -> Result<bool, ApiError> {
        let account = db::account_session::holder(&app.db, self.0.session).await?;
        Ok(account.is_some_and(|account| account.disabled_at.is_none() && account.role >= Role::Editor))
    }
}

/// An admin.
pub(crate) struct Admin(pub(crate) User);

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        const INVALID: ApiError = ApiError::Unauthorized("The access token is invalid or has expired.");
        let Some(header) = parts.headers.get(header::AUTHORIZATION) else { return Ok(Self(None)) };
        // RFC 6750 §2.1; the scheme's name is case-insensitive (RFC 9110 §11.1).
        let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(INVALID)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(INVALID);
        }
        let (session, token_expires_at) = app.access_keys.verify(token.trim(), app.now()).ok_or(INVALID)?;
        let account = db::account_session::holder(&app.db, session).await?.ok_or(INVALID)?;
        if account.disabled_at.is_some() {
            return Err(ApiError::Unauthorized("This account is disabled."));
        }
        Ok(Self(Some(User { account, session, token_expires_at })))
    }
}

impl FromRequestParts<Arc<App>> for User {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Viewer(user) = Viewer::from_request_parts(parts, app).await?;
        user.ok_or(ApiError::Unauthorized("Log in first."))
    }
}

impl FromRequestParts<Arc<App>> for Editor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let user = User::from_request_parts(parts, app).await?;
        if user.account.role >= Role::Editor {
            Ok(Self(user))
        } else {
            Err(ApiError::Forbidden("Only editors and admins may do this."))
        }
    }
}

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let user = User::from_request_parts(parts, app).await?;
        if user.account.role >= Role::Admin {
            Ok(Self(user))
        } else {
            Err(ApiError::Forbidden("Only admins may do this."))
        }
    }
}
