//! The cluster's files, which are created atomically.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, bail, ensure};
use rustix::fs::OFlags;
use tracing::info;

use super::{account::Account, distribution::Distribution};

/// Appended to postgresql.conf when the cluster is created; an admin may change them. Settings that Nang relies on are on the command
/// line instead.
const SETTINGS: &str = "
# Set by Nang for a small server; you may change these settings.
max_connections = 80
# Holds what searches over 100,000 films read repeatedly; a smaller catalogue does not fill it.
shared_buffers = 256MB
max_wal_size = 256MB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
";

/// How the names of clusters begin that a killed start left unfinished.
const UNFINISHED: &str = "cluster.new-";

/// A complete cluster.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) path: PathBuf,
}

/// Returns the major version of PostgreSQL that created the cluster in `folder`; `None` if there is no cluster.
pub(super) fn version(folder: &Path) -> anyhow::Result<Option<u32>> {
    let path = folder.join("cluster/PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => {
            let version = text.trim().parse();
            Ok(Some(
                version.with_context(|| {
                    format!("{} contains {text:?}, which is not a version", path.display())
                })?,
            ))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            ensure!(
                !folder.join("cluster").exists(),
                "{} has no PG_VERSION, so it is not a PostgreSQL cluster; restore it from a backup, or move it away to \
                 start with an empty database",
                folder.join("cluster").display()
            );
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

impl Cluster {
    /// Opens the cluster in `folder`, and creates it if it is absent. It is created under a temporary name and renamed when it is
    /// complete.
    pub(super) async fn open(
        folder: &Path,
        distribution: &Distribution,
        account: &Account,
    ) -> anyhow::Result<Self> {
        let path = folder.join("cluster");
        delete_unfinished(folder);
        if !path.exists() {
            info!(path = %path.display(), postgres.version = distribution.major, "Creating the private PostgreSQL database");
            // The name has this process id, because the initdb of a killed nang may still be writing to another folder.
            let unfinished = folder.join(format!("{UNFINISHED}{}", std::process::id()));
            initialise(&unfinished, folder, distribution, account).await?;
            fs::rename(&unfinished, &path)?;
            File::open(folder)?.sync_all()?;
        }
        Ok(Self { path })
    }
}

/// Deletes unfinished clusters. One that cannot be deleted, because it is still being written, stays for the next start.
fn delete_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

async fn initialise(
    path: &Path,
    folder: &Path,
    distribution: &Distribution,
    account: &Account,
) -> anyhow::Result<()> {
    let output = account
        .command(&distribution.program("initdb"), folder)
        .arg("--pgdata")
        .arg(path)
        // C.UTF-8 sorts by code point on every machine, so an update of the C library cannot corrupt an index.
        .args([
            "--username=nang",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "--no-instructions",
        ])
        // The module `access` writes the access rules.
        .args(["--auth-local=reject", "--auth-host=reject"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .context("cannot run initdb")?;
    if !output.status.success() {
        bail!(
            "initdb failed to create the database in {}: {}",
            folder.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    // If nang runs as root, the folder belongs to another user, so a link that this user created must not be followed.
    let mut settings = OpenOptions::new()
        .append(true)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path.join("postgresql.conf"))?;
    settings.write_all(SETTINGS.as_bytes())?;
    settings.sync_all()?;
    Ok(())
}
