//! Reading an open file in large pieces, each on a blocking thread, so that a slow client blocks no thread between pieces.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use rustix::buffer::spare_capacity;
use rustix::io::{Errno, pread};

use crate::object::ObjectReader;

/// Large enough that system calls and thread switches cost little, small enough for many slow clients.
const PIECE_BYTES: u64 = 512 * 1024;

/// Returns a reader of a range. Reads its first piece now, because the caller is already on a blocking thread.
pub(super) fn object(file: File, size_bytes: u64, range: Option<Range<u64>>) -> io::Result<ObjectReader> {
    let range = within(size_bytes, range);
    let (first, rest) = take_piece(&range);
    let first = read(&file, first)?;
    let file = Arc::new(file);
    let later = stream::try_unfold(rest, move |rest| {
        let file = file.clone();
        async move {
            if rest.is_empty() {
                return Ok(None);
            }
            let (piece, rest) = take_piece(&rest);
            let bytes =
                tokio::task::spawn_blocking(move || read(&file, piece)).await.map_err(io::Error::other)??;
            Ok(Some((bytes, rest)))
        }
    });
    let pieces = stream::iter((!first.is_empty()).then_some(Ok(first))).chain(later).boxed();
    Ok(ObjectReader { size_bytes, range, pieces })
}

/// Opens a file that is not in a storage, such as one of a cache, and returns a reader of a range of it.
pub async fn read_file(path: PathBuf, range: Option<Range<u64>>) -> io::Result<ObjectReader> {
    let open = move || {
        let file = File::open(path)?;
        let size_bytes = file.metadata()?.len();
        object(file, size_bytes, range)
    };
    tokio::task::spawn_blocking(open).await.map_err(io::Error::other)?
}

/// Reads a range into memory.
pub(super) fn whole(file: &File, size_bytes: u64, range: Option<Range<u64>>) -> io::Result<Bytes> {
    read(file, within(size_bytes, range))
}

fn within(size_bytes: u64, range: Option<Range<u64>>) -> Range<u64> {
    let range = range.unwrap_or(0..size_bytes);
    let start = range.start.min(size_bytes);
    start..range.end.clamp(start, size_bytes)
}

fn take_piece(range: &Range<u64>) -> (Range<u64>, Range<u64>) {
    let middle = range.end.min(range.start + PIECE_BYTES);
    (range.start..middle, middle..range.end)
}

fn read(file: &File, range: Range<u64>) -> io::Result<Bytes> {
    let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        // The vector's capacity may be larger than requested. Bytes read past the range are cut off below.
        let at = range.start + bytes.len() as u64;
        match pread(file, spare_capacity(&mut bytes), at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    bytes.truncate(length);
    Ok(bytes.into())
}
