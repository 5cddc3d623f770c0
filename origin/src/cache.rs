//! A cache of objects in memory, limited by bytes.
//!
//! Only objects that exist are cached: an absent object is looked up in storage each time, so that it is found at once when
//! it is published. If many requests miss the same object at the same time, one of them reads it and the others wait. Entries
//! expire after [`TIME_TO_LIVE`], so that a deleted film is gone from memory soon after it is gone from storage.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use domain::key::Key;
use flate2::{Compression, write::GzEncoder};
use futures_util::TryStreamExt;
use moka::{future::Cache, policy::EvictionPolicy};
use storage::ObjectReader;
use tokio::sync::Semaphore;
use tracing::error;

use crate::{config::MAX_CACHED_OBJECT_BYTES, encoding::Encoding, objects::Objects, stats::Counters};

const TIME_TO_LIVE: Duration = Duration::from_mins(10);

/// Weight of an entry in addition to its bytes.
const ENTRY_BYTES: u32 = 512;

/// Size of a piece. Each piece of an object is a separate allocation, so that a body that waits for a slow client keeps only
/// the pieces that are being sent.
pub(crate) const PIECE_BYTES: usize = 64 * 1024;

/// An object in memory.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) encoding: Encoding,
    pub(crate) size_bytes: u64,
    pieces: Vec<Bytes>,
}

impl Object {
    /// Returns the longest part from `offset` that is in one piece and ends at `end` or before, without copying. Empty at the end.
    pub(crate) fn slice(&self, offset: u64, end: u64) -> Bytes {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let within = offset % PIECE_BYTES;
        let left = usize::try_from(end).unwrap_or(usize::MAX).saturating_sub(offset);
        self.pieces.get(offset / PIECE_BYTES).map_or_else(Bytes::new, |piece| {
            let until = within.saturating_add(left).min(piece.len());
            if within < until { piece.slice(within..until) } else { Bytes::new() }
        })
    }

    fn new(encoding: Encoding, pieces: Vec<Bytes>) -> Self {
        let size_bytes = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { encoding, size_bytes, pieces }
    }

    /// Reads an object that is small enough to be cached.
    async fn read(mut reader: ObjectReader) -> io::Result<Self> {
        let mut pieces = Pieces::with_capacity(reader.size_bytes());
        while let Some(part) = reader.try_next().await? {
            pieces.push(&part);
        }
        let object = Self::new(Encoding::Identity, pieces.finish());
        if object.size_bytes == reader.size_bytes() {
            Ok(object)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// Returns the gzipped object, or the object itself if gzip does not make it smaller.
    fn compress(self) -> io::Result<Self> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        for piece in &self.pieces {
            encoder.write_all(piece)?;
        }
        let compressed = encoder.finish()?;
        if compressed.len() as u64 >= self.size_bytes {
            return Ok(self);
        }
        let mut pieces = Pieces::with_capacity(compressed.len() as u64);
        pieces.push(&compressed);
        Ok(Self::new(Encoding::Gzip, pieces.finish()))
    }
}

/// Splits parts of any length into pieces of [`PIECE_BYTES`].
struct Pieces {
    full: Vec<Bytes>,
    last: Vec<u8>,
    left_bytes: u64,
}

impl Pieces {
    fn with_capacity(size_bytes: u64) -> Self {
        Self { full: Vec::new(), last: Vec::new(), left_bytes: size_bytes }
    }

    fn push(&mut self, mut part: &[u8]) {
        while !part.is_empty() {
            if self.last.is_empty() {
                let expected = usize::try_from(self.left_bytes).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
                self.last.reserve_exact(expected);
            }
            let (fits, rest) = part.split_at(part.len().min(PIECE_BYTES - self.last.len()));
            self.last.extend_from_slice(fits);
            self.left_bytes = self.left_bytes.saturating_sub(fits.len() as u64);
            if self.last.len() == PIECE_BYTES {
                self.full.push(std::mem::take(&mut self.last).into());
            }
            part = rest;
        }
    }

    fn finish(mut self) -> Vec<Bytes> {
        if !self.last.is_empty() {
            self.full.push(self.last.into());
        }
        self.full
    }
}

/// An object that exists.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// An object in memory.
    Whole(Arc<Object>),
    /// An object that is too large to be cached; only its size is.
    Large { size_bytes: u64 },
}

/// Why an object was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// No object has this name.
    Absent,
    /// Storage failed, and the error was logged.
    Failed,
}

pub(crate) struct ObjectCache {
    objects: Objects,
    entries: Cache<(Key, Encoding), Found>,
    max_object_bytes: u64,
    /// Memory for objects that are being read, in KiB: a quarter of the cache's capacity. Many requests that miss different
    /// objects at the same time wait for each other.
    loading_kib: Semaphore,
}

impl ObjectCache {
    pub(crate) fn new(objects: Objects, cache_bytes: u64) -> Self {
        let weigh = |_: &(Key, Encoding), found: &Found| match found {
            Found::Whole(object) => {
                u32::try_from(object.size_bytes).unwrap_or(u32::MAX).saturating_add(ENTRY_BYTES)
            }
            Found::Large { .. } => ENTRY_BYTES,
        };
        // LRU always admits a new entry. A policy that counts past uses would reject it, but other viewers request the same
        // segment within seconds.
        let entries = Cache::builder()
            .max_capacity(cache_bytes)
            .weigher(weigh)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(TIME_TO_LIVE)
            .build();
        let loading_kib =
            usize::try_from(cache_bytes / 4 / 1024).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self {
            objects,
            entries,
            max_object_bytes: MAX_CACHED_OBJECT_BYTES.min(cache_bytes / 8),
            loading_kib: Semaphore::new(loading_kib),
        }
    }

