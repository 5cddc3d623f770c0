//! The disk cache in front of an object store.
#![allow(clippy::unwrap_used)]

#[path = "../../storage/tests/store/mod.rs"]
mod store;
mod support;

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use origin::{Config, DiskCacheConfig};
use storage::Storage;
use store::{Faults, Store};
use support::{
    Fixture, INIT, LARGE, LARGE_BYTES, MIB, SEGMENT, SEGMENT_BYTES, Server, client, pattern, wait_until,
};

/// A film in an object store, and an origin that keeps so many bytes of it on the disk and none in memory.
struct Bed {
    fixture: Fixture,
    store: Arc<Store>,
    server: Server,
    _credentials: tempfile::NamedTempFile,
}

impl Bed {
    async fn start(disk_bytes: u64, faults: Faults) -> Self {
        let mut fixture = Fixture::new().await;
        let (store, url) = store::start(faults).await;
        let credentials = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&credentials, "[default]\naws_access_key_id = one\naws_secret_access_key = two\n")
            .unwrap();
        let url = format!("{url}&credentials={}", credentials.path().display());
        let remote = Storage::from_url(&url).await.unwrap();
        for (key, size_bytes) in fixture.storage.list("").await.unwrap() {
            let body = fixture.storage.get(&key, None).await.unwrap().unwrap();
            remote.put(&key, size_bytes, body).await.unwrap();
        }
        fixture.storage = remote;
        let folder = fixture.folder.path().join("cache");
        let disk_cache = Some(DiskCacheConfig { folder, bytes: disk_bytes });
        let server = Server::start(Config { disk_cache, cache_bytes: 0, ..fixture.config() }).await;
        Self { fixture, store, server, _credentials: credentials }
    }

    async fn get(&self, name: &str) -> (u16, Bytes) {
        let answer = client().get(self.server.url(&self.fixture.path(name))).send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap())
    }

    /// Returns how many requests the store received for this object.
    fn reads(&self, name: &str) -> u64 {
        self.store.reads(&format!("pre/fix/{}", self.fixture.key(name)))
    }

    fn disk_bytes(&self) -> u64 {
        size_of(&self.fixture.folder.path().join("cache"))
    }
}

fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
        Ok(metadata) => metadata.len(),
        // Deleted at this moment.
        Err(_) => 0,
    });
    sizes.sum()
}

fn segment(number: u32) -> String {
    SEGMENT.replace("00001", &format!("{number:05}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simultaneous_misses_fetch_an_object_once() {
    let faults = Faults { pause: Some(Duration::from_millis(2)), ..Faults::default() };
    let bed = Bed::start(1 << 30, faults).await;
    let names = [SEGMENT, LARGE];
    let all = (0..60).map(|index| bed.get(names[index % 2]));
    for (index, (status, bytes)) in futures_util::future::join_all(all).await.into_iter().enumerate() {
        assert_eq!(status, 200);
        assert!(bytes == pattern([SEGMENT_BYTES, LARGE_BYTES][index % 2]));
    }
    assert_eq!((bed.reads(SEGMENT), bed.reads(LARGE)), (1, 1));
    let part =
        client().get(bed.server.url(&bed.fixture.path(LARGE))).header("range", "bytes=1000000-1999999");
    assert!(
        part.send().await.unwrap().bytes().await.unwrap() == pattern(LARGE_BYTES).slice(1_000_000..2_000_000)
    );
    assert_eq!(bed.reads(LARGE), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cached_plays_on_without_the_store() {
    let bed = Bed::start(1 << 30, Faults::default()).await;
    for name in [SEGMENT, LARGE] {
        assert_eq!(bed.get(name).await.0, 200);
    }
    bed.store.go_away();
    for (name, size) in [(SEGMENT, SEGMENT_BYTES), (LARGE, LARGE_BYTES)] {
        let (status, bytes) = bed.get(name).await;
        assert_eq!(status, 200, "{name}");
        assert!(bytes == pattern(size), "{name}");
    }
    assert_eq!(bed.get(INIT).await.0, 500, "was never fetched");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_segment_is_fetched_early() {
    let bed = Bed::start(1 << 30, Faults::default()).await;
    bed.fixture.put(&segment(3), pattern(MIB)).await;
    bed.fixture.put(&segment(4), pattern(MIB + 1)).await;
    assert_eq!(bed.get(&segment(3)).await.0, 200);
    wait_until("the next segment was fetched", async || bed.reads(&segment(4)) == 1).await;
    assert!(bed.get(&segment(4)).await.1 == pattern(MIB + 1));
    assert_eq!(bed.reads(&segment(4)), 1);
    // The segment after the last one is absent.
    wait_until("the store was asked for the fifth", async || bed.reads(&segment(5)) == 1).await;
    assert_eq!(bed.get(&segment(5)).await.0, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cache_keeps_to_its_size() {
    let bed = Bed::start(10 << 20, Faults::default()).await;
    for number in 10..40 {
        bed.fixture.put(&segment(number), pattern(MIB)).await;
    }
    for number in 10..40 {
        let (status, bytes) = bed.get(&segment(number)).await;
        assert!(status == 200 && bytes == pattern(MIB), "{number}");
    }
    wait_until("old files are deleted", async || {
        bed.get(&segment(39)).await;
        bed.disk_bytes() <= 10 << 20
    })
    .await;
    assert!(bed.disk_bytes() >= 5 << 20, "{}", bed.disk_bytes());
    assert!(bed.server.origin.stats().disk_cached_bytes <= 10 << 20);
    // An object that would displace everything else is read from the store.
    let (status, bytes) = bed.get(LARGE).await;
    assert!(status == 200 && bytes == pattern(LARGE_BYTES));
    assert!(bed.disk_bytes() >= 5 << 20, "{}", bed.disk_bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_file_is_read_from_the_store_and_a_new_cache_is_empty() {
    let bed = Bed::start(1 << 30, Faults::default()).await;
    assert_eq!(bed.get(SEGMENT).await.0, 200);
    let cache = bed.fixture.folder.path().join("cache");
    for entry in std::fs::read_dir(cache.join("0/files/0")).unwrap() {
        std::fs::write(entry.unwrap().path(), "broken").unwrap();
    }
    let (status, bytes) = bed.get(SEGMENT).await;
    assert!(status == 200 && bytes == pattern(SEGMENT_BYTES));

    // Another origin with the same folder has files of its own. One that starts after the first has ended finds none.
    let config = || DiskCacheConfig { folder: cache.clone(), bytes: 1 << 30 };
    let second = origin::Origin::new(Config { disk_cache: Some(config()), ..bed.fixture.config() }).unwrap();
    assert!(cache.join("1/files").is_dir());
    drop(second);
    std::fs::write(cache.join("1/files/left"), "left").unwrap();
    let _third = origin::Origin::new(Config { disk_cache: Some(config()), ..bed.fixture.config() }).unwrap();
    assert!(!cache.join("1/files/left").exists());
    assert_eq!(bed.get(SEGMENT).await.0, 200);
}
