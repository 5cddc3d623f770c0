//! Logging in, refreshing a session, and logging out.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{AppendHeaders, IntoResponse},
};
use db::{
    account_session::{self, NewAccountSession},
    refresh_token::{self, Rotation},
};
use domain::id::AccountSessionId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tracing::{info, warn};
use utoipa::ToSchema;

use super::{account::Account, client::Client, refresh_cookie, same_origin::SameOrigin};
use crate::{
    app::App,
    credential::secret_token::SecretToken,
    http::{
        error::ApiError,
        json::ValidJson,
        problem::Problem,
        responses::{Throttled, WithBody},
    },
    password,
};

/// Credentials of an account.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "noy@films.example.la", "password": "ດອກຈຳປາ correct horse" }))]
pub(crate) struct Login {
    /// E-mail address of the account; case does not matter.
    #[schema(format = "email", max_length = 254)]
    #[garde(email, length(max = 254))]
    email: String,
    /// Password of the account.
    #[schema(format = "password", max_length = 256)]
    #[garde(length(min = 1, max = password::MAX_BYTES))]
    password: String,
}

/// An access token of a session. The refresh token is in the cookie.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct AccessGrant {
    /// Access token; send it as `Authorization: Bearer …`.
    pub(crate) access_token: String,
    /// When the access token expires; refresh the session before.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) access_expires_at: OffsetDateTime,
    /// The account of the session.
    pub(crate) user: Account,
}

/// Logs in with an e-mail address and a password.
///
/// The response sets the refresh token as the cookie `nang_refresh`.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Login, responses(
    (status = 200, description = "The session was created", body = AccessGrant, headers(("Set-Cookie" = String, description = "The refresh token, as `nang_refresh`"))),
    (status = 401, description = "The e-mail address or the password is wrong", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The account is disabled, or the request came from another website", body = Problem, content_type = "application/problem+json"),
    Throttled, WithBody,
))]
pub(crate) async fn login_session(
    State(app): State<Arc<App>>,
    client: Client,
    _: SameOrigin,
    ValidJson(login): ValidJson<Login>,
) -> Result<impl IntoResponse, ApiError> {
    const WRONG: ApiError = ApiError::Unauthorized("The e-mail address or the password is wrong.");
    let email = login.email.to_lowercase();
    let attempt = client.attempt(&app, &email).await?;

    let account = db::user::find_by_email(&app.db, &email).await?;
    let hash = account.as_ref().and_then(|account| account.password_hash.clone());
    let is_correct = password::verify(login.password, hash).await.map_err(ApiError::internal)?;
    let Some(account) = account.filter(|_| is_correct) else {
        info!(address = %client.address, "Login attempt refused: wrong e-mail address or password");
        return Err(WRONG);
    };
    Client::record_success(&app, attempt);
    if account.disabled_at.is_some() {
        return Err(ApiError::Forbidden("This account is disabled. Ask an admin."));
    }

    // `None` if the account was disabled or its password was changed while it was being verified.
    let (session, token) = create_session(&app, &client, &account).await?.ok_or(WRONG)?;
    Ok(grant(&app, account, session, &token))
}

/// Exchanges the refresh cookie for a new access token and a new cookie.
///
/// The old cookie is then spent. A client that did not receive the response may send the old cookie again within a minute, if the new
/// cookie was not used; then only the cookie of the last response is valid. Any other spent cookie ends the session.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", security(("refresh_cookie" = [])), responses(
    (status = 200, description = "The session was refreshed", body = AccessGrant, headers(("Set-Cookie" = String, description = "The refresh token, as `nang_refresh`"))),
    (status = 401, description = "The cookie is missing, expired, spent or unknown; log in again", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The request came from another website", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn refresh_session(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    _: SameOrigin,
) -> Result<impl IntoResponse, ApiError> {
    const LOG_IN_AGAIN: ApiError = ApiError::Unauthorized("The session has ended. Log in again.");
    let old = refresh_cookie::read(&headers).ok_or(LOG_IN_AGAIN)?;
    let new = SecretToken::new();
    let expires_at = app.now() + refresh_cookie::LIFETIME;
    match refresh_token::rotate(&app.db, &old.hash(), &new.hash(), expires_at).await? {
        Rotation::Rotated(session, account) => {
            client.remember(&app, &account.email);
            Ok(grant(&app, account, session, &new))
        }
        Rotation::Reused(session, user) => {
            warn!(
                session.id = %session, user.id = %user, address = %client.address,
                "A spent refresh token was presented, so it or its successor was stolen; ended the session"
            );
            Err(LOG_IN_AGAIN)
        }
        Rotation::Unknown | Rotation::Expired => Err(LOG_IN_AGAIN),
    }
}

/// Ends the session of the refresh cookie, if there is one, and removes the cookie.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", security((), ("refresh_cookie" = [])), responses(
    (status = 204, description = "The caller is logged out"),
    (status = 403, description = "The request came from another website", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn logout_session(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    _: SameOrigin,
) -> Result<impl IntoResponse, ApiError> {
    if let Some(token) = refresh_cookie::read(&headers) {
        account_session::end_by_token(&app.db, &token.hash()).await?;
    }
    Ok((StatusCode::NO_CONTENT, AppendHeaders([refresh_cookie::remove(app.secure_cookies())])))
}

/// Creates a session for an account after successful authentication. Returns `None` if the account was disabled or its password was
/// changed since it was read.
pub(crate) async fn create_session(
    app: &App,
    client: &Client,
    account: &db::user::User,
) -> Result<Option<(AccountSessionId, SecretToken)>, ApiError> {
    let (id, token) = (AccountSessionId(app.new_id()), SecretToken::new());
    let new = NewAccountSession {
        id,
        token_hash: token.hash(),
        expires_at: app.now() + refresh_cookie::LIFETIME,
        user_agent: client.user_agent.clone(),
        address: Some(client.address.to_string()),
    };
    if !account_session::begin(&app.db, account, new).await? {
        return Ok(None);
    }
    info!(user.id = %account.id, address = %client.address, "Logged in");
    Ok(Some((id, token)))
}

/// Returns the response with a new access token in the body and the refresh token in the cookie.
fn grant(
    app: &App,
    account: db::user::User,
    session: AccountSessionId,
    refresh: &SecretToken,
) -> impl IntoResponse + use<> {
    let (access_token, access_expires_at) = app.access_keys.sign(account.id, session, app.now());
    let body = AccessGrant { access_token, access_expires_at, user: account.into() };
    (AppendHeaders([refresh_cookie::set(refresh, app.secure_cookies())]), Json(body))
}
