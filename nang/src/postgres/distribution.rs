//! Finding the PostgreSQL that the distribution installed.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::bail;

/// Oldest major version that works.
const OLDEST: u32 = 15;

/// Where packages put each major version: Debian and its kin, Red Hat and its kin, PostgreSQL's own installer.
const PARENTS: [(&str, &str, &str); 3] =
    [("/usr/lib/postgresql", "", "bin"), ("/usr", "pgsql-", "bin"), ("/usr/local", "pgsql", "bin")];

/// A folder with `initdb` and `postgres` of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Distribution {
    pub(super) major: u32,
    bin: PathBuf,
}

impl Distribution {
    /// The newest there is, or the one that made the cluster: another major version cannot read it.
    pub(super) fn find(made_by: Option<u32>) -> anyhow::Result<Self> {
        choose(candidates().iter().filter_map(|bin| Self::at(bin)).collect(), made_by)
    }

    fn at(bin: &Path) -> Option<Self> {
        // A link (in /usr/local/bin, say) is followed: PostgreSQL looks for its files beside its programs.
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

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, and `… 17beta2`.
fn major_version(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL) ")?.1;
    let digits = version.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

fn choose(mut found: Vec<Distribution>, made_by: Option<u32>) -> anyhow::Result<Distribution> {
    found.sort_by_key(|one| std::cmp::Reverse(one.major));
    let there = || {
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
            "none is installed".to_owned()
        } else {
            format!("installed is {}", there())
        };
        bail!(
            "the database in the data folder was made by PostgreSQL {wanted}, which alone can read it, and {has}: \
             apt-get install postgresql-{wanted} (or move the database to a newer one with pg_upgrade)"
        );
    }
    match found.first() {
        Some(newest) if newest.major >= OLDEST => Ok(newest.clone()),
        Some(_) => bail!(
            "PostgreSQL {OLDEST} or later is needed, and installed is {}: apt-get install postgresql, or set NANG_DATABASE_URL to a \
             server of your own",
            there()
        ),
        None => bail!(
            "PostgreSQL is missing: apt-get install postgresql (or set NANG_DATABASE_URL to a server of your own)"
        ),
    }
}

/// Folders that may hold it.
fn candidates() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (parent, prefix, bin) in PARENTS {
        let Ok(entries) = fs::read_dir(parent) else { continue };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                folders.push(entry.path().join(bin));
            }
        }
    }
    // Installed by hand: the folder that pg_config names, and whatever is on the path.
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
    fn versions_are_read() {
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
    fn the_newest_makes_a_cluster_and_only_its_maker_reads_it() {
        assert_eq!(choose(found(&[15, 17, 16]), None).unwrap().major, 17);
        assert_eq!(choose(found(&[15, 17, 16]), Some(15)).unwrap().major, 15);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (installed, made_by, text) in [
            (&[][..], None, "apt-get install postgresql"),
            (&[13, 14], None, "15 or later is needed, and installed is 13, 14"),
            (&[16, 17], Some(15), "made by PostgreSQL 15, which alone can read it, and installed is 16, 17"),
            (&[], Some(15), "none is installed: apt-get install postgresql-15"),
        ] {
            let error = choose(found(installed), made_by).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }

    #[test]
    fn this_machine_has_one() {
        let found = Distribution::find(None).unwrap();
        assert!(found.program("initdb").exists());
    }
}
