//! Settings. `NANG_*` variables override `nang.toml`, which overrides the defaults. Roles receive plain values and do not read the
//! environment.

mod defaults;
mod external;
mod names;

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use ::config::{Config, Environment, File, FileFormat, Source};
use anyhow::{Context, bail, ensure};
use api::Registration;
use axum::http::HeaderName;
use domain::child::SandboxMode;
use origin::AllowedOrigins;
use serde::{Deserialize, Deserializer, Serialize, de::IntoDeserializer};

/// The settings in use. Field names are the keys of `nang.toml`. The variable of a setting is `NANG_` and its name in capitals.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Folder for all data of Nang on this machine.
    pub(crate) data: PathBuf,
    /// Address to listen on.
    pub(crate) listen: SocketAddr,
    /// URL of the PostgreSQL database. Without it, `nang up` runs a private PostgreSQL in the data folder.
    pub(crate) database_url: Option<Secret>,
    /// URL of the storage: `file:///path`, or `s3://bucket/prefix?endpoint=https://s3.example.org&region=eu-1` (parameters: `endpoint`
    /// for stores other than AWS, `region`, `path_style=true|false`, `credentials=/path` and `profile=name` for a file of credentials;
    /// otherwise `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or the machine's role). Without it, the folder `storage` in the data folder.
    pub(crate) storage: Option<String>,
    /// URL of the storage of masters, in the same form. Without it, masters are stored with the films.
    pub(crate) masters: Option<String>,
    /// URL of the storage from which `nang storage move` moves objects to `storage`: what is not there yet is read from this one.
    pub(crate) former_storage: Option<String>,
    /// The same for masters that have a storage of their own, before or after the move.
    pub(crate) former_masters: Option<String>,
    /// Address at which browsers reach this server (`https://films.example.la`). If it is https, cookies are Secure.
    pub(crate) public_url: Option<String>,
    /// Address from which players fetch films, if that is another host (a CDN). Without it, this server.
    pub(crate) origin_url: Option<String>,
    /// Origins of the pages that may play films from this server (`https://a.example,https://b.example`, or `*`).
    pub(crate) allowed_origins: String,
    /// Maximum number of active playback sessions of an account.
    pub(crate) max_streams_per_account: u32,
    /// Addresses of proxies in front of this server, whose `X-Forwarded-For` is trusted (`10.0.0.2,10.0.0.3`). If empty, proxies on
    /// this machine are trusted if `listen` is a loopback address, and no others.
    pub(crate) trusted_proxies: String,
    /// Header in which a trusted proxy or CDN names the country of a request by its ISO 3166-1 code (`CF-IPCountry`). Films that an
    /// editor limited to some countries are then played there only, and not where the header is missing, `XX` or `T1` (Tor). The proxy
    /// must replace what a client sends in it. Without it, Nang does not learn countries and does not enforce these limits.
    pub(crate) country_header: Option<String>,
    /// Whether new users may create an account: `open`, `invitation` (with an admin's link) or `closed`.
    #[serde(deserialize_with = "named")]
    pub(crate) registration: Registration,
    /// Issuer URL of the identity provider with which editors and admins may log in (`https://id.example.la/realms/films`), exactly as
    /// the provider states it. Needs `public_url`. The redirect URL to register at the provider is
    /// `<public_url>/api/auth/oidc/callback`.
    pub(crate) oidc_issuer: Option<String>,
    /// This server's client id at the identity provider.
    pub(crate) oidc_client_id: Option<String>,
    /// The client secret, if the identity provider issued one.
    pub(crate) oidc_client_secret: Option<Secret>,
    /// File that contains the client secret.
    pub(crate) oidc_client_secret_file: Option<PathBuf>,
    /// Name of the identity provider on the log-in page. Without it, its host name.
    pub(crate) oidc_name: Option<String>,
    /// Mail server that sends e-mails with links (`smtps://user:password@mail.example.la`, or `smtp://…:587`, which encrypts with
    /// STARTTLS). Without it, Nang sends no e-mail. Needs `mail_from` and `public_url`.
    pub(crate) smtp_url: Option<Secret>,
    /// Sender of e-mails (`films@example.la`, or `Films <films@example.la>`).
    pub(crate) mail_from: Option<String>,
    /// The first admin's e-mail address.
    pub(crate) admin_email: Option<String>,
    /// The first admin's password.
    pub(crate) admin_password: Option<Secret>,
    /// File that contains the first admin's password.
    pub(crate) admin_password_file: Option<PathBuf>,
    /// File of playback keys, one `<id> <hexadecimal digits>` on each line. Without it, `nang up` creates one in the data folder.
    pub(crate) playback_keys_file: Option<PathBuf>,
    /// File of the keys that sign access tokens. Without it, `nang up` creates one in the data folder.
    pub(crate) access_key_file: Option<PathBuf>,
    /// Token that Prometheus must send to read `/api/metrics`. Without it, only programs on this machine may read the metrics.
    pub(crate) metrics_token: Option<Secret>,
    /// Maximum size of a master.
    pub(crate) max_upload_bytes: u64,
    /// Disk space that uploads and encoding must leave free.
    pub(crate) min_free_bytes: u64,
    /// Hours after which an upload that receives no data is deleted.
    pub(crate) upload_expiry_hours: u32,
    /// Number of jobs that this worker runs at once. With 0, `nang up` runs no jobs and leaves them to separate workers.
    pub(crate) worker_jobs: usize,
    /// Seconds without a report from a worker after which another worker may take its job.
    pub(crate) lease_seconds: u32,
    /// Maximum address space of the child process that encodes.
    pub(crate) child_memory_bytes: u64,
    /// What to do if the kernel lacks a layer of the sandbox in which films are decoded (Landlock or seccomp). With `required`, Nang
    /// does not start. With `best-effort`, Nang decodes without the layer and warns at every start.
    #[serde(deserialize_with = "named")]
    pub(crate) sandbox: SandboxMode,
    /// Size of the origin's memory cache for small objects.
    pub(crate) origin_cache_bytes: u64,
    /// Size of the origin's disk cache, in the folder `origin-cache` of the data folder. Without it, 10 GiB if films are in S3, and no
    /// disk cache otherwise. It starts empty.
    pub(crate) origin_disk_cache_bytes: Option<u64>,
    /// Filter of log lines (`info`, `info,db=debug`).
    pub(crate) log: String,
    /// Format of log lines: `text` or `json`.
    #[serde(deserialize_with = "named")]
    pub(crate) log_format: LogFormat,
    /// URL of an OpenTelemetry collector to which traces are sent with OTLP over HTTP (`http://127.0.0.1:4318`). Without it, no traces
    /// are made.
    pub(crate) otlp_endpoint: Option<String>,
    /// Variables that begin with `NANG_` and are not settings.
    #[serde(skip)]
    pub(crate) unknown_variables: Vec<String>,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For log collectors: each line is one JSON object.
    Json,
}

