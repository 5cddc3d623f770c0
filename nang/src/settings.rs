//! Settings: `NANG_*` variables over `nang.toml` over defaults. This is the only module that reads the environment;
//! every role is handed plain values.

mod names;
mod partners;

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
use domain::child::{Limits, SandboxMode};
use origin::AllowedOrigins;
use serde::{Deserialize, Deserializer, Serialize, de::IntoDeserializer};

/// Settings in force. Field names are the keys of `nang.toml`; `NANG_` and the name in capitals is the variable.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Folder for everything Nang keeps on this machine.
    pub(crate) data: PathBuf,
    /// Address to serve on.
    pub(crate) listen: SocketAddr,
    /// PostgreSQL of one's own; without it `nang up` runs a private one in the data folder.
    pub(crate) database_url: Option<Secret>,
    /// `file:///path`; without it the data folder's `storage`.
    pub(crate) storage: Option<String>,
    /// Where viewers reach this server (`https://films.example.la`); makes cookies Secure when it is https.
    pub(crate) public_url: Option<String>,
    /// Where players fetch films, when that is another host (a CDN); without it, this server.
    pub(crate) origin_url: Option<String>,
    /// Hosts whose pages may play films from this origin (`https://a.example,https://b.example`, or `*`).
    pub(crate) allowed_origins: String,
    /// Playback sessions that an account may have running at once.
    pub(crate) max_streams_per_account: u32,
    /// Addresses of proxies in front of this server, whose `X-Forwarded-For` is believed (`10.0.0.2,10.0.0.3`). Empty: those on
    /// this machine, if `listen` is a loopback address, and no others.
    pub(crate) trusted_proxies: String,
    /// Who may make an account: `open`, `invitation` (with an admin's link) or `closed`.
    #[serde(deserialize_with = "named")]
    pub(crate) registration: Registration,
    /// Identity provider that editors and admins may log in with (`https://id.example.la/realms/films`), exactly as it
    /// calls itself. Needs `public_url`; there, this server is `<public_url>/api/auth/oidc/callback`.
    pub(crate) oidc_issuer: Option<String>,
    /// What the provider knows this server as.
    pub(crate) oidc_client_id: Option<String>,
    /// The secret that goes with it, if the provider gave one.
    pub(crate) oidc_client_secret: Option<Secret>,
    /// File holding that secret.
    pub(crate) oidc_client_secret_file: Option<PathBuf>,
    /// What people know the provider as.
    pub(crate) oidc_name: Option<String>,
    /// Mail server that links are sent with (`smtps://user:password@mail.example.la`, or `smtp://…:587`, which encrypts by
    /// STARTTLS); without it no mail is sent. Needs `mail_from` and `public_url`.
    pub(crate) smtp_url: Option<Secret>,
    /// Whom mail is from (`films@example.la`, or `Films <films@example.la>`).
    pub(crate) mail_from: Option<String>,
    /// The first admin's address.
    pub(crate) admin_email: Option<String>,
    /// The first admin's password.
    pub(crate) admin_password: Option<Secret>,
    /// File holding the first admin's password.
    pub(crate) admin_password_file: Option<PathBuf>,
    /// File of playback keys, one `<id> <hexadecimal digits>` a line; without it one is made in the data folder.
    pub(crate) playback_keys_file: Option<PathBuf>,
    /// File holding the key that signs access tokens; without it one is made in the data folder.
    pub(crate) access_key_file: Option<PathBuf>,
    /// Token that Prometheus sends to read `/api/metrics`; without it, programs on this machine may read them.
    pub(crate) metrics_token: Option<Secret>,
    /// Largest master that is accepted.
    pub(crate) max_upload_bytes: u64,
    /// Free space that uploads and encoding must leave.
    pub(crate) min_free_bytes: u64,
    /// Hours after which an upload that stopped growing is dropped.
    pub(crate) upload_expiry_hours: u32,
    /// Jobs this worker does at once; 0 makes `nang up` leave the work to workers of their own.
    pub(crate) worker_jobs: usize,
    /// Seconds after which a silent worker's job goes to another.
    pub(crate) lease_seconds: u32,
    /// Address space of the child that encodes.
    pub(crate) child_memory_bytes: u64,
    /// What to do if the kernel lacks a layer of the sandbox in which films are decoded (Landlock or seccomp): `required` refuses to start,
    /// `best-effort` decodes without it and warns at every start.
    #[serde(deserialize_with = "named")]
    pub(crate) sandbox: SandboxMode,
    /// Memory for small objects in the origin.
    pub(crate) origin_cache_bytes: u64,
    /// What is logged (`info`, `info,db=debug`).
    pub(crate) log: String,
    /// `text` or `json`.
    #[serde(deserialize_with = "named")]
    pub(crate) log_format: LogFormat,
    /// Variables that begin with `NANG_` and are no settings.
    #[serde(skip)]
    pub(crate) unknown_variables: Vec<String>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For log collectors: one JSON object a line.
    Json,
}

