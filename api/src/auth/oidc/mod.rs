//! Logging in with an identity provider (OIDC Core 1.0), for editors and admins, where the settings name one.
//!
//! The authorization code flow with PKCE. A browser is sent to the provider with a state, a nonce and a challenge, and keeps
//! what they are checked against in a cookie; it comes back with a code, which is traded for an ID token. Who that token
//! names is found by `db::identity`, and gets the refresh cookie that a password would have given them.

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

/// Where a browser goes that has logged in: the pages for editors and admins.
const AFTERWARDS: HeaderValue = HeaderValue::from_static("/admin");

/// What a provider sends a browser back with (RFC 6749 §4.1.2). Providers add fields of their own, which are left alone.
#[derive(Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
pub(crate) struct Callback {
    /// What the login began with
    #[garde(length(max = 200))]
    state: Option<String>,
    /// To be traded for an ID token
    #[garde(length(max = 4096))]
    code: Option<String>,
    /// Why there is no code (RFC 6749 §4.1.2.1)
    #[garde(length(max = 200))]
    error: Option<String>,
}

/// Begins a login with the identity provider: for a browser to go to. Who accepts `text/html` is sent to the login page
/// instead of being told of a problem.
#[utoipa::path(get, path = "/auth/oidc/login", tag = "auth", responses(
    (status = 303, description = "To the provider", headers(("Location" = String, description = "The provider"), ("Set-Cookie" = String, description = "nang_oidc, for ten minutes"))),
    (status = 404, description = "No provider is set", body = Problem, content_type = "application/problem+json"),
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
    // Each costs the provider two requests.
    client.attempt_anything(app)?;
    let flow = Flow::new();
    let url = provider.login_url(&flow).await?;
    let location = HeaderValue::try_from(url).map_err(ApiError::internal)?;
    Ok((
        StatusCode::SEE_OTHER,
        [(header::LOCATION, location)],
        AppendHeaders([flow.give(app.secure_cookies())]),
    ))
}

/// Ends a login with the identity provider: it sends the browser here, which then goes to the pages with the cookie
/// `nang_refresh`. Who accepts `text/html` is sent to the login page instead of being told of a problem.
#[utoipa::path(get, path = "/auth/oidc/callback", tag = "auth", params(Callback), responses(
    (status = 303, description = "Logged in; to the pages", headers(("Location" = String, description = "The pages"), ("Set-Cookie" = String, description = "nang_refresh"))),
    (status = 403, description = "The login was not begun by this browser, the provider refused it, its answer is not good, or it is nobody who may log in", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No provider is set", body = Problem, content_type = "application/problem+json"),
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
    // However it ended: a state is good once.
    (AppendHeaders([flow::remove(app.secure_cookies())]), finished).into_response()
}

async fn finish(
    app: &App,
    client: &Client,
    headers: &HeaderMap,
    callback: Callback,
) -> Result<impl IntoResponse + use<>, Refusal> {
    let provider = provider(app)?;
    client.attempt_anything(app)?;
    let flow = Flow::read(headers).ok_or(Refusal::NotBegun)?;
    if !callback.state.is_some_and(|state| flow.began_with(&state)) {
        return Err(Refusal::NotBegun);
    }
    let code = callback.code.filter(|_| callback.error.is_none()).ok_or(Refusal::AtProvider)?;
    let claim = provider.claim(code, &flow, app.now()).await?;
    let account = db::account::find_or_link(&app.db, &claim, UserId(app.new_id()), app.now()).await?;
    let Some(account) = account.filter(|account| account.role >= Role::Editor) else {
        info!(address = %client.address, "Refused somebody whom the identity provider knows");
        return Err(Refusal::Nobody);
    };
    if account.disabled_at.is_some() {
        return Err(Refusal::Disabled);
    }
    let (_, token) = login::begin(app, client, &account).await?.ok_or(Refusal::Nobody)?;
    Ok((
        StatusCode::SEE_OTHER,
        [(header::LOCATION, AFTERWARDS)],
        AppendHeaders([refresh_cookie::give(&token, app.secure_cookies())]),
    ))
}

fn provider(app: &App) -> Result<&Provider, ApiError> {
    app.oidc.as_ref().ok_or(ApiError::NotFound("No identity provider is set here."))
}
