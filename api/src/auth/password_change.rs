//! Changing a password: with the old password, or with a one-time link.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use db::password_reset;
use garde::Validate;
use serde::Deserialize;
use tracing::info;
use utoipa::ToSchema;

use super::{client::Client, identity::User, registration::acceptable_password};
use crate::{
    app::App,
    credential::secret_token::SecretToken,
    http::{
        error::ApiError,
        json::ValidJson,
        problem::Problem,
        responses::{Authenticated, Throttled, WithBody},
    },
    password,
};

/// The old and the new password.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "old_password": "ດອກຈຳປາ correct horse", "new_password": "ດອກບົວ battery staple" }))]
pub(crate) struct ChangePassword {
    /// Current password of the account.
    #[schema(format = "password", max_length = 256)]
    #[garde(length(min = 1, max = password::MAX_BYTES))]
    old_password: String,
    /// New password, at least 10 characters and at most 256 bytes.
    #[schema(format = "password", min_length = 10, max_length = 256)]
    #[garde(custom(acceptable_password))]
    new_password: String,
}

/// The token of a link, and the new password.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "token": "6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY", "new_password": "ດອກບົວ battery staple" }))]
pub(crate) struct ResetPassword {
    /// Token of the link.
    #[schema(max_length = 100)]
    #[garde(length(max = 100))]
    token: String,
    /// New password, at least 10 characters and at most 256 bytes.
    #[schema(format = "password", min_length = 10, max_length = 256)]
    #[garde(custom(acceptable_password))]
    new_password: String,
}

/// Changes the caller's password and ends all other sessions of the account.
#[utoipa::path(post, path = "/auth/password", tag = "auth", security(("bearer" = [])), request_body = ChangePassword, responses(
    (status = 204, description = "The password was changed; only the session of this request stays active"),
    (status = 403, description = "The old password is wrong", body = Problem, content_type = "application/problem+json"),
    Authenticated, Throttled, WithBody,
))]
pub(crate) async fn change_password(
    State(app): State<Arc<App>>,
    client: Client,
    user: User,
    ValidJson(change): ValidJson<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    const WRONG: ApiError = ApiError::Forbidden("The old password is wrong.");
    let User { account, session, .. } = user;
    let attempt = client.attempt(&app, &account.email).await?;
    let is_correct = password::verify(change.old_password, account.password_hash.clone()).await;
    if !is_correct.map_err(ApiError::internal)? {
        info!(
            user.id = %account.id, address = %client.address,
            "Refused to change a password: the old password is wrong"
        );
        return Err(WRONG);
    }
    Client::record_success(&app, attempt);
    let hash = password::hash(change.new_password).await.map_err(ApiError::internal)?;
    if !db::account::change_password(&app.db, &account, &hash, session).await? {
        // Another request changed the password in the meantime.
        return Err(WRONG);
    }
    info!(user.id = %account.id, "Changed a password");
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a new password with a one-time link and ends all sessions of the account.
///
/// The caller then has to log in.
#[utoipa::path(post, path = "/auth/reset", tag = "auth", request_body = ResetPassword, responses(
    (status = 204, description = "The password was changed; the link is spent and all sessions have ended"),
    (status = 403, description = "The link is unknown, spent or expired", body = Problem, content_type = "application/problem+json"),
    Throttled, WithBody,
))]
pub(crate) async fn reset_password(
    State(app): State<Arc<App>>,
    client: Client,
    ValidJson(reset): ValidJson<ResetPassword>,
) -> Result<StatusCode, ApiError> {
    const INVALID_LINK: ApiError =
        ApiError::Forbidden("The link is no longer valid. Request a new one, or ask an admin.");
    client.attempt_without_account(&app)?;
    let token = SecretToken::parse(&reset.token).ok_or(INVALID_LINK)?.hash();
    // Checked before hashing, because an invented token must not cost a hash.
    if !password_reset::is_open(&app.db, &token, app.now()).await? {
        info!(address = %client.address, "Refused a reset link: unknown, spent or expired");
        return Err(INVALID_LINK);
    }
    let hash = password::hash(reset.new_password).await.map_err(ApiError::internal)?;
    let user = db::account::reset_password(&app.db, &token, &hash, app.now()).await?.ok_or(INVALID_LINK)?;
    info!(user.id = %user, address = %client.address, "Set a password with a reset link");
    Ok(StatusCode::NO_CONTENT)
}
