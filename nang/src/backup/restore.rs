//! `nang restore`.

use std::{path::Path, process::ExitCode, time::Instant};

use anyhow::{Context, ensure};
use db::Db;
use tokio::process::Command;

use super::{
    DUMP, SECRETS, Summary, check, is_tar, postgres_tools, run, say,
    secret_files::{SETTINGS, SecretFiles},
};
use crate::{
    cli::RestoreArgs,
    postgres::PrivatePostgres,
    role, secrets,
    settings::{Secret, Settings},
    shutdown::Shutdown,
};

/// Exit status if the database is restored and storage lacks objects.
const INCOMPLETE_STATUS: u8 = 3;

/// Restores a backup into an empty installation.
pub(crate) async fn restore(mut settings: Settings, args: RestoreArgs) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let unpacked;
    let folder: &Path = if is_tar(&args.source) {
        unpacked = unpack(&args.source).await?;
        unpacked.path()
    } else {
        &args.source
    };
    let summary = check::summary(folder).await?;
    let keys = SecretFiles::decrypt(&folder.join(SECRETS), &args.identity).await?;
    role::prepare_data_folder(&mut settings)?;
    expect_no_other_keys(&settings, &keys)?;
    let end = Shutdown::at_first_signal()?;
    let (url, postgres) = if let Some(Secret(url)) = settings.database_url.clone() {
        Db::ensure_database(&url).await.context("cannot reach PostgreSQL, or create the database in it")?;
        (url, None)
    } else {
        let started = PrivatePostgres::start(&settings.data).await;
        let postgres = started.context("the private PostgreSQL did not start")?;
        (postgres.url(), Some(postgres))
    };
    let restored = database(&url, folder, &summary).await;
    if let Some(postgres) = postgres {
        if restored.is_ok() {
            secrets::write_private(&settings.data.join("database.url"), &format!("{url}\n"))?;
        }
        postgres.stop().await?;
    }
    drop(end);
    restored?;
    for (name, text) in &keys.files {
        secrets::write_private(&settings.data.join(name), text)?;
    }
    let at = summary.taken_at;
    say(&format!(
        "The database of {} {:02}:{:02} UTC and its keys are restored; checking storage",
        at.date(),
        at.hour(),
        at.minute()
    ));
    if keys.files.contains_key(SETTINGS) {
        say(&format!(
            "The settings file of the backup is {}; compare it with this machine's",
            settings.data.join(SETTINGS).display()
        ));
    }
    let storage = role::storage(&settings).await?;
    let found = check::storage(&storage, folder, args.check_hashes).await?;
    say(&format!(
        "Checked {} objects in {:.1} s: {} missing, {} altered, {} manifests restored from the backup",
        found.checked,
        started.elapsed().as_secs_f64(),
        found.missing.len(),
        found.altered.len(),
        found.restored
    ));
    if found.missing.is_empty() && found.altered.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    for (what, keys) in [("missing", &found.missing), ("altered", &found.altered)] {
        for key in keys {
            say(&format!("{what}: {key}"));
        }
    }
    say("Copy these objects into the storage; films that need them do not play until then.");
    Ok(ExitCode::from(INCOMPLETE_STATUS))
}

/// Unpacks a tar file into a folder that only this account can read.
async fn unpack(source: &Path) -> anyhow::Result<tempfile::TempDir> {
    let beside = source.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = tempfile::Builder::new()
        .prefix(".nang-restore-")
        .tempdir_in(beside)
        .or_else(|_| tempfile::tempdir())?;
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--no-same-owner", "--file"]).arg(source).arg("--directory").arg(folder.path());
    run(&mut tar, "tar").await?;
    Ok(folder)
}

/// Fails if the data folder has other keys: tokens of its present installation would stop working.
fn expect_no_other_keys(settings: &Settings, keys: &SecretFiles) -> anyhow::Result<()> {
    for (name, text) in &keys.files {
        let path = settings.data.join(name);
        let present = std::fs::read_to_string(&path).ok();
        ensure!(
            present.is_none() || present.as_ref() == Some(text),
            "{} exists and differs from the backup's; restore into an empty data folder, or move this file away",
            path.display()
        );
    }
    Ok(())
}

/// Restores the database, and compares the number of rows in every table.
async fn database(url: &str, folder: &Path, summary: &Summary) -> anyhow::Result<()> {
    let db = role::connect(url).await?;
    let empty = db::backup::is_empty(&db).await;
    let found = db.diagnose().await;
    db.close().await;
    ensure!(
        empty?,
        "the database is not empty, so nothing was changed; restore into a new database or an empty data folder"
    );
    let found = found?;
    ensure!(
        found.is_supported && found.classifies_unicode && found.missing_extensions.is_empty(),
        "this database cannot hold a catalogue of Nang; `nang doctor` says why"
    );
    postgres_tools::restore(url, &folder.join(DUMP)).await?;
    let db = role::connect(url).await?;
    let checked = finish(&db, summary).await;
    db.close().await;
    checked
}

async fn finish(db: &Db, summary: &Summary) -> anyhow::Result<()> {
    let rows = db::backup::count_rows(db).await?;
    for (table, expected) in &summary.rows {
        let found = rows.get(table).copied().unwrap_or(0);
        ensure!(
            found == *expected,
            "the restored table {table} has {found} rows instead of {expected}; the restore failed"
        );
    }
    db.migrate().await.context("cannot migrate the restored database to this version of Nang")
}
