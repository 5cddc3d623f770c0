//! The suite with the local back end, and tests that only apply to a file system.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod suite;

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use bytes::Bytes;
use domain::id::FileId;
use domain::key::Key;
use futures_util::{StreamExt, stream};
use storage::{Checkpoint, PutOutcome, Storage, StorageError};
use suite::{Bed, key, pattern};

async fn local() -> Bed {
    let folder = tempfile::tempdir().unwrap();
    Bed { storage: Storage::local(folder.path()).unwrap(), keep: Box::new(folder) }
}

suite::storage_suite! { local;
    objects:
        get_returns_what_put_stored
        an_empty_object_exists
        an_absent_object_is_not_an_error
        a_range_returns_that_slice_of_the_object
        a_reader_knows_the_whole_size
        a_put_whose_stream_fails_leaves_nothing
        a_cancelled_put_leaves_nothing
        a_second_put_replaces_the_object_but_not_for_open_readers
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

fn everything_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.push(path.display().to_string());
        if path.is_dir() && !path.is_symlink() {
            found.extend(everything_below(&path));
        }
    }
    found
}

#[tokio::test]
async fn a_url_opens_a_folder_or_gets_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    Storage::from_url(&format!("file://{}/new/folder", folder.path().display())).await.unwrap();
    assert!(folder.path().join("new/folder").is_dir());
    for (url, expected) in [
        ("s3://Bucket/prefix", "not the name of a bucket"),
        ("http://bucket", "http:// is not a storage"),
        ("file://relative", "absolute path"),
        ("/just/a/path", "file:///path"),
        ("", "file:///path"),
    ] {
        let error = Storage::from_url(url).await.unwrap_err();
        assert!(
            matches!(&error, StorageError::Url(_)) && error.to_string().contains(expected),
            "{url}: {error}"
        );
    }
}

#[tokio::test]
async fn links_in_the_tree_are_not_followed() {
    let (outside, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(outside.path().join("secret"), "secret").unwrap();
    let storage = Storage::local(folder.path()).unwrap();
    storage.put_bytes(&key("films/inside"), pattern(10)).await.unwrap();
    symlink(outside.path(), folder.path().join("films/out")).unwrap();
    symlink(outside.path().join("secret"), folder.path().join("films/file")).unwrap();
    symlink("inside", folder.path().join("films/near")).unwrap();
    for name in ["films/out/secret", "films/file", "films/near"] {
        assert!(storage.get(&key(name), None).await.is_err(), "{name}");
    }
    assert!(storage.put_bytes(&key("films/out/new"), pattern(10)).await.is_err());
    assert!(storage.delete(&key("films/out/secret")).await.is_err());
    // A link in the place of an object is replaced, and its target does not change.
    storage.put_bytes(&key("films/file"), Bytes::from_static(b"object")).await.unwrap();
    assert_eq!(storage.get_bytes(&key("films/file"), None).await.unwrap().unwrap(), "object");
    assert_eq!(std::fs::read_to_string(outside.path().join("secret")).unwrap(), "secret");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
    let listed: Vec<Key> = storage.list("").await.unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(listed, [key("films/file"), key("films/inside")]);
}

#[tokio::test]
async fn a_closed_storage_leaves_no_temporary_folders() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::local(folder.path()).unwrap();
    storage.put_bytes(&key("films/a/b"), pattern(10)).await.unwrap();
    assert!(folder.path().join(".nang/tmp").is_dir());
    storage.delete(&key("films/a/b")).await.unwrap();
    drop(storage);
    assert_eq!(everything_below(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_start_deletes_temporary_files_of_ended_processes_only() {
    let folder = tempfile::tempdir().unwrap();
    let running = Storage::local(folder.path()).unwrap();
    running.put_bytes(&key("first"), pattern(10)).await.unwrap();
    let tmp = folder.path().join(".nang/tmp");
    let own = std::fs::read_dir(&tmp).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
    let create = |machine: &str| {
        let ended = tmp.join(format!("{machine}-0123456789abcdef0123456789abcdef"));
        std::fs::create_dir(&ended).unwrap();
        for name in ["1", "lock"] {
            std::fs::write(ended.join(name), "half an object").unwrap();
        }
        ended
    };
    let (ended, elsewhere, long_ago) =
        (create(&own[..16]), create("0000000000000000"), create("1111111111111111"));
    for path in [long_ago.join("1"), long_ago.join("lock"), long_ago.clone()] {
        let day_before = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
        std::fs::File::open(path).unwrap().set_modified(day_before).unwrap();
    }
    let (sender, body) = tokio::sync::mpsc::channel::<std::io::Result<Bytes>>(1);
    let put = tokio::spawn({
        let running = running.clone();
        async move { running.put(&key("second"), 2000, tokio_stream(body)).await }
    });
    sender.send(Ok(pattern(1000))).await.unwrap();
    sender.send(Ok(pattern(1000))).await.unwrap();
    Storage::local(folder.path()).unwrap();
    assert!(!ended.exists());
    // On another machine, a process may write now. Its lock may not be visible here.
    assert!(elsewhere.join("1").exists());
    assert!(!long_ago.exists());
    drop(sender);
    assert_eq!(put.await.unwrap().unwrap().size_bytes, 2000);
}

fn tokio_stream<T: Send + 'static>(
    receiver: tokio::sync::mpsc::Receiver<T>,
) -> stream::BoxStream<'static, T> {
    stream::unfold(receiver, |mut receiver| async { receiver.recv().await.map(|item| (item, receiver)) })
        .boxed()
}

#[tokio::test]
async fn a_running_process_recreates_its_hidden_folder() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::local(folder.path()).unwrap();
    storage.put_bytes(&key("first"), pattern(10)).await.unwrap();
    std::fs::remove_dir_all(folder.path().join(".nang")).unwrap();
    storage.put_bytes(&key("second"), pattern(10)).await.unwrap();
}

