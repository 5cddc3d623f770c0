//! Everything the API is told from outside.

use std::time::Duration;

use db::Db;
use domain::token::KeyRing;
use serde::{Deserialize, Serialize};
use storage::Storage;
use time::OffsetDateTime;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use utoipa::ToSchema;

use crate::{
    credential::{access_token::AccessKeys, oidc::config::OidcConfig},
    http::{address::TrustedProxies, body::Patience},
    mail::MailConfig,
};

/// Who may make an account. An admin's invitation is always accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Anyone: a viewer's account.
    Open,
    /// People with an admin's invitation; the login page says so.
    Invitation,
    /// People with an admin's invitation; the login page offers no registration.
    Closed,
}

/// Settings and connections of the API.
#[derive(Clone)]
pub struct Config {
    /// The catalogue.
    pub db: Db,
    /// The objects.
    pub storage: Storage,
    /// How masters are taken in.
    pub uploads: ingest::Config,
    /// Signs playback tokens.
    pub keys: KeyRing,
    /// Sign access tokens.
    pub access_keys: AccessKeys,
    /// Who may make an account of their own.
    pub registration: Registration,
    /// With whom editors and admins may log in; needs `public_url`.
    pub oidc: Option<OidcConfig>,
    /// What letters are sent with; needs `public_url`. Without it, none are.
    pub mail: Option<MailConfig>,
    /// Letters on their way, to be waited for with [`finish_letters`](crate::finish_letters) when the server has stopped.
    pub letters: TaskTracker,
    /// Address that people reach this server at (`https://films.example.la`). With `https`, cookies are `Secure`.
    pub public_url: Option<String>,
    /// Put before `/v/…` in playback addresses, if the origin is on another host.
    pub origin_base_url: Option<String>,
    /// Playback sessions that an account may have running at once.
    pub max_streams_per_account: u32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Who sends it may read the metrics; without it, programs on this machine may.
    pub metrics_token: Option<String>,
    /// How long lists that are the same for everybody are kept in memory, [`LIST_CACHE_LIFETIME`](crate::LIST_CACHE_LIFETIME) as a
    /// rule; zero for not at all.
    pub list_cache: Duration,
    /// How long slow clients are waited for.
    pub patience: Patience,
    /// The time.
    pub clock: fn() -> OffsetDateTime,
    /// Cancelled when the server is to stop: streams of events end, so that their connections can be closed.
    pub shutdown: CancellationToken,
}
