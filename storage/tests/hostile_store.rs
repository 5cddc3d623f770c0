//! The S3 back end against a store that misbehaves.
#![allow(clippy::unwrap_used)]

mod store;
mod suite;

use std::time::Duration;

use bytes::Bytes;
use domain::id::FileId;
use domain::key::Key;
use futures_util::{TryStreamExt, stream};
use storage::{Checkpoint, PutOutcome, Storage, StorageError};
use store::{Faults, Store, start};
use suite::{Bed, key, pattern, sha256};

const MIB: u64 = 1 << 20;

/// Returns a storage in a store that misbehaves. Its credentials are in a file.
async fn open(faults: Faults) -> (std::sync::Arc<Store>, Storage, tempfile::NamedTempFile) {
    let (store, url) = start(faults).await;
    let credentials = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&credentials, "[default]\naws_access_key_id = one\naws_secret_access_key = two\n")
        .unwrap();
    let url = format!("{url}&credentials={}", credentials.path().display());
    (store, Storage::from_url(&url).await.unwrap(), credentials)
}

async fn bed(faults: Faults) -> Bed {
    let (_, storage, credentials) = open(faults).await;
    Bed { storage, keep: Box::new(credentials) }
}

mod basic {
    use super::{Bed, Faults, bed, suite};

    async fn only_basics() -> Bed {
        bed(Faults { only_basics: true, ..Faults::default() }).await
    }

    suite::storage_suite! { only_basics;
        objects:
            get_returns_what_put_stored
            an_empty_object_exists
            a_range_returns_that_slice_of_the_object
            a_reader_knows_the_whole_size
            a_put_if_absent_never_replaces
            puts_if_absent_and_deletes_in_one_folder_do_not_fail
            a_writability_check_leaves_nothing
            a_list_is_sorted_and_has_only_keys_with_the_prefix
            many_objects_are_listed_and_deleted;
        uploads:
            an_upload_in_parts_becomes_the_object
            bytes_after_the_checkpoint_are_discarded
            an_aborted_upload_is_deleted;
    }
}

mod failing {
    use super::{Bed, Faults, bed, suite};

    async fn failing() -> Bed {
        bed(Faults { unavailable: true, lost_answers: true, cut_after: Some(300_000), ..Faults::default() })
            .await
    }

    suite::storage_suite! { failing;
        objects:
            get_returns_what_put_stored
            an_empty_object_exists
            an_absent_object_is_not_an_error
            a_reader_knows_the_whole_size
            a_put_whose_stream_fails_leaves_nothing
            one_of_concurrent_puts_wins_whole;
        uploads:
            an_upload_in_parts_becomes_the_object
            bytes_after_the_checkpoint_are_discarded
            a_checkpoint_beyond_the_stored_bytes_is_refused
            an_upload_shorter_than_declared_does_not_become_an_object
            an_aborted_upload_is_deleted;
    }
}

#[tokio::test]
async fn a_body_that_is_cut_again_and_again_is_read_whole() {
    let faults = Faults {
        cut_after: Some(70_000),
        pause: Some(Duration::from_millis(1)),
        unavailable: true,
        ..Faults::default()
    };
    let (_, storage, _keep) = open(faults).await;
    let bytes = pattern(1_000_000);
    storage.put_bytes(&key("object"), bytes.clone()).await.unwrap();
    assert_eq!(storage.get_bytes(&key("object"), None).await.unwrap().unwrap(), bytes);
    let part = storage.get_bytes(&key("object"), Some(123_456..654_321)).await.unwrap().unwrap();
    assert_eq!(part, bytes.slice(123_456..654_321));
}

#[tokio::test]
async fn bytes_of_two_objects_are_never_mixed() {
    let (store, storage, _keep) = open(Faults { cut_after: Some(70_000), ..Faults::default() }).await;
    storage.put_bytes(&key("object"), pattern(200_000)).await.unwrap();
    let mut reader = storage.get(&key("object"), None).await.unwrap().unwrap();
    let first = reader.try_next().await.unwrap().unwrap();
    assert_eq!(first, pattern(200_000).slice(..first.len()));
    store.replace("pre/fix/object", Bytes::from(vec![7; 200_000]));
    let error = reader.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.to_string().contains("replaced or deleted"), "{error}");

    let (_, storage, _keep) =
        open(Faults { cut_after: Some(70_000), changing_tags: true, ..Faults::default() }).await;
    storage.put_bytes(&key("object"), pattern(200_000)).await.unwrap();
    let error = storage.get_bytes(&key("object"), None).await.unwrap_err();
    assert!(error.to_string().contains("replaced or deleted"), "{error}");
}

#[tokio::test]
async fn a_store_that_ignores_ranges_is_an_error_and_not_other_bytes() {
    let (_, storage, _keep) = open(Faults { no_ranges: true, ..Faults::default() }).await;
    storage.put_bytes(&key("object"), pattern(1000)).await.unwrap();
    assert_eq!(storage.get_bytes(&key("object"), None).await.unwrap().unwrap(), pattern(1000));
    for range in [0..10, 10..20, 10..5000] {
        let error = storage.get_bytes(&key("object"), Some(range)).await.unwrap_err();
        assert!(error.to_string().contains("range that was asked for"), "{error}");
    }
}

#[tokio::test]
async fn the_hash_of_an_object_is_recorded() {
    let (_, storage, _keep) = open(Faults::default()).await;
    let bytes = pattern(1000);
    storage.put_bytes(&key("one"), bytes.clone()).await.unwrap();
    storage.put_if_absent(&key("two"), bytes.clone()).await.unwrap();
    for name in ["one", "two"] {
        let meta = storage.head(&key(name)).await.unwrap().unwrap();
        assert_eq!((meta.size_bytes, meta.sha256), (1000, Some(sha256(&bytes))), "{name}");
    }
}

