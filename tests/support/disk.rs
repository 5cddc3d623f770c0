//! Disk space: the size of files, and a file that fills a small file system.

use std::{fs::File, path::Path};

/// A file that fills a small file system.
pub struct Filler(File);

impl Filler {
    /// Fills the file system of a folder so that `free_bytes` remain free.
    pub fn leave(folder: &Path, free_bytes: u64) -> Self {
        let path = folder.join("filler");
        let filler = Self(File::options().create(true).write(true).truncate(true).open(path).unwrap());
        let space = rustix::fs::fstatvfs(&filler.0).unwrap();
        filler.set(space.f_bavail * space.f_frsize - free_bytes);
        filler
    }

    fn set(&self, bytes: u64) {
        rustix::fs::fallocate(&self.0, rustix::fs::FallocateFlags::empty(), 0, bytes).unwrap();
    }

    /// Frees this much of the space.
    pub fn free(&self, bytes: u64) {
        let length = self.0.metadata().unwrap().len();
        self.0.set_len(length - bytes).unwrap();
    }

    /// Frees all of the space.
    pub fn remove(self) {
        self.0.set_len(0).unwrap();
    }
}

/// Returns the size of all files in a folder, in bytes.
pub fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let sizes = entries.map(|entry| match entry.metadata().unwrap() {
        metadata if metadata.is_dir() => size_of(&entry.path()),
        metadata => metadata.len(),
    });
    sizes.sum()
}
