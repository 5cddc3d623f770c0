//! Which Nang to fill: its database and its storage, named by the same variables as `nang` itself uses.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use sqlx::PgPool;
use storage::Storage;

/// A running Nang on this machine, or one whose database and storage this machine reaches.
#[derive(Args)]
pub(crate) struct Site {
    /// Data folder of the running `nang up`; run as the same user
    #[arg(long, value_name = "DIR", env = "NANG_DATA", global = true)]
    data: Option<PathBuf>,
    /// PostgreSQL to fill, when it is not the private one in the data folder
    #[arg(long, value_name = "URL", env = "NANG_DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<String>,
    /// `file:///path`, when the storage is not in the data folder
    #[arg(long, value_name = "URL", env = "NANG_STORAGE", global = true)]
    storage: Option<String>,
}

impl Site {
    /// A connection to the database, whose tables must be there.
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
                bail!("name the data folder of the running `nang up` with --data, or set NANG_DATABASE_URL")
            }
        };
        PgPool::connect(url.trim()).await.context("cannot connect to the database; is `nang up` running?")
    }

    /// Where masters and images are kept.
    pub(crate) fn storage(&self) -> anyhow::Result<Storage> {
        match (&self.storage, &self.data) {
            (Some(url), _) => Storage::from_url(url).context("--storage (NANG_STORAGE) cannot be used"),
            (None, Some(data)) => {
                let folder = data.join("storage");
                Storage::local(&folder)
                    .with_context(|| format!("cannot use {} for storage", folder.display()))
            }
            (None, None) => {
                bail!("name the data folder of the running `nang up` with --data, or set NANG_STORAGE")
            }
        }
    }
}
