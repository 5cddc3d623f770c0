//! Access to files beneath the root and nowhere else.
//!
//! The kernel resolves every path with `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS` (openat2(2), Linux 5.6), so it never
//! follows a symbolic link in the tree.
//!
//! Only the owner can read new files and folders: other accounts of the machine must not read masters, or films that only
//! ticket holders may see.

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

/// Opens the root, and creates it if it is absent. An existing root keeps its mode. Its path may contain symbolic links.
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
            // Another request renamed the file out of `folder` while the kernel resolved the path, as the end of an upload
            // does. The next attempt finds that the file is absent.
            Err(Errno::XDEV) if attempts < 100 => attempts += 1,
            opened => return opened,
        }
    }
}

/// Opens a folder; `None` if it is absent. The empty path is `folder` itself.
pub(super) fn open_folder(folder: impl AsFd, path: &str) -> rustix::io::Result<Option<OwnedFd>> {
    absent_is_none(open_beneath(folder, if path.is_empty() { "." } else { path }, FOLDER, Mode::empty()))
}

/// Opens a regular file and returns it with its size; `None` if it is absent or not a regular file.
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

/// Opens a file for reading and writing, and creates it if it is absent. With `exclusive`, fails if it exists.
pub(super) fn create_file(folder: impl AsFd, name: &str, exclusive: bool) -> rustix::io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | if exclusive { OFlags::EXCL } else { OFlags::empty() };
    open_beneath(folder, name, flags, FILE_MODE).map(File::from)
}

/// Opens an existing file for reading and writing; `None` if it is absent.
pub(super) fn open_writable(folder: impl AsFd, name: &str) -> rustix::io::Result<Option<File>> {
    absent_is_none(open_beneath(folder, name, OFlags::RDWR, Mode::empty()).map(File::from))
}

/// Whether `name` is still the name of `file`, which may have been renamed or deleted since it was opened.
pub(super) fn is_named(folder: impl AsFd, name: &str, file: &File) -> rustix::io::Result<bool> {
    let opened = fstat(file)?;
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(named) => Ok((named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Opens a folder. Creates it and the folders above it if they are absent, and syncs each new name.
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

/// Returns the size of the file at `path`, or `None` if it is absent. Syncs its name, which another process may have created.
pub(super) fn sync_name(root: impl AsFd, path: &str) -> rustix::io::Result<Option<u64>> {
    let (folder, name) = split(path);
    let Some(folder) = open_folder(root, folder)? else { return Ok(None) };
    let found = open_file(&folder, name)?;
    if found.is_some() {
        rustix::fs::fsync(&folder)?;
    }
    Ok(found.map(|(_, size_bytes)| size_bytes))
}

/// Splits a path into its folder (possibly empty) and its last name.
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
