//! The database as a command finds it: the one that is set, or the private one of `nang up`, running or not.

use anyhow::{Context, ensure};
use db::Db;

use crate::{postgres::PrivatePostgres, role, settings::Settings};

/// A connection, and the private server if it had to be started for it.
pub(super) struct Database {
    pub(super) db: Db,
    started: Option<PrivatePostgres>,
}

impl Database {
    /// Connects, with the tables up to date.
    pub(super) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(url) = &settings.database_url {
            return Self::connected(&url.0, None).await;
        }
        let file = settings.data.join("database.url");
        ensure!(
            file.exists(),
            "there is no database in {}: name its folder with --data, or set NANG_DATABASE_URL",
            settings.data.display()
        );
        let data = settings.data.canonicalize()?;
        let url = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?
            .trim()
            .to_owned();
        // A running `nang up` has it open.
        if let Ok(db) = Db::connect(&url, 1).await {
            db.close().await;
            return Self::connected(&url, None).await;
        }
        let postgres = PrivatePostgres::start(&data).await.context("the private PostgreSQL did not start")?;
        let url = postgres.url();
        Self::connected(&url, Some(postgres)).await
    }

    async fn connected(url: &str, started: Option<PrivatePostgres>) -> anyhow::Result<Self> {
        let opened = async {
            let db = role::connect(url).await?;
            db.migrate().await.context("the database's tables cannot be brought up to date")?;
            anyhow::Ok(db)
        };
        match opened.await {
            Ok(db) => Ok(Self { db, started }),
            Err(error) => {
                if let Some(postgres) = started {
                    postgres.stop().await?;
                }
                Err(error)
            }
        }
    }

    /// Disconnects, and stops the server again if it was started for this.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.db.close().await;
        match self.started {
            Some(postgres) => postgres.stop().await,
            None => Ok(()),
        }
    }
}
