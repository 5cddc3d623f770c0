//! Protocol frames: a length (u32), a kind (u8) and a payload, little endian.
//!
//! The reader checks the length against the limit of the kind before it allocates memory, and decoding must consume the
//! payload exactly. Control characters are removed from texts.

use bytes::{Buf, Bytes};

use crate::key::RenditionName;

/// Size of the header: length and kind.
pub const HEADER_BYTES: usize = 5;
/// Maximum number of bytes of a [`FromChild::Read`](super::FromChild::Read) request and of its answer.
pub const MAX_READ_BYTES: u32 = 1 << 20;
/// The kind of a [`FromChild::Segment`](super::FromChild::Segment).
pub const SEGMENT_KIND: u8 = 5;
pub(super) const MAX_TEXT_BYTES: usize = 4 << 10;
/// Maximum size of the fields before an object's bytes: a name, a codecs string and numbers.
pub(super) const PREFIX_BYTES: usize = 256;

/// A frame violates the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The kind is unknown.
    #[error("a frame of unknown kind {0}")]
    UnknownKind(u8),
    /// The payload is longer than the kind allows.
    #[error("a frame of kind {kind} has {length} bytes; the maximum is {max}")]
    TooLong {
        /// The frame's kind.
        kind: u8,
        /// Its declared length.
        length: usize,
        /// The maximum length.
        max: usize,
    },
    /// The payload cannot be decoded as this kind.
    #[error("a malformed frame of kind {0}")]
    Malformed(u8),
}

/// An encoded frame.
#[derive(Debug)]
pub struct Frame {
    /// The header and the fixed fields.
    pub head: Vec<u8>,
    /// The bytes after the fixed fields.
    pub body: Bytes,
}

/// Splits a header into the payload's length and its kind.
pub fn header(bytes: [u8; HEADER_BYTES]) -> (usize, u8) {
    let [a, b, c, d, kind] = bytes;
    (u32::from_le_bytes([a, b, c, d]) as usize, kind)
}

pub(super) fn frame(kind: u8, fields: &[&[u8]], body: Bytes) -> Frame {
    let length = fields.iter().map(|field| field.len()).sum::<usize>() + body.len();
    let length = u32::try_from(length).expect("invariant: payloads are limited to far less than 4 GiB");
    let mut head = Vec::with_capacity(HEADER_BYTES + PREFIX_BYTES);
    head.extend_from_slice(&length.to_le_bytes());
    head.push(kind);
    for field in fields {
        head.extend_from_slice(field);
    }
    Frame { head, body }
}

pub(super) fn check(kind: u8, length: usize, max: usize) -> Result<(), WireError> {
    if length <= max { Ok(()) } else { Err(WireError::TooLong { kind, length, max }) }
}

/// Makes a peer's text safe to display: valid UTF-8 without control characters.
pub fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect()
}

/// Cuts a text to the maximum length in a frame, less one byte for the kind of a failure.
pub(super) fn cut(mut text: String) -> Bytes {
    text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES - 1));
    Bytes::from(text)
}

/// Appends the length and the bytes of a text of at most 96 bytes. A longer text is cut; the other side then rejects it.
pub(super) fn short(text: &str) -> Vec<u8> {
    let text = &text.as_bytes()[..text.len().min(96)];
    let mut field = vec![u8::try_from(text.len()).unwrap_or(0)];
    field.extend_from_slice(text);
    field
}

pub(super) fn u64_of(kind: u8, fields: &mut Bytes) -> Result<u64, WireError> {
    fields.try_get_u64_le().map_err(|_| WireError::Malformed(kind))
}

pub(super) fn u32_of(kind: u8, fields: &mut Bytes) -> Result<u32, WireError> {
    fields.try_get_u32_le().map_err(|_| WireError::Malformed(kind))
}

pub(super) fn text_of(kind: u8, fields: &mut Bytes) -> Result<String, WireError> {
    let malformed = || WireError::Malformed(kind);
    let length = usize::from(fields.try_get_u8().map_err(|_| malformed())?);
    if length > fields.remaining() {
        return Err(malformed());
    }
    String::from_utf8(fields.split_to(length).to_vec()).map_err(|_| malformed())
}

pub(super) fn rendition_of(kind: u8, fields: &mut Bytes) -> Result<RenditionName, WireError> {
    RenditionName::try_from(text_of(kind, fields)?).map_err(|_| WireError::Malformed(kind))
}
