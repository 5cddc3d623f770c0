//! Deleting the caller's account.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse},
};
use garde::Validate;
use serde::Deserialize;
use tracing::info;
use utoipa::ToSchema;

use super::{client::Client, identity::User, refresh_cookie};
use crate::{
    app::App,
    http::{
        error::ApiError,
        json::ValidJson,
        problem::Problem,
        responses::{Authenticated, Throttled, WithBody},
    },
    password,
};

/// The password of the account to delete.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "password": "ດອກຈຳປາ correct horse" }))]
pub(crate) struct DeleteAccount {
    /// Password of the account; null or omitted for an account that has none because it logs in with an identity provider.
    #[schema(format = "password", max_length = 256)]
    #[garde(length(min = 1, max = password::MAX_BYTES))]
    password: Option<String>,
}

/// Deletes the caller's account.
///
/// Its sessions end, and its watch history, resume points, watchlist, preferences and links are deleted. What others need stays
/// without a name: counts of what was watched, and films that the account has edited.
#[utoipa::path(post, path = "/auth/me/delete", tag = "auth", security(("bearer" = [])), request_body = DeleteAccount, responses(
    (status = 204, description = "The account was deleted", headers(("Set-Cookie" = String, description = "Removes `nang_refresh`"))),
    (status = 403, description = "The password is wrong (`wrong-password`)", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The account is the last admin's", body = Problem, content_type = "application/problem+json"),
    Authenticated, Throttled, WithBody,
))]
pub(crate) async fn delete_account(
    State(app): State<Arc<App>>,
    client: Client,
    User { account, .. }: User,
    ValidJson(body): ValidJson<DeleteAccount>,
) -> Result<impl IntoResponse, ApiError> {
    let attempt = client.attempt(&app, &account.email).await?;
    if account.password_hash.is_some() {
        let given = body.password.unwrap_or_default();
        let is_correct = password::verify(given, account.password_hash.clone()).await;
        if !is_correct.map_err(ApiError::internal)? {
            info!(user.id = %account.id, address = %client.address, "Refused to delete an account: the password is wrong");
            return Err(wrong_password());
        }
    }
    Client::record_success(&app, attempt);
    if !db::account::delete(&app.db, &account).await? {
        // Another request changed the password, or disabled or deleted the account, in the meantime.
        return Err(wrong_password());
    }
    info!(user.id = %account.id, "Deleted an account at the request of its owner");
    Ok((StatusCode::NO_CONTENT, AppendHeaders([refresh_cookie::remove(app.secure_cookies())])))
}

fn wrong_password() -> ApiError {
    Problem::new(StatusCode::FORBIDDEN, "wrong-password", "Wrong password", "The password is wrong.").into()
}
