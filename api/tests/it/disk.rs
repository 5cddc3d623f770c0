//! Responses when the disk is full, nearly full or read-only.

use std::{fs, io::Write, path::Path, process::Command};

use serde_json::json;
use sqlx::PgPool;
use storage::Storage;
use tempfile::TempDir;

use crate::{
    films::create,
    images::{add_image, test_image},
    test_app::{TestApp, eventually},
};

/// A file system of a few megabytes; unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one. Returns `None`, with a note on stderr, where mounting is not permitted.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs"])
            .arg(folder.path())
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(folder)),
            failed => {
                // The test harness does not capture this, unlike `eprintln!`.
                let mut out = std::io::stderr();
                writeln!(out, "SKIPPED: mounting a small file system needs root and mount(8): {failed:?}")
                    .unwrap();
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes until the disk is full.
    fn fill(&self) {
        let mut file = fs::File::create(self.path().join("filler")).unwrap();
        let mut wrote = 0;
        while file.write_all(&[1; 4096]).is_ok() {
            wrote += 1;
        }
        assert!(wrote > 0, "nothing could be written");
    }

    fn remount(&self, options: &str) {
        let done = Command::new("mount").args(["-o", options]).arg(self.path()).status().unwrap();
        assert!(done.success(), "mount -o {options}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the storage may still hold a folder open.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

/// Waits until readiness reports `expected`; an empty `expected` means ready.
async fn eventually_ready(app: &TestApp, expected: &str) {
    eventually(&format!("ready: {expected:?}"), async || {
        let answer = app.anonymous().get("/api/health/ready").await;
        if answer.status == 200 {
            return expected.is_empty();
        }
        let problem = answer.expect(503, "unavailable");
        !expected.is_empty() && problem["detail"].as_str().unwrap().contains(expected)
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_full_disk_is_reported_by_readiness_and_by_requests_that_need_it(pool: PgPool) {
    let Some(disk) = SmallDisk::mount() else { return };
    let app = TestApp::with_config(pool, |config| {
        let storage = Storage::local(disk.path().join("storage")).unwrap();
        config.storage = storage.clone();
        config.uploads.storage = storage;
    });
    let app = app.with_editor().await;
    eventually_ready(&app, "").await;
    let film = format!("/api/admin/films/{}", create(&app, json!({ "en": "x" })).await);

    disk.fill();
    let poster = test_image(480, 720, image::ImageFormat::Jpeg);
    let problem = add_image(&app, &film, "poster", poster.clone()).await.expect(503, "storage-full");
    assert!(problem["detail"].as_str().unwrap().contains("disk is full"), "{problem}");
    let images = app.editor().get(&format!("{film}/images")).await.ok();
    assert_eq!(images["items"], json!([]));
    eventually_ready(&app, "storage is full").await;
    // Requests that need no disk still work.
    app.anonymous().get("/api/films").await.ok();
    app.anonymous().get("/api/health/live").await.ok();

    fs::remove_file(disk.path().join("filler")).unwrap();
    assert_eq!(add_image(&app, &film, "poster", poster).await.status, 201);
    eventually_ready(&app, "").await;

    disk.remount("remount,ro");
    eventually_ready(&app, "read-only").await;
    disk.remount("remount,rw");
    eventually_ready(&app, "").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_with_too_little_free_space_is_not_ready(pool: PgPool) {
    let app = TestApp::with_config(pool, |config| config.uploads.min_free_bytes = u64::MAX);
    let problem = app.anonymous().get("/api/health/ready").await.expect(503, "unavailable");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("min_free_bytes") && !detail.contains("database"), "{detail}");
}
