//! `nang backup` and `nang restore`.
//!
//! A backup is a folder, or the same as a tar file:
//!
//! ```text
//! database.dump     pg_dump's custom format, of one snapshot
//! objects.jsonl     every object that this snapshot needs in storage: key, size and SHA-256, sorted by key
//! manifests/<key>   copies of playlists, manifests and build records, which are small
//! secrets.age       keys and the settings file, encrypted to the recipients
//! backup.json       what the backup contains, with the hash of each file above; written last
//! ```
//!
//! Masters and films are not in it: they are many, never change, and are copied by other means (rsync, or the replication of an object
//! store). A restore says which of them are missing.
//!
//! Secrets are encrypted by the program `age` of the distribution. The crate of that name would bring a second implementation of
//! cryptography into this program, which has one (aws-lc).

mod check;
mod create;
mod objects;
mod postgres_tools;
mod restore;
mod secret_files;

use std::{collections::BTreeMap, path::Path, process::Stdio};

use anyhow::{Context, bail};
pub(crate) use create::create;
use domain::hex;
pub(crate) use restore::restore;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::process::Command;

/// Version of the format.
const VERSION: u32 = 1;
const DUMP: &str = "database.dump";
const OBJECTS: &str = "objects.jsonl";
const MANIFESTS: &str = "manifests";
const SECRETS: &str = "secrets.age";
const SUMMARY: &str = "backup.json";

/// `backup.json`
#[derive(Debug, Serialize, Deserialize)]
struct Summary {
    /// Version of the format: [`VERSION`].
    version: u32,
    /// Version of Nang that made the backup.
    nang: String,
    /// When the snapshot was taken, by PostgreSQL's clock.
    #[serde(with = "time::serde::rfc3339")]
    taken_at: time::OffsetDateTime,
    /// Version of PostgreSQL.
    postgres: String,
    /// The newest migration of the database.
    migration: i64,
    /// Number of rows of each table.
    rows: BTreeMap<String, i64>,
    /// Number of objects in the list, and the sum of their sizes.
    objects: u64,
    objects_bytes: u64,
    /// Objects that the snapshot needs and that were absent from storage.
    missing: Vec<String>,
    /// SHA-256 of each file of the backup.
    files: BTreeMap<String, String>,
}

/// Runs a program to its end. The error has its last words.
async fn run(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().await.with_context(|| format!("cannot run {what}"))?;
    if output.status.success() {
        return Ok(());
    }
    let printed = String::from_utf8_lossy(&output.stderr);
    let last: Vec<_> = printed.lines().rev().take(3).collect();
    bail!("{what} failed: {}", last.into_iter().rev().collect::<Vec<_>>().join("; "))
}

/// Whether a backup has this name as one file.
fn is_tar(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tar")
}

/// Returns the SHA-256 of a file, read on a thread that may wait for the disk.
async fn hash_of(path: &Path) -> anyhow::Result<String> {
    let owned = path.to_owned();
    let hash = move || -> std::io::Result<String> {
        let (mut file, mut hash) = (std::fs::File::open(owned)?, HashWriter(Sha256::new()));
        std::io::copy(&mut file, &mut hash)?;
        Ok(hex::encode(&hash.0.finalize()))
    };
    tokio::task::spawn_blocking(hash).await?.with_context(|| format!("cannot read {}", path.display()))
}

struct HashWriter(Sha256);

impl std::io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Prints a line about the progress on standard error.
#[expect(clippy::print_stderr, reason = "messages to the user of the command")]
fn say(line: &str) {
    eprintln!("{line}");
}
