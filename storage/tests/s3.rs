//! The suite with the S3 back end on a real object store. `scripts/with-s3` starts one.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod suite;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use bytes::Bytes;
use domain::hex;
use domain::id::FileId;
use domain::key::Key;
use storage::{Checkpoint, Storage, StorageError};
use suite::{Bed, key, pattern, sha256};
use uuid::Uuid;

/// Returns the URL of the test store with an unused prefix.
fn url() -> String {
    let url = std::env::var("NANG_TEST_S3").expect("run the tests with scripts/with-s3");
    let (bucket, parameters) = url.split_once('?').unwrap();
    format!("{bucket}/{}?{parameters}", Uuid::new_v4().simple())
}

async fn s3() -> Bed {
    Bed { storage: Storage::from_url(&url()).await.unwrap(), keep: Box::new(()) }
}

suite::storage_suite! { s3;
    objects:
        get_returns_what_put_stored
        an_empty_object_exists
        an_absent_object_is_not_an_error
        a_range_returns_that_slice_of_the_object
        a_reader_knows_the_whole_size
        a_put_whose_stream_fails_leaves_nothing
        a_cancelled_put_leaves_nothing
        one_of_concurrent_puts_wins_whole
        a_put_if_absent_never_replaces
        one_of_concurrent_puts_if_absent_creates_the_object
        puts_if_absent_and_deletes_in_one_folder_do_not_fail
        a_writability_check_leaves_nothing
        puts_and_deletes_in_one_folder_do_not_fail
        a_list_is_sorted_and_has_only_keys_with_the_prefix
        many_objects_are_listed_and_deleted;
    uploads:
        an_upload_in_parts_becomes_the_object
        concurrent_requests_can_finish_the_same_upload
        bytes_after_the_checkpoint_are_discarded
        checkpoints_are_created_while_bytes_are_appended
        an_upload_has_only_one_holder
        a_checkpoint_beyond_the_stored_bytes_is_refused
        an_upload_cannot_be_written_and_finished_at_once
        an_upload_shorter_than_declared_does_not_become_an_object
        an_aborted_upload_is_deleted;
}

#[tokio::test]
async fn hashes_of_objects_are_recorded() {
    let storage = s3().await.storage;
    storage.put_bytes(&key("object"), pattern(1000)).await.unwrap();
    let meta = storage.head(&key("object")).await.unwrap().unwrap();
    assert_eq!(meta.sha256, Some(sha256(&pattern(1000))));
}

#[tokio::test]
async fn wrong_credentials_are_denied() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "[films]\naws_access_key_id = wrong\naws_secret_access_key = wrong\n").unwrap();
    let credentials = format!("credentials={}", file.path().display());
    let storage = Storage::from_url(&format!("{}&{credentials}&profile=films", url())).await.unwrap();
    let error = storage.put_bytes(&key("object"), pattern(10)).await.unwrap_err();
    assert!(matches!(error, StorageError::Denied { .. }), "{error}");
    let error = Storage::from_url(&format!("{}&{credentials}", url())).await.unwrap_err();
    assert!(error.to_string().contains("no profile [default]"), "{error}");
    let error = Storage::from_url(&format!("{}&credentials=/absent/file", url())).await.unwrap_err();
    assert!(error.to_string().contains("/absent/file"), "{error}");
}

