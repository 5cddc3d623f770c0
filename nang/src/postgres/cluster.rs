//! The cluster's files: made whole or not at all.

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

/// Written at the end of postgresql.conf once; an admin may change them. What Nang relies on is said on the command line instead.
const SETTINGS: &str = "
# Set by Nang for a small server; change what you like.
max_connections = 80
# What searches over 100,000 films read again and again; a smaller catalogue never fills it.
shared_buffers = 256MB
max_wal_size = 256MB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
";

/// The unfinished clusters of starts that were killed.
const UNFINISHED: &str = "cluster.new-";

/// A whole cluster, for the server to run on.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) path: PathBuf,
}

/// Major version of PostgreSQL that made the cluster in `folder`; `None` if there is none.
pub(super) fn version(folder: &Path) -> anyhow::Result<Option<u32>> {
    let path = folder.join("cluster/PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => {
            let version = text.trim().parse();
            Ok(Some(
                version.with_context(|| format!("{} says {text:?}, which is no version", path.display()))?,
            ))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            ensure!(
                !folder.join("cluster").exists(),
                "{} has no PG_VERSION, so it is no database of PostgreSQL; put it back from a backup, or move it away to begin anew",
                folder.join("cluster").display()
            );
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

impl Cluster {
    /// The cluster in `folder`, made now if there is none. It is made under a temporary name, so that it is whole when it bears its own.
    pub(super) async fn open(
        folder: &Path,
        distribution: &Distribution,
        account: &Account,
    ) -> anyhow::Result<Self> {
        let path = folder.join("cluster");
        clear_unfinished(folder);
        if !path.exists() {
            info!(path = %path.display(), postgres.version = distribution.major, "Making the database");
            // A name of its own: an initdb whose nang was killed may still be writing to another.
            let unfinished = folder.join(format!("{UNFINISHED}{}", std::process::id()));
            initialise(&unfinished, folder, distribution, account).await?;
            fs::rename(&unfinished, &path)?;
            File::open(folder)?.sync_all()?;
        }
        Ok(Self { path })
    }
}

/// What cannot be removed (it is still being written) stays for the next start.
fn clear_unfinished(folder: &Path) {
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
        // C.UTF-8 sorts by code point on every machine: an update of the C library cannot spoil an index.
        .args([
            "--username=nang",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "--no-instructions",
        ])
        // [`access`](super::access) writes who may connect.
        .args(["--auth-local=reject", "--auth-host=reject"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .context("initdb cannot be run")?;
    if !output.status.success() {
        bail!(
            "initdb could not make the database in {}: {}",
            folder.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    // The folder is another user's, if nang is root: a link that it put there is not followed.
    let mut settings = OpenOptions::new()
        .append(true)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path.join("postgresql.conf"))?;
    settings.write_all(SETTINGS.as_bytes())?;
    settings.sync_all()?;
    Ok(())
}
