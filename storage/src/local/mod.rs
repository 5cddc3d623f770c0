//! A folder on a POSIX file system: an object is a file named by its key.
//!
//! Temporary files and unfinished uploads are not objects; they are in `.nang` in the same folder (no key starts with a
//! dot). All system calls run on blocking threads.

mod probe;
mod read;
mod staging;
mod tree;
mod upload;
mod upload_writer;

use std::ops::Range;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use domain::key::Key;
use futures_util::{Stream, StreamExt};
use rustix::fs::{AtFlags, FileType, fsync, unlinkat};
use rustix::io::Errno;
use tokio::sync::{Semaphore, mpsc};

use crate::StorageError;
use crate::object::{ObjectMeta, ObjectReader, PutOutcome, Stored};
pub use read::read_file;
use staging::{Staging, Temporary};

/// Pieces of a `put` that may wait for the disk.
const PUT_QUEUE: usize = 16;

/// A folder as storage. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Local(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    root: OwnedFd,
    /// Created at the first write, so that a process that only reads creates nothing.
    staging: Mutex<Option<Arc<Staging>>>,
    /// Held by the running check, so that a disk that does not answer blocks only one thread.
    probe: Arc<Semaphore>,
    /// Limits that all uploads share.
    uploads: upload_writer::Limits,
}

impl Local {
    pub(crate) fn open(path: PathBuf) -> Result<Self, StorageError> {
        let root = tree::open_root(&path)?;
        staging::sweep(&root).map_err(|errno| {
            StorageError::io(format!("delete old temporary files in {}", path.display()), errno)
        })?;
        Ok(Self(Arc::new(Folder {
            path,
            root,
            staging: Mutex::new(None),
            probe: Arc::new(Semaphore::new(1)),
            uploads: upload_writer::Limits::default(),
        })))
    }

    pub(crate) async fn put(
        &self,
        key: &Key,
        mut body: impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
    ) -> Result<Stored, StorageError> {
        let (pieces, mut queue) = mpsc::channel::<Bytes>(PUT_QUEUE);
        let (folder, of) = (self.0.clone(), key.clone());
        let writer = tokio::task::spawn_blocking(move || {
            let mut temporary = folder.temporary(&of)?;
            while let Some(piece) = queue.blocking_recv() {
                temporary.write(&piece).map_err(|error| StorageError::io(format!("write {of}"), error))?;
            }
            Ok(temporary)
        });
        let mut stopped = None;
        while let Some(piece) = body.next().await {
            match piece {
                Ok(piece) => {
                    if pieces.send(piece).await.is_err() {
                        break; // The writer failed and returns its error below.
                    }
                }
                Err(error) => {
                    stopped = Some(StorageError::Body(error));
                    break;
                }
            }
        }
        drop(pieces);
        let temporary = finished(writer.await)?;
        if let Some(error) = stopped {
            return Err(error);
        }
        self.publish(key, move || Ok(temporary)).await
    }

    pub(crate) async fn put_bytes(&self, key: &Key, body: Bytes) -> Result<Stored, StorageError> {
        let (folder, of) = (self.0.clone(), key.clone());
        self.publish(key, move || {
            let mut temporary = folder.temporary(&of)?;
            temporary.write(&body).map_err(|error| StorageError::io(format!("write {of}"), error))?;
            Ok(temporary)
        })
        .await
    }

    pub(crate) async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, StorageError> {
        let key = key.clone();
        self.run(move |folder| {
            let failed = |errno| StorageError::io(format!("store {key}"), errno);
            // Saves writing the temporary file. Which writer creates the object is decided when the temporary file is linked.
            if tree::sync_name(&folder.root, key.as_str()).map_err(failed)?.is_some() {
                return Ok(PutOutcome::Exists);
            }
            let mut temporary = folder.temporary(&key)?;
            temporary.write(&body).map_err(|error| StorageError::io(format!("write {key}"), error))?;
            temporary.publish_new(&folder.root, key.as_str()).map_err(failed)
        })
        .await
    }

    async fn publish(
        &self,
        key: &Key,
        temporary: impl FnOnce() -> Result<Temporary, StorageError> + Send + 'static,
    ) -> Result<Stored, StorageError> {
        let key = key.clone();
        self.run(move |folder| {
            let temporary = temporary()?;
            temporary
                .publish(&folder.root, key.as_str())
                .map_err(|errno| StorageError::io(format!("store {key}"), errno))
        })
        .await
    }

    pub(crate) async fn head(&self, key: &Key) -> Result<Option<ObjectMeta>, StorageError> {
        let key = key.clone();
        self.run(move |folder| {
            Ok(folder.open_object(&key)?.map(|(_, size_bytes)| ObjectMeta { size_bytes, sha256: None }))
        })
        .await
    }

