//! Objects: put, get, ranges, list, delete.

use std::io;
use std::ops::Range;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use storage::{PutOutcome, Storage, StorageError};

use super::{Bed, key, pattern, sha256};

async fn read(storage: &Storage, name: &str, range: Option<Range<u64>>) -> Option<Vec<u8>> {
    let reader = storage.get(&key(name), range).await.unwrap()?;
    let expected = reader.range().end - reader.range().start;
    let pieces: Vec<Bytes> = reader.try_collect().await.unwrap();
    let bytes = pieces.concat();
    assert_eq!(bytes.len() as u64, expected);
    Some(bytes)
}

pub(crate) async fn get_returns_what_put_stored(bed: Bed) {
    for (name, size) in [("films/a/b/main.m3u8", 700), ("one", 1), ("films/a/b/v1080/00001.m4s", 3_000_001)] {
        let bytes = pattern(size);
        let pieces = bytes.chunks(65_537).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect::<Vec<_>>();
        let stored = bed.storage.put(&key(name), size as u64, stream::iter(pieces)).await.unwrap();
        assert_eq!((stored.size_bytes, stored.sha256), (size as u64, sha256(&bytes)));
        assert_eq!(bed.storage.head(&key(name)).await.unwrap().unwrap().size_bytes, size as u64);
        assert_eq!(read(&bed.storage, name, None).await.unwrap(), bytes);
        assert_eq!(bed.storage.get_bytes(&key(name), None).await.unwrap().unwrap(), bytes);
        let again = bed.storage.put_bytes(&key("again"), bytes.clone()).await.unwrap();
        assert_eq!((again.size_bytes, again.sha256), (size as u64, sha256(&bytes)));
    }
}

pub(crate) async fn an_empty_object_exists(bed: Bed) {
    let stored =
        bed.storage.put(&key("empty"), 0, stream::iter(Vec::<io::Result<Bytes>>::new())).await.unwrap();
    assert_eq!((stored.size_bytes, stored.sha256), (0, sha256(b"")));
    assert_eq!(bed.storage.head(&key("empty")).await.unwrap().unwrap().size_bytes, 0);
    assert_eq!(read(&bed.storage, "empty", None).await.unwrap(), b"");
    assert_eq!(read(&bed.storage, "empty", Some(0..10)).await.unwrap(), b"");
    assert_eq!(bed.storage.list("").await.unwrap(), [(key("empty"), 0)]);
}

pub(crate) async fn an_absent_object_is_not_an_error(bed: Bed) {
    bed.storage.put_bytes(&key("a/b"), pattern(10)).await.unwrap();
    // Neither a folder nor a name below an object is an object.
    for absent in ["nothing", "a", "a/b/c", "a/c"] {
        let absent = key(absent);
        assert!(bed.storage.head(&absent).await.unwrap().is_none(), "{absent}");
        assert!(bed.storage.get(&absent, None).await.unwrap().is_none(), "{absent}");
        assert!(bed.storage.get_bytes(&absent, Some(0..1)).await.unwrap().is_none(), "{absent}");
        bed.storage.delete(&absent).await.unwrap();
    }
    assert_eq!(bed.storage.list("").await.unwrap(), [(key("a/b"), 10)]);
    assert!(bed.storage.list("nothing/").await.unwrap().is_empty());
}

pub(crate) async fn a_range_returns_that_slice_of_the_object(bed: Bed) {
    const SIZE: usize = 1_200_000;
    let bytes = pattern(SIZE);
    bed.storage.put_bytes(&key("object"), bytes.clone()).await.unwrap();
    let storage = bed.storage.clone();
    let (runtime, limit) = (tokio::runtime::Handle::current(), SIZE as u64 + 100);
    tokio::task::spawn_blocking(move || {
        let edges = prop_oneof![0..limit, Just(0), Just(SIZE as u64), Just(512 << 10), Just((512 << 10) + 1)];
        TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() })
            .run(&(edges.clone(), edges), |(one, other)| {
                let range = one.min(other)..one.max(other);
                let clamp = |at: u64| usize::try_from(at).unwrap().min(SIZE);
                let expected = &bytes[clamp(range.start)..clamp(range.end)];
                let streamed = runtime.block_on(read(&storage, "object", Some(range.clone()))).unwrap();
                prop_assert_eq!(&streamed[..], expected);
                let whole =
                    runtime.block_on(storage.get_bytes(&key("object"), Some(range))).unwrap().unwrap();
                prop_assert_eq!(&whole[..], expected);
                Ok(())
            })
            .unwrap();
    })
    .await
    .unwrap();
}

