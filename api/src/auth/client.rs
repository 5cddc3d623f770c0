//! The program at the other end of a request: where it is, what it calls itself, and how often it may try.

use std::{convert::Infallible, net::IpAddr, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use tracing::warn;

use crate::{
    app::App,
    credential::throttle::{Attempt, MAX_KNOWN, TryAgainIn},
    http::{address::subscriber, error::ApiError},
};

/// Most of what a program calls itself that is kept, in characters.
const MAX_USER_AGENT_CHARS: usize = 200;

/// Who sent a request, as far as its connection and headers tell.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    pub(crate) user_agent: Option<String>,
}

impl Client {
    /// Counts an attempt on the account with this e-mail address (lower case), whether there is one or not.
    pub(crate) async fn attempt(&self, app: &App, email: &str) -> Result<Attempt, ApiError> {
        let places = async || {
            let places = db::account_session::list_places(&app.db, MAX_KNOWN).await?.into_iter();
            let place = |place: db::account_session::Place| {
                let address = place.address.parse().ok()?;
                Some((place.email, subscriber(address), place.last_began_at))
            };
            Ok::<_, db::DbError>(places.filter_map(place).collect())
        };
        app.throttle.read_known(places).await?;
        self.check(app.throttle.attempt(email, subscriber(self.address), app.now()))
    }

    /// Counts an e-mail that a client asks for to the account with this e-mail address, whether there is one or not.
    pub(crate) fn ask_for_mail(&self, app: &App, email: &str) -> Result<(), ApiError> {
        self.check(app.throttle.ask_for_mail(email, subscriber(self.address), app.now()))
    }

    /// Counts an attempt on what is no account: a link, say.
    pub(crate) fn attempt_anything(&self, app: &App) -> Result<(), ApiError> {
        self.check(app.throttle.attempt_from(subscriber(self.address), app.now()))
    }

    /// The account's owner has proved who they are.
    pub(crate) fn succeeded(app: &App, attempt: Attempt) {
        app.throttle.succeeded(attempt, app.now());
    }

    /// The account's owner is here, although this was no attempt.
    pub(crate) fn remember(&self, app: &App, email: &str) {
        app.throttle.remember(email.to_owned(), subscriber(self.address), app.now());
    }

    /// Counts a film that is begun without a login.
    pub(crate) fn begin_playback(&self, app: &App) -> Result<(), ApiError> {
        self.check(app.throttle.begin_playback(subscriber(self.address), app.now()))
    }

    fn check<T>(&self, allowed: Result<T, TryAgainIn>) -> Result<T, ApiError> {
        allowed.map_err(|TryAgainIn(retry_after_s)| {
            warn!(address = %self.address, retry_after_s, "Throttled an attempt");
            ApiError::Throttled { retry_after_s }
        })
    }
}

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let address = app.trusted_proxies.client_address(&parts.extensions, &parts.headers);
        let user_agent = parts.headers.get(header::USER_AGENT).map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.chars().filter(|char| !char.is_control()).take(MAX_USER_AGENT_CHARS).collect()
        });
        Ok(Self { address, user_agent })
    }
}