/// A text that is never shown.
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

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: default_data_folder(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database_url: None,
            storage: None,
            public_url: None,
            origin_url: None,
            allowed_origins: "*".to_owned(),
            max_streams_per_account: 4,
            trusted_proxies: String::new(),
            registration: Registration::Closed,
            oidc_issuer: None,
            oidc_client_id: None,
            oidc_client_secret: None,
            oidc_client_secret_file: None,
            oidc_name: None,
            smtp_url: None,
            mail_from: None,
            admin_email: None,
            admin_password: None,
            admin_password_file: None,
            playback_keys_file: None,
            access_key_file: None,
            metrics_token: None,
            max_upload_bytes: 1 << 40,
            min_free_bytes: 2 << 30,
            upload_expiry_hours: 7 * 24,
            worker_jobs: 1,
            lease_seconds: 30,
            child_memory_bytes: Limits::default().address_space_bytes,
            sandbox: SandboxMode::Required,
            origin_cache_bytes: 64 << 20,
            log: "info,memory_serve=warn".to_owned(),
            log_format: LogFormat::Text,
            unknown_variables: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads the settings; the first wrong one is an error that names it.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.starts_with("NANG_"))
            .map(|(name, value)| match value.into_string() {
                Ok(value) => Ok((name, value)),
                Err(_) => bail!("{name} is not valid UTF-8"),
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
            None => File::new("nang.toml", FileFormat::Toml).required(false),
        };
        let wrong = "a setting is wrong (in nang.toml, or as NANG_ and its name in capitals)";
        names::check_keys(source.collect().context(wrong)?.into_keys(), &known)?;
        let is_setting =
            |name: &str| name.strip_prefix("NANG_").is_some_and(|name| known.contains(&name.to_lowercase()));
        let environment = environment.into_iter().filter(|(name, _)| is_setting(name)).collect();
        let mut settings: Self = Config::builder()
            .add_source(source)
            .add_source(Environment::with_prefix("NANG").source(Some(environment)))
            .build()
            .and_then(Config::try_deserialize)
            .context(wrong)?;
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
                    "{name} (NANG_{}) is {url:?}; it must look like https://films.example.la, with no path",
                    name.to_uppercase()
                );
            }
        }
        self.check_oidc()?;
        self.mail()?;
        self.origins()?;
        self.proxies()?;
        ensure!(
            self.admin_password.is_none() || self.admin_password_file.is_none(),
            "admin_password and admin_password_file are both set; set one of them"
        );
        Ok(())
    }

    /// Pages on other hosts that may play films.
    pub(crate) fn origins(&self) -> anyhow::Result<AllowedOrigins> {
        AllowedOrigins::parse(&self.allowed_origins)
            .context("allowed_origins (NANG_ALLOWED_ORIGINS) is wrong")
    }

    /// Addresses of trusted proxies.
    pub(crate) fn proxies(&self) -> anyhow::Result<Vec<IpAddr>> {
        let given = self.trusted_proxies.split(',').map(str::trim).filter(|proxy| !proxy.is_empty());
        given
            .map(|proxy| {
                proxy.parse().with_context(|| {
                    format!("trusted_proxies (NANG_TRUSTED_PROXIES): {proxy:?} is no IP address")
                })
            })
            .collect()
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

    /// How long a claim on a job holds without a sign of life.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(u64::from(self.lease_seconds))
    }

    /// The first admin's password, from the variable or its file.
    pub(crate) fn first_admin_password(&self) -> anyhow::Result<Option<String>> {
        if let Some(path) = &self.admin_password_file {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read admin_password_file {}", path.display()))?;
            return Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()));
        }
        Ok(self.admin_password.as_ref().map(|secret| secret.0.clone()))
    }

    /// `nang config`
    #[expect(clippy::print_stdout, reason = "this command's output")]
    pub(crate) fn print(&self) -> anyhow::Result<ExitCode> {
        print!("{}", toml::to_string_pretty(self).context("settings cannot be written as TOML")?);
        Ok(ExitCode::SUCCESS)
    }
}

/// One of a few names. A wrong one is an error that lists them.
fn named<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    T::deserialize(text.into_deserializer())
}

/// `scheme://host[:port]` and nothing more: safe to put into a header.
fn is_web_origin(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|host| {
        !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
    })
}

fn default_data_folder() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/nang");
    }
    if let Some(folder) = std::env::var_os("XDG_DATA_HOME").filter(|folder| !folder.is_empty()) {
        return PathBuf::from(folder).join("nang");
    }
    match std::env::var_os("HOME") {
        Some(home) => PathBuf::from(home).join(".local/share/nang"),
        None => PathBuf::from("nang-data"),
    }
}

#[cfg(test)]
mod tests;
