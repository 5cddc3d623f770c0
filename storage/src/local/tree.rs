//! Opening names beneath the root, and only there.
//!
//! Every path is resolved by the kernel with `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS` (openat2(2), Linux 5.6): a
//! symbolic link planted in the tree is never followed, whatever it points at.
//!
//! What is made is its owner's alone: masters and films that only ticket holders may see are no business of whoever
//! else has a login on the machine.

use std::fs::{DirBuilder, File};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, fstat, mkdirat, openat2};
use rustix::io::Errno;

use crate::StorageError;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
const FOLDER_MODE: Mode = Mode::RWXU;

/// The root itself, created if absent; one that is there keeps its mode. How its own path is resolved is its owner's affair.
pub(super) fn open_root(path: &Path) -> Result<OwnedFd, StorageError> {
    let failed =
        |error: std::io::Error| StorageError::io(format!("open the folder {}", path.display()), error);
    DirBuilder::new().recursive(true).mode(FOLDER_MODE.as_raw_mode()).create(path).map_err(failed)?;
    rustix::fs::open(path, FOLDER, Mode::empty()).map_err(|errno| failed(errno.into()))
}

fn open_beneath(folder: impl AsFd, path: &str, flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let mut attempts = 0;
    loop {
        match openat2(&folder, path, flags | OFlags::CLOEXEC, mode, resolve) {
            // Renamed out of `folder` between the walk and the kernel's last look at where it led, as an upload is when
            // another request finishes it. The next attempt finds that it is gone.
            Err(Errno::XDEV) if attempts < 100 => attempts += 1,
            opened => return opened,
        }
    }
}

/// A folder that may be absent. The empty path is `folder` itself.
pub(super) fn open_folder(folder: impl AsFd, path: &str) -> rustix::io::Result<Option<OwnedFd>> {
    absent_is_none(open_beneath(folder, if path.is_empty() { "." } else { path }, FOLDER, Mode::empty()))
}

/// A regular file that may be absent, and its size. Anything else under that name counts as absent.
pub(super) fn open_file(folder: impl AsFd, path: &str) -> rustix::io::Result<Option<(File, u64)>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let Some(file) = absent_is_none(open_beneath(folder, path, flags, Mode::empty()))? else {
        return Ok(None);
    };
    let facts = fstat(&file)?;
    if FileType::from_raw_mode(facts.st_mode) != FileType::RegularFile {
        return Ok(None);
    }
    Ok(Some((file.into(), u64::try_from(facts.st_size).unwrap_or(0))))
}

/// A file for reading and writing, created if absent.
pub(super) fn create_file(folder: impl AsFd, name: &str, exclusive: bool) -> rustix::io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | if exclusive { OFlags::EXCL } else { OFlags::empty() };
    open_beneath(folder, name, flags, FILE_MODE).map(File::from)
}

/// A file that is there, for reading and writing.
pub(super) fn open_writable(folder: impl AsFd, name: &str) -> rustix::io::Result<Option<File>> {
    absent_is_none(open_beneath(folder, name, OFlags::RDWR, Mode::empty()).map(File::from))
}

/// Whether `file` is what `name` names now: it may have been renamed or deleted since it was opened.
pub(super) fn is_named(folder: impl AsFd, name: &str, file: &File) -> rustix::io::Result<bool> {
    let opened = fstat(file)?;
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(named) => Ok((named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// A folder, made durably with all above it that are absent.
pub(super) fn ensure_folder(root: impl AsFd, path: &str) -> rustix::io::Result<OwnedFd> {
    if let Some(folder) = open_folder(&root, path)? {
        return Ok(folder);
    }
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let above = ensure_folder(root, above)?;
    match mkdirat(&above, name, FOLDER_MODE) {
        Ok(()) => rustix::fs::fsync(&above)?,
        Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    open_folder(&above, name)?.ok_or(Errno::NOENT)
}

/// The size of the file at `path`, if there is one; its name then survives a power cut, whichever process put it there.
pub(super) fn sync_name(root: impl AsFd, path: &str) -> rustix::io::Result<Option<u64>> {
    let (folder, name) = split(path);
    let Some(folder) = open_folder(root, folder)? else { return Ok(None) };
    let found = open_file(&folder, name)?;
    if found.is_some() {
        rustix::fs::fsync(&folder)?;
    }
    Ok(found.map(|(_, size_bytes)| size_bytes))
}

/// Splits a path in its folder (possibly empty) and its last name.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn absent_is_none<T>(result: rustix::io::Result<T>) -> rustix::io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(errno) => Err(errno),
    }
}
