//! Keys and settings, encrypted to age recipients, apart from the rest of a backup.

use std::{collections::BTreeMap, path::Path, process::Stdio};

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
};

const ABSENT: &str = "cannot run `age`, which encrypts the keys; run `apt-get install age`";
/// What the settings file is called in the data folder after a restore. Nang does not read it there: its paths and addresses are of the
/// machine that made the backup.
pub(super) const SETTINGS: &str = "nang.toml.restored";

/// The plain text of the encrypted file. The contents are never in a log.
#[derive(Serialize, Deserialize)]
pub(super) struct SecretFiles {
    /// Names in the data folder, and contents.
    pub(super) files: BTreeMap<String, String>,
}

impl SecretFiles {
    /// Encrypts to all of these recipients. The plain text is never on a disk.
    pub(super) async fn encrypt(&self, recipients: &[String], to: &Path) -> anyhow::Result<()> {
        let mut command = Command::new("age");
        command.arg("--armor").arg("--output").arg(to);
        for recipient in recipients {
            command.arg("--recipient").arg(recipient);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().context(ABSENT)?;
        let plain = serde_json::to_vec(self)?;
        answer(child, Some(&plain)).await.context("cannot encrypt the keys")?;
        Ok(())
    }

    /// Decrypts with the identities in a file.
    pub(super) async fn decrypt(from: &Path, identities: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new("age");
        command.arg("--decrypt").arg("--identity").arg(identities).arg(from);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().context(ABSENT)?;
        let plain = answer(child, None).await.with_context(|| {
            format!("cannot decrypt the keys with the identity in {}", identities.display())
        })?;
        let secrets: Self = serde_json::from_slice(&plain).context("the decrypted keys are damaged")?;
        for name in secrets.files.keys() {
            let is_plain = !name.starts_with('.') && !name.contains(['/', '\\']);
            ensure!(
                is_plain,
                "the decrypted keys have a file with the name {name:?}, which a backup never has"
            );
        }
        Ok(secrets)
    }
}

async fn answer(mut child: Child, input: Option<&[u8]>) -> anyhow::Result<Vec<u8>> {
    let stdin = child.stdin.take();
    if let (Some(mut stdin), Some(input)) = (stdin, input) {
        // If age ends early, its own message is the better error.
        let _ = stdin.write_all(input).await;
    }
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        let printed = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{}",
            printed
                .lines()
                .next()
                .unwrap_or("age failed without a message")
                .trim_start_matches("age: error: ")
        );
    }
    Ok(output.stdout)
}
