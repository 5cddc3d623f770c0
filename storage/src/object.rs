//! What reads and writes of objects return.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::BoxStream;

/// An object that was just stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its length.
    pub size_bytes: u64,
    /// SHA-256 of its bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// The outcome of a `put_if_absent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The object was created from the caller's bytes.
    Created(Stored),
    /// The key already has an object, which was not changed.
    Exists,
}

/// The metadata that `head` returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectMeta {
    /// The object's length.
    pub size_bytes: u64,
    /// SHA-256 of its bytes, if the back end recorded it when the object was stored.
    pub sha256: Option<String>,
}

/// The bytes of an object, in pieces of up to half a mebibyte. Reads of files run on blocking threads, not on async threads.
///
/// If the object is replaced or deleted, the reader of a file continues to read the object that it opened. The reader of an object in
/// S3 then may return an error, but never bytes of two objects.
pub struct ObjectReader {
    pub(crate) size_bytes: u64,
    pub(crate) range: Range<u64>,
    pub(crate) pieces: BoxStream<'static, io::Result<Bytes>>,
}

impl ObjectReader {
    /// Returns the length of the whole object.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Returns the range of the object that the stream yields.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }
}

impl Stream for ObjectReader {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pieces.as_mut().poll_next(context)
    }
}

impl std::fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectReader")
            .field("size_bytes", &self.size_bytes)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}
