//! Registration: creating an account, if the settings allow it.
//!
//! The response does not reveal whether an e-mail address has an account: it is 202 in both cases, after the same work (the
//! password is always hashed, which takes longer than everything else), and does not log the caller in. A caller can still find out
//! by logging in with the new password. That cannot be avoided without e-mails to the address; it is throttled like all guessing.

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

/// The ways to register and log in on this server.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LoginOptions {
    /// Which callers may register.
    registration: Registration,
    /// Name of the identity provider with which editors and admins may log in at `/api/auth/oidc/login`; null if not configured.
    #[schema(required, examples("Films Office"))]
    identity_provider: Option<String>,
    /// Whether callers can request a link for a forgotten password at `/api/auth/forgot-password`.
    sends_mail: bool,
    /// Text that changes with every build of the pages that this server serves, the same as in `<meta name="nang-build">`; null if it
    /// serves none. A page of another build should be loaded again.
    #[schema(required, examples("5f3c9a0b1d2e4f68"))]
    pages_build: Option<String>,
}

/// A new account.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "noy@films.example.la", "password": "ດອກຈຳປາ correct horse", "display_name": "ນາງ ນ້ອຍ",
    "invitation": "6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY"
}))]
pub(crate) struct Register {
    /// E-mail address for logging in; case does not matter.
    #[schema(format = "email", max_length = 254)]
    #[garde(email, length(max = 254))]
    email: String,
    /// Password, at least 10 characters and at most 256 bytes.
    #[schema(format = "password", min_length = 10, max_length = 256)]
    #[garde(custom(acceptable_password))]
    password: String,
    /// Display name.
    #[schema(min_length = 1, max_length = 100)]
    #[garde(length(chars, max = 100), custom(readable))]
    display_name: String,
    /// Token of an invitation, which determines the role; without one, the account is a viewer's.
    #[garde(length(max = 100))]
    invitation: Option<String>,
}

/// Returns the ways to register and log in on this server.
#[utoipa::path(get, path = "/auth/options", tag = "auth", responses(
    (status = 200, description = "The ways to register and log in", body = LoginOptions),
))]
pub(crate) async fn get_login_options(State(app): State<Arc<App>>) -> Json<LoginOptions> {
    let identity_provider = app.oidc.as_ref().map(|provider| provider.display_name().to_owned());
    let sends_mail = app.mailer().is_ok();
    let pages_build = app.pages_build.clone();
    Json(LoginOptions { registration: app.registration, identity_provider, sends_mail, pages_build })
}

/// Creates an account, unless the e-mail address already has one.
///
/// The response does not reveal whether the address had an account. The caller then has to log in.
#[utoipa::path(post, path = "/auth/register", tag = "auth", request_body = Register, responses(
    (status = 202, description = "The account was created, unless the address already had one"),
    (status = 403, description = "An invitation is required, or the given one is not valid", body = Problem, content_type = "application/problem+json"),
    Throttled, WithBody,
))]
pub(crate) async fn register_account(
    State(app): State<Arc<App>>,
    client: Client,
    ValidJson(register): ValidJson<Register>,
) -> Result<StatusCode, ApiError> {
    const NOT_INVITED: ApiError = ApiError::Forbidden(
        "The invitation is no longer valid, or is for another address. Ask an admin for a new one.",
    );
    let token = match (app.registration, register.invitation) {
        (Registration::Closed, None) => {
            return Err(ApiError::Forbidden("Registration is closed. Ask an admin for an invitation."));
        }
        (Registration::Invitation, None) => {
            return Err(ApiError::Forbidden("Registration requires an invitation. Ask an admin for one."));
        }
        (_, Some(token)) => Some(SecretToken::parse(&token).ok_or(NOT_INVITED)?.hash()),
        (Registration::Open, None) => None,
    };
    // Counted only here, because the requests refused above guess nothing.
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
    let created = match &token {
        Some(token) => match account::accept_invitation(&app.db, token, new, app.now()).await? {
            Acceptance::Accepted(user) => Some(user),
            Acceptance::AddressInUse => None,
            Acceptance::NotInvited => return Err(NOT_INVITED),
        },
        None => user::create_if_free(&app.db, new).await?,
    };
    if let Some(user) = created {
        info!(user.id = %user, address = %client.address, "Registered an account");
    } else {
        info!(address = %client.address, "Ignored a registration: the address already has an account");
    }
    Ok(StatusCode::ACCEPTED)
}

/// Checks a new password, for garde.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
pub(crate) fn acceptable_password(password: &str, (): &()) -> garde::Result {
    password::check_new(password).map_err(garde::Error::new)
}
