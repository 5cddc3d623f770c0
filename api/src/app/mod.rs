//! The state that handlers share.

mod catalogue_permits;
pub(crate) mod config;
pub(crate) mod film_feeds;
pub(crate) mod list_cache;
pub(crate) mod storage_probe;

use std::{sync::Arc, time::Duration};

use axum::{extract::FromRef, http::HeaderName};
use db::Db;
use domain::token::KeyRing;
use storage::Storage;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::{
    catalogue_permits::CataloguePermits,
    config::{Config, Registration, Setting},
    film_feeds::FilmFeeds,
    list_cache::ListCache,
    storage_probe::StorageProbe,
};
use crate::{
    credential::{access_token::AccessKeys, oidc::provider::Provider, throttle::Throttle},
    http::{address::TrustedProxies, body::ClientTimeouts, error::ApiError, metrics::RequestMetrics},
    mail::Mailer,
    random,
};

/// The state of every handler. [`Config`] documents the fields.
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) storage: Storage,
    pub(crate) storage_probe: StorageProbe,
    pub(crate) min_free_bytes: u64,
    pub(crate) upload_expiry: Duration,
    pub(crate) keys: KeyRing,
    pub(crate) access_keys: AccessKeys,
    pub(crate) registration: Registration,
    pub(crate) oidc: Option<Provider>,
    mailer: Option<Mailer>,
    pub(crate) public_url: Option<String>,
    pub(crate) origin_base_url: String,
    pub(crate) max_streams_per_account: u32,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) country_header: Option<HeaderName>,
    pub(crate) client_timeouts: ClientTimeouts,
    pub(crate) pages_build: Option<String>,
    pub(crate) settings: Arc<[Setting]>,
    clock: fn() -> OffsetDateTime,
    pub(crate) shutdown: CancellationToken,
    pub(crate) throttle: Throttle,
    pub(crate) film_feeds: FilmFeeds,
    pub(crate) list_cache: ListCache,
    pub(crate) catalogue_permits: CataloguePermits,
    pub(crate) metrics: Arc<RequestMetrics>,
    pub(crate) metrics_token: Option<String>,
}

impl App {
    pub(crate) fn new(config: Config) -> Arc<Self> {
        let public_url = config.public_url.as_deref().unwrap_or_default().trim_end_matches('/').to_owned();
        let oidc =
            config.oidc.map(|oidc| Provider::new(oidc, format!("{public_url}/api/auth/oidc/callback")));
        let origin_base_url = config.origin_base_url.unwrap_or_default();
        Arc::new(Self {
            db: config.db,
            storage: config.storage,
            storage_probe: StorageProbe::default(),
            min_free_bytes: config.uploads.min_free_bytes,
            upload_expiry: config.uploads.expiry,
            keys: config.keys,
            access_keys: config.access_keys,
            registration: config.registration,
            oidc,
            mailer: config.mail.map(|mail| Mailer::new(mail, config.emails, config.shutdown.clone())),
            public_url: config.public_url,
            origin_base_url: origin_base_url.trim_end_matches('/').to_owned(),
            max_streams_per_account: config.max_streams_per_account,
            trusted_proxies: config.trusted_proxies,
            country_header: config.country_header,
            client_timeouts: config.client_timeouts,
            pages_build: config.pages_build,
            settings: config.settings,
            clock: config.clock,
            shutdown: config.shutdown,
            throttle: Throttle::new(),
            film_feeds: FilmFeeds::default(),
            list_cache: ListCache::new(config.list_cache),
            catalogue_permits: CataloguePermits::default(),
            metrics: Arc::default(),
            metrics_token: config.metrics_token,
        })
    }

    /// Returns the present time.
    pub(crate) fn now(&self) -> OffsetDateTime {
        (self.clock)()
    }

    /// Returns a new id.
    pub(crate) fn new_id(&self) -> Uuid {
        random::id(self.now())
    }

    /// Returns the sender of e-mails; an error for the caller if none is configured.
    pub(crate) fn mailer(&self) -> Result<&Mailer, ApiError> {
        let missing = || {
            ApiError::Conflict("This server sends no mail. An admin can create a link instead.".to_owned())
        };
        self.mailer.as_ref().ok_or_else(missing)
    }

    /// Returns the URL of a page; without a `public_url` only its path.
    pub(crate) fn page_url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_deref().unwrap_or_default().trim_end_matches('/'))
    }

    /// Whether browsers reach this server over HTTPS, so that cookies can be `Secure`.
    pub(crate) fn secure_cookies(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

impl FromRef<Arc<App>> for ClientTimeouts {
    fn from_ref(app: &Arc<App>) -> Self {
        app.client_timeouts
    }
}
