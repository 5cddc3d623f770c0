//! Builds the configuration of each part from the settings.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use axum::Router;
use db::Db;
use origin::Origin;
use storage::Storage;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::sandbox;
use crate::{clock, pages, secrets, settings::Settings, telemetry};

/// Database connections that requests share. Each request holds one for milliseconds at a time.
const MIN_CONNECTIONS: u32 = 16;
/// Time limit for reading the list of revoked playback tokens at the start.
const REVOCATIONS_TIMEOUT: Duration = Duration::from_secs(5);
/// Number of concurrent jobs for each further connection. A job reports every two seconds that it is running, and once its result.
const JOBS_PER_CONNECTION: usize = 16;

/// Connects to the database that the settings name. Without one, `nang up` sets that of its private PostgreSQL.
pub(super) async fn database(settings: &Settings) -> anyhow::Result<Db> {
    match &settings.database_url {
        Some(url) => open(&url.0, connections(settings.worker_jobs)).await,
        None => bail!(
            "database_url (NANG_DATABASE_URL) is not set; set it to a PostgreSQL server, or use `nang up`, which runs its own"
        ),
    }
}

pub(crate) async fn connect(url: &str) -> anyhow::Result<Db> {
    open(url, MIN_CONNECTIONS).await
}

async fn open(url: &str, max_connections: u32) -> anyhow::Result<Db> {
    let db = Db::connect(url, max_connections).await.context("cannot reach the database")?;
    Ok(db.with_traces(telemetry::trace_source()))
}

/// Returns the size of the connection pool. It is at most 32, because there are at most 256 concurrent jobs. Together with the pools
/// for searches, film pages and lists, this is well below the limit of the private PostgreSQL.
fn connections(worker_jobs: usize) -> u32 {
    MIN_CONNECTIONS + u32::try_from(worker_jobs.div_ceil(JOBS_PER_CONNECTION)).unwrap_or(0)
}

/// Opens the storage of films, without that of masters: all that an origin needs.
pub(super) async fn films(settings: &Settings) -> anyhow::Result<Storage> {
    let storage = if let Some(url) = &settings.storage {
        Storage::from_url(url).await.context("storage (NANG_STORAGE) cannot be used")?
    } else {
        let folder = settings.data.join("storage");
        Storage::local(&folder)
            .with_context(|| format!("cannot use the folder {} for storage", folder.display()))?
    };
    match &settings.former_storage {
        Some(url) => {
            storage.with_former(url).await.context("former_storage (NANG_FORMER_STORAGE) cannot be used")
        }
        None => Ok(storage),
    }
}

/// Opens the storage of films and masters.
pub(crate) async fn storage(settings: &Settings) -> anyhow::Result<Storage> {
    let mut storage = films(settings).await?;
    if let Some(url) = &settings.masters {
        let masters = storage.with_masters(url).await;
        storage = masters.context("masters (NANG_MASTERS) cannot be used")?;
    }
    if let Some(url) = &settings.former_masters {
        let former = storage.with_former_masters(url).await;
        storage = former.context("former_masters (NANG_FORMER_MASTERS) cannot be used")?;
    }
    Ok(storage)
}

/// Size of the origin's disk cache if films are in an object store and the settings name no size.
const DISK_CACHE_BYTES: u64 = 10 << 30;

pub(super) fn origin(settings: &Settings, storage: Storage) -> anyhow::Result<Origin> {
    let default = if storage.is_remote() { DISK_CACHE_BYTES } else { 0 };
    let folder = settings.data.join("origin-cache");
    let disk_cache = match settings.origin_disk_cache_bytes.unwrap_or(default) {
        0 => None,
        bytes => Some(origin::DiskCacheConfig { folder: folder.clone(), bytes }),
    };
    let config = origin::Config {
        disk_cache,
        storage,
        keys: secrets::playback_keys(&playback_keys_file(settings))?,
        cache_bytes: settings.origin_cache_bytes,
        allowed_origins: settings.origins()?,
        clock: clock::unix_seconds,
        take_down: origin::TakeDown::default(),
    };
    Origin::new(config).with_context(|| {
        format!(
            "cannot use the folder {} for the origin's disk cache; make it writable, or set origin_disk_cache_bytes \
             (NANG_ORIGIN_DISK_CACHE_BYTES) to 0",
            folder.display()
        )
    })
}

