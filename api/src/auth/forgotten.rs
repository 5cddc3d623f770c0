//! A link to set a new password, by mail to the account's own address, for whoever asks.
//!
//! Whether an address has an account is not told: the answer is 202 either way and at once, since looking the account up
//! and writing to it happen after it.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use db::{audit::Author, password_reset, user};
use garde::Validate;
use serde::Deserialize;
use time::Duration;
use tracing::{info, warn};
use utoipa::ToSchema;

use super::client::Client;
use crate::{
    app::App,
    credential::secret_token::SecretToken,
    http::{
        error::ApiError,
        json::ValidJson,
        problem::Problem,
        responses::{Throttled, WithBody},
    },
    mail::letter::{self, Letter},
};

/// How long the link can be used; shorter than an admin's, since anybody may ask for it.
const LIFETIME: Duration = Duration::hours(1);

/// Whose password it is.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "noy@films.example.la" }))]
pub(crate) struct ForgotPassword {
    /// The account's address, in any case.
    #[schema(format = "email", max_length = 254)]
    #[garde(email, length(max = 254))]
    email: String,
}

/// Sends a link that sets a new password to the account's address, if there is such an account: the answer is the same.
#[utoipa::path(post, path = "/auth/forgot-password", tag = "auth", request_body = ForgotPassword, responses(
    (status = 202, description = "If there is such an account, a link is on its way"),
    (status = 409, description = "This server sends no mail; an admin can make a link", body = Problem, content_type = "application/problem+json"),
    Throttled, WithBody,
))]
pub(crate) async fn forgot_password(
    State(app): State<Arc<App>>,
    client: Client,
    ValidJson(forgot): ValidJson<ForgotPassword>,
) -> Result<StatusCode, ApiError> {
    let mailer = app.mailer()?;
    let email = forgot.email.to_lowercase();
    client.ask_for_mail(&app, &email)?;
    info!(address = %client.address, "Somebody forgot a password");
    mailer.deliver_later(write(Arc::clone(&app), email));
    Ok(StatusCode::ACCEPTED)
}

/// The letter, if there is such an account and it logs in with a password.
async fn write(app: Arc<App>, email: String) -> Option<Letter> {
    let make = async {
        let Some(user) = user::find_by_email(&app.db, &email).await? else { return Ok(None) };
        if user.disabled_at.is_some() || user.password_hash.is_none() {
            return Ok(None);
        }
        let (token, expires_at) = (SecretToken::new(), app.now() + LIFETIME);
        password_reset::create(&app.db, &Author::NANG, user.id, &token.hash(), expires_at).await?;
        info!(user.id = %user.id, "Made a reset link for a letter");
        let url = app.page_url(&format!("/reset#{}", token.to_text()));
        Ok::<_, db::DbError>(Some(letter::password_reset(user.email, &url, expires_at)))
    };
    make.await.unwrap_or_else(|error| {
        warn!(%error, "A reset link could not be made");
        None
    })
}
