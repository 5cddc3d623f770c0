//! The API's configuration.

use std::{sync::Arc, time::Duration};

use axum::http::HeaderName;
use db::Db;
use domain::token::KeyRing;
use serde::{Deserialize, Serialize};
use storage::Storage;
use time::OffsetDateTime;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use utoipa::ToSchema;

use crate::{
    credential::{access_token::AccessKeys, oidc::config::OidcConfig},
    http::{address::TrustedProxies, body::ClientTimeouts},
    mail::MailConfig,
};

/// Which people may register an account. An admin's invitation is always accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// All people; they get a viewer's account.
    Open,
    /// Only people with an admin's invitation. The page for logging in mentions invitations.
    Invitation,
    /// Only people with an admin's invitation. The page for logging in does not offer registration.
    Closed,
}

/// A setting in force, for admins to read.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value; masked if it is a secret.
    pub value: serde_json::Value,
    /// Whether it has its default value.
    pub is_default: bool,
}

/// Settings and connections of the API.
#[derive(Clone)]
pub struct Config {
    /// The database.
    pub db: Db,
    /// The object storage.
    pub storage: Storage,
    /// Configuration of uploads of masters.
    pub uploads: ingest::Config,
    /// Signs playback tokens.
    pub keys: KeyRing,
    /// Signs access tokens.
    pub access_keys: AccessKeys,
    /// Which people may register an account.
    pub registration: Registration,
    /// Identity provider with which editors and admins may log in; requires `public_url`.
    pub oidc: Option<OidcConfig>,
    /// Mail server for e-mails; requires `public_url`. If absent, Nang sends no e-mails.
    pub mail: Option<MailConfig>,
    /// Tracks the e-mails that are being sent. Wait for them with [`finish_emails`](crate::finish_emails) after the server has stopped.
    pub emails: TaskTracker,
    /// URL at which browsers reach this server (`https://films.example.la`). With `https`, cookies are `Secure`.
    pub public_url: Option<String>,
    /// Prefix of `/v/…` in playback URLs, if the origin is on another host.
    pub origin_base_url: Option<String>,
    /// Maximum number of active playback sessions per account.
    pub max_streams_per_account: u32,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: TrustedProxies,
    /// Header in which a trusted proxy names the country of a request. If absent, the server does not learn countries.
    pub country_header: Option<HeaderName>,
    /// Token that a client must send to read the metrics. If absent, only programs on this machine may read them.
    pub metrics_token: Option<String>,
    /// How long responses of lists to anonymous callers are cached in memory, usually
    /// [`LIST_CACHE_LIFETIME`](crate::LIST_CACHE_LIFETIME); zero disables the cache.
    pub list_cache: Duration,
    /// Timeouts for slow clients.
    pub client_timeouts: ClientTimeouts,
    /// Text that changes with every build of the pages, if this server serves pages.
    pub pages_build: Option<String>,
    /// The settings in force, for admins to read.
    pub settings: Arc<[Setting]>,
    /// Returns the present time.
    pub clock: fn() -> OffsetDateTime,
    /// Cancelled when the server must stop. Event streams then end, so that their connections can be closed.
    pub shutdown: CancellationToken,
}
