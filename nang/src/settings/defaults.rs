//! The values of settings that are not set.

use std::{net::SocketAddr, path::PathBuf};

use api::Registration;
use domain::child::{Limits, SandboxMode};

use super::{LogFormat, Settings};

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: default_data_folder(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database_url: None,
            storage: None,
            masters: None,
            former_storage: None,
            former_masters: None,
            public_url: None,
            origin_url: None,
            allowed_origins: "*".to_owned(),
            max_streams_per_account: 4,
            trusted_proxies: String::new(),
            country_header: None,
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
            origin_disk_cache_bytes: None,
            // The client of object stores warns at length about a machine that is not in a cloud; its errors are ours to report.
            log: "info,memory_serve=warn,aws_config=error".to_owned(),
            log_format: LogFormat::Text,
            otlp_endpoint: None,
            unknown_variables: Vec::new(),
        }
    }
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
