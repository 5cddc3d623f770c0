//! The clock of a machine is wrong and is corrected, by an hour. A viewer plays on, and the work continues.

use std::path::PathBuf;

use crate::{object_store::borrowed, outages::Work, support::Site};

/// The clock of all processes of a site.
struct Clock {
    file: PathBuf,
    settings: Vec<(String, String)>,
}

impl Clock {
    fn new(folder: &std::path::Path) -> Self {
        let libraries = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
        let library =
            libraries.map(|path| path.join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
        let library = library.expect("faketime is installed (scripts/setup)");
        let file = folder.join("clock");
        let settings = [
            ("LD_PRELOAD", library.to_str().unwrap()),
            ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let clock = Self { file, settings };
        clock.set("+0");
        clock
    }

    /// Sets the difference to the true time.
    fn set(&self, difference: &str) {
        let new = self.file.with_extension("new");
        std::fs::write(&new, difference).unwrap();
        std::fs::rename(new, &self.file).unwrap();
    }
}

async fn steps(difference: &str) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::new(folder.path());
    let site = Site::start_with(1, &borrowed(&clock.settings), None).await;
    let work = Work::start(&site).await;
    clock.set(difference);
    work.plays().await;
    work.ends(site).await;
}

#[tokio::test]
async fn the_clock_is_set_forward() {
    steps("+1h").await;
}

#[tokio::test]
async fn the_clock_is_set_back() {
    steps("-1h").await;
}