pub(crate) async fn a_reader_knows_the_whole_size(bed: Bed) {
    bed.storage.put_bytes(&key("object"), pattern(1000)).await.unwrap();
    for (asked, given) in [(10..20, 10..20), (990..5000, 990..1000), (5000..6000, 1000..1000)] {
        let reader = bed.storage.get(&key("object"), Some(asked)).await.unwrap().unwrap();
        assert_eq!((reader.size_bytes(), reader.range()), (1000, given));
    }
}

pub(crate) async fn a_put_whose_stream_fails_leaves_nothing(bed: Bed) {
    let before = bed.storage.put_bytes(&key("kept"), pattern(10)).await.unwrap();
    for name in ["new", "kept"] {
        let body = stream::iter([Ok(pattern(200_000)), Err(io::Error::other("the link dropped"))]);
        let error = bed.storage.put(&key(name), 200_000, body).await.unwrap_err();
        assert!(matches!(error, StorageError::Body(_)), "{error}");
    }
    assert!(bed.storage.head(&key("new")).await.unwrap().is_none());
    assert_eq!(bed.storage.list("").await.unwrap(), [(key("kept"), before.size_bytes)]);
}

pub(crate) async fn a_cancelled_put_leaves_nothing(bed: Bed) {
    let (name, body) = (key("new"), stream::iter([Ok(pattern(200_000))]).chain(stream::pending()));
    tokio::select! {
        biased;
        _ = bed.storage.put(&name, 200_000, body) => unreachable!("the body never ends"),
        () = tokio::task::yield_now() => {}
    }
    assert!(bed.storage.list("").await.unwrap().is_empty());
}

pub(crate) async fn a_second_put_replaces_the_object_but_not_for_open_readers(bed: Bed) {
    let (old, new) = (pattern(2_000_000), Bytes::from_static(b"new"));
    bed.storage.put_bytes(&key("object"), old.clone()).await.unwrap();
    let mut reader = bed.storage.get(&key("object"), None).await.unwrap().unwrap();
    let first = reader.next().await.unwrap().unwrap();
    bed.storage.put_bytes(&key("object"), new.clone()).await.unwrap();
    assert_eq!(read(&bed.storage, "object", None).await.unwrap(), new);
    let rest: Vec<Bytes> = reader.try_collect().await.unwrap();
    assert_eq!([&first[..], &rest.concat()].concat(), old);
}

