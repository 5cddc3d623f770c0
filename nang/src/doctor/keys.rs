//! Keys and files with passwords: present, usable, and closed to other accounts.

use std::{
    io::ErrorKind,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use super::finding::Finding;
use crate::{cli::DoctorRole, role, secrets, settings::Settings};

pub(super) fn check(settings: &Settings, role: DoctorRole) -> Vec<Finding> {
    let is_made = role == DoctorRole::Up;
    let (playback, access) = (role::playback_keys_file(settings), role::access_key_file(settings));
    let made = |named: bool| is_made && !named;
    let mut found = vec![key_file(&playback, made(settings.playback_keys_file.is_some()), |file| {
        secrets::playback_keys(file).map(drop)
    })];
    if role != DoctorRole::Origin {
        found.push(key_file(&access, made(settings.access_key_file.is_some()), |file| {
            secrets::access_keys(file).map(drop)
        }));
        for file in [&settings.admin_password_file, &settings.oidc_client_secret_file].into_iter().flatten() {
            found.push(key_file(file, false, |file| Ok(std::fs::read_to_string(file).map(drop)?)));
        }
    }
    found
}

/// Checks one file. `is_made` says that Nang creates it at its start if it is absent.
fn key_file(file: &Path, is_made: bool, usable: impl Fn(&Path) -> anyhow::Result<()>) -> Finding {
    let shown = file.display();
    let metadata = match std::fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound && is_made => {
            return Finding::ok(
                "keys",
                format!("{shown} does not exist yet; `nang up` creates it at its start"),
            );
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Finding::wrong(
                "keys",
                format!("{shown} does not exist"),
                "copy it from the machine that has it (a restored backup does not contain it in clear), or correct the setting that \
                 names it",
            );
        }
        Err(error) => {
            return Finding::wrong(
                "keys",
                format!("cannot read {shown}: {error}"),
                "make the account that Nang runs as its owner",
            );
        }
    };
    if let Err(error) = usable(file) {
        return Finding::wrong(
            "keys",
            format!("{error:#}"),
            format!(
                "make the account that Nang runs as the owner of {shown}, or replace its content by a copy of the right key"
            ),
        );
    }
    let mode = metadata.permissions().mode() & 0o777;
    let group_reads = mode & 0o040 != 0;
    if mode & 0o027 != 0 {
        return Finding::wrong(
            "keys",
            format!("other accounts can read or change {shown} (mode {mode:04o})"),
            format!("run `chmod 600 {shown}`; if other people had access, replace the key"),
        );
    }
    // A package may give a group access on purpose: root owns the file, and Nang's group reads it.
    if group_reads && metadata.uid() != 0 {
        return Finding::warning(
            "keys",
            format!("the group {} can read {shown} (mode {mode:04o})", metadata.gid()),
            format!("run `chmod 600 {shown}`"),
        );
    }
    Finding::ok("keys", format!("{shown} is usable, and other accounts cannot read it"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{super::finding::Level, key_file};
    use crate::secrets::{create_once, playback_keys};

    #[test]
    fn a_key_that_others_can_read_and_a_broken_or_missing_one_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("playback.keys");
        let check = |is_made| key_file(&file, is_made, |file| playback_keys(file).map(drop));
        assert_eq!((check(true).level, check(false).level), (Level::Ok, Level::Wrong));
        create_once(&file, "1 ").unwrap();
        assert_eq!(check(false).level, Level::Ok);
        for mode in [0o644, 0o620, 0o666, 0o602] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let found = check(true);
            assert_eq!(found.level, Level::Wrong, "{mode:o}");
            assert!(found.mend.unwrap().contains("chmod 600"));
        }
        std::fs::write(&file, "weak").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(check(true).found.contains("cannot be used"));
    }
}
