//! Real `nang` processes for tests.
#![allow(unreachable_pub, reason = "the tests beside this module use it")]
#![allow(clippy::missing_panics_doc, clippy::must_use_candidate)]

mod beeps;
mod database;
mod disk;
mod object_store;
mod process;
mod role;
mod script;
mod site;
mod slow_link;
mod small_disk;
mod stream;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

pub use beeps::{beep_starts, beeps};
pub use database::Database;
pub use disk::{Filler, size_of};
pub use object_store::ObjectStore;
pub use process::{Process, postgres_processes, postmaster, sandboxes, signal};
pub use role::Role;
pub use site::{Site, output};
pub use slow_link::SlowLink;
pub use stream::{Stream, has_extension};

/// Waits until `condition` returns a value, and returns it. Panics with `what` after `limit`.
pub async fn eventually<T>(what: &str, limit: Duration, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(started.elapsed() < limit, "waited {limit:?} for {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Reports that a test does not run on this machine. The test harness does not capture this line.
pub fn skip(test: &str, why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: {why}");
}

/// Creates a master: the sample clip, looped to about `seconds` with the ffmpeg command line.
pub fn master(folder: &Path, seconds: u32) -> PathBuf {
    let file = folder.join(format!("master-{seconds}.mp4"));
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../media/bbb_720p25_5s.mp4");
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-stream_loop", &(seconds / 5).to_string(), "-i"])
        .arg(clip)
        .args(["-c", "copy"])
        .arg(&file)
        .status()
        .unwrap();
    assert!(status.success());
    file
}
