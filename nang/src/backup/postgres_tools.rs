//! PostgreSQL's own programs `pg_dump` and `pg_restore`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use reqwest::Url;
use tokio::process::Command;

use super::run;
use crate::postgres;

/// Writes a snapshot of the database to a file.
pub(super) async fn dump(url: &str, snapshot: &str, file: &Path) -> anyhow::Result<()> {
    let mut command = connected("pg_dump", url)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges"]);
    command.arg(format!("--snapshot={snapshot}")).arg("--file").arg(file);
    run(&mut command, "pg_dump").await
}

/// Restores a file into an empty database: completely, or not at all.
pub(super) async fn restore(url: &str, file: &Path) -> anyhow::Result<()> {
    let mut command = connected("pg_restore", url)?;
    command.args(["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]).arg(file);
    run(&mut command, "pg_restore").await
}

/// Returns a command for this database. The password is in its environment, because other accounts can see arguments.
fn connected(program: &str, url: &str) -> anyhow::Result<Command> {
    let path: PathBuf = postgres::client_program(program)
        .with_context(|| format!("{program} is not installed; run `apt-get install postgresql-client`"))?;
    let mut command = Command::new(path);
    let (url, password) = without_password(url)?;
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    command.arg("--no-password").arg(format!("--dbname={url}"));
    Ok(command)
}

/// Takes the password out of a URL.
fn without_password(url: &str) -> anyhow::Result<(String, Option<String>)> {
    let mut parsed = Url::parse(url).context("the URL of the database is invalid")?;
    let Some(password) = parsed.password().map(str::to_owned) else { return Ok((url.to_owned(), None)) };
    let decoded = form_urlencoded::parse(format!("p={}", password.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned());
    // An error means that the URL cannot have a password; this one has.
    let _ = parsed.set_password(None);
    Ok((parsed.to_string(), decoded))
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn the_password_is_taken_out_of_the_url() {
        let (url, password) =
            without_password("postgres://nang:p%40ss%2Fw+rd@db:5432/nang?sslmode=require").unwrap();
        assert_eq!(url, "postgres://nang@db:5432/nang?sslmode=require");
        assert_eq!(password.as_deref(), Some("p@ss/w+rd"));
        let socket = "postgres:///nang?host=/srv/nang/postgres&port=5432&user=nang&sslmode=disable";
        assert_eq!(without_password(socket).unwrap(), (socket.to_owned(), None));
    }
}
