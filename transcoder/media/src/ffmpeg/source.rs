//! A master's bytes: read by offset, and as the stream that FFmpeg reads.
//!
//! FFmpeg's callbacks return only error numbers, so the actual errors are kept in [`Shared`].

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
};

use super::windows::Windows;
use crate::error::MediaError;

/// Reads bytes by offset, from a local file or from the parent process through a socket.
pub trait ReadAt: Send {
    /// Returns the size of the whole file in bytes, which does not change.
    fn size(&self) -> u64;

    /// Reads up to `buf.len()` bytes at `offset`; 0 only at the end of the file.
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;
}

/// A local file.
pub struct LocalFile {
    file: std::fs::File,
    size: u64,
}

impl LocalFile {
    /// Uses an open file and its current size.
    pub fn new(file: std::fs::File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }
}

impl ReadAt for LocalFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buf, offset)
    }
}

/// State that FFmpeg's callbacks record, since they return only error numbers.
#[derive(Default)]
pub(super) struct Shared {
    read_error: Mutex<Option<(io::ErrorKind, String)>>,
    nested_opens: Mutex<Vec<String>>,
}

impl Shared {
    /// Returns and clears the first failed read since the last call, if any.
    pub(super) fn take_read_error(&self) -> Option<MediaError> {
        let (kind, text) = self.read_error.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(MediaError::Read(io::Error::new(kind, text)))
    }

    /// Records an address that FFmpeg tried to open.
    pub(super) fn note_open(&self, address: String) {
        self.nested_opens.lock().unwrap_or_else(PoisonError::into_inner).push(address);
    }

    pub(super) fn nested_opens(&self) -> Vec<String> {
        self.nested_opens.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The stream that FFmpeg reads.
pub(super) struct Reader {
    windows: Windows,
    position: u64,
    shared: Arc<Shared>,
}

impl Reader {
    /// Returns a reader at the start of the file.
    pub(super) fn new(windows: Windows, shared: Arc<Shared>) -> Self {
        Self { windows, position: 0, shared }
    }
}

impl Read for Reader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.windows.read_at(self.position, buf);
        match &read {
            Ok(count) => self.position += *count as u64,
            Err(error) => {
                let mut kept = self.shared.read_error.lock().unwrap_or_else(PoisonError::into_inner);
                kept.get_or_insert_with(|| (error.kind(), error.to_string()));
            }
        }
        read
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, by) = match to {
            SeekFrom::Start(offset) => (offset, 0),
            SeekFrom::Current(by) => (self.position, by),
            SeekFrom::End(by) => (self.windows.size(), by),
        };
        self.position = base.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
