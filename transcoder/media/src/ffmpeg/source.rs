//! A master's bytes: by offset as they come, and as the stream that FFmpeg reads.
//!
//! FFmpeg's callbacks only hand on error numbers, so what really happened is kept in [`Shared`].

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
};

use super::windows::Windows;
use crate::error::MediaError;

/// Bytes by offset: a local file, or the parent process at the other end of a socket.
pub trait ReadAt: Send {
    /// Size of the whole file, in bytes; does not change.
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
    /// Takes an open file and its size now.
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

/// What FFmpeg's callbacks leave behind for us, since it only hands on error numbers.
#[derive(Default)]
pub(super) struct Shared {
    read_error: Mutex<Option<(io::ErrorKind, String)>>,
    nested_opens: Mutex<Vec<String>>,
}

impl Shared {
    /// The failed read since the last call, if there was one.
    pub(super) fn take_read_error(&self) -> Option<MediaError> {
        let (kind, text) = self.read_error.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(MediaError::Read(io::Error::new(kind, text)))
    }

    /// Remembers what FFmpeg tried to open.
    pub(super) fn note_open(&self, address: String) {
        self.nested_opens.lock().unwrap_or_else(PoisonError::into_inner).push(address);
    }

    pub(super) fn nested_opens(&self) -> Vec<String> {
        self.nested_opens.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What FFmpeg reads from.
pub(super) struct Reader {
    windows: Windows,
    position: u64,
    shared: Arc<Shared>,
}

impl Reader {
    /// Begins at the start of the file.
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
