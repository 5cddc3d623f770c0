//! The database as a command finds it: the one that is set, or the private one of `nang up`, running or not.

use anyhow::{Context, ensure};
use db::Db;

use crate::{postgres::PrivatePostgres, role, settings::Settings, shutdown::Shutdown};

/// A connection, and the private server if it had to be started for it.
pub(crate) struct Database {
    pub(crate) db: Db,
    started: Option<(PrivatePostgres, Shutdown)>,
}

impl Database {
    /// Connects. The tables are brought up to date only where nobody else is at them.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(url) = &settings.database_url {
            return Ok(Self { db: role::connect(&url.0).await?, started: None });
        }
        let file = settings.data.join("database.url");
        ensure!(
            file.exists(),
            "there is no database in {}: name its folder with --data, or set NANG_DATABASE_URL",
            settings.data.display()
        );
        let url =
            std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        // A running `nang up` has it open.
        if let Ok(db) = role::connect(url.trim()).await {
            return Ok(Self { db, started: None });
        }
        let data = settings.data.canonicalize()?;
        let end = Shutdown::at_first_signal()?;
        let postgres = PrivatePostgres::start(&data).await.context("the private PostgreSQL did not start")?;
        match Self::prepared(&postgres.url()).await {
            Ok(db) => Ok(Self { db, started: Some((postgres, end)) }),
            Err(error) => {
                postgres.stop().await?;
                Err(error)
            }
        }
    }

    async fn prepared(url: &str) -> anyhow::Result<Db> {
        let db = role::connect(url).await?;
        db.migrate().await.context("the database's tables cannot be brought up to date")?;
        Ok(db)
    }

    /// Disconnects, and stops the server again if it was started for this.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.db.close().await;
        match self.started {
            Some((postgres, _)) => postgres.stop().await,
            None => Ok(()),
        }
    }
}
