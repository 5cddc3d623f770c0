//! PostgreSQL: reachable, new enough, migrated, and its clock.

use std::time::Duration;

use db::{Diagnosis, Migrations};

use super::finding::Finding;
use crate::{clock, postgres, role, settings::Settings};

const POSTGRESQL: &str = "postgresql";
/// A difference between this machine's clock and PostgreSQL's from which tokens and leases become confusing.
const CLOCK_WARNING: Duration = Duration::from_secs(2);
const CLOCK_WRONG: Duration = Duration::from_secs(30);

pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let (url, is_private) = match &settings.database_url {
        Some(url) => (url.0.clone(), false),
        None => match std::fs::read_to_string(settings.data.join("database.url")) {
            Ok(url) => (url.trim().to_owned(), true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return vec![not_created(settings)],
            Err(error) => {
                return vec![Finding::wrong(
                    POSTGRESQL,
                    format!("cannot read {}/database.url: {error}", settings.data.display()),
                    "run this command as the account that Nang runs as, or as root",
                )];
            }
        },
    };
    let found = match role::connect(&url).await {
        Ok(db) => {
            let found = db.diagnose().await;
            db.close().await;
            found.map_err(anyhow::Error::new)
        }
        Err(error) => Err(error),
    };
    match found {
        Ok(found) => diagnosed(&found),
        Err(error) if is_private => vec![Finding::warning(
            POSTGRESQL,
            format!("the private PostgreSQL in {} does not answer: {error:#}", settings.data.display()),
            "start Nang, which starts it (`systemctl start nang`); if Nang runs, read postgres.log in the data folder",
        )],
        Err(error) => vec![Finding::wrong(
            POSTGRESQL,
            format!("{error:#}"),
            "start PostgreSQL, and check its address, account and password in database_url (NANG_DATABASE_URL), and pg_hba.conf",
        )],
    }
}

/// `nang up` was never started with this data folder.
fn not_created(settings: &Settings) -> Finding {
    match postgres::installed(&settings.data) {
        Ok(major) => Finding::ok(
            POSTGRESQL,
            format!("PostgreSQL {major} is installed; `nang up` creates its database at the first start"),
        ),
        Err(error) => {
            Finding::wrong(POSTGRESQL, "`nang up` cannot create its database", format!("{error:#}"))
        }
    }
}

fn diagnosed(found: &Diagnosis) -> Vec<Finding> {
    let mut findings = Vec::new();
    let version = &found.server_version;
    let missing = found.missing_extensions.join(", ");
    findings.push(if !found.is_supported {
        Finding::wrong(
            POSTGRESQL,
            format!("PostgreSQL {version} is too old"),
            "upgrade it to version 15 or later",
        )
    } else if !found.classifies_unicode {
        Finding::wrong(
            POSTGRESQL,
            "the database's locale does not know Lao letters, so search cannot work",
            "create the database again with the locale C.UTF-8 and restore a backup into it",
        )
    } else if !missing.is_empty() {
        Finding::wrong(
            POSTGRESQL,
            format!("PostgreSQL {version} lacks the extensions {missing}"),
            "install PostgreSQL's contrib package (Debian has them in postgresql), then run `nang migrate`",
        )
    } else {
        Finding::ok(POSTGRESQL, format!("PostgreSQL {version} answers and has all extensions"))
    });
    findings.push(match found.migrations {
        Migrations::Current => Finding::ok("migrations", "the database is of this version of Nang"),
        Migrations::Pending(count) => Finding::wrong(
            "migrations",
            format!("the database is of an older version of Nang; missing migrations: {count}"),
            "run `nang migrate` (`nang up` does it at its start)",
        ),
        Migrations::Newer => Finding::wrong(
            "migrations",
            "the database is of a newer version of Nang",
            "install that version, or restore a backup of this one",
        ),
        Migrations::Failed(version) => Finding::wrong(
            "migrations",
            format!("migration {version} was interrupted"),
            "restore the backup from before the upgrade, and run `nang migrate` again",
        ),
    });
    let difference = (clock::now() - found.clock).unsigned_abs();
    let says =
        format!("the clocks of this machine and of PostgreSQL differ by {} ms", difference.as_millis());
    let mend = "synchronize both clocks (`apt-get install systemd-timesyncd`)";
    findings.push(if difference >= CLOCK_WRONG {
        Finding::wrong("clock", says, mend)
    } else if difference >= CLOCK_WARNING {
        Finding::warning("clock", says, mend)
    } else {
        Finding::ok("clock", says)
    });
    findings
}

#[cfg(test)]
mod tests {
    use db::{Diagnosis, Migrations};

    use super::{super::finding::Level, diagnosed};
    use crate::clock;

    #[test]
    fn each_fault_of_a_database_is_found() {
        let good = Diagnosis {
            server_version: "15.8".to_owned(),
            is_supported: true,
            classifies_unicode: true,
            missing_extensions: vec![],
            migrations: Migrations::Current,
            clock: clock::now(),
        };
        assert!(diagnosed(&good).iter().all(|finding| finding.level == Level::Ok));
        let ago = |seconds| clock::now() - std::time::Duration::from_secs(seconds);
        for (bad, level) in [
            (Diagnosis { is_supported: false, ..good.clone() }, Level::Wrong),
            (Diagnosis { classifies_unicode: false, ..good.clone() }, Level::Wrong),
            (Diagnosis { missing_extensions: vec!["pg_trgm".to_owned()], ..good.clone() }, Level::Wrong),
            (Diagnosis { migrations: Migrations::Pending(2), ..good.clone() }, Level::Wrong),
            (Diagnosis { migrations: Migrations::Newer, ..good.clone() }, Level::Wrong),
            (Diagnosis { migrations: Migrations::Failed(7), ..good.clone() }, Level::Wrong),
            (Diagnosis { clock: ago(5), ..good.clone() }, Level::Warning),
            (Diagnosis { clock: ago(3600), ..good.clone() }, Level::Wrong),
        ] {
            let found = diagnosed(&bad);
            let worst = found.iter().map(|finding| finding.level).max().unwrap();
            assert_eq!(worst, level, "{found:?}");
            assert_eq!(found.iter().filter(|finding| finding.level != Level::Ok).count(), 1, "{found:?}");
        }
    }
}
