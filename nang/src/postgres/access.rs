//! The access rules of the private PostgreSQL: only the account that Nang runs as may connect. No other account may, not even the one
//! that PostgreSQL runs as.
//!
//! PostgreSQL asks the kernel for the account at the other end of its socket (peer authentication) and looks it up in `pg_ident.conf`.
//! Nang writes `pg_hba.conf` and `pg_ident.conf` at every start, so that they name the account of this start, and so that clusters of
//! earlier versions, which trusted every account that reached the socket, become closed.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, ensure};
use tracing::info;

use super::account::Account;

const HBA: &str = "\
# Written by Nang at every start; changes are lost.
# Only the account that Nang runs as may connect (see pg_ident.conf), over the socket and as nang.
local all nang peer map=nang
";

/// Writes the two files if they differ. Must run before the server starts.
pub(super) fn write(cluster: &Path, account: Account) -> anyhow::Result<()> {
    let user = name_of_this_account()?;
    let ident = format!(
        "# Written by Nang at every start; changes are lost.\nnang \"{}\" nang\n",
        user.replace('"', "\"\"")
    );
    let is_new = replace(&cluster.join("pg_ident.conf"), &ident, account)?;
    if replace(&cluster.join("pg_hba.conf"), HBA, account)? || is_new {
        info!(account = user, "The private PostgreSQL now accepts only this account");
    }
    Ok(())
}

/// Returns the account's name from the system's user database, which can have other sources than /etc/passwd.
fn name_of_this_account() -> anyhow::Result<String> {
    let uid = rustix::process::geteuid().as_raw();
    let output = Command::new("id")
        .args(["-un", &uid.to_string()])
        .stdin(Stdio::null())
        .output()
        .context("cannot run `id` to find the name of this account")?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ensure!(
        output.status.success() && !name.is_empty(),
        "the account that Nang runs as (id {uid}) has no name, and PostgreSQL identifies accounts by their names; add the account to \
         /etc/passwd, run nang as another account, or set NANG_DATABASE_URL to your own PostgreSQL server"
    );
    Ok(name)
}

/// Replaces a file of the cluster atomically, if its text differs. Returns whether it did. Follows no links, because the folder
/// belongs to PostgreSQL's account.
fn replace(path: &Path, text: &str, account: Account) -> anyhow::Result<bool> {
    if fs::symlink_metadata(path).is_ok_and(|file| file.is_file())
        && fs::read_to_string(path).is_ok_and(|present| present == text)
    {
        return Ok(false);
    }
    let temporary = path.with_extension("conf.new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot delete {}", temporary.display()));
        }
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .with_context(|| format!("cannot write {}", temporary.display()))?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    if let Account::Other { uid, gid } = account {
        fchown(&file, Some(uid), Some(gid))?;
    }
    file.sync_all()?;
    fs::rename(&temporary, path).with_context(|| format!("cannot replace {}", path.display()))?;
    Ok(true)
}
