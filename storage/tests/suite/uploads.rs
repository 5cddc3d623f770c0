//! Resumable uploads: after any interruption, all bytes before a checkpoint are stored.

use bytes::Bytes;
use domain::id::FileId;
use domain::key::Key;
use storage::{Checkpoint, Storage, StorageError, Upload};
use uuid::Uuid;

use super::{Bed, pattern, sha256};

const MIB: u64 = 1 << 20;

fn at(size_bytes: u64) -> Checkpoint {
    Checkpoint { offset: size_bytes, ..Checkpoint::default() }
}

fn file(number: u128) -> FileId {
    FileId(Uuid::from_u128(number))
}

async fn append(upload: &mut Upload, bytes: &Bytes) {
    for start in (0..bytes.len()).step_by(300_000) {
        assert!(upload.append(bytes.slice(start..bytes.len().min(start + 300_000))).await);
    }
}

async fn close(upload: Upload) -> Checkpoint {
    let closed = upload.close().await;
    assert!(closed.failure.is_none(), "{:?}", closed.failure);
    closed.checkpoint
}

async fn master(storage: &Storage, file: FileId) -> Option<Bytes> {
    storage.get_bytes(&Key::master(file), None).await.unwrap()
}

pub(crate) async fn an_upload_in_parts_becomes_the_object(bed: Bed) {
    let bytes = pattern(5_000_000);
    let mut checkpoint = Checkpoint::default();
    for end in [1, 1, 700_001, 4_999_999, 5_000_000] {
        let mut upload = bed.storage.open_upload(file(1), 5_000_000, checkpoint.clone()).await.unwrap();
        assert_eq!(upload.offset(), checkpoint.offset);
        append(&mut upload, &bytes.slice(usize::try_from(checkpoint.offset).unwrap()..end)).await;
        checkpoint = close(upload).await;
        assert_eq!(checkpoint.offset, end as u64);
        assert_eq!(checkpoint.sha256().unwrap(), sha256(&bytes[..end]));
    }
    assert_eq!(bed.storage.list_uploads().await.unwrap(), [file(1)]);
    assert!(
        bed.storage.list("").await.unwrap().is_empty(),
        "an unfinished upload is not listed as an object"
    );
    for _ in 0..2 {
        bed.storage.finish_upload(file(1), &checkpoint).await.unwrap();
        assert_eq!(master(&bed.storage, file(1)).await.unwrap(), bytes);
    }
    assert!(bed.storage.list_uploads().await.unwrap().is_empty());
    assert_eq!(bed.storage.list("").await.unwrap(), [(Key::master(file(1)), bytes.len() as u64)]);
}

/// For example, a client that reconnects and the sweeper. Both calls succeed, whichever finishes the upload.
pub(crate) async fn concurrent_requests_can_finish_the_same_upload(bed: Bed) {
    for number in 1..=100 {
        close(bed.storage.open_upload(file(number), 0, Checkpoint::default()).await.unwrap()).await;
        let finishes: Vec<_> = (0..4)
            .map(|_| {
                let storage = bed.storage.clone();
                tokio::spawn(async move { storage.finish_upload(file(number), &at(0)).await })
            })
            .collect();
        for finish in finishes {
            finish.await.unwrap().unwrap();
        }
        assert_eq!(master(&bed.storage, file(number)).await.unwrap(), Bytes::new());
    }
}

pub(crate) async fn bytes_after_the_checkpoint_are_discarded(bed: Bed) {
    let (kept, lost, instead) = (pattern(400_000), Bytes::from(vec![7; 500_000]), pattern(500_000));
    let mut upload = bed.storage.open_upload(file(1), 900_000, Checkpoint::default()).await.unwrap();
    append(&mut upload, &kept).await;
    let checkpoint = close(upload).await;
    let mut upload = bed.storage.open_upload(file(1), 900_000, checkpoint.clone()).await.unwrap();
    append(&mut upload, &lost).await;
    close(upload).await;
    let mut upload = bed.storage.open_upload(file(1), 900_000, checkpoint).await.unwrap();
    append(&mut upload, &instead).await;
    let end = close(upload).await;
    bed.storage.finish_upload(file(1), &end).await.unwrap();
    let whole = [&kept[..], &instead].concat();
    assert_eq!(end.sha256().unwrap(), sha256(&whole));
    assert_eq!(master(&bed.storage, file(1)).await.unwrap(), whole);
}

pub(crate) async fn checkpoints_are_created_while_bytes_are_appended(bed: Bed) {
    let piece = pattern(1 << 20);
    let mut upload = bed.storage.open_upload(file(1), 300 * MIB, Checkpoint::default()).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..300 {
        assert!(upload.append(piece.clone()).await);
        seen.extend(upload.checkpoint());
    }
    let end = close(upload).await;
    assert!(!seen.is_empty());
    assert!(seen.is_sorted_by_key(|checkpoint| checkpoint.offset));
    assert_eq!(end.offset, 300 << 20);
    // A hash resumed in the middle has the same result as one that was never saved.
    let middle = seen.swap_remove(0);
    let rest = usize::try_from((end.offset - middle.offset) >> 20).unwrap();
    let mut upload = bed.storage.open_upload(file(1), 300 * MIB, middle).await.unwrap();
    for _ in 0..rest {
        assert!(upload.append(piece.clone()).await);
    }
    assert_eq!(close(upload).await.sha256().unwrap(), end.sha256().unwrap());
}

