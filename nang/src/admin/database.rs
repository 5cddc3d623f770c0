//! The database of a command: the one in the settings, or the private one of `nang up`, which is started if it does not run.

use anyhow::{Context, ensure};
use db::Db;

use crate::{
    postgres::PrivatePostgres,
    role,
    settings::{Secret, Settings},
    shutdown::Shutdown,
};

/// A connection, and the private PostgreSQL if this command started it.
pub(crate) struct Database {
    pub(crate) db: Db,
    /// The URL that it was reached with.
    pub(crate) url: String,
    started: Option<(PrivatePostgres, Shutdown)>,
}

impl Database {
    /// Connects. Runs migrations only if it starts the private PostgreSQL, because then no other process uses the database.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        Self::open_with(settings, true).await
    }

    /// Connects as [`Self::open`] does, and never runs migrations.
    pub(crate) async fn open_unchanged(settings: &Settings) -> anyhow::Result<Self> {
        Self::open_with(settings, false).await
    }

    async fn open_with(settings: &Settings, migrate: bool) -> anyhow::Result<Self> {
        if let Some(Secret(url)) = settings.database_url.clone() {
            return Ok(Self { db: role::connect(&url).await?, url, started: None });
        }
        let file = settings.data.join("database.url");
        ensure!(
            file.exists(),
            "there is no database in {}; name the data folder of `nang up` with --data, or set NANG_DATABASE_URL",
            settings.data.display()
        );
        let url =
            std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        // This succeeds while `nang up` runs.
        if let Ok(db) = role::connect(url.trim()).await {
            return Ok(Self { db, url: url.trim().to_owned(), started: None });
        }
        let data = settings.data.canonicalize()?;
        let end = Shutdown::at_first_signal()?;
        let postgres = PrivatePostgres::start(&data).await.context("the private PostgreSQL did not start")?;
        let url = postgres.url();
        match Self::prepared(&url, migrate).await {
            Ok(db) => Ok(Self { db, url, started: Some((postgres, end)) }),
            Err(error) => {
                postgres.stop().await?;
                Err(error)
            }
        }
    }

    async fn prepared(url: &str, migrate: bool) -> anyhow::Result<Db> {
        let db = role::connect(url).await?;
        if migrate {
            db.migrate().await.context("cannot migrate the database to this version of Nang")?;
        }
        Ok(db)
    }

    /// Disconnects, and stops the private PostgreSQL if this command started it.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.db.close().await;
        match self.started {
            Some((postgres, _)) => postgres.stop().await,
            None => Ok(()),
        }
    }
}
