//! Replacing a password: with the old one, or with a one-time link that an admin made.

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
        responses::{SignedIn, Throttled, WithBody},
    },
    password,
};

/// The old password and the new one.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "old_password": "ດອກຈຳປາ correct horse", "new_password": "ດອກບົວ battery staple" }))]
pub(crate) struct ChangePassword {
    #[schema(format = "password", max_length = 256)]
    #[garde(length(min = 1, max = password::MAX_BYTES))]
    old_password: String,
    /// At least 10 characters.
    #[schema(format = "password", min_length = 10, max_length = 256)]
    #[garde(custom(acceptable_password))]
    new_password: String,
}

/// The token of a link and the new password.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "token": "6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY", "new_password": "ດອກບົວ battery staple" }))]
pub(crate) struct ResetPassword {
    #[schema(max_length = 100)]
    #[garde(length(max = 100))]
    token: String,
    /// At least 10 characters.
    #[schema(format = "password", min_length = 10, max_length = 256)]
    #[garde(custom(acceptable_password))]
    new_password: String,
}

/// Replaces one's own password, and ends all other sessions.
#[utoipa::path(post, path = "/auth/password", tag = "auth", security(("bearer" = [])), request_body = ChangePassword, responses(
    (status = 204, description = "Changed; this session stays active; all others have ended"),
    (status = 403, description = "The old password is wrong", body = Problem, content_type = "application/problem+json"),
    SignedIn, Throttled, WithBody,
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
    let right = password::verify(change.old_password, account.password_hash.clone()).await;
    if !right.map_err(ApiError::internal)? {
        info!(user.id = %account.id, address = %client.address, "Refused to change a password");
        return Err(WRONG);
    }
    Client::succeeded(&app, attempt);
    let hash = password::hash(change.new_password).await.map_err(ApiError::internal)?;
    if !db::account::change_password(&app.db, &account, &hash, session).await? {
        // It was changed elsewhere meanwhile.
        return Err(WRONG);
    }
    info!(user.id = %account.id, "Changed a password");
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a new password with a one-time link, and ends all sessions. Log in next.
#[utoipa::path(post, path = "/auth/reset", tag = "auth", request_body = ResetPassword, responses(
    (status = 204, description = "Changed; the link is spent and all sessions have ended"),
    (status = 403, description = "The link is unknown, spent or too old", body = Problem, content_type = "application/problem+json"),
    Throttled, WithBody,
))]
pub(crate) async fn reset_password(
    State(app): State<Arc<App>>,
    client: Client,
    ValidJson(reset): ValidJson<ResetPassword>,
) -> Result<StatusCode, ApiError> {
    const NOT_OPEN: ApiError =
        ApiError::Forbidden("The link is not good any more. Ask an admin for a new one.");
    client.attempt_anything(&app)?;
    let token = SecretToken::parse(&reset.token).ok_or(NOT_OPEN)?.hash();
    // Looked at first: a made-up token must not cost a hash.
    if !password_reset::is_open(&app.db, &token, app.now()).await? {
        info!(address = %client.address, "Refused a reset link");
        return Err(NOT_OPEN);
    }
    let hash = password::hash(reset.new_password).await.map_err(ApiError::internal)?;
    let user = db::account::reset_password(&app.db, &token, &hash, app.now()).await?.ok_or(NOT_OPEN)?;
    info!(user.id = %user, address = %client.address, "Set a password with a reset link");
    Ok(StatusCode::NO_CONTENT)
}
