//! Temporary files, in the same file system as the objects they become.
//!
//! Each process has its own folder under `.nang/tmp` and holds a lock on a file in it (flock(2)), which the kernel releases when the
//! process ends for any reason. So a folder of this machine whose file can be locked belongs to an ended process and is deleted.
//!
//! Machines may share the folder by a network file system, and some of these do not show locks to other machines. So the name of a
//! folder begins with the machine's, and a folder of another machine is deleted only when nothing in it has changed for a day.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use rustix::fs::{AtFlags, Dir, FlockOperation, fdatasync, flock, fsync, linkat, renameat, unlinkat};
use rustix::io::Errno;
use uuid::Uuid;

use super::tree;
use crate::hash::ContentHash;
use crate::object::{PutOutcome, Stored};

const FOLDER: &str = ".nang/tmp";
const LOCK: &str = "lock";
/// After this time without a change, a folder of another machine is deleted. A process whose empty folder is deleted creates it again.
const ABANDONED_SECONDS: i64 = 24 * 3600;

/// This process's folder of temporary files. Dropping it deletes the folder.
#[derive(Debug)]
pub(super) struct Staging {
    root: OwnedFd,
    name: String,
    folder: OwnedFd,
    /// Holds the folder's lock; absent only while this is dropped.
    lock: Option<File>,
    next: AtomicU64,
}

impl Staging {
    pub(super) fn create(root: &OwnedFd) -> rustix::io::Result<Self> {
        let root = root.try_clone().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        // Another process may delete the new folder as an old one before it is locked: then create another.
        for _ in 0..100 {
            let name = format!("{}-{}", machine(), Uuid::new_v4().simple());
            let path = format!("{FOLDER}/{name}");
            let folder = match tree::ensure_folder(&root, &path) {
                Err(Errno::NOENT) => continue,
                folder => folder?,
            };
            let lock = match tree::create_file(&folder, LOCK, true) {
                Err(Errno::NOENT) => continue,
                lock => lock?,
            };
            let lock = match hold(&folder, lock) {
                Err(Errno::AGAIN | Errno::NOENT) => continue,
                lock => lock?,
            };
            if tree::is_named(&folder, LOCK, &lock)? && tree::open_folder(&root, &path)?.is_some() {
                return Ok(Self { root, name, folder, lock: Some(lock), next: AtomicU64::new(1) });
            }
        }
        Err(Errno::AGAIN)
    }

    /// Creates a temporary file.
    pub(super) fn temporary(self: &Arc<Self>) -> rustix::io::Result<Temporary> {
        let name = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        let file = tree::create_file(&self.folder, &name, true)?;
        Ok(Temporary {
            staging: self.clone(),
            name,
            file,
            size_bytes: 0,
            hash: ContentHash::default(),
            moved: false,
        })
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Other processes share the folders above; the last one deletes them. What cannot be deleted now, a later start deletes.
        let _ = unlinkat(&self.folder, LOCK, AtFlags::empty());
        // A network file system keeps a deleted file under another name in its folder until it is closed.
        drop(self.lock.take());
        for path in [&format!("{FOLDER}/{}", self.name), FOLDER, ".nang"] {
            if unlinkat(&self.root, path, AtFlags::REMOVEDIR).is_err() {
                break;
            }
        }
    }
}

/// A file that is not yet an object. Dropping it before [`Temporary::publish`] deletes it.
#[derive(Debug)]
pub(super) struct Temporary {
    staging: Arc<Staging>,
    name: String,
    file: File,
    size_bytes: u64,
    hash: ContentHash,
    moved: bool,
}

impl Temporary {
    pub(super) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Makes the file the object at `path` beneath `root`: syncs the file, renames it, then syncs the folder.
    pub(super) fn publish(mut self, root: &OwnedFd, path: &str) -> rustix::io::Result<Stored> {
        fdatasync(&self.file)?;
        rename_durably(&self.staging.folder, &self.name, root, path)?;
        self.moved = true;
        Ok(self.stored())
    }

