//! Which user PostgreSQL runs as. It refuses to be root, so root's Nang runs it as `postgres`, whom the distribution's package made.

use std::{
    fs::{self, DirBuilder, Metadata, Permissions},
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown},
    path::Path,
};

use anyhow::{Context, bail, ensure};
use tokio::process::Command;

/// Who PostgreSQL runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// Whoever runs Nang.
    Own,
    /// Another user, since Nang is run by root.
    Other {
        /// The user.
        uid: u32,
        /// Its group.
        gid: u32,
    },
}

impl Account {
    /// Root runs a cluster as the user it belongs to, so that it does not matter who made it, and a new one as `postgres`.
    pub(super) fn choose(folder: &Path) -> anyhow::Result<Self> {
        let own = rustix::process::geteuid().as_raw();
        let owner = match fs::symlink_metadata(folder) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("cannot look at {}", folder.display())),
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
        // Root's own: put back from a backup, or a start that was killed before it was given away.
        if let Some(owner) = owner.filter(|owner| owner.uid() != 0) {
            return Ok(Self::Other { uid: owner.uid(), gid: owner.gid() });
        }
        let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let Some((uid, gid)) = find_user(&users, "postgres") else {
            bail!("the user postgres is missing, as whom root runs PostgreSQL: apt-get install postgresql");
        };
        Ok(Self::Other { uid, gid })
    }

    /// Makes the folder, gives it to the user with all that is in it, closes it to everybody else, and sees that the user can reach
    /// it.
    pub(super) fn prepare(self, folder: &Path) -> anyhow::Result<()> {
        if let Self::Other { uid, gid } = self {
            // First of all: a refusal leaves nothing that a later start would trip over.
            check_reachable(folder.parent().unwrap_or(folder), uid, gid)?;
        }
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("cannot make {}", folder.display()));
            }
            _ => {}
        }
        let metadata = fs::symlink_metadata(folder)?;
        ensure!(metadata.is_dir(), "{} is not a folder", folder.display());
        if let Self::Other { uid, gid } = self
            && metadata.uid() != uid
        {
            give(folder, uid, gid).with_context(|| format!("cannot give {} away", folder.display()))?;
        }
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        Ok(())
    }

    /// A command that runs as this user, in `folder`, and inherits no setting from Nang's environment (PGDATA, PGPORT, secrets). The
    /// standard library drops root's supplementary groups when it changes the user.
    pub(super) fn command(self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir(folder);
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// Gives a folder and all in it to the user; the folder itself last, so that a start that is killed meanwhile is made good.
fn give(path: &Path, uid: u32, gid: u32) -> std::io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), uid, gid)?;
        }
    }
    lchown(path, Some(uid), Some(gid))
}

/// Fails, naming the outermost culprit, if the user may not pass through all folders down to `data`. Access lists are not looked at:
/// who uses them to close a folder gets PostgreSQL's own error instead of this one.
fn check_reachable(data: &Path, uid: u32, gid: u32) -> anyhow::Result<()> {
    let real = fs::canonicalize(data).with_context(|| format!("cannot use {}", data.display()))?;
    let mut ancestors: Vec<_> = real.ancestors().collect();
    ancestors.reverse();
    for ancestor in ancestors {
        if !may_pass(&fs::metadata(ancestor)?, uid, gid) {
            let (user, data, closed) = (name_of(uid), data.display(), ancestor.display());
            bail!(
                "root runs PostgreSQL as the user {user}, who cannot reach {data}, since {closed} is closed to others: choose a data \
                 folder elsewhere (--data /var/lib/nang), or open the way with: chmod o+x {closed}"
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

/// User and group id from passwd(5).
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
