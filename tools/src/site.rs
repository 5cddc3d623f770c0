//! The Nang to fill: its database and storage, set by the same variables as for `nang` itself.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use sqlx::PgPool;
use storage::Storage;

/// A running Nang on this machine, or one whose database and storage are accessible from this machine.
#[derive(Args)]
pub(crate) struct Site {
    /// Data folder of the running `nang up`; run this command as the same user
    #[arg(long, value_name = "DIR", env = "NANG_DATA", global = true)]
    data: Option<PathBuf>,
    /// PostgreSQL database to fill, if it is not the private one in the data folder
    #[arg(long, value_name = "URL", env = "NANG_DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<String>,
    /// `file:///path`, if the storage is not in the data folder
    #[arg(long, value_name = "URL", env = "NANG_STORAGE", global = true)]
    storage: Option<String>,
}

impl Site {
    /// Connects to the database. Its tables must exist.
    pub(crate) async fn database(&self) -> anyhow::Result<PgPool> {
        let url = match (&self.database_url, &self.data) {
            (Some(url), _) => url.clone(),
            (None, Some(data)) => {
                let file = data.join("database.url");
                std::fs::read_to_string(&file).with_context(|| {
                    format!("cannot read {}; start `nang up` with this data folder first", file.display())
                })?
            }
            (None, None) => {
                bail!("pass the data folder of the running `nang up` with --data, or set NANG_DATABASE_URL")
            }
        };
        PgPool::connect(url.trim()).await.context("cannot connect to the database; is `nang up` running?")
    }

    /// Opens the storage of masters and images.
    pub(crate) async fn storage(&self) -> anyhow::Result<Storage> {
        match (&self.storage, &self.data) {
            (Some(url), _) => Storage::from_url(url).await.context("invalid --storage (NANG_STORAGE)"),
            (None, Some(data)) => {
                let folder = data.join("storage");
                Storage::local(&folder)
                    .with_context(|| format!("cannot open the storage in {}", folder.display()))
            }
            (None, None) => {
                bail!("pass the data folder of the running `nang up` with --data, or set NANG_STORAGE")
            }
        }
    }
}