    /// Does the same as [`Temporary::publish`] unless there is already an object at `path`. link(2) decides which of several
    /// writers creates the object. It works on all file systems that Nang supports, including NFS (renameat2(2) does not).
    pub(super) fn publish_new(mut self, root: &OwnedFd, path: &str) -> rustix::io::Result<PutOutcome> {
        fdatasync(&self.file)?;
        let (folder, new_name) = tree::split(path);
        let mut attempts = 0;
        loop {
            attempts += 1;
            // A concurrent delete may remove the folder before the link is created, or the object after the link is refused and
            // before its name is synced.
            let made = tree::ensure_folder(root, folder).and_then(|folder| {
                linkat(&self.staging.folder, &self.name, &folder, new_name, AtFlags::empty())?;
                fsync(&folder)
            });
            match made {
                Ok(()) => return Ok(PutOutcome::Created(self.stored())),
                // The writer that created it may not have synced its name yet.
                Err(Errno::EXIST) if tree::sync_name(root, path)?.is_some() => return Ok(PutOutcome::Exists),
                Err(Errno::NOENT | Errno::EXIST) if attempts < 100 => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    pub(super) fn sync(&self) -> std::io::Result<()> {
        Ok(fdatasync(&self.file)?)
    }

    fn stored(&mut self) -> Stored {
        Stored { size_bytes: self.size_bytes, sha256: std::mem::take(&mut self.hash).into_hex() }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.moved {
            // If this fails, a later start deletes the file.
            let _ = unlinkat(&self.staging.folder, &self.name, AtFlags::empty());
        }
    }
}

/// Renames a file into a folder, which it creates if absent, and syncs that folder.
pub(super) fn rename_durably(
    from: &OwnedFd,
    name: &str,
    root: &OwnedFd,
    path: &str,
) -> rustix::io::Result<()> {
    let (folder, new_name) = tree::split(path);
    // A concurrent delete may remove the folder while it is still empty.
    let mut attempts = 0;
    loop {
        let folder = match tree::ensure_folder(root, folder) {
            Err(Errno::NOENT) if attempts < 100 => {
                attempts += 1;
                continue;
            }
            folder => folder?,
        };
        match renameat(from, name, &folder, new_name) {
            Err(Errno::NOENT) if attempts < 100 && tree::open_file(from, name)?.is_some() => attempts += 1,
            renamed => {
                renamed?;
                return fsync(&folder);
            }
        }
    }
}

/// Deletes the temporary files of processes that no longer run.
pub(super) fn sweep(root: &OwnedFd) -> rustix::io::Result<()> {
    let Some(tmp) = tree::open_folder(root, FOLDER)? else { return Ok(()) };
    for name in names(&tmp)? {
        let Some(folder) = tree::open_folder(&tmp, &name)? else { continue };
        if !is_abandoned(&tmp, &folder, &name)? {
            continue;
        }
        let files = names(&folder)?;
        for file in &files {
            match unlinkat(&folder, file, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(errno),
            }
        }
        match unlinkat(&tmp, &name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
        tracing::info!(files = files.len(), "Deleted temporary files of a process that no longer runs");
    }
    Ok(())
}

/// Locks the file `writable` and returns what holds the lock. On most file systems that is a file that is open for reading: one that
/// is open for writing would keep the file system from being mounted read-only. NFS locks only files that are open for writing.
fn hold(folder: &OwnedFd, writable: File) -> rustix::io::Result<File> {
    let (readable, _) = tree::open_file(folder, LOCK)?.ok_or(Errno::NOENT)?;
    match flock(&readable, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::BADF) => flock(&writable, FlockOperation::NonBlockingLockExclusive).map(|()| writable),
        locked => locked.map(|()| readable),
    }
}

/// Whether the process of a folder of temporary files has ended.
fn is_abandoned(tmp: &OwnedFd, folder: &OwnedFd, name: &str) -> rustix::io::Result<bool> {
    let is_own = name.strip_prefix(machine()).is_some_and(|rest| rest.starts_with('-'));
    if is_own && let Some(lock) = tree::open_writable(folder, LOCK)? {
        return Ok(flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok());
    }
    // Of another machine or an earlier version of Nang, or just being created. The file system's clock decides.
    let mut newest = rustix::fs::fstat(folder)?.st_mtime;
    for file in names(folder)? {
        match rustix::fs::statat(folder, &file, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(facts) => newest = newest.max(facts.st_mtime),
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    let probe = format!(".now-{}", Uuid::new_v4().simple());
    let now = rustix::fs::fstat(tree::create_file(tmp, &probe, true)?)?.st_mtime;
    unlinkat(tmp, &probe, AtFlags::empty())?;
    Ok(now - newest > ABANDONED_SECONDS)
}

/// Returns a name of this machine that other machines do not have: containers of one image may have equal machine ids, and machines
/// may have equal host names.
fn machine() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let mut hash = ContentHash::default();
        hash.update(&std::fs::read("/etc/machine-id").unwrap_or_default());
        hash.update(rustix::system::uname().nodename().to_bytes());
        let mut name = hash.into_hex();
        name.truncate(16);
        name
    })
}

/// Lists the names in a folder that are UTF-8, without `.` and `..`.
pub(super) fn names(folder: &OwnedFd) -> rustix::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        match entry?.file_name().to_str() {
            Ok(".." | ".") | Err(_) => {}
            Ok(name) => names.push(name.to_owned()),
        }
    }
    Ok(names)
}
