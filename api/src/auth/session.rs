//! Logging in, staying logged in and logging out.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{Extensions, HeaderMap, StatusCode},
    response::{AppendHeaders, IntoResponse},
};
use db::refresh_token::{self, Rotation};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tracing::{info, warn};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    identity::User,
    refresh_cookie::{self, RefreshToken},
    same_site::SameOrigin,
    throttle::TryAgainIn,
};
use crate::{
    app::App,
    http::{
        address::{client_address, subscriber},
        error::ApiError,
        json::ValidJson,
        problem::Problem,
        responses::{SignedIn, WithBody},
    },
    password,
};

/// What an account may do; each includes the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Watches.
    Viewer,
    /// Uploads and publishes.
    Editor,
    /// Everything.
    Admin,
}

/// An account as its owner sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    /// Its id.
    pub(crate) id: Uuid,
    /// Address it logs in with, lower case.
    pub(crate) email: String,
    /// What it may do.
    pub(crate) role: Role,
    /// Name shown to others.
    pub(crate) display_name: String,
}

/// An address and its password.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// In any case.
    #[schema(format = "email", max_length = 254)]
    #[garde(email, length(max = 254))]
    email: String,
    #[schema(format = "password", max_length = 256)]
    #[garde(length(min = 1, max = password::MAX_BYTES))]
    password: String,
}

/// A running login.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct AccessGrant {
    /// To be sent as `Authorization: Bearer …`.
    pub(crate) access_token: String,
    /// When it stops working; refresh before.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) access_expires_at: OffsetDateTime,
    /// Whose it is.
    pub(crate) user: Account,
}

/// Logs in with an address and a password. The refresh token comes as the cookie `nang_refresh`.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Login, responses(
    (status = 200, description = "Logged in", body = AccessGrant, headers(("Set-Cookie" = String, description = "nang_refresh"))),
    (status = 401, description = "No such account, or a wrong password", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The account is disabled, or the request came from another site", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many attempts; Retry-After says when to try again", body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds"))),
    WithBody,
))]
pub(crate) async fn login_session(
    State(app): State<Arc<App>>,
    extensions: Extensions,
    headers: HeaderMap,
    _: SameOrigin,
    ValidJson(login): ValidJson<Login>,
) -> Result<impl IntoResponse, ApiError> {
    let email = login.email.to_lowercase();
    let address = client_address(&extensions, &headers, &app.trusted_proxies);
    app.login_throttle.attempt(&email, subscriber(address), app.now()).map_err(
        |TryAgainIn(retry_after_s)| {
            warn!(%address, retry_after_s, "Throttled a login");
            ApiError::Throttled { retry_after_s }
        },
    )?;

    let account = db::user::find_by_email(&app.db, &email).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let right = password::verify(login.password, hash).await.map_err(ApiError::internal)?;
    let Some(account) = account.filter(|_| right) else {
        info!(%address, "Refused a login");
        return Err(ApiError::Unauthorized("The address or the password is wrong."));
    };
    app.login_throttle.succeeded(&email);
    if account.disabled_at.is_some() {
        return Err(ApiError::Forbidden("This account has been disabled. Ask an admin."));
    }

    let token = RefreshToken::new();
    let family = app.new_id();
    let expires_at = app.now() + refresh_cookie::LIFETIME;
    refresh_token::issue(&app.db, account.id, family, &token.hash(), expires_at).await?;
    info!(user.id = %account.id, %address, "Logged in");
    Ok(grant(&app, account, &token))
}

/// Trades the refresh cookie for a new access token and a new cookie; the old cookie is spent.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", security(("refresh_cookie" = [])), responses(
    (status = 200, description = "Still logged in", body = AccessGrant, headers(("Set-Cookie" = String, description = "nang_refresh"))),
    (status = 401, description = "No cookie, or one that is expired, spent or unknown: log in again", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The request came from another site", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn refresh_session(
    State(app): State<Arc<App>>,
    extensions: Extensions,
    headers: HeaderMap,
    _: SameOrigin,
) -> Result<impl IntoResponse, ApiError> {
    const LOG_IN_AGAIN: ApiError = ApiError::Unauthorized("The login has ended. Log in again.");
    let old = RefreshToken::from_headers(&headers).ok_or(LOG_IN_AGAIN)?;
    let new = RefreshToken::new();
    let expires_at = app.now() + refresh_cookie::LIFETIME;
    match refresh_token::rotate(&app.db, &old.hash(), &new.hash(), expires_at).await? {
        Rotation::Rotated(account) => Ok(grant(&app, account, &new)),
        Rotation::Reused => {
            let address = client_address(&extensions, &headers, &app.trusted_proxies);
            warn!(%address, "A spent refresh token came back: ended the login it belongs to");
            Err(LOG_IN_AGAIN)
        }
        Rotation::Unknown | Rotation::Expired => Err(LOG_IN_AGAIN),
    }
}

/// Ends the login of the refresh cookie, if there is one, and removes the cookie.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", security((), ("refresh_cookie" = [])), responses(
    (status = 204, description = "Logged out"),
    (status = 403, description = "The request came from another site", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn logout_session(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    _: SameOrigin,
) -> Result<impl IntoResponse, ApiError> {
    if let Some(token) = RefreshToken::from_headers(&headers) {
        refresh_token::revoke_by_token(&app.db, &token.hash()).await?;
    }
    Ok((StatusCode::NO_CONTENT, AppendHeaders([refresh_cookie::removal(app.secure_cookies())])))
}

/// The account of the access token.
#[utoipa::path(get, path = "/auth/me", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The account", body = Account),
    SignedIn,
))]
pub(crate) async fn get_me(user: User) -> Json<Account> {
    Json(user.account.into())
}

/// A fresh access token in the body, the refresh token beside it in its cookie.
fn grant(app: &App, account: db::user::User, refresh: &RefreshToken) -> impl IntoResponse + use<> {
    let (access_token, access_expires_at) = app.access_keys.sign(account.id, app.now());
    let body = AccessGrant { access_token, access_expires_at, user: account.into() };
    (AppendHeaders([refresh.to_header(app.secure_cookies())]), Json(body))
}

impl From<db::user::User> for Account {
    fn from(user: db::user::User) -> Self {
        Self { id: user.id.0, email: user.email, role: user.role.into(), display_name: user.display_name }
    }
}

same_words!(db::user::Role => Role { Viewer, Editor, Admin });