pub(crate) async fn one_of_concurrent_puts_wins_whole(bed: Bed) {
    let candidates: Vec<Bytes> = (1..=16).map(|n| pattern(n * 40_000)).collect();
    let puts = candidates.iter().map(|bytes| {
        let (storage, bytes) = (bed.storage.clone(), bytes.clone());
        tokio::spawn(async move { storage.put_bytes(&key("films/x/object"), bytes).await.unwrap() })
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap();
    }
    let winner = read(&bed.storage, "films/x/object", None).await.unwrap();
    assert!(candidates.iter().any(|candidate| *candidate == winner));
    assert_eq!(bed.storage.list("").await.unwrap().len(), 1);
}

pub(crate) async fn a_put_if_absent_never_replaces(bed: Bed) {
    let (first, second) = (pattern(300_000), Bytes::from_static(b"second"));
    let outcome = bed.storage.put_if_absent(&key("films/x/object"), first.clone()).await.unwrap();
    let PutOutcome::Created(stored) = outcome else { panic!("{outcome:?}") };
    assert_eq!((stored.size_bytes, stored.sha256), (300_000, sha256(&first)));
    for _ in 0..2 {
        let outcome = bed.storage.put_if_absent(&key("films/x/object"), second.clone()).await.unwrap();
        assert_eq!(outcome, PutOutcome::Exists);
    }
    assert_eq!(read(&bed.storage, "films/x/object", None).await.unwrap(), first);
    // An object stored by `put_bytes` exists too; a deleted object does not.
    bed.storage.put_bytes(&key("put"), first.clone()).await.unwrap();
    assert_eq!(bed.storage.put_if_absent(&key("put"), second.clone()).await.unwrap(), PutOutcome::Exists);
    bed.storage.delete(&key("put")).await.unwrap();
    let outcome = bed.storage.put_if_absent(&key("put"), second.clone()).await.unwrap();
    assert!(matches!(outcome, PutOutcome::Created(_)), "{outcome:?}");
    assert_eq!(read(&bed.storage, "put", None).await.unwrap(), second);
    assert_eq!(bed.storage.list("").await.unwrap().len(), 2, "temporary files are not listed as objects");
}

pub(crate) async fn one_of_concurrent_puts_if_absent_creates_the_object(bed: Bed) {
    for round in 0..20 {
        let name = format!("films/x/{round}/object");
        let candidates: Vec<Bytes> = (1..=16).map(|n| pattern(n * 10_000)).collect();
        let puts = candidates.iter().map(|bytes| {
            let (storage, bytes, name) = (bed.storage.clone(), bytes.clone(), key(&name));
            tokio::spawn(async move { storage.put_if_absent(&name, bytes).await.unwrap() })
        });
        let mut created = Vec::new();
        for put in puts.collect::<Vec<_>>() {
            if let PutOutcome::Created(stored) = put.await.unwrap() {
                created.push(stored);
            }
        }
        assert_eq!(created.len(), 1, "{created:?}");
        let winner = read(&bed.storage, &name, None).await.unwrap();
        assert_eq!((created[0].size_bytes, &created[0].sha256), (winner.len() as u64, &sha256(&winner)));
    }
    assert_eq!(bed.storage.list("").await.unwrap().len(), 20);
}

pub(crate) async fn puts_if_absent_and_deletes_in_one_folder_do_not_fail(bed: Bed) {
    let work = (0..8).map(|worker| {
        let storage = bed.storage.clone();
        tokio::spawn(async move {
            let name = key(&format!("films/film/build/{worker}"));
            for _ in 0..25 {
                let outcome = storage.put_if_absent(&name, pattern(100)).await.unwrap();
                assert!(matches!(outcome, PutOutcome::Created(_)), "{outcome:?}");
                storage.delete(&name).await.unwrap();
            }
        })
    });
    for worker in work.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    assert!(bed.storage.list("").await.unwrap().is_empty());
}

pub(crate) async fn a_writability_check_leaves_nothing(bed: Bed) {
    let checks: Vec<_> = (0..8)
        .map(|_| {
            let storage = bed.storage.clone();
            tokio::spawn(async move { storage.check_writable().await })
        })
        .collect();
    for check in checks {
        check.await.unwrap().unwrap();
    }
    assert!(bed.storage.list("").await.unwrap().is_empty());
}

pub(crate) async fn puts_and_deletes_in_one_folder_do_not_fail(bed: Bed) {
    let work = (0..8).map(|worker| {
        let storage = bed.storage.clone();
        tokio::spawn(async move {
            let name = key(&format!("films/film/build/{worker}"));
            for _ in 0..25 {
                storage.put_bytes(&name, pattern(100)).await.unwrap();
                assert!(storage.head(&name).await.unwrap().is_some());
                storage.delete(&name).await.unwrap();
            }
        })
    });
    for worker in work.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    assert!(bed.storage.list("").await.unwrap().is_empty());
}

pub(crate) async fn a_list_is_sorted_and_has_only_keys_with_the_prefix(bed: Bed) {
    for name in ["films/b/2", "films/b/10", "films/b-1/x", "films/a/v1080/00001.m4s", "masters/m", "top"] {
        bed.storage.put_bytes(&key(name), pattern(name.len())).await.unwrap();
    }
    let all = ["films/a/v1080/00001.m4s", "films/b-1/x", "films/b/10", "films/b/2", "masters/m", "top"];
    for (prefix, expected) in [
        ("", &all[..]),
        ("films/", &all[..4]),
        ("films/b", &all[1..4]),
        ("films/b/", &all[2..4]),
        ("films/b/1", &all[2..3]),
        ("films/b/10", &all[2..3]),
        ("films/b/10/", &[]),
        ("t", &all[5..]),
        ("../", &[]),
        (".nang/", &[]),
        ("/", &[]),
        ("films//", &[]),
    ] {
        let found = bed.storage.list(prefix).await.unwrap();
        let expected: Vec<_> = expected.iter().map(|name| (key(name), name.len() as u64)).collect();
        assert_eq!(found, expected, "{prefix:?}");
    }
}

pub(crate) async fn many_objects_are_listed_and_deleted(bed: Bed) {
    const OBJECTS: usize = 1200;
    for index in 0..OBJECTS {
        bed.storage.put_bytes(&key(&format!("films/f/b/v/{index:05}.m4s")), pattern(index)).await.unwrap();
    }
    let found = bed.storage.list("films/f/b/").await.unwrap();
    assert!(found.iter().enumerate().all(|(index, (_, size_bytes))| *size_bytes == index as u64));
    assert_eq!(found.len(), OBJECTS);
    for (name, _) in found {
        bed.storage.delete(&name).await.unwrap();
    }
    assert!(bed.storage.list("").await.unwrap().is_empty());
}