pub(super) fn api(
    settings: &Settings,
    db: Db,
    storage: Storage,
    emails: &TaskTracker,
    shutdown: &CancellationToken,
) -> anyhow::Result<Router> {
    let uploads = ingest::Config {
        db: db.clone(),
        storage: storage.clone(),
        max_size_bytes: settings.max_upload_bytes,
        min_free_bytes: settings.min_free_bytes,
        max_uploads_per_account: ingest::DEFAULT_UPLOADS_PER_ACCOUNT,
        expiry: Duration::from_secs(u64::from(settings.upload_expiry_hours) * 3600),
        clock: clock::now,
        shutdown: shutdown.clone(),
        adopt_trace: telemetry::trace_source().map(|_| telemetry::adopt as fn(&tracing::Span, &str)),
    };
    Ok(api::router(api::Config {
        db,
        storage,
        uploads,
        keys: secrets::playback_keys(&playback_keys_file(settings))?,
        access_keys: secrets::access_keys(&access_key_file(settings))?,
        registration: settings.registration,
        oidc: settings.oidc()?,
        mail: settings.mail()?,
        emails: emails.clone(),
        public_url: settings.public_url.clone(),
        origin_base_url: settings.origin_url.clone(),
        max_streams_per_account: settings.max_streams_per_account,
        trusted_proxies: api::TrustedProxies::new(settings.proxies()?, settings.listen),
        country_header: settings.country_header()?,
        metrics_token: settings.metrics_token.as_ref().map(|token| token.0.clone()),
        list_cache: api::LIST_CACHE_LIFETIME,
        client_timeouts: api::ClientTimeouts::default(),
        settings: settings.in_force()?.into(),
        pages_build: Some(pages::BUILD.clone()),
        clock: clock::now,
        shutdown: shutdown.clone(),
    }))
}

/// Reads the list of revoked playback tokens before the first request. A storage that hangs must not prevent the start.
pub(super) async fn read_revocations(origin: &Origin) {
    if tokio::time::timeout(REVOCATIONS_TIMEOUT, origin.read_revocations()).await.is_err() {
        tracing::warn!(
            "The storage did not return the list of revoked playback tokens in time; trying again every few seconds"
        );
    }
}

/// Returns the task that keeps the list of revoked playback tokens up to date.
pub(super) fn revocations(
    settings: &Settings,
    db: Db,
    storage: Storage,
    shutdown: CancellationToken,
) -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let keys = secrets::playback_keys(&playback_keys_file(settings))?;
    Ok(api::write_revocations(db, storage, keys, shutdown))
}

pub(super) fn pages(settings: &Settings, db: Db, api: Router) -> Router {
    pages::router(db, api, settings.public_url.clone(), settings.origin_url.as_deref())
}

/// Returns machine and process, by which admins know a worker.
pub(super) fn worker_name() -> String {
    format!("{}-{}", rustix::system::uname().nodename().to_string_lossy(), std::process::id())
}

pub(super) fn worker(settings: &Settings, db: Db, storage: Storage) -> worker::Config {
    worker::Config {
        db,
        storage,
        sandbox: sandbox::make(Some(settings.child_memory_bytes), settings.sandbox),
        name: worker_name(),
        slots: settings.worker_jobs,
        lease: settings.lease(),
        min_free_bytes: settings.min_free_bytes,
        exit_when_idle: false,
        adopt_trace: telemetry::adopt,
    }
}

pub(crate) fn playback_keys_file(settings: &Settings) -> PathBuf {
    settings.playback_keys_file.clone().unwrap_or_else(|| settings.data.join("playback.keys"))
}

pub(crate) fn access_key_file(settings: &Settings) -> PathBuf {
    settings.access_key_file.clone().unwrap_or_else(|| settings.data.join("access.key"))
}