    /// Returns the object. It is in `encoding` if that makes it smaller and it is small enough to be cached.
    pub(crate) async fn find(
        &self,
        key: &Key,
        encoding: Encoding,
        counters: &Counters,
    ) -> Result<Found, Missing> {
        let name = (key.clone(), encoding);
        if let Some(found) = self.entries.get(&name).await {
            counters.count_lookup(matches!(found, Found::Whole(_)));
            return Ok(found);
        }
        counters.count_lookup(false);
        let found = self.entries.try_get_with(name, self.load(key, encoding)).await;
        // Otherwise the cache would collect dozens of new objects before it evicts old ones.
        self.entries.run_pending_tasks().await;
        found.map_err(|missing| *missing)
    }

    /// Returns the weight of all entries.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.entries.weighted_size()
    }

    async fn load(&self, key: &Key, encoding: Encoding) -> Result<Found, Missing> {
        let reader = match self.objects.get(key, None).await {
            Ok(Some(reader)) => reader,
            Ok(None) => return Err(Missing::Absent),
            Err(error) => return Err(failed(key, &*error)),
        };
        let size_bytes = reader.size_bytes();
        if size_bytes > self.max_object_bytes {
            return Ok(Found::Large { size_bytes });
        }
        let needed_kib = u32::try_from(size_bytes / 1024).expect("the largest cached object is a few MiB");
        let _permit = self.loading_kib.acquire_many(needed_kib).await.expect("the semaphore is never closed");
        let mut object = Object::read(reader).await.map_err(|error| failed(key, &error))?;
        if encoding == Encoding::Gzip {
            let compressed = tokio::task::spawn_blocking(|| object.compress()).await;
            object = compressed.map_err(io::Error::other).flatten().map_err(|error| failed(key, &error))?;
        }
        Ok(Found::Whole(Arc::new(object)))
    }
}

fn failed(key: &Key, error: &(dyn std::error::Error + 'static)) -> Missing {
    error!(key = key.as_str(), error, "Could not read an object from storage; answering with status 500");
    Missing::Failed
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use domain::key::Key;
    use proptest::prelude::*;
    use storage::Storage;

    use super::{Found, Object, ObjectCache, PIECE_BYTES, Pieces};
    use crate::{encoding::Encoding, objects::Objects, stats::Counters};

    fn object(bytes: &[u8], part_bytes: usize) -> Object {
        let mut pieces = Pieces::with_capacity(bytes.len() as u64);
        bytes.chunks(part_bytes).for_each(|part| pieces.push(part));
        Object::new(Encoding::Identity, pieces.finish())
    }

    fn read(object: &Object, mut offset: u64, end: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let slice: Bytes = object.slice(offset, end);
            if slice.is_empty() {
                return bytes;
            }
            offset += slice.len() as u64;
            bytes.extend_from_slice(&slice);
        }
    }

    #[test]
    fn text_is_compressed_unless_gzip_makes_it_larger() {
        let text = "#EXTINF:6.000,\n00001.m4s\n".repeat(1200);
        let compressed = object(text.as_bytes(), 1000).compress().unwrap();
        assert_eq!(compressed.encoding, Encoding::Gzip);
        assert!(compressed.size_bytes * 10 < text.len() as u64);
        let short = object(b"#", 1).compress().unwrap();
        assert_eq!((short.encoding, read(&short, 0, 1)), (Encoding::Identity, b"#".to_vec()));
    }

    #[tokio::test]
    async fn simultaneous_misses_read_the_object_once() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::local(folder.path()).unwrap();
        let key = Key::parse("films/f/b/00001.m4s").unwrap();
        storage.put_bytes(&key, vec![7; 1_000_000].into()).await.unwrap();
        let cache = ObjectCache::new(Objects::new(storage, None).unwrap(), 64 << 20);
        let counters = Counters::default();
        let all = (0..100).map(|_| cache.find(&key, Encoding::Identity, &counters));
        let mut found = futures_util::future::join_all(all).await.into_iter().map(|found| match found {
            Ok(Found::Whole(object)) => object,
            other => panic!("{other:?}"),
        });
        // Each read would have created a separate object.
        let first = found.next().unwrap();
        assert!(found.all(|object| Arc::ptr_eq(&object, &first)));
        let counted = counters.read(0, None);
        assert_eq!(counted.cache_hits + counted.cache_misses, 100);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_part_of_an_object_reads_back(
            size in 0..3 * PIECE_BYTES,
            part_bytes in 1..2 * PIECE_BYTES,
            from in 0..3 * PIECE_BYTES,
            length in 0..3 * PIECE_BYTES,
        ) {
            let bytes: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let object = object(&bytes, part_bytes);
            prop_assert_eq!(object.size_bytes, size as u64);
            let from = from.min(size);
            let end = (from + length).min(size);
            prop_assert_eq!(read(&object, from as u64, end as u64), &bytes[from..end]);
        }
    }
}
