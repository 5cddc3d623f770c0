//! Finds the installed PostgreSQL.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::bail;

/// Oldest supported major version.
const OLDEST: u32 = 15;

/// Where packages install each major version: those of Debian and its derivatives, of Red Hat and its derivatives, and of PostgreSQL.
const PARENTS: [(&str, &str, &str); 3] =
    [("/usr/lib/postgresql", "", "bin"), ("/usr", "pgsql-", "bin"), ("/usr/local", "pgsql", "bin")];

/// A folder with `initdb` and `postgres` of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Distribution {
    pub(super) major: u32,
    bin: PathBuf,
}

impl Distribution {
    /// Returns the newest installed version, or the version that created the cluster, because no other major version can read it.
    pub(super) fn find(made_by: Option<u32>) -> anyhow::Result<Self> {
        choose(candidates().iter().filter_map(|bin| Self::at(bin)).collect(), made_by)
    }

    fn at(bin: &Path) -> Option<Self> {
        // Follows links (for example in /usr/local/bin), because PostgreSQL looks for its files beside its programs.
        let bin = fs::canonicalize(bin.join("postgres")).ok()?.parent()?.to_owned();
        if !bin.join("initdb").exists() {
            return None;
        }
        let output =
            Command::new(bin.join("postgres")).arg("--version").stdin(Stdio::null()).output().ok()?;
        Some(Self { major: major_version(&String::from_utf8_lossy(&output.stdout))?, bin })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

/// Reads the output of `postgres --version`: `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, or `… 17beta2`.
fn major_version(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL) ")?.1;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

fn choose(mut found: Vec<Distribution>, made_by: Option<u32>) -> anyhow::Result<Distribution> {
    found.sort_by_key(|one| std::cmp::Reverse(one.major));
    let installed = || {
        found
            .iter()
            .map(|one| one.major.to_string())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some(wanted) = made_by {
        if let Some(same) = found.iter().find(|one| one.major == wanted) {
            return Ok(same.clone());
        }
        let has = if found.is_empty() {
            "PostgreSQL is not installed".to_owned()
        } else {
            format!("this machine has PostgreSQL {}", installed())
        };
        bail!(
            "the database in the data folder was created by PostgreSQL {wanted}, and no other version can read it, but {has}; run \
             `apt-get install postgresql-{wanted}`, or upgrade the database with pg_upgrade"
        );
    }
    match found.first() {
        Some(newest) if newest.major >= OLDEST => Ok(newest.clone()),
        Some(_) => bail!(
            "Nang needs PostgreSQL {OLDEST} or later, but this machine has PostgreSQL {}; run `apt-get install postgresql`, or set \
             NANG_DATABASE_URL to your own PostgreSQL server",
            installed()
        ),
        None => bail!(
            "PostgreSQL is not installed; run `apt-get install postgresql`, or set NANG_DATABASE_URL to your own PostgreSQL server"
        ),
    }
}

/// Returns the path of a program of the client, of the newest installed version. A machine may have no server.
pub(super) fn client_program(name: &str) -> Option<PathBuf> {
    let version = |folder: &PathBuf| {
        let text = folder.display().to_string();
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u32>().ok()).max()
    };
    let mut packaged = packaged();
    packaged.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    packaged.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    packaged
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|program| program.is_absolute() && program.exists())
}

/// Returns the folders of the programs of packages.
fn packaged() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (parent, prefix, bin) in PARENTS {
        let Ok(entries) = fs::read_dir(parent) else { continue };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                folders.push(entry.path().join(bin));
            }
        }
    }
    folders
}

/// Returns folders that may contain PostgreSQL's programs.
fn candidates() -> Vec<PathBuf> {
    let mut folders = packaged();
    // Manual installations: the folder that pg_config names, and the folders in PATH.
    if let Ok(output) = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output()
        && output.status.success()
    {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    folders.retain(|bin| bin.is_absolute() && bin.join("postgres").exists());
    folders
}

#[cfg(test)]
mod tests {
    use super::{Distribution, choose, major_version};

    fn found(majors: &[u32]) -> Vec<Distribution> {
        majors
            .iter()
            .map(|&major| Distribution { major, bin: format!("/usr/lib/postgresql/{major}/bin").into() })
            .collect()
    }

    #[test]
    fn the_version_is_read_from_the_output() {
        for (text, major) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18beta1\n", Some(18)),
            ("postgres (PostgreSQL) 17\n", Some(17)),
            ("postgres (PostgreSQL) 9.6.24\n", Some(9)),
            ("bash 5\n", None),
            ("", None),
        ] {
            assert_eq!(major_version(text), major, "{text:?}");
        }
    }

    #[test]
    fn a_new_cluster_gets_the_newest_version_and_an_existing_one_keeps_its_own() {
        assert_eq!(choose(found(&[15, 17, 16]), None).unwrap().major, 17);
        assert_eq!(choose(found(&[15, 17, 16]), Some(15)).unwrap().major, 15);
    }

    #[test]
    fn the_error_names_what_to_install() {
        for (installed, made_by, text) in [
            (&[][..], None, "apt-get install postgresql"),
            (&[13, 14], None, "needs PostgreSQL 15 or later, but this machine has PostgreSQL 13, 14"),
            (&[16, 17], Some(15), "created by PostgreSQL 15, and no other version can read it"),
            (
                &[16, 17],
                Some(15),
                "but this machine has PostgreSQL 16, 17; run `apt-get install postgresql-15`",
            ),
            (&[], Some(15), "PostgreSQL is not installed; run `apt-get install postgresql-15`"),
        ] {
            let error = choose(found(installed), made_by).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }

    #[test]
    fn postgresql_is_found_on_this_machine() {
        let found = Distribution::find(None).unwrap();
        assert!(found.program("initdb").exists());
    }
}
