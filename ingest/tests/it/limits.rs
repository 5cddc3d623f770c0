//! Uploads that are refused before the client sends gigabytes, and a disk that fills up nevertheless.

use db::{
    audit::Author,
    film_file,
    upload::{self, NewFile},
};
use domain::id::{FileId, FilmId};
use sqlx::PgPool;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::client::{
    create, creation, head, header, patch, pattern, refusal, request, sha256, start_patch, status_of,
};
use crate::site::{DAY, Site, eventually};

#[sqlx::test(migrations = "../migrations")]
async fn a_file_past_the_limit_is_refused_at_its_creation(pool: PgPool) {
    let site = Site::start_with(pool, |config| config.max_size_bytes = 5_000_000).await;
    let answer = creation(&site, 5_000_001).send().await.unwrap();
    assert_eq!(header(&answer, "tus-max-size"), "5000000");
    let (status, detail) = refusal(answer).await;
    assert!(status == 413 && detail.contains("at most 5.0 MB"), "{status} {detail}");
    assert_eq!(creation(&site, u64::MAX).send().await.unwrap().status(), 413);
    assert!(film_file::list_by_film(&site.db, site.film).await.unwrap().is_empty());
    create(&site, 5_000_000).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_would_leave_too_little_space_is_refused_at_its_creation(pool: PgPool) {
    let site = Site::start_with(pool, |config| config.min_free_bytes = 1 << 60).await;
    let answer = creation(&site, 100).send().await.unwrap();
    assert_eq!(header(&answer, "retry-after"), "60");
    let (status, detail) = refusal(answer).await;
    assert!(status == 503 && detail.contains("must stay free"), "{status} {detail}");
    assert!(film_file::list_by_film(&site.db, site.film).await.unwrap().is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn space_is_reserved_for_the_earlier_upload(pool: PgPool) {
    let site = Site::start_with(pool, |config| config.max_size_bytes = 1 << 60).await;
    let too_large = site.storage.free_bytes().await.unwrap().unwrap() + (1 << 30);
    let (status, detail) = refusal(creation(&site, too_large).send().await.unwrap()).await;
    assert!(status == 507 && detail.contains("this upload needs"), "{status} {detail}");
    // Each of these fits on its own: it needs two thirds of the free space.
    let size_bytes = site.storage.free_bytes().await.unwrap().unwrap() / 3 * 2;
    let first = create(&site, size_bytes).await;
    let (status, detail) = refusal(creation(&site, size_bytes).send().await.unwrap()).await;
    assert!(status == 507 && detail.contains("reserved for earlier uploads"), "{status} {detail}");

    // An upload that another server accepted at the same moment continues as soon as there is enough space.
    let expires_at = time::OffsetDateTime::now_utc() + DAY;
    let id = FileId(Uuid::now_v7());
    let new = NewFile { id, film_id: site.film, name: "late.mov".to_owned(), size_bytes, expires_at };
    upload::create(&site.db, &Author::NANG, new).await.unwrap();
    assert_eq!(refusal(patch(&site, id, 0, &[1; 50]).send().await.unwrap()).await.0, 507);
    assert_eq!(patch(&site, first, 0, &[1; 50]).send().await.unwrap().status(), 204, "the first continues");
    assert_eq!(request(&site, "DELETE", &format!("/{first}")).send().await.unwrap().status(), 204);
    assert_eq!(patch(&site, id, 0, &[1; 50]).send().await.unwrap().status(), 204);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_for_an_unknown_film_is_refused(pool: PgPool) {
    let mut site = Site::start(pool).await;
    site.film = FilmId(Uuid::nil());
    let (status, detail) = refusal(creation(&site, 100).send().await.unwrap()).await;
    assert!(status == 404 && detail.contains("no film"), "{status} {detail}");
    let request = request(&site, "POST", "")
        .header("Upload-Length", 5)
        .header("Upload-Metadata", "filename YQ==,film_id YQ==");
    assert_eq!(request.send().await.unwrap().status(), 400);
}

/// Runs this test again as root of a separate namespace, with a small file system as the folder for temporary files.
fn run_with_a_small_disk(test: &str) {
    let unshare = || {
        let mut command = std::process::Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]);
        command
    };
    if !unshare().arg("true").status().is_ok_and(|status| status.success()) {
        println!(
            "SKIPPED: {test} needs unshare(1) and user namespaces. As root, run `sysctl kernel.unprivileged_userns_clone=1 \
             kernel.apparmor_restrict_unprivileged_userns=0` with those settings that exist; in a container, grant CAP_SYS_ADMIN"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = unshare()
        .args([
            "sh",
            "-c",
            "mount -t tmpfs -o size=8m nang-test \"$0\" && TMPDIR=\"$0\" exec \"$1\" --ignored --exact \"$2\"",
        ])
        .args([folder.path().as_os_str(), std::env::current_exe().unwrap().as_os_str(), test.as_ref()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

#[test]
fn a_full_disk_is_reported_and_the_upload_can_resume() {
    run_with_a_small_disk("limits::on_a_small_disk");
}

#[sqlx::test(migrations = "../migrations")]
#[ignore = "fills its disk; a_full_disk_is_reported_and_the_upload_can_resume runs it on a small one"]
async fn on_a_small_disk(pool: PgPool) {
    let site = Site::start(pool).await;
    let bytes = pattern(5 << 20);
    let file = create(&site, bytes.len() as u64).await;
    let mut connection = start_patch(&site, file, 0, bytes.len() as u64).await;
    connection.write_all(&bytes[..1 << 20]).await.unwrap();
    let stored = site.folder().join(format!(".nang/uploads/{file}"));
    let length = || std::fs::metadata(&stored).map_or(0, |facts| facts.len());
    eventually("the upload is in progress", async || length() == 1 << 20).await;
    // Another program takes the space after the upload was accepted.
    let filler = site.folder().join("filler");
    std::fs::write(&filler, vec![0; 6 << 20]).unwrap();
    connection.write_all(&bytes[1 << 20..]).await.unwrap();
    assert_eq!(status_of(&mut connection).await, 503);

    let offset = header(&head(&site, file).await, "upload-offset").parse::<usize>().unwrap();
    assert!((1 << 20..2 << 20).contains(&offset), "the bytes that fitted are kept: {offset}");
    // A completely full disk takes neither more bytes nor a new upload.
    let free = site.storage.free_bytes().await.unwrap().unwrap();
    std::fs::write(site.folder().join("rest"), vec![0; usize::try_from(free).unwrap()]).unwrap();
    let rest = || patch(&site, file, offset as u64, &bytes[offset..]).send();
    for answer in [rest().await.unwrap(), creation(&site, 100).send().await.unwrap()] {
        let problem: serde_json::Value = {
            assert_eq!(answer.status(), 503);
            answer.json().await.unwrap()
        };
        assert_eq!(problem["type"], "urn:nang:problem:storage-full");
        assert!(problem["detail"].as_str().unwrap().contains("an admin can delete"), "{problem}");
    }
    // There is some space, but not enough for the rest of this upload.
    std::fs::remove_file(site.folder().join("rest")).unwrap();
    let (status, detail) = refusal(rest().await.unwrap()).await;
    assert!(matches!(status, 503 | 507), "{status} {detail}");
    std::fs::remove_file(&filler).unwrap();
    assert_eq!(rest().await.unwrap().status(), 204);
    assert_eq!(site.row(file).await.sha256.unwrap(), sha256(&bytes));
}
