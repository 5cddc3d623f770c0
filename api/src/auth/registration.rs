//! Making an account of one's own, where the settings allow it.
//!
//! Whether an address has an account is not told: registering answers 202 either way, after the same work (the password
//! is always hashed, which outlasts everything else), and logs nobody in. Who then logs in with the password they gave
//! learns it all the same; without letters to the address that cannot be avoided, and it is slowed down as all guessing.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use db::{
    account::{self, Acceptance},
    invitation,
    user::{self, NewUser, Role},
};
use domain::id::UserId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use super::client::Client;
use crate::{
    app::{App, config::Registration},
    credential::secret_token::SecretToken,
    http::{
        error::ApiError,
        json::ValidJson,
        problem::Problem,
        responses::{Throttled, WithBody},
        text::readable,
    },
    password,
};

/// How people come to this server.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LoginOptions {
    /// Who may make an account of their own.
    registration: Registration,
    /// Name of the identity provider that editors and admins may log in with, at `/api/auth/oidc/login`; null: none.
    #[schema(required, examples("Films Office"))]
    identity_provider: Option<String>,
    /// Whether a link for a forgotten password can be asked for, at `/api/auth/forgot-password`.
    sends_mail: bool,
}

/// An account to be made.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "noy@films.example.la", "password": "ດອກຈຳປາ correct horse", "display_name": "ນາງ ນ້ອຍ",
    "invitation": "6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY"
}))]
pub(crate) struct Register {
    /// To log in with, in any case.
    #[schema(format = "email", max_length = 254)]
    #[garde(email, length(max = 254))]
    email: String,
    /// At least 10 characters.
    #[schema(format = "password", min_length = 10, max_length = 256)]
    #[garde(custom(acceptable_password))]
    password: String,
    /// Name shown to others.
    #[schema(min_length = 1, max_length = 100)]
    #[garde(length(chars, max = 100), custom(readable))]
    display_name: String,
    /// The token of an invitation; it decides the role.
    #[garde(length(max = 100))]
    invitation: Option<String>,
}

/// Tells how one may log in and register here.
#[utoipa::path(get, path = "/auth/options", tag = "auth", responses(
    (status = 200, description = "What this server is set to", body = LoginOptions),
))]
pub(crate) async fn get_login_options(State(app): State<Arc<App>>) -> Json<LoginOptions> {
    let identity_provider = app.oidc.as_ref().map(|provider| provider.display_name().to_owned());
    let sends_mail = app.mailer().is_ok();
    Json(LoginOptions { registration: app.registration, identity_provider, sends_mail })
}

/// Makes an account, unless the address has one: the answer is the same. Log in next.
#[utoipa::path(post, path = "/auth/register", tag = "auth", request_body = Register, responses(
    (status = 202, description = "If the address had no account, it has one now"),
    (status = 403, description = "An invitation is needed, or the one that was sent is not valid any more", body = Problem, content_type = "application/problem+json"),
    Throttled, WithBody,
))]
pub(crate) async fn register_account(
    State(app): State<Arc<App>>,
    client: Client,
    ValidJson(register): ValidJson<Register>,
) -> Result<StatusCode, ApiError> {
    const NOT_INVITED: ApiError = ApiError::Forbidden(
        "The invitation is not good any more, or is for another address. Ask an admin for a new one.",
    );
    let token = match (app.registration, register.invitation) {
        (Registration::Closed, None) => {
            return Err(ApiError::Forbidden("Registration is closed. Ask an admin for an invitation."));
        }
        (Registration::Invitation, None) => {
            return Err(ApiError::Forbidden("An account is made by invitation. Ask an admin for one."));
        }
        (_, Some(token)) => Some(SecretToken::parse(&token).ok_or(NOT_INVITED)?.hash()),
        (Registration::Open, None) => None,
    };
    // Only now: what is refused above guesses at nothing.
    let email = register.email.to_lowercase();
    client.attempt(&app, &email).await?;
    if let Some(token) = &token
        && !invitation::is_open(&app.db, token, &email, app.now()).await?
    {
        return Err(NOT_INVITED);
    }
    let new = NewUser {
        id: UserId(app.new_id()),
        email,
        password_hash: password::hash(register.password).await.map_err(ApiError::internal)?,
        role: Role::Viewer,
        display_name: register.display_name.trim().to_owned(),
    };
    let made = match &token {
        Some(token) => match account::accept_invitation(&app.db, token, new, app.now()).await? {
            Acceptance::Accepted(user) => Some(user),
            Acceptance::AddressInUse => None,
            Acceptance::NotInvited => return Err(NOT_INVITED),
        },
        None => user::create_if_free(&app.db, new).await?,
    };
    if let Some(user) = made {
        info!(user.id = %user, address = %client.address, "Registered an account");
    } else {
        info!(address = %client.address, "Somebody registered an address that has an account");
    }
    Ok(StatusCode::ACCEPTED)
}

/// For garde: what a new password must be.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
pub(crate) fn acceptable_password(password: &str, (): &()) -> garde::Result {
    password::check_new(password).map_err(garde::Error::new)
}
