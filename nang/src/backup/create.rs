//! `nang backup`.

use std::{
    collections::BTreeMap,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail, ensure};
use db::{Db, Migrations, backup::Snapshot};
use indicatif::HumanBytes;
use tokio::process::Command;
use worker::folder::is_vacant;

use super::{
    DUMP, OBJECTS, SECRETS, SUMMARY, Summary, VERSION, hash_of, is_tar,
    objects::Objects,
    postgres_tools, run, say,
    secret_files::{SETTINGS, SecretFiles},
};
use crate::{admin::database::Database, cli::BackupArgs, role, settings::Settings};

/// Makes a backup. An interrupted one has no summary, and `nang restore` refuses it.
pub(crate) async fn create(
    settings: Settings,
    settings_file: Option<PathBuf>,
    args: BackupArgs,
) -> anyhow::Result<ExitCode> {
    let target = &args.target;
    let folder = if is_tar(target) {
        ensure!(!target.exists(), "{} exists; name a file that does not exist yet", target.display());
        target.with_extension("tar.unfinished")
    } else {
        target.clone()
    };
    ensure!(
        is_vacant(&folder).with_context(|| format!("cannot read {}", folder.display()))?,
        "{} is not empty; name a folder that does not exist yet",
        folder.display()
    );
    if !folder.exists() {
        // The dump has password hashes and what viewers watched.
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    }
    let database = Database::open_unchanged(&settings).await?;
    let made =
        fill(&settings, settings_file.as_deref(), &database.db, &database.url, &args.recipients, &folder)
            .await;
    let closed = database.close().await;
    let summary = made?;
    closed?;
    if is_tar(target) {
        let unfinished = target.with_extension("tar.new");
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        drop(file);
        let mut tar = Command::new("tar");
        tar.arg("--create").arg("--file").arg(&unfinished).arg("--directory").arg(&folder).arg(".");
        run(&mut tar, "tar").await?;
        std::fs::File::open(&unfinished)?.sync_all()?;
        std::fs::rename(&unfinished, target)?;
        std::fs::remove_dir_all(&folder)?;
    }
    say(&format!(
        "Backup of {} written to {}: PostgreSQL {}, {} objects in storage with {}",
        summary.taken_at.date(),
        target.display(),
        summary.postgres,
        summary.objects,
        HumanBytes(summary.objects_bytes)
    ));
    if summary.missing.is_empty() {
        say("The objects themselves are not in it; copy the storage by other means.");
        return Ok(ExitCode::SUCCESS);
    }
    for key in summary.missing.iter().take(20) {
        say(&format!("missing in storage: {key}"));
    }
    bail!(
        "the backup is complete, but storage lacks {} objects that the database names",
        summary.missing.len()
    )
}

async fn fill(
    settings: &Settings,
    settings_file: Option<&Path>,
    db: &Db,
    url: &str,
    recipients: &[String],
    folder: &Path,
) -> anyhow::Result<Summary> {
    let found = db.diagnose().await?;
    ensure!(
        found.migrations == Migrations::Current,
        "the database is of another version of Nang than this program ({:?}); make the backup with the program that it belongs to",
        found.migrations
    );
    // First, because a wrong recipient is found at once.
    secrets(settings, settings_file)?.encrypt(recipients, &folder.join(SECRETS)).await?;
    let mut snapshot = Snapshot::take(db).await.context("cannot take a snapshot of the database")?;
    postgres_tools::dump(url, snapshot.id(), &folder.join(DUMP)).await?;
    say("The database is dumped; reading manifests");
    let contents = snapshot.contents().await?;
    let rows = snapshot.row_counts().await?;
    drop(snapshot);
    let storage = role::storage(settings).await?;
    let objects = Objects::collect(&storage, &contents, folder).await?;
    let (count, bytes) = objects.write(&folder.join(OBJECTS))?;
    let mut files = BTreeMap::new();
    for name in [DUMP, OBJECTS, SECRETS] {
        let path = folder.join(name);
        std::fs::File::open(&path)?.sync_all()?;
        files.insert(name.to_owned(), hash_of(&path).await?);
    }
    let summary = Summary {
        version: VERSION,
        nang: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: found.clock,
        postgres: found.server_version,
        migration: db::backup::newest_migration()?,
        rows,
        objects: count,
        objects_bytes: bytes,
        missing: objects.missing,
        files,
    };
    crate::secrets::write_private(&folder.join(SUMMARY), &serde_json::to_string_pretty(&summary)?)?;
    Ok(summary)
}

/// Reads the keys and the settings file.
fn secrets(settings: &Settings, settings_file: Option<&Path>) -> anyhow::Result<SecretFiles> {
    let read = |path: &Path| {
        std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {} for the backup", path.display()))
    };
    let mut files = BTreeMap::from([
        ("playback.keys".to_owned(), read(&role::playback_keys_file(settings))?),
        ("access.key".to_owned(), read(&role::access_key_file(settings))?),
    ]);
    if let Some(path) = settings_file {
        files.insert(SETTINGS.to_owned(), read(path)?);
    }
    Ok(SecretFiles { files })
}