/// A text that is always masked when it is shown.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(pub(crate) String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

impl Settings {
    /// Reads the settings. The error names the first invalid one.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.starts_with("NANG_"))
            .map(|(name, value)| match value.into_string() {
                Ok(value) => Ok((name, value)),
                Err(_) => bail!("the value of the variable {name} is not valid UTF-8"),
            })
            .collect::<anyhow::Result<HashMap<_, _>>>()?;
        Self::from_sources(file, environment)
    }

    fn from_sources(file: Option<&Path>, environment: HashMap<String, String>) -> anyhow::Result<Self> {
        let known = Self::names()?;
        let environment: HashMap<_, _> =
            environment.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let unknown_variables = names::check_variables(environment.keys().map(String::as_str), &known)?;
        let source = match file {
            Some(path) => File::from(path).format(FileFormat::Toml).required(true),
            None => File::new(DEFAULT_FILE, FileFormat::Toml).required(false),
        };
        let invalid =
            "a setting is invalid (in nang.toml, or in the variable NANG_ and its name in capitals)";
        names::check_keys(source.collect().context(invalid)?.into_keys(), &known)?;
        let is_setting =
            |name: &str| name.strip_prefix("NANG_").is_some_and(|name| known.contains(&name.to_lowercase()));
        let environment = environment.into_iter().filter(|(name, _)| is_setting(name)).collect();
        let mut settings: Self = Config::builder()
            .add_source(source)
            .add_source(Environment::with_prefix("NANG").source(Some(environment)))
            .build()
            .and_then(Config::try_deserialize)
            .context(invalid)?;
        settings.unknown_variables = unknown_variables;
        settings.check()?;
        Ok(settings)
    }

    fn names() -> anyhow::Result<Vec<String>> {
        let serde_json::Value::Object(fields) = serde_json::to_value(Self::default())? else {
            bail!("settings are not an object");
        };
        Ok(fields.keys().cloned().collect())
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            (5..=3600).contains(&self.lease_seconds),
            "lease_seconds (NANG_LEASE_SECONDS) must be 5 to 3600"
        );
        ensure!(
            (1..=1000).contains(&self.max_streams_per_account),
            "max_streams_per_account (NANG_MAX_STREAMS_PER_ACCOUNT) must be 1 to 1000"
        );
        ensure!(self.worker_jobs <= 256, "worker_jobs (NANG_WORKER_JOBS) must be 0 to 256");
        ensure!(
            self.upload_expiry_hours >= 1,
            "upload_expiry_hours (NANG_UPLOAD_EXPIRY_HOURS) must be at least 1"
        );
        ensure!(self.max_upload_bytes >= 1, "max_upload_bytes (NANG_MAX_UPLOAD_BYTES) must be at least 1");
        ensure!(
            self.child_memory_bytes >= 256 << 20,
            "child_memory_bytes (NANG_CHILD_MEMORY_BYTES) must be at least 268435456 (256 MiB)"
        );
        for (name, value) in [("public_url", &self.public_url), ("origin_url", &self.origin_url)] {
            if let Some(url) = value {
                ensure!(
                    is_web_origin(url),
                    "{name} (NANG_{}) is {url:?}; it must be a URL without a path, such as https://films.example.la",
                    name.to_uppercase()
                );
            }
        }
        self.check_oidc()?;
        self.mail()?;
        self.origins()?;
        self.proxies()?;
        self.country_header()?;
        if let Some(url) = &self.otlp_endpoint {
            ensure!(
                url.starts_with("http://") || url.starts_with("https://"),
                "otlp_endpoint (NANG_OTLP_ENDPOINT) is {url:?}; it must be a URL such as http://127.0.0.1:4318"
            );
        }
        ensure!(
            self.admin_password.is_none() || self.admin_password_file.is_none(),
            "admin_password and admin_password_file are both set; set only one of them"
        );
        Ok(())
    }

    /// Returns the origins of the pages that may play films.
    pub(crate) fn origins(&self) -> anyhow::Result<AllowedOrigins> {
        AllowedOrigins::parse(&self.allowed_origins)
            .context("allowed_origins (NANG_ALLOWED_ORIGINS) is invalid")
    }

    /// Returns the addresses of trusted proxies.
    pub(crate) fn proxies(&self) -> anyhow::Result<Vec<IpAddr>> {
        let given = self.trusted_proxies.split(',').map(str::trim).filter(|proxy| !proxy.is_empty());
        given
            .map(|proxy| {
                proxy.parse().with_context(|| {
                    format!("trusted_proxies (NANG_TRUSTED_PROXIES): {proxy:?} is not an IP address")
                })
            })
            .collect()
    }

    /// Returns the header in which a trusted proxy names the country of a request.
    pub(crate) fn country_header(&self) -> anyhow::Result<Option<HeaderName>> {
        let parse = |name: &String| {
            name.parse().with_context(|| {
                format!("country_header (NANG_COUNTRY_HEADER) is {name:?}; it must be the name of a header")
            })
        };
        self.country_header.as_ref().map(parse).transpose()
    }

    pub(crate) fn with_data(mut self, data: Option<PathBuf>) -> Self {
        if let Some(data) = data {
            self.data = data;
        }
        self
    }

    pub(crate) fn with_listen(mut self, listen: Option<SocketAddr>) -> Self {
        if let Some(listen) = listen {
            self.listen = listen;
        }
        self
    }

    /// Returns the duration of a job's lease, which the worker must renew.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(u64::from(self.lease_seconds))
    }

    /// Returns the first admin's password, from the setting or the file that it names.
    pub(crate) fn first_admin_password(&self) -> anyhow::Result<Option<String>> {
        if let Some(path) = &self.admin_password_file {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read admin_password_file {}", path.display()))?;
            return Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()));
        }
        Ok(self.admin_password.as_ref().map(|secret| secret.0.clone()))
    }

    /// Returns the settings for admins to read, with masked secrets.
    pub(crate) fn in_force(&self) -> anyhow::Result<Vec<api::Setting>> {
        let fields = |settings: &Self| match serde_json::to_value(settings) {
            Ok(serde_json::Value::Object(fields)) => Ok(fields),
            _ => bail!("settings are not an object"),
        };
        let defaults = fields(&Self::default())?;
        let setting = |(name, value): (String, serde_json::Value)| api::Setting {
            is_default: defaults.get(&name) == Some(&value),
            name,
            value,
        };
        Ok(fields(self)?.into_iter().map(setting).collect())
    }

    /// `nang config`: prints the settings as TOML.
    #[expect(clippy::print_stdout, reason = "this command's output")]
    pub(crate) fn print(&self) -> anyhow::Result<ExitCode> {
        print!("{}", toml::to_string_pretty(self).context("cannot print the settings as TOML")?);
        Ok(ExitCode::SUCCESS)
    }
}

/// The settings file of the working folder.
const DEFAULT_FILE: &str = "nang.toml";

/// Returns the settings file that [`Settings::load`] reads, if there is one.
pub(crate) fn file(named: Option<&Path>) -> Option<PathBuf> {
    let default = Path::new(DEFAULT_FILE);
    named.or_else(|| default.exists().then_some(default)).map(Path::to_owned)
}

/// Deserializes one of several names. The error for another text lists them.
fn named<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    T::deserialize(text.into_deserializer())
}

/// Whether `url` is `scheme://host[:port]` and nothing more, which is safe in a header.
fn is_web_origin(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|host| {
        !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
    })
}

#[cfg(test)]
mod tests;