#[tokio::test]
async fn an_error_about_missing_permissions_names_the_object() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o500)).unwrap();
    let storage = Storage::local(folder.path()).unwrap();
    match storage.put_bytes(&key("films/object"), pattern(10)).await {
        Err(error @ StorageError::Denied { .. }) => {
            assert!(error.to_string().contains("films/object"), "{error}");
        }
        Ok(_) => assert!(rustix::process::geteuid().is_root(), "only root may write here"),
        Err(error) => panic!("{error}"),
    }
    match storage.check_writable().await {
        Err(StorageError::Denied { .. }) => {}
        Ok(()) => assert!(rustix::process::geteuid().is_root(), "only root may write here"),
        Err(error) => panic!("{error}"),
    }
}

/// Objects that each process of the test below tries to create.
const CONTESTED: usize = 60;

#[tokio::test]
async fn one_of_several_processes_creates_each_object() {
    let object = |index: usize| key(&format!("films/{index}"));
    if let Some(folder) = std::env::var_os("NANG_TEST_CONTESTED_FOLDER") {
        let storage = Storage::local(folder).unwrap();
        let mine = pattern(usize::try_from(std::process::id()).unwrap() % 50_000 + 1);
        let mut created = 0;
        for index in 0..CONTESTED {
            let outcome = storage.put_if_absent(&object(index), mine.clone()).await.unwrap();
            created += usize::from(matches!(outcome, PutOutcome::Created(_)));
            assert!(storage.head(&object(index)).await.unwrap().is_some());
        }
        storage
            .put_bytes(&key(&format!("created/{}", std::process::id())), created.to_string().into())
            .await
            .unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let processes: Vec<_> = (0..4)
        .map(|_| {
            std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "one_of_several_processes_creates_each_object"])
                .env("NANG_TEST_CONTESTED_FOLDER", folder.path())
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let sizes: Vec<u64> = processes.iter().map(|process| u64::from(process.id()) % 50_000 + 1).collect();
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    let storage = Storage::local(folder.path()).unwrap();
    let mut created = 0;
    for (report, _) in storage.list("created/").await.unwrap() {
        let bytes = storage.get_bytes(&report, None).await.unwrap().unwrap();
        created += std::str::from_utf8(&bytes).unwrap().parse::<usize>().unwrap();
    }
    assert_eq!(created, CONTESTED);
    for (object, size_bytes) in storage.list("films/").await.unwrap() {
        assert!(sizes.contains(&size_bytes), "{object} is not what one process wrote: {size_bytes}");
    }
}

#[tokio::test]
async fn a_put_if_absent_does_not_follow_or_replace_links() {
    let (outside, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let storage = Storage::local(folder.path()).unwrap();
    symlink(outside.path().join("new"), folder.path().join("link")).unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    for taken in ["link", "folder"] {
        assert!(storage.put_if_absent(&key(taken), pattern(10)).await.is_err(), "{taken}");
    }
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    assert!(folder.path().join("link").is_symlink());
}

#[tokio::test]
async fn only_the_owner_can_read_stored_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data/storage");
    let storage = Storage::local(&root).unwrap();
    storage.put_bytes(&key("films/one/two"), pattern(10)).await.unwrap();
    let file = FileId(uuid::Uuid::from_u128(1));
    for finished in [true, false] {
        let mut upload = storage.open_upload(file, 10, Checkpoint::default()).await.unwrap();
        assert!(upload.append(pattern(10)).await);
        let checkpoint = upload.close().await.checkpoint;
        if finished {
            storage.finish_upload(file, &checkpoint).await.unwrap();
        }
    }
    let mode = |path: &str| {
        let facts = std::fs::metadata(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        facts.permissions().mode() & 0o7777
    };
    for path in ["", "films", "films/one", "masters", ".nang", ".nang/uploads", ".nang/tmp"] {
        assert_eq!(mode(path), 0o700, "{path}");
    }
    for path in ["films/one/two", &format!("masters/{file}"), &format!(".nang/uploads/{file}")] {
        assert_eq!(mode(path), 0o600, "{path}");
    }
}

/// Open uploads that wait for their clients use no threads: more uploads than the runtime has threads do not block a read.
#[test]
fn open_uploads_use_no_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::local(folder.path()).unwrap();
        let mut uploads = Vec::new();
        for number in 0..20 {
            let mut upload = storage
                .open_upload(FileId(uuid::Uuid::from_u128(number)), 1000, Checkpoint::default())
                .await
                .unwrap();
            assert!(upload.append(pattern(1000)).await);
            uploads.push(upload);
        }
        storage.put_bytes(&key("object"), pattern(10)).await.unwrap();
        assert_eq!(storage.get_bytes(&key("object"), None).await.unwrap().unwrap(), pattern(10));
        for upload in uploads {
            let closed = upload.close().await;
            assert!(closed.failure.is_none());
            assert_eq!(closed.checkpoint.sha256().unwrap(), suite::sha256(&pattern(1000)));
        }
    });
}

