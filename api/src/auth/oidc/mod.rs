//! Logging in with an identity provider (OIDC Core 1.0), for editors and admins, if the settings configure one.
//!
//! This is the authorization code flow with PKCE. Nang redirects the browser to the provider with a state, a nonce and a challenge,
//! and stores the values to check them against in a cookie. The browser returns with a code, which Nang exchanges for an ID token.
//! `db::identity` finds the account of the token, which receives the same refresh cookie as after logging in with a password.

mod refusal;

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use db::user::Role;
use domain::id::UserId;
use garde::Validate;
use serde::Deserialize;
use tracing::info;
use utoipa::IntoParams;

use self::refusal::Refusal;
use super::{client::Client, login, refresh_cookie};
use crate::{
    app::App,
    credential::oidc::{
        flow::{self, Flow},
        provider::Provider,
    },
    http::{
        error::ApiError,
        problem::Problem,
        query::ValidQuery,
        responses::{Throttled, WithQuery},
    },
};

/// Page to which the browser is redirected after logging in: the pages for editors and admins.
const AFTER_LOGIN: HeaderValue = HeaderValue::from_static("/admin");

/// Query parameters with which the provider sends the browser back (RFC 6749 §4.1.2). Parameters that a provider adds are ignored.
#[derive(Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
pub(crate) struct Callback {
    /// State that Nang sent to the provider
    #[garde(length(max = 200))]
    state: Option<String>,
    /// Authorization code, which Nang exchanges for an ID token; absent if the provider refused
    #[garde(length(max = 4096))]
    code: Option<String>,
    /// Why the provider refused (RFC 6749 §4.1.2.1)
    #[garde(length(max = 200))]
    error: Option<String>,
}

/// Redirects a browser to the identity provider for logging in.
///
/// If it fails, a client that accepts `text/html` is redirected to `/login`; other clients receive the problem.
#[utoipa::path(get, path = "/auth/oidc/login", tag = "auth", responses(
    (status = 303, description = "Redirects to the provider", headers(("Location" = String, description = "URL at the provider"), ("Set-Cookie" = String, description = "`nang_oidc`, valid for ten minutes"))),
    (status = 404, description = "No identity provider is configured", body = Problem, content_type = "application/problem+json"),
    Throttled,
))]
pub(crate) async fn begin_oidc_login(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
) -> Response {
    match begin(&app, &client).await {
        Ok(to_provider) => to_provider.into_response(),
        Err(refusal) => refusal.respond(&headers),
    }
}

async fn begin(app: &App, client: &Client) -> Result<impl IntoResponse + use<>, Refusal> {
    let provider = provider(app)?;
    // Each attempt causes two requests to the provider.
    client.attempt_without_account(app)?;
    let flow = Flow::new();
    let url = provider.login_url(&flow).await?;
    let location = HeaderValue::try_from(url).map_err(ApiError::internal)?;
    Ok((
        StatusCode::SEE_OTHER,
        [(header::LOCATION, location)],
        AppendHeaders([flow.to_cookie(app.secure_cookies())]),
    ))
}

/// Completes logging in with the identity provider, which redirects the browser here.
///
/// If it fails, a client that accepts `text/html` is redirected to `/login`; other clients receive the problem.
#[utoipa::path(get, path = "/auth/oidc/callback", tag = "auth", params(Callback), responses(
    (status = 303, description = "The session was created; redirects to the pages for editors", headers(("Location" = String, description = "The pages for editors"), ("Set-Cookie" = String, description = "The refresh token, as `nang_refresh`"))),
    (status = 403, description = "This browser did not start logging in or took too long, the provider refused, its response is invalid, or the user has no enabled account of an editor or admin", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No identity provider is configured", body = Problem, content_type = "application/problem+json"),
    Throttled, WithQuery,
))]
pub(crate) async fn finish_oidc_login(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    ValidQuery(callback): ValidQuery<Callback>,
) -> Response {
    let finished = match finish(&app, &client, &headers, callback).await {
        Ok(to_pages) => to_pages.into_response(),
        Err(refusal) => refusal.respond(&headers),
    };
    // In all cases, because a state is valid only once.
    (AppendHeaders([flow::remove(app.secure_cookies())]), finished).into_response()
}

async fn finish(
    app: &App,
    client: &Client,
    headers: &HeaderMap,
    callback: Callback,
) -> Result<impl IntoResponse + use<>, Refusal> {
    let provider = provider(app)?;
    client.attempt_without_account(app)?;
    let flow = Flow::read(headers).ok_or(Refusal::NotBegun)?;
    if !callback.state.is_some_and(|state| flow.has_state(&state)) {
        return Err(Refusal::NotBegun);
    }
    let code = callback.code.filter(|_| callback.error.is_none()).ok_or(Refusal::AtProvider)?;
    let claim = provider.claim(code, &flow, app.now()).await?;
    let account = db::account::find_or_link(&app.db, &claim, UserId(app.new_id()), app.now()).await?;
    let Some(account) = account.filter(|account| account.role >= Role::Editor) else {
        info!(
            address = %client.address,
            "Login attempt refused: the identity has no account of an editor or admin"
        );
        return Err(Refusal::NoAccount);
    };
    if account.disabled_at.is_some() {
        return Err(Refusal::Disabled);
    }
    let (_, token) = login::create_session(app, client, &account).await?.ok_or(Refusal::NoAccount)?;
    Ok((
        StatusCode::SEE_OTHER,
        [(header::LOCATION, AFTER_LOGIN)],
        AppendHeaders([refresh_cookie::set(&token, app.secure_cookies())]),
    ))
}

fn provider(app: &App) -> Result<&Provider, ApiError> {
    app.oidc.as_ref().ok_or(ApiError::NotFound("No identity provider is configured."))
}