#[tokio::test]
async fn a_condition_whose_answer_is_lost_stores_the_object_once() {
    let (_, storage, _keep) = open(Faults { lost_answers: true, ..Faults::default() }).await;
    for name in ["one", "two", "three"] {
        storage.put_if_absent(&key(name), pattern(100)).await.unwrap();
        let outcome = storage.put_if_absent(&key(name), pattern(200)).await.unwrap();
        assert_eq!(outcome, PutOutcome::Exists);
        assert_eq!(storage.get_bytes(&key(name), None).await.unwrap().unwrap(), pattern(100));
    }
}

#[tokio::test]
async fn a_long_stream_is_stored_in_parts_or_not_at_all() {
    let (store, storage, _keep) = open(Faults { lost_answers: true, ..Faults::default() }).await;
    let bytes = pattern(40 << 20);
    let pieces = |end: usize| {
        let pieces: Vec<_> =
            (0..end).step_by(1_000_003).map(|at| Ok(bytes.slice(at..end.min(at + 1_000_003)))).collect();
        pieces
    };
    let stored = storage.put(&key("long"), 40 * MIB, stream::iter(pieces(bytes.len()))).await.unwrap();
    assert_eq!((stored.size_bytes, stored.sha256), (40 * MIB, sha256(&bytes)));
    assert_eq!(storage.get_bytes(&key("long"), None).await.unwrap().unwrap(), bytes);
    let mut failing = pieces(20 << 20);
    failing.push(Err(std::io::Error::other("the link dropped")));
    let error = storage.put(&key("failed"), 40 * MIB, stream::iter(failing)).await.unwrap_err();
    assert!(matches!(error, StorageError::Body(_)), "{error}");
    // The parts are deleted in the background.
    for _ in 0..100 {
        // A store that loses the answer to a begun upload keeps one that has no parts.
        if store.content().1 <= 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (objects, uploads) = store.content();
    assert_eq!(objects, ["pre/fix/long"]);
    assert!(uploads <= 2, "{uploads}");
}

#[tokio::test]
async fn parts_that_the_store_altered_do_not_become_a_master() {
    let (store, storage, _keep) = open(Faults { wrong_part_tags: true, ..Faults::default() }).await;
    let file = FileId(uuid::Uuid::from_u128(1));
    let mut upload = storage.open_upload(file, 1000, Checkpoint::default()).await.unwrap();
    assert!(upload.append(pattern(1000)).await);
    let end = upload.close().await.checkpoint;
    assert_eq!(end.offset, 1000);
    let error = storage.finish_upload(file, &end).await.unwrap_err();
    assert!(error.to_string().contains("InvalidPart"), "{error}");
    assert!(storage.head(&Key::master(file)).await.unwrap().is_none());
    let error = storage.open_upload(file, 1000, end).await.unwrap_err();
    assert!(matches!(error, StorageError::UploadTruncated { stored_bytes: 0, .. }), "{error}");
    storage.abort_upload(file).await.unwrap();
    assert_eq!(store.content(), (Vec::new(), 0));
}

#[tokio::test]
async fn a_slow_client_needs_no_memory_while_it_waits() {
    let (store, storage, _keep) = open(Faults::default()).await;
    let (file, bytes) = (FileId(uuid::Uuid::from_u128(1)), pattern(3_000_000));
    let mut upload = storage.open_upload(file, 3_000_000, Checkpoint::default()).await.unwrap();
    for part in 0..2_usize {
        assert!(upload.append(bytes.slice(part * 1_000_000..(part + 1) * 1_000_000)).await);
        tokio::time::sleep(Duration::from_secs(6)).await;
        let checkpoint = upload.checkpoint().unwrap();
        assert_eq!(checkpoint.offset, (part as u64 + 1) * 1_000_000);
        assert_eq!(checkpoint.sha256().unwrap(), sha256(&bytes[..(part + 1) * 1_000_000]));
        assert_eq!(store.content().0.len(), part + 1);
    }
    assert!(upload.append(bytes.slice(2_000_000..)).await);
    let end = upload.close().await.checkpoint;
    storage.finish_upload(file, &end).await.unwrap();
    assert_eq!(storage.get_bytes(&Key::master(file), None).await.unwrap().unwrap(), bytes);
    assert_eq!(store.content(), (vec![format!("pre/fix/masters/{file}")], 0));
}

/// The body is larger than the buffers of the connection, so the client sees that no byte is taken.
#[tokio::test]
async fn a_store_that_reads_nothing_for_a_while_gets_the_body_once() {
    let pause = Some(Duration::from_secs(12));
    let (store, storage, _keep) = open(Faults { reads_late: pause, ..Faults::default() }).await;
    storage.put_bytes(&key("object"), pattern(15 << 20)).await.unwrap();
    assert_eq!(store.requests(), 1);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_an_error_that_says_so() {
    let (store, storage, _keep) = open(Faults::default()).await;
    storage.put_bytes(&key("object"), pattern(10)).await.unwrap();
    assert!(store.requests() > 0);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("s3://bucket?endpoint=http://{}", free.local_addr().unwrap());
    drop(free);
    let credentials = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&credentials, "[default]\naws_access_key_id = one\naws_secret_access_key = two\n")
        .unwrap();
    let storage =
        Storage::from_url(&format!("{url}&credentials={}", credentials.path().display())).await.unwrap();
    let error = storage.get_bytes(&key("object"), None).await.unwrap_err();
    assert!(error.to_string().contains("could not read object"), "{error}");
    assert!(storage.check_writable().await.is_err());
}