#[tokio::test]
async fn masters_can_have_another_back_end() {
    let (films, masters) = (tempfile::tempdir().unwrap(), url());
    let storage = Storage::local(films.path()).unwrap().with_masters(&masters).await.unwrap();
    let file = FileId(Uuid::from_u128(1));
    let mut upload = storage.open_upload(file, 1000, Checkpoint::default()).await.unwrap();
    assert!(upload.append(pattern(1000)).await);
    let end = upload.close().await.checkpoint;
    assert_eq!(storage.list_uploads().await.unwrap(), [file]);
    storage.finish_upload(file, &end).await.unwrap();
    storage.put_bytes(&key("films/x"), pattern(10)).await.unwrap();
    let all = [(key("films/x"), 10), (Key::master(file), 1000)];
    assert_eq!(storage.list("").await.unwrap(), all);
    assert_eq!(storage.list("masters/").await.unwrap(), all[1..]);
    let local = Storage::local(films.path()).unwrap();
    assert_eq!(local.list("").await.unwrap(), all[..1]);
    let remote = Storage::from_url(&masters).await.unwrap();
    assert_eq!(remote.list("").await.unwrap(), all[1..]);
    assert_eq!(storage.free_bytes_for_masters().await.unwrap(), None);
    assert!(storage.free_bytes().await.unwrap().is_some());
    storage.delete_many(&[key("films/x"), Key::master(file)]).await.unwrap();
    assert!(storage.list("").await.unwrap().is_empty());
}

/// Size of the upload that is killed: three parts, and a part that is not whole.
const KILLED_BYTES: usize = 58_000_000;

/// A process that receives an upload is killed several times, at various places. Each successor resumes from the last checkpoint that
/// the killed one reported.
#[tokio::test]
async fn an_upload_survives_the_death_of_its_process_at_any_byte() {
    let file = FileId(Uuid::from_u128(1));
    if let Ok(url) = std::env::var("NANG_TEST_KILLED_UPLOAD") {
        let from = std::env::var("NANG_TEST_KILLED_FROM").unwrap();
        let (offset, state) = from.split_once(' ').unwrap();
        let from = Checkpoint { offset: offset.parse().unwrap(), state: hex::decode(state).unwrap() };
        let storage = Storage::from_url(&url).await.unwrap();
        let (bytes, mut at) = (pattern(KILLED_BYTES), usize::try_from(from.offset).unwrap());
        let mut upload = storage.open_upload(file, KILLED_BYTES as u64, from).await.unwrap();
        while at < KILLED_BYTES {
            let end = KILLED_BYTES.min(at + 61_234);
            assert!(upload.append(bytes.slice(at..end)).await);
            at = end;
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            if let Some(Checkpoint { offset, state }) = upload.checkpoint() {
                println!("checkpoint {offset} {}", hex::encode(&state));
                upload.recorded(offset);
            }
        }
        let Checkpoint { offset, state } = upload.close().await.checkpoint;
        println!("checkpoint {offset} {}", hex::encode(&state));
        println!("end");
        return;
    }
    let (url, mut last, mut kills) = (url(), "0 ".to_owned(), 0);
    loop {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "an_upload_survives_the_death_of_its_process_at_any_byte", "--nocapture"])
            .env("NANG_TEST_KILLED_UPLOAD", &url)
            .env("NANG_TEST_KILLED_FROM", &last)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut ended = false;
        while let Some(Ok(line)) = lines.next() {
            if let Some(checkpoint) = line.split("checkpoint ").nth(1) {
                checkpoint.clone_into(&mut last);
                if kills < 4 {
                    // Not at the checkpoint itself, but at some byte after it.
                    std::thread::sleep(std::time::Duration::from_millis(kills * 700));
                    break;
                }
            }
            ended = ended || line.ends_with("end");
        }
        if ended {
            assert!(child.wait().unwrap().success());
            break;
        }
        kills += 1;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(kills, 4);
    let (offset, state) = last.split_once(' ').unwrap();
    let end = Checkpoint { offset: offset.parse().unwrap(), state: hex::decode(state).unwrap() };
    let storage = Storage::from_url(&url).await.unwrap();
    assert_eq!(storage.list_uploads().await.unwrap(), [file]);
    storage.finish_upload(file, &end).await.unwrap();
    let bytes: Bytes = storage.get_bytes(&Key::master(file), None).await.unwrap().unwrap();
    assert!(bytes == pattern(KILLED_BYTES));
    assert_eq!(end.sha256().unwrap(), sha256(&bytes));
    assert!(storage.list_uploads().await.unwrap().is_empty());
}
