//! Frames: a length (u32), a kind (u8) and a payload, little endian.
//!
//! A length is checked against what its kind may have before anything is allocated, and a payload must be used up
//! exactly. Texts lose their control characters.

use bytes::{Buf, Bytes};

use crate::key::RenditionName;

/// Length and kind before every payload.
pub const HEADER_BYTES: usize = 5;
/// The largest [`FromChild::Read`](super::FromChild::Read), and so the largest answer to one.
pub const MAX_READ_BYTES: u32 = 1 << 20;
/// The kind of a [`FromChild::Segment`](super::FromChild::Segment).
pub const SEGMENT_KIND: u8 = 5;
pub(super) const MAX_TEXT_BYTES: usize = 4 << 10;
/// The most that stands before an object's bytes: a name, a codecs string and numbers.
pub(super) const PREFIX_BYTES: usize = 256;

/// A frame that breaks the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// No such kind.
    #[error("a frame of unknown kind {0}")]
    UnknownKind(u8),
    /// A longer payload than the kind may have.
    #[error("a frame of kind {kind} with {length} bytes, where {max} is the most")]
    TooLong {
        /// The frame's kind.
        kind: u8,
        /// Its declared length.
        length: usize,
        /// The most it may be.
        max: usize,
    },
    /// A payload that is not what its kind has.
    #[error("a malformed frame of kind {0}")]
    Malformed(u8),
}

/// A frame ready to be written.
#[derive(Debug)]
pub struct Frame {
    /// The header and the fixed fields.
    pub head: Vec<u8>,
    /// The bytes that follow them.
    pub body: Bytes,
}

/// Splits a header into the payload's length and its kind.
pub fn header(bytes: [u8; HEADER_BYTES]) -> (usize, u8) {
    let [a, b, c, d, kind] = bytes;
    (u32::from_le_bytes([a, b, c, d]) as usize, kind)
}

pub(super) fn frame(kind: u8, fields: &[&[u8]], body: Bytes) -> Frame {
    let length = fields.iter().map(|field| field.len()).sum::<usize>() + body.len();
    let length = u32::try_from(length).expect("invariant: what is sent is bounded far below 4 GiB");
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

/// A peer's text as it may be shown: valid UTF-8 without control characters.
pub fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect()
}

/// Text cut to what a frame may carry, one byte being left for a failure's kind.
pub(super) fn cut(mut text: String) -> Bytes {
    text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES - 1));
    Bytes::from(text)
}

/// A text of at most 96 bytes after its length; longer ones are cut and then refused by the other side.
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
