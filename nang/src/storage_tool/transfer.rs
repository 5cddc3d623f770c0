//! `nang storage move`: copies every object from one store to another and compares the hashes. It may be stopped and started again,
//! and servers may run: they write to the new store and read from the old one what is not there yet (`NANG_FORMER_STORAGE`).

use std::{
    process::ExitCode,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use domain::key::{Key, MASTERS_PREFIX};
use futures_util::{StreamExt, TryStreamExt, stream};
use storage::Storage;

use super::{StorageMoveArgs, StorageMovePart, print};

/// Objects that are copied at once.
const PARALLEL: usize = 8;
/// Time between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(10);

/// What was done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moved {
    Copied(u64),
    /// An earlier run copied it.
    Equal,
    /// It was deleted while it was copied.
    Gone,
}

pub(super) async fn run(args: StorageMoveArgs) -> anyhow::Result<ExitCode> {
    ensure!(args.from != args.to, "FROM and TO are the same storage");
    let from = Storage::from_url(&args.from).await.context("FROM cannot be used")?;
    let to = Storage::from_url(&args.to).await.context("TO cannot be used")?;
    let only = args.only;
    if args.delete {
        return delete_copied(&from, &to, only).await;
    }
    to.check_writable().await.context("TO accepts no objects")?;
    let uploads = from.list_uploads().await?.len();
    if uploads > 0 {
        print(&format!("{uploads} unfinished uploads are not moved; servers that use TO cannot resume them"));
    }
    // Servers that still write to FROM may store more while a pass runs.
    let count = loop {
        let objects = list(&from, only).await?;
        if pass(&from, &to, &objects).await? == 0 {
            break objects.len();
        }
    };
    print(&format!("All {count} objects of FROM are in TO"));
    print(
        "Servers that use TO no longer need FROM as their former storage; then `--delete` deletes its objects",
    );
    Ok(ExitCode::SUCCESS)
}

async fn list(storage: &Storage, only: Option<StorageMovePart>) -> anyhow::Result<Vec<(Key, u64)>> {
    let mut objects = storage.list("").await?;
    if let Some(part) = only {
        let masters = part == StorageMovePart::Masters;
        objects.retain(|(key, _)| key.as_str().starts_with(MASTERS_PREFIX) == masters);
    }
    Ok(objects)
}

/// Deletes what is in `to` too. Whatever is only in `from` stays: it was not copied, or servers have deleted it since, and both look the
/// same from here.
async fn delete_copied(
    from: &Storage,
    to: &Storage,
    only: Option<StorageMovePart>,
) -> anyhow::Result<ExitCode> {
    let objects = list(from, only).await?;
    let checks = objects.iter().map(|(key, _)| async move {
        // The list of what was taken down has changed since. It is short-lived, and servers write it again.
        let is_copied = *key == Key::revocations() || to.sha256(key).await? == from.sha256(key).await?;
        anyhow::Ok(is_copied.then(|| key.clone()))
    });
    let copied: Vec<Option<Key>> = stream::iter(checks).buffer_unordered(PARALLEL).try_collect().await?;
    let copied: Vec<Key> = copied.into_iter().flatten().collect();
    from.delete_many(&copied).await.context("cannot delete the objects of FROM")?;
    print(&format!("Deleted {} objects of FROM", copied.len()));
    let left = objects.len() - copied.len();
    if left > 0 {
        print(&format!(
            "{left} objects are not in TO and stay in FROM: they were never copied, or were deleted since they were. If \
             `nang fsck` finds nothing missing, delete them by hand"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Copies what is not in `to`. Returns the number of copied objects.
async fn pass(from: &Storage, to: &Storage, objects: &[(Key, u64)]) -> anyhow::Result<u64> {
    let progress = Mutex::new(Progress::default());
    let copies = objects.iter().map(|(key, size_bytes)| {
        let progress = &progress;
        async move {
            let moved =
                copy(from, to, key, *size_bytes).await.with_context(|| format!("cannot move {key}"))?;
            progress.lock().unwrap_or_else(PoisonError::into_inner).add(moved, objects.len());
            anyhow::Ok(())
        }
    });
    stream::iter(copies).buffer_unordered(PARALLEL).try_collect::<()>().await?;
    Ok(progress.into_inner().unwrap_or_else(PoisonError::into_inner).copied)
}

async fn copy(from: &Storage, to: &Storage, key: &Key, size_bytes: u64) -> anyhow::Result<Moved> {
    let existing = to.head(key).await?;
    // The only object that is overwritten: servers that use TO have written a newer one.
    if existing.is_some() && *key == Key::revocations() {
        return Ok(Moved::Equal);
    }
    if existing.is_some_and(|meta| meta.size_bytes == size_bytes) {
        let Some(expected) = from.sha256(key).await? else { return Ok(Moved::Gone) };
        if to.sha256(key).await? == Some(expected) {
            return Ok(Moved::Equal);
        }
    }
    let Some(body) = from.get(key, None).await? else { return Ok(Moved::Gone) };
    let stored = to.put(key, size_bytes, body).await?;
    if to.sha256(key).await?.as_ref() != Some(&stored.sha256) {
        bail!("TO has other bytes than were sent to it");
    }
    // A server that deletes an object deletes it in FROM first. So either it has deleted the copy too, or this sees it.
    if from.head(key).await?.is_none() {
        to.delete(key).await?;
        return Ok(Moved::Gone);
    }
    Ok(Moved::Copied(stored.size_bytes))
}

#[derive(Debug)]
struct Progress {
    started: Instant,
    printed: Instant,
    done: usize,
    copied: u64,
    copied_bytes: u64,
}

impl Default for Progress {
    fn default() -> Self {
        let now = Instant::now();
        Self { started: now, printed: now, done: 0, copied: 0, copied_bytes: 0 }
    }
}

impl Progress {
    fn add(&mut self, moved: Moved, total: usize) {
        self.done += 1;
        if let Moved::Copied(bytes) = moved {
            self.copied += 1;
            self.copied_bytes += bytes;
        }
        if self.printed.elapsed() >= PROGRESS {
            self.printed = Instant::now();
            let mib = self.copied_bytes >> 20;
            let seconds = self.started.elapsed().as_secs().max(1);
            print(&format!("{} of {total} objects, {mib} MiB copied, {} MiB/s", self.done, mib / seconds));
        }
    }
}
