//! Sends a link that sets a new password to the e-mail address of an account, at the request of any client.
//!
//! The response does not reveal whether the account exists: it is always 202, and it is sent before Nang looks the account up
//! and sends the e-mail.

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
    mail::template::{self, Email},
};

/// Lifetime of the link. Shorter than that of an admin's link, because any client can request it.
const LIFETIME: Duration = Duration::hours(1);

/// The account whose password was forgotten.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "noy@films.example.la" }))]
pub(crate) struct ForgotPassword {
    /// E-mail address of the account; case does not matter.
    #[schema(format = "email", max_length = 254)]
    #[garde(email, length(max = 254))]
    email: String,
}

/// Sends a link that sets a new password to the e-mail address of an account.
///
/// The link is valid for an hour. The response does not reveal whether the account exists.
#[utoipa::path(post, path = "/auth/forgot-password", tag = "auth", request_body = ForgotPassword, responses(
    (status = 202, description = "Nang sends a link if the account exists"),
    (status = 409, description = "This server sends no e-mail; an admin can create a link", body = Problem, content_type = "application/problem+json"),
    Throttled, WithBody,
))]
pub(crate) async fn forgot_password(
    State(app): State<Arc<App>>,
    client: Client,
    ValidJson(forgot): ValidJson<ForgotPassword>,
) -> Result<StatusCode, ApiError> {
    let mailer = app.mailer()?;
    let email = forgot.email.to_lowercase();
    client.request_email(&app, &email)?;
    info!(address = %client.address, "Accepted a request for a reset link by e-mail");
    mailer.deliver_later(reset_email(Arc::clone(&app), email));
    Ok(StatusCode::ACCEPTED)
}

/// Creates a link and returns the e-mail with it; `None` if the account does not exist, is disabled or has no password.
async fn reset_email(app: Arc<App>, email: String) -> Option<Email> {
    let create = async {
        let Some(user) = user::find_by_email(&app.db, &email).await? else { return Ok(None) };
        if user.disabled_at.is_some() || user.password_hash.is_none() {
            return Ok(None);
        }
        let (token, expires_at) = (SecretToken::new(), app.now() + LIFETIME);
        password_reset::create(&app.db, &Author::NANG, user.id, &token.hash(), expires_at).await?;
        info!(user.id = %user.id, "Created a reset link to send by e-mail");
        let url = app.page_url(&format!("/reset#{}", token.to_text()));
        Ok::<_, db::DbError>(Some(template::password_reset(user.email, &url, expires_at)))
    };
    create.await.unwrap_or_else(|error| {
        warn!(%error, "Cannot create a reset link, so no e-mail is sent; the user can request another");
        None
    })
}
