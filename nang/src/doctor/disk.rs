//! Storage, folders and their free space.

use std::{
    io::ErrorKind,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use storage::Capability;

use super::finding::Finding;
use crate::{cli::DoctorRole, clock, role, settings::Settings};

/// Free space that folders other than the storage need.
const MIN_FREE_BYTES: u64 = 256 << 20;
/// Free inodes: a film of two hours has about 10,000 objects.
const MIN_FREE_INODES: u64 = 10_000;

/// A warning if this command has other rights than Nang has.
pub(super) fn account(settings: &Settings) -> Option<Finding> {
    let own = rustix::process::geteuid().as_raw();
    let owner = std::fs::metadata(&settings.data).ok()?.uid();
    (owner != own).then(|| {
        Finding::warning(
            "account",
            format!(
                "this command runs as account {own}, and {} belongs to account {owner}, so permissions were checked for another \
                 account than Nang's",
                settings.data.display()
            ),
            format!("run `sudo -u '#{owner}' nang doctor`"),
        )
    })
}

/// Writes, reads and deletes an object, and reads the free space.
pub(super) async fn storage(settings: &Settings) -> Vec<Finding> {
    if let Some(folder) = local_storage(settings)
        && !folder.exists()
    {
        return vec![Finding::warning(
            "storage",
            format!("the folder {} does not exist yet", folder.display()),
            "start Nang, which creates it; if it is on a disk of its own, mount that disk first",
        )];
    }
    let storage = match role::storage(settings).await {
        Ok(storage) => storage,
        Err(error) => {
            return vec![Finding::wrong(
                "storage",
                format!("{error:#}"),
                "correct storage (NANG_STORAGE), or the owner and permissions of its folder",
            )];
        }
    };
    // The same check as of a server's readiness.
    if let Some(fault) = api::storage_fault(&storage, settings.min_free_bytes).await {
        let (found, mend) = fault.trim_end_matches('.').split_once(": ").unwrap_or((
            fault.trim_end_matches('.'),
            "check whether its disk is mounted, and whether the server that provides it runs",
        ));
        return vec![Finding::wrong("storage", found, mend)];
    }
    let free = match storage.free_bytes().await {
        Ok(Some(free)) => format!("{} GiB free", free >> 30),
        _ => "without a limit".to_owned(),
    };
    // The same check as of `nang storage check`.
    let faults: Vec<Finding> = storage
        .check(clock::unix_seconds())
        .await
        .into_iter()
        .flat_map(|(_, capabilities)| capabilities)
        .filter(|capability| capability.is_needed)
        .filter_map(|Capability { name, result, .. }| {
            let error = result.err()?;
            let found = format!("cannot {name}: {error}");
            let mend = "check the permissions of storage (NANG_STORAGE) for this account; `nang storage check` shows more";
            Some(Finding::wrong("storage", found, mend))
        })
        .collect();
    if faults.is_empty() {
        return vec![Finding::ok("storage", format!("an object was written, read and deleted; {free}"))];
    }
    faults
}

/// Returns the folder of a storage on a file system.
fn local_storage(settings: &Settings) -> Option<PathBuf> {
    match &settings.storage {
        None => Some(settings.data.join("storage")),
        Some(url) => url.strip_prefix("file://").map(PathBuf::from),
    }
}

/// The data folder and the folder of temporary files: writable, and with free space. Only `nang up` needs a data folder.
pub(super) fn folders(settings: &Settings, role: DoctorRole) -> Vec<Finding> {
    let mut found = Vec::new();
    if settings.data.exists() {
        found.push(folder("data", &settings.data));
        found.extend(others_may_write(settings));
    } else if role == DoctorRole::Up {
        found.push(Finding::warning(
            "data",
            format!("the data folder {} does not exist yet", settings.data.display()),
            "start `nang up`, which creates it, or name the right folder with --data",
        ));
    }
    found.push(folder("temporary", &std::env::temp_dir()));
    found
}

/// Checks that this account may write in a folder, and its free space.
fn folder(check: &'static str, path: &Path) -> Finding {
    let shown = path.display();
    if !path.is_dir() {
        return Finding::wrong(check, format!("{shown} is not a folder"), "create it, or name another one");
    }
    if let Err(error) = rustix::fs::access(path, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK) {
        return Finding::wrong(
            check,
            format!("this account may not write in {shown}: {error}"),
            format!("make the account that Nang runs as its owner: `chown -R nang: {shown}`"),
        );
    }
    // A file system may be full although access(2) permits writing.
    if let Err(error) = tempfile::Builder::new().prefix(".nang-doctor-").tempfile_in(path).and_then(|file| {
        use std::io::Write;
        file.as_file().write_all(&[0x6e; 4096])?;
        file.as_file().sync_all()
    }) {
        let mend = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free disk space",
            ErrorKind::ReadOnlyFilesystem => "mount its file system for writing",
            _ => "check the disk and the kernel's messages (`dmesg`)",
        };
        return Finding::wrong(check, format!("cannot write in {shown}: {error}"), mend);
    }
    match rustix::fs::statvfs(path) {
        Ok(space) => {
            let free = space.f_bavail.saturating_mul(space.f_frsize);
            // File systems without a fixed number of inodes report zero.
            let inodes = (space.f_files > 0).then_some(space.f_favail);
            let says = format!("{shown} is writable, with {} MiB free", free >> 20);
            if free < MIN_FREE_BYTES {
                Finding::warning(check, says, "free disk space")
            } else if let Some(few) = inodes.filter(|&inodes| inodes < MIN_FREE_INODES) {
                Finding::warning(
                    check,
                    format!("{says} and {few} free inodes"),
                    "delete files, or format the disk with more inodes",
                )
            } else {
                Finding::ok(check, says)
            }
        }
        Err(error) => Finding::warning(
            check,
            format!("cannot read the free space of {shown}: {error}"),
            "check the disk",
        ),
    }
}

/// A warning if other accounts may change files of Nang.
fn others_may_write(settings: &Settings) -> Option<Finding> {
    let mode = std::fs::metadata(&settings.data).ok()?.permissions().mode() & 0o7777;
    (mode & 0o022 != 0 && mode & 0o1000 == 0).then(|| {
        Finding::wrong(
            "data",
            format!(
                "other accounts may create and delete files in {} (mode {mode:04o})",
                settings.data.display()
            ),
            format!("run `chmod go-w {}`", settings.data.display()),
        )
    })
}