/// Runs the test again as root of a new namespace, where a small file system can be mounted.
fn run_with_a_small_disk(test: &str) {
    let unshare = || {
        let mut command = std::process::Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]);
        command
    };
    if !unshare().arg("true").status().is_ok_and(|status| status.success()) {
        println!(
            "SKIPPED: {test} needs unshare(1) and user namespaces: as root, `sysctl kernel.unprivileged_userns_clone=1 \
             kernel.apparmor_restrict_unprivileged_userns=0` (where these exist); in a container, CAP_SYS_ADMIN"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let status = unshare()
        .args(["sh", "-c", "mount -t tmpfs -o size=8m nang-test \"$0\" && exec \"$1\" --exact \"$2\""])
        .args([folder.path().as_os_str(), std::env::current_exe().unwrap().as_os_str(), test.as_ref()])
        .env("NANG_TEST_SMALL_DISK", folder.path())
        .status();
    assert!(status.unwrap().success());
}

#[tokio::test]
async fn uploads_resume_after_a_full_disk() {
    let Some(disk) = std::env::var_os("NANG_TEST_SMALL_DISK") else {
        run_with_a_small_disk("uploads_resume_after_a_full_disk");
        return;
    };
    let storage = Storage::local(disk).unwrap();
    let free = storage.free_bytes().await.unwrap().unwrap();
    assert!((4 << 20..=8 << 20).contains(&free), "{free}");
    storage.put_bytes(&key("filler"), pattern(5 << 20)).await.unwrap();

    for full in [
        storage.put_bytes(&key("object"), pattern(6 << 20)).await.map(drop),
        storage.put_if_absent(&key("object"), pattern(6 << 20)).await.map(drop),
    ] {
        assert!(matches!(full, Err(StorageError::Full(_))), "{full:?}");
    }
    storage.check_writable().await.unwrap();
    assert_eq!(storage.list("").await.unwrap(), [(key("filler"), 5 << 20)]);

    let (file, bytes) = (FileId(uuid::Uuid::from_u128(1)), pattern(4 << 20));
    let mut upload = storage.open_upload(file, 4 << 20, Checkpoint::default()).await.unwrap();
    for start in (0..bytes.len()).step_by(256 << 10) {
        upload.append(bytes.slice(start..start + (256 << 10))).await;
    }
    let closed = upload.close().await;
    assert!(matches!(closed.failure, Some(StorageError::Full(_))), "{:?}", closed.failure);
    let unwritable = storage.check_writable().await;
    assert!(matches!(unwritable, Err(StorageError::Full(_))), "{unwritable:?}");
    let kept = closed.checkpoint.offset;
    assert!((1 << 20..4 << 20).contains(&kept), "bytes written before the disk was full are kept: {kept}");

    storage.delete(&key("filler")).await.unwrap();
    let mut upload = storage.open_upload(file, 4 << 20, closed.checkpoint).await.unwrap();
    assert!(upload.append(bytes.slice(usize::try_from(kept).unwrap()..)).await);
    let end = upload.close().await.checkpoint;
    assert_eq!(end.sha256().unwrap(), suite::sha256(&bytes));
    storage.finish_upload(file, &end).await.unwrap();
    assert_eq!(storage.get_bytes(&Key::master(file), None).await.unwrap().unwrap(), bytes);
}