    pub(crate) async fn get(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<ObjectReader>, StorageError> {
        let key = key.clone();
        self.run(move |folder| {
            let Some((file, size_bytes)) = folder.open_object(&key)? else { return Ok(None) };
            read::object(file, size_bytes, range)
                .map(Some)
                .map_err(|error| StorageError::io(format!("read {key}"), error))
        })
        .await
    }

    pub(crate) async fn get_bytes(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, StorageError> {
        let key = key.clone();
        self.run(move |folder| {
            let Some((file, size_bytes)) = folder.open_object(&key)? else { return Ok(None) };
            read::whole(&file, size_bytes, range)
                .map(Some)
                .map_err(|error| StorageError::io(format!("read {key}"), error))
        })
        .await
    }

    pub(crate) async fn list(&self, prefix: &str) -> Result<Vec<(Key, u64)>, StorageError> {
        let prefix = prefix.to_owned();
        self.run(move |folder| {
            let failed = |errno| StorageError::io(format!("list {prefix}*"), errno);
            let (path, _) = tree::split(&prefix);
            let mut found = Vec::new();
            // No object has a prefix that cannot start a key (`../`, `.nang/`).
            if (path.is_empty() || Key::parse(path).is_ok())
                && let Some(start) = tree::open_folder(&folder.root, path).map_err(failed)?
            {
                collect_objects(&start, path, &prefix, &mut found).map_err(failed)?;
            }
            found.sort_unstable();
            Ok(found)
        })
        .await
    }

    pub(crate) async fn list_folders(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let prefix = prefix.to_owned();
        self.run(move |folder| {
            let failed = |errno| StorageError::io(format!("list {prefix}"), errno);
            let path = prefix.trim_end_matches('/');
            let Some(parent) = tree::open_folder(&folder.root, path).map_err(failed)? else {
                return Ok(Vec::new());
            };
            let mut names = staging::names(&parent).map_err(failed)?;
            names.retain(|name| {
                Key::parse(name).is_ok() && tree::open_folder(&parent, name).is_ok_and(|one| one.is_some())
            });
            Ok(names)
        })
        .await
    }

    pub(crate) async fn delete_many(&self, keys: &[Key]) -> Result<(), StorageError> {
        let keys = keys.to_vec();
        self.run(move |folder| {
            keys.iter().try_for_each(|key| {
                delete_object(&folder.root, key.as_str())
                    .map_err(|errno| StorageError::io(format!("delete {key}"), errno))
            })
        })
        .await
    }

    pub(crate) async fn free_bytes(&self) -> Result<u64, StorageError> {
        self.run(|folder| {
            let facts = rustix::fs::fstatvfs(&folder.root).map_err(|errno| {
                StorageError::io(format!("read the free space of {}", folder.path.display()), errno)
            })?;
            Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
        })
        .await
    }

    /// Runs system calls on a blocking thread.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let folder = self.0.clone();
        finished(tokio::task::spawn_blocking(move || work(&folder)).await)
    }
}

impl Folder {
    fn open_object(&self, key: &Key) -> Result<Option<(std::fs::File, u64)>, StorageError> {
        tree::open_file(&self.root, key.as_str())
            .map_err(|errno| StorageError::io(format!("open {key}"), errno))
    }

    fn temporary(&self, key: &Key) -> Result<Temporary, StorageError> {
        self.temporary_for(&format!("store {key}"))
    }

    /// Creates a temporary file. `action` says in an error what the file was for.
    fn temporary_for(&self, action: &str) -> Result<Temporary, StorageError> {
        let mut staging = self.staging.lock().unwrap_or_else(PoisonError::into_inner);
        // An administrator may have deleted the folder while this process runs: then create it again, once.
        for existing in [staging.take(), None] {
            let made =
                existing.map_or_else(|| Staging::create(&self.root).map(Arc::new), Ok).and_then(|current| {
                    let temporary = current.temporary()?;
                    *staging = Some(current);
                    Ok(temporary)
                });
            match made {
                Err(Errno::NOENT) => {}
                made => return made.map_err(|errno| StorageError::io(action, errno)),
            }
        }
        Err(StorageError::io(action, Errno::NOENT))
    }
}

/// Adds to `found` the objects beneath `folder`, whose path is `path`.
fn collect_objects(
    folder: &OwnedFd,
    path: &str,
    prefix: &str,
    found: &mut Vec<(Key, u64)>,
) -> rustix::io::Result<()> {
    for name in staging::names(folder)? {
        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let Ok(key) = Key::parse(&path) else { continue };
        if !path.starts_with(prefix) && !prefix.starts_with(&path) {
            continue;
        }
        let facts = match rustix::fs::statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => continue,
            facts => facts?,
        };
        match FileType::from_raw_mode(facts.st_mode) {
            FileType::RegularFile if path.starts_with(prefix) => {
                found.push((key, u64::try_from(facts.st_size).unwrap_or(0)));
            }
            FileType::Directory => {
                if let Some(inner) = tree::open_folder(folder, &name)? {
                    collect_objects(&inner, &path, prefix, found)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Deletes a file, and the folders above it that are then empty.
fn delete_object(root: &OwnedFd, path: &str) -> rustix::io::Result<()> {
    let (mut above, mut name) = tree::split(path);
    let mut flags = AtFlags::empty();
    loop {
        let Some(folder) = tree::open_folder(root, above)? else { return Ok(()) };
        match unlinkat(&folder, name, flags) {
            Ok(()) => fsync(&folder)?,
            Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST | Errno::ISDIR) => return Ok(()),
            Err(errno) => return Err(errno),
        }
        if above.is_empty() {
            return Ok(());
        }
        (above, name) = tree::split(above);
        flags = AtFlags::REMOVEDIR;
    }
}

/// Returns the result of a blocking task. Resumes a panic of the task in the caller.
fn finished<T>(joined: Result<Result<T, StorageError>, tokio::task::JoinError>) -> Result<T, StorageError> {
    joined.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(cancelled) => Err(StorageError::io("finish before shutdown", std::io::Error::other(cancelled))),
    })
}
