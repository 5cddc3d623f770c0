//! Everything the API is told from outside.

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

/// Who may make an account of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Anybody; viewers' accounts.
    Open,
    /// Whoever was invited by an admin.
    Invitation,
    /// Nobody.
    Closed,
}

/// Settings and connections of the API.
#[derive(Clone)]
pub struct Config {
    /// The catalogue.
    pub db: Db,
    /// The objects; only asked whether they can be reached.
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
    /// How long slow clients are waited for.
    pub patience: Patience,
    /// The time.
    pub clock: fn() -> OffsetDateTime,
    /// Cancelled when the server is to stop: streams of events end, so that their connections can be closed.
    pub shutdown: CancellationToken,
}