pub(crate) async fn an_upload_has_only_one_holder(bed: Bed) {
    let first = bed.storage.open_upload(file(1), 1000, Checkpoint::default()).await.unwrap();
    let second = bed.storage.open_upload(file(1), 1000, Checkpoint::default()).await;
    assert!(matches!(second, Err(StorageError::UploadLocked)), "{second:?}");
    bed.storage.open_upload(file(2), 1000, Checkpoint::default()).await.unwrap();
    close(first).await;
    bed.storage.open_upload(file(1), 1000, Checkpoint::default()).await.unwrap();
}

pub(crate) async fn a_checkpoint_beyond_the_stored_bytes_is_refused(bed: Bed) {
    let mut upload = bed.storage.open_upload(file(1), 1000, Checkpoint::default()).await.unwrap();
    append(&mut upload, &pattern(1000)).await;
    let checkpoint = close(upload).await;
    bed.storage.abort_upload(file(1)).await.unwrap();
    let error = bed.storage.open_upload(file(1), 1000, checkpoint).await.unwrap_err();
    assert!(
        matches!(error, StorageError::UploadTruncated { stored_bytes: 0, expected_bytes: 1000 }),
        "{error}"
    );
}

/// An upload that is being written cannot be finished. One that is being finished cannot be truncated by a request that opens it
/// at that moment.
pub(crate) async fn an_upload_cannot_be_written_and_finished_at_once(bed: Bed) {
    let upload = bed.storage.open_upload(file(1), 1000, Checkpoint::default()).await.unwrap();
    let busy = bed.storage.finish_upload(file(1), &at(0)).await.unwrap_err();
    assert!(matches!(busy, StorageError::UploadLocked), "{busy}");
    close(upload).await;

    let bytes = pattern(10_000);
    for number in 2..100 {
        let mut upload = bed.storage.open_upload(file(number), 10_000, Checkpoint::default()).await.unwrap();
        append(&mut upload, &bytes).await;
        let end = close(upload).await;
        // This request has read an old row of the database and comes late.
        let storage = bed.storage.clone();
        let late = tokio::spawn(async move {
            storage.open_upload(file(number), 10_000, Checkpoint::default()).await.map(drop)
        });
        let finished = bed.storage.finish_upload(file(number), &end).await;
        let opened = late.await.unwrap();
        match &finished {
            Ok(()) => assert_eq!(master(&bed.storage, file(number)).await.unwrap(), bytes),
            // The late request came first: it truncated the upload, which does not become an object.
            Err(
                StorageError::UploadTruncated { stored_bytes: 0, .. }
                | StorageError::UploadLocked
                | StorageError::UploadGone,
            ) => {
                assert!(opened.is_ok(), "{opened:?}");
                assert!(master(&bed.storage, file(number)).await.is_none());
            }
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) async fn an_upload_shorter_than_declared_does_not_become_an_object(bed: Bed) {
    let bytes = pattern(1000);
    let mut upload = bed.storage.open_upload(file(1), 1001, Checkpoint::default()).await.unwrap();
    append(&mut upload, &bytes).await;
    let end = close(upload).await;
    let longer = Checkpoint { offset: 1001, ..end.clone() };
    let short = bed.storage.finish_upload(file(1), &longer).await.unwrap_err();
    assert!(
        matches!(short, StorageError::UploadTruncated { stored_bytes: 1000, expected_bytes: 1001 }),
        "{short}"
    );
    assert!(bed.storage.list("").await.unwrap().is_empty());
    bed.storage.finish_upload(file(1), &end).await.unwrap();
    let other = bed.storage.finish_upload(file(1), &longer).await.unwrap_err();
    assert!(matches!(other, StorageError::UploadTruncated { .. }), "{other}");
    assert_eq!(master(&bed.storage, file(1)).await.unwrap(), bytes);
}

pub(crate) async fn an_aborted_upload_is_deleted(bed: Bed) {
    let mut upload = bed.storage.open_upload(file(1), 1000, Checkpoint::default()).await.unwrap();
    append(&mut upload, &pattern(1000)).await;
    let end = close(upload).await;
    for _ in 0..2 {
        bed.storage.abort_upload(file(1)).await.unwrap();
    }
    let gone = bed.storage.finish_upload(file(1), &end).await.unwrap_err();
    assert!(matches!(gone, StorageError::UploadGone), "{gone}");
    assert!(bed.storage.list("").await.unwrap().is_empty());
}
