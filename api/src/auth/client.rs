//! The client of a request: its address, its user agent, and the limits on its attempts.

use std::{convert::Infallible, net::IpAddr, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use domain::country::ViewerCountry;
use tracing::warn;

use crate::{
    app::App,
    credential::throttle::{Attempt, MAX_KNOWN, RetryAfter},
    http::{address::subscriber, country::viewer_country, error::ApiError},
};

/// Maximum length of a recorded user agent, in characters.
const MAX_USER_AGENT_CHARS: usize = 200;

/// The client that sent a request, according to its connection and headers.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    pub(crate) user_agent: Option<String>,
    pub(crate) country: ViewerCountry,
}

impl Client {
    /// Counts an attempt on the account with this e-mail address (lower case), whether or not the account exists.
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

    /// Counts a request for an e-mail to the account with this e-mail address, whether or not the account exists.
    pub(crate) fn request_email(&self, app: &App, email: &str) -> Result<(), ApiError> {
        self.check(app.throttle.request_email(email, subscriber(self.address), app.now()))
    }

    /// Counts an attempt that concerns no particular account, for example with a link.
    pub(crate) fn attempt_without_account(&self, app: &App) -> Result<(), ApiError> {
        self.check(app.throttle.attempt_from(subscriber(self.address), app.now()))
    }

    /// Records that the attempt succeeded: the client proved that it may use the account.
    pub(crate) fn record_success(app: &App, attempt: Attempt) {
        app.throttle.record_success(attempt, app.now());
    }

    /// Records that the account was used from this client without a counted attempt.
    pub(crate) fn remember(&self, app: &App, email: &str) {
        app.throttle.remember(email.to_owned(), subscriber(self.address), app.now());
    }

    /// Counts the start of a film by a client that is not logged in.
    pub(crate) fn begin_playback(&self, app: &App) -> Result<(), ApiError> {
        self.check(app.throttle.begin_playback(subscriber(self.address), app.now()))
    }

    fn check<T>(&self, allowed: Result<T, RetryAfter>) -> Result<T, ApiError> {
        allowed.map_err(|RetryAfter(retry_after_s)| {
            warn!(address = %self.address, retry_after_s, "Refused a request: too many attempts");
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
        let country = viewer_country(
            app.country_header.as_ref(),
            &app.trusted_proxies,
            &parts.extensions,
            &parts.headers,
        );
        Ok(Self { address, user_agent, country })
    }
}
