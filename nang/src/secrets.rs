//! Signing keys: read from a file, or generated once and kept in the data folder. Only their owner can read them.

use std::{
    fs::{OpenOptions, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use anyhow::{Context, bail};
use api::AccessKeys;
use domain::{hex, token::KeyRing};
use rand::{TryRng, rngs::SysRng};

/// Reads the playback keys in `file`. Fails if the file is missing or a key is weak.
pub(crate) fn playback_keys(file: &Path) -> anyhow::Result<KeyRing> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the playback keys in {}", file.display()))?;
    KeyRing::parse(&text).with_context(|| format!("the playback keys in {} cannot be used", file.display()))
}

/// Reads the keys in `file` that sign access tokens: one key on each line, at least 32 bytes as hexadecimal digits. The first key
/// signs, the others only verify.
pub(crate) fn access_keys(file: &Path) -> anyhow::Result<AccessKeys> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the access keys in {}", file.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys = lines.map(hex::decode).collect::<Option<Vec<_>>>();
    let usable = keys
        .as_deref()
        .and_then(|keys| keys.split_first())
        .map(|(signing, others)| AccessKeys::new(signing, others));
    match usable {
        Some(Ok(keys)) => Ok(keys),
        _ => bail!(
            "the access keys in {} cannot be used: each line must have one key of at least 64 hexadecimal digits",
            file.display()
        ),
    }
}

/// Creates `file` with `prefix` and random hexadecimal digits, unless it exists. Sets its mode to 0600 in both cases.
pub(crate) fn create_once(file: &Path, prefix: &str) -> anyhow::Result<()> {
    if file.exists() {
        let mode = std::fs::metadata(file)?.permissions().mode();
        if mode & 0o077 != 0 {
            std::fs::set_permissions(file, Permissions::from_mode(0o600)).with_context(|| {
                format!("other accounts can read {}, and its mode cannot be changed to 0600", file.display())
            })?;
        }
        return Ok(());
    }
    write_private(file, &format!("{prefix}{}\n", random_hex::<32>()?))
}

/// Writes `file` atomically. Only its owner can read it.
pub(crate) fn write_private(file: &Path, text: &str) -> anyhow::Result<()> {
    let temporary = file.with_extension("new");
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .with_context(|| format!("cannot write {}", temporary.display()))?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    std::fs::rename(&temporary, file)?;
    Ok(())
}

/// `N` random bytes from the operating system as hexadecimal digits.
pub(crate) fn random_hex<const N: usize>() -> anyhow::Result<String> {
    let mut bytes = [0_u8; N];
    SysRng.try_fill_bytes(&mut bytes).context("the operating system returned no random bytes")?;
    Ok(hex::encode(&bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{access_keys, create_once, playback_keys};

    #[test]
    fn a_key_is_created_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("playback.keys");
        create_once(&file, "1 ").unwrap();
        let first = std::fs::read_to_string(&file).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        create_once(&file, "1 ").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
        playback_keys(&file).unwrap();
    }

    #[test]
    fn the_first_of_several_access_keys_signs_and_all_of_them_verify() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("access.key");
        let (old, new) = ("0123456789abcdef".repeat(4), "fedcba9876543210".repeat(4));
        let ids = |text: &str| {
            std::fs::write(&file, text).unwrap();
            format!("{:?}", access_keys(&file).unwrap())
        };
        let (only_old, only_new) = (ids(&old), ids(&format!("{new}\n")));
        let inner = |list: &str| list.trim_matches(['[', ']']).to_owned();
        let rotated = ids(&format!("{new}\n\n  {old}\n"));
        assert_eq!(rotated, format!("[{}, {}]", inner(&only_new), inner(&only_old)));
        std::fs::write(&file, format!("{new}\nshort\n")).unwrap();
        assert!(access_keys(&file).is_err(), "one weak key among good ones");
    }

    #[test]
    fn weak_or_missing_keys_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        assert!(playback_keys(&file).is_err());
        for text in
            ["", "1 abcd", "1 00000000000000000000000000000000000000000000000000000000000000000000", "x"]
        {
            std::fs::write(&file, text).unwrap();
            assert!(playback_keys(&file).is_err(), "{text:?}");
            assert!(access_keys(&file).is_err(), "{text:?}");
        }
    }
}
