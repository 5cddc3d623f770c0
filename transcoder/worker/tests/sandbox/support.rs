//! Clips created by the ffmpeg command line, and the real sandboxed child.

use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use domain::{child::Limits, facts::MediaFacts};
use worker::sandbox::{ChildError, FileMaster, Sandbox};

/// The real clip of the repository.
pub(crate) fn clip() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media/bbb_720p25_5s.mp4")
}

/// A folder for the files of one test, deleted at its end.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs the ffmpeg command line with `arguments`, split at spaces, and returns the file that it wrote in this folder.
    pub(crate) fn ffmpeg(&self, arguments: &str, name: &str) -> PathBuf {
        let path = self.path(name);
        let output = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y"])
            .args(arguments.split_whitespace())
            .arg(&path)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "ffmpeg {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        path
    }
}

/// The name under which this program runs as the child.
pub(crate) const CHILD: &str = "nang";

/// Returns a path under which this program runs as the sandboxed child, and which only this folder's children have.
pub(crate) fn executable(folder: &Folder) -> PathBuf {
    let name = folder.path(CHILD);
    if !name.exists() {
        symlink(std::env::current_exe().unwrap(), &name).unwrap();
    }
    name
}

/// Returns a sandbox with other limits.
pub(crate) fn sandbox_with(folder: &Folder, limits: Limits) -> Sandbox {
    Sandbox::new(executable(folder), limits)
}

pub(crate) fn sandbox(folder: &Folder) -> Sandbox {
    sandbox_with(folder, Limits::default())
}

pub(crate) fn master(path: &Path) -> Arc<FileMaster> {
    Arc::new(FileMaster::open(path).unwrap())
}

pub(crate) async fn probe(path: &Path) -> Result<MediaFacts, ChildError> {
    sandbox(&Folder::new()).probe(master(path)).await.map(|probed| probed.facts)
}

/// Returns the reason for which a file is refused; panics if it is not refused.
pub(crate) async fn refusal(path: &Path) -> String {
    match probe(path).await {
        Err(ChildError::Refused(reason)) => reason.to_string(),
        other => panic!("{} should be refused: {other:?}", path.display()),
    }
}
