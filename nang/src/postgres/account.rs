//! The account that PostgreSQL runs as. PostgreSQL refuses to run as root. If Nang runs as root, PostgreSQL therefore runs as
//! `postgres`, the account that the distribution's package creates.

use std::{
    fs::{self, DirBuilder, Metadata, Permissions},
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown},
    path::Path,
};

use anyhow::{Context, bail, ensure};
use tokio::process::Command;

/// The account that PostgreSQL runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// The account that Nang runs as.
    Own,
    /// Another account, because Nang runs as root.
    Other {
        /// User id.
        uid: u32,
        /// Group id.
        gid: u32,
    },
}

impl Account {
    /// Chooses the account. If Nang runs as root, PostgreSQL runs as the owner of an existing cluster, and as `postgres` for a new
    /// one.
    pub(super) fn choose(folder: &Path) -> anyhow::Result<Self> {
        let own = rustix::process::geteuid().as_raw();
        let owner = match fs::symlink_metadata(folder) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read the owner of {}", folder.display()));
            }
        };
        if own != 0 {
            if let Some(owner) = owner {
                ensure!(
                    owner.uid() == own,
                    "{} belongs to the user {}; run nang as that user, or as root",
                    folder.display(),
                    name_of(owner.uid())
                );
            }
            return Ok(Self::Own);
        }
        // A folder that belongs to root comes from a backup, or from a start that was killed before it changed the owner.
        if let Some(owner) = owner.filter(|owner| owner.uid() != 0) {
            return Ok(Self::Other { uid: owner.uid(), gid: owner.gid() });
        }
        let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let Some((uid, gid)) = find_user(&users, "postgres") else {
            bail!(
                "the user postgres does not exist, and PostgreSQL does not run as root; run `apt-get install postgresql`"
            );
        };
        Ok(Self::Other { uid, gid })
    }

    /// Creates the folder if it is absent, makes the account the owner of the folder and everything in it, and closes the folder to
    /// other accounts. Fails if the account cannot reach the folder.
    pub(super) fn prepare(self, folder: &Path) -> anyhow::Result<()> {
        if let Self::Other { uid, gid } = self {
            // First, so that a failure leaves nothing behind that could disturb a later start.
            check_reachable(folder.parent().unwrap_or(folder), uid, gid)?;
        }
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("cannot create {}", folder.display()));
            }
            _ => {}
        }
        let metadata = fs::symlink_metadata(folder)?;
        ensure!(metadata.is_dir(), "{} is not a folder", folder.display());
        if let Self::Other { uid, gid } = self
            && metadata.uid() != uid
        {
            change_owner(folder, uid, gid)
                .with_context(|| format!("cannot change the owner of {}", folder.display()))?;
        }
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        Ok(())
    }

    /// Returns a command that runs as this account in `folder` and inherits nothing from Nang's environment (PGDATA, PGPORT, secrets).
    /// The standard library drops root's supplementary groups when it changes the user.
    pub(super) fn command(self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir(folder);
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// Changes the owner of a folder and of everything in it. The folder itself is last, so that the next start repeats a change that was
/// interrupted.
fn change_owner(path: &Path, uid: u32, gid: u32) -> std::io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            change_owner(&entry?.path(), uid, gid)?;
        }
    }
    lchown(path, Some(uid), Some(gid))
}

/// Fails if the account may not pass through all folders down to `data`; the error names the outermost closed folder. Ignores access
/// control lists: if one of them closes a folder, PostgreSQL reports its own error.
fn check_reachable(data: &Path, uid: u32, gid: u32) -> anyhow::Result<()> {
    let real =
        fs::canonicalize(data).with_context(|| format!("cannot resolve the path {}", data.display()))?;
    let mut ancestors: Vec<_> = real.ancestors().collect();
    ancestors.reverse();
    for ancestor in ancestors {
        if !may_pass(&fs::metadata(ancestor)?, uid, gid) {
            let (user, data, closed) = (name_of(uid), data.display(), ancestor.display());
            bail!(
                "Nang runs as root, so PostgreSQL runs as the user {user}, which cannot reach {data} because {closed} is closed \
                 to other users; choose another data folder (for example --data /var/lib/nang), or run: chmod o+x {closed}"
            );
        }
    }
    Ok(())
}

fn may_pass(folder: &Metadata, uid: u32, gid: u32) -> bool {
    let bit = if folder.uid() == uid {
        0o100
    } else if folder.gid() == gid {
        0o010
    } else {
        0o001
    };
    folder.mode() & bit != 0
}

/// Returns a user's user id and group id from the text of passwd(5).
fn find_user(users: &str, name: &str) -> Option<(u32, u32)> {
    users.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        (fields.len() == 7 && fields[0] == name)
            .then(|| Some((fields[2].parse().ok()?, fields[3].parse().ok()?)))?
    })
}

fn name_of(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        (fields.len() == 7 && fields[2].parse() == Ok(uid)).then(|| fields[0].to_owned())
    });
    name.unwrap_or_else(|| uid.to_string())
}

#[cfg(test)]
mod tests {
    use super::find_user;

    #[test]
    fn users_are_found_by_their_whole_name() {
        let users = "root:x:0:0:root:/root:/bin/bash\npostgresql:x:7:8::/:/bin/sh\nbroken\n\
                     postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(find_user(users, "postgres"), Some((101, 104)));
        assert_eq!(find_user(users, "nobody"), None);
    }
}
