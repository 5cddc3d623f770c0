//! A piece of a text subtitle track of the master, which the child sends to its parent without reading its text.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::wire::{Frame, WireError, check, frame, u32_of, u64_of};
use crate::subtitle::EmbeddedEvent;

/// The kind of these messages.
pub(super) const KIND: u8 = 14;
/// Maximum size of a header, of settings, and of a text. The child cuts longer ones, which no subtitle has.
pub const MAX_PIECE_BYTES: usize = 64 << 10;
/// Size of the fields before the bytes.
const FIELD_BYTES: usize = 32;
/// First bytes of a message, after the stream's index.
const HEADER: u8 = 0;
const EVENT: u8 = 1;

/// A piece of a text subtitle track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubtitlePiece {
    /// What the container stores for the whole track. At most one, before the events.
    Header(Bytes),
    /// One event.
    Event(EmbeddedEvent),
}

pub(super) fn check_length(length: usize) -> Result<(), WireError> {
    check(KIND, length, 2 * MAX_PIECE_BYTES + FIELD_BYTES)
}

/// Decodes the stream's index and the piece.
pub(super) fn decode(fields: &mut Bytes) -> Result<(u32, SubtitlePiece), WireError> {
    let malformed = |_| WireError::Malformed(KIND);
    let stream_index = u32_of(KIND, fields)?;
    let piece = match fields.try_get_u8().map_err(malformed)? {
        HEADER => SubtitlePiece::Header(std::mem::take(fields)),
        EVENT => {
            let start_ms = u64_of(KIND, fields)?.cast_signed();
            let duration_ms = u64_of(KIND, fields)?;
            let settings = u32_of(KIND, fields)? as usize;
            if settings > fields.remaining() {
                return Err(WireError::Malformed(KIND));
            }
            let settings = fields.split_to(settings);
            let text = std::mem::take(fields);
            SubtitlePiece::Event(EmbeddedEvent { start_ms, duration_ms, settings, text })
        }
        _ => return Err(WireError::Malformed(KIND)),
    };
    Ok((stream_index, piece))
}

pub(super) fn encode(stream_index: u32, piece: SubtitlePiece) -> Frame {
    let mut fields = BytesMut::with_capacity(FIELD_BYTES);
    fields.put_u32_le(stream_index);
    let cut = |mut bytes: Bytes| {
        bytes.truncate(MAX_PIECE_BYTES);
        bytes
    };
    let body = match piece {
        SubtitlePiece::Header(bytes) => {
            fields.put_u8(HEADER);
            cut(bytes)
        }
        SubtitlePiece::Event(EmbeddedEvent { start_ms, duration_ms, settings, text }) => {
            let settings = cut(settings);
            fields.put_u8(EVENT);
            fields.put_i64_le(start_ms);
            fields.put_u64_le(duration_ms);
            fields.put_u32_le(u32::try_from(settings.len()).unwrap_or(0));
            fields.put_slice(&settings);
            cut(text)
        }
    };
    frame(KIND, &[&fields], body)
}
