//! What parent and child say to each other: frames of a length (u32), a kind (u8) and a payload, little endian.
//!
//! Neither side trusts the other: a length is checked against what its kind may have before anything is allocated,
//! a payload must be used up exactly, and texts lose their control characters. Pure: no reading or writing here.

use bytes::{Buf, Bytes};
use domain::key::RenditionName;

/// Length and kind before every payload.
pub(super) const HEADER_BYTES: usize = 5;
/// The most one [`FromChild::Read`] may ask for.
pub(super) const MOST_READ_BYTES: u32 = 1 << 20;
/// The kind of a [`FromChild::Segment`].
pub(super) const SEGMENT: u8 = 5;
const MOST_TEXT_BYTES: usize = 4 << 10;
const MOST_FACTS_BYTES: usize = 1 << 20;
const MOST_INIT_BYTES: usize = 1 << 20;
const MOST_SHEET_BYTES: usize = 4 << 20;
/// Room for a name and numbers before an object's bytes.
const PREFIX_BYTES: usize = 256;

/// A frame that no honest side sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum WireError {
    #[error("a frame of unknown kind {0}")]
    UnknownKind(u8),
    #[error("a frame of kind {kind} with {length} bytes, where {most} is the most")]
    TooLong { kind: u8, length: usize, most: usize },
    #[error("a malformed frame of kind {0}")]
    Malformed(u8),
}

/// Child to parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FromChild {
    /// Asks for bytes of the master. One such question is open at a time.
    Read { offset: u64, length: u32 },
    /// Film time of what is being decoded.
    Position { ms: i64 },
    /// Output frames done.
    Progress { frames: u64 },
    /// A rendition's init segment.
    Init { rendition: RenditionName, codecs: String, bytes: Bytes },
    /// A media segment.
    Segment { rendition: RenditionName, number: u32, duration_ticks: u64, bytes: Bytes },
    /// The chunk's sheet of the storyboard.
    Sheet { bytes: Bytes },
    /// What probing found, as JSON.
    Facts(Bytes),
    /// All is said.
    Done,
    /// The file is at fault, for ever.
    Refused(String),
    /// Something else went wrong.
    Failed { failure: Failure, message: String },
}

/// What else went wrong in the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// FFmpeg reported an error.
    Ffmpeg,
    /// Memory ran out.
    Memory,
    /// The parent could not read the master.
    Master,
    /// The plan does not fit the master.
    Plan,
}

/// Parent to child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FromParent {
    /// The bytes asked for; empty at the end of the master.
    Data(Bytes),
    /// They could not be had.
    ReadFailed(String),
}

/// A frame ready to be written: the header and fixed fields, then the bytes as they are.
pub(super) struct Frame {
    pub(super) head: Vec<u8>,
    pub(super) body: Bytes,
}

/// Splits a header into the payload's length and its kind.
pub(super) fn header(bytes: [u8; HEADER_BYTES]) -> (usize, u8) {
    let [a, b, c, d, kind] = bytes;
    (u32::from_le_bytes([a, b, c, d]) as usize, kind)
}

fn frame(kind: u8, fields: &[&[u8]], body: Bytes) -> Frame {
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

fn check(kind: u8, length: usize, most: usize) -> Result<(), WireError> {
    if length <= most { Ok(()) } else { Err(WireError::TooLong { kind, length, most }) }
}

impl FromChild {
    /// Refuses a length that this kind cannot have; `most_segment_bytes` is the largest media segment.
    pub(super) fn check_length(kind: u8, length: usize, most_segment_bytes: usize) -> Result<(), WireError> {
        let most = match kind {
            1 => 12,
            2 | 3 => 8,
            4 => MOST_INIT_BYTES + PREFIX_BYTES,
            SEGMENT => most_segment_bytes.saturating_add(PREFIX_BYTES),
            6 => MOST_FACTS_BYTES,
            7 => 0,
            8 | 9 => MOST_TEXT_BYTES,
            10 => MOST_SHEET_BYTES,
            kind => return Err(WireError::UnknownKind(kind)),
        };
        check(kind, length, most)
    }

    /// Reads a payload whose length was checked.
    pub(super) fn decode(kind: u8, mut payload: Bytes) -> Result<Self, WireError> {
        let fields = &mut payload;
        let message = match kind {
            1 => Some(Self::Read { offset: u64_of(kind, fields)?, length: u32_of(kind, fields)? }),
            2 => Some(Self::Position { ms: u64_of(kind, fields)?.cast_signed() }),
            3 => Some(Self::Progress { frames: u64_of(kind, fields)? }),
            4 => {
                let (rendition, codecs) = (rendition_of(kind, fields)?, text_of(kind, fields)?);
                Some(Self::Init { rendition, codecs, bytes: std::mem::take(fields) })
            }
            SEGMENT => {
                let rendition = rendition_of(kind, fields)?;
                let (number, duration_ticks) = (u32_of(kind, fields)?, u64_of(kind, fields)?);
                Some(Self::Segment { rendition, number, duration_ticks, bytes: std::mem::take(fields) })
            }
            6 => Some(Self::Facts(std::mem::take(fields))),
            7 => Some(Self::Done),
            8 => Some(Self::Refused(clean(&std::mem::take(fields)))),
            9 if fields.has_remaining() => {
                let failure = match fields.get_u8() {
                    0 => Failure::Ffmpeg,
                    1 => Failure::Memory,
                    2 => Failure::Master,
                    3 => Failure::Plan,
                    _ => return Err(WireError::Malformed(kind)),
                };
                Some(Self::Failed { failure, message: clean(&std::mem::take(fields)) })
            }
            10 => Some(Self::Sheet { bytes: std::mem::take(fields) }),
            _ => None,
        };
        message.filter(|_| payload.is_empty()).ok_or(WireError::Malformed(kind))
    }

    /// The frame that says this.
    pub(super) fn encode(self) -> Frame {
        match self {
            Self::Read { offset, length } => {
                frame(1, &[&offset.to_le_bytes(), &length.to_le_bytes()], Bytes::new())
            }
            Self::Position { ms } => frame(2, &[&ms.to_le_bytes()], Bytes::new()),
            Self::Progress { frames } => frame(3, &[&frames.to_le_bytes()], Bytes::new()),
            Self::Init { rendition, codecs, bytes } => {
                frame(4, &[&short(rendition.as_str()), &short(&codecs)], bytes)
            }
            Self::Segment { rendition, number, duration_ticks, bytes } => frame(
                SEGMENT,
                &[&short(rendition.as_str()), &number.to_le_bytes(), &duration_ticks.to_le_bytes()],
                bytes,
            ),
            Self::Facts(json) => frame(6, &[], json),
            Self::Done => frame(7, &[], Bytes::new()),
            Self::Refused(reason) => frame(8, &[], cut(reason)),
            Self::Failed { failure, message } => {
                let failure = match failure {
                    Failure::Ffmpeg => 0,
                    Failure::Memory => 1,
                    Failure::Master => 2,
                    Failure::Plan => 3,
                };
                frame(9, &[&[failure]], cut(message))
            }
            Self::Sheet { bytes } => frame(10, &[], bytes),
        }
    }
}

impl FromParent {
    /// Refuses a length that this kind cannot have.
    pub(super) fn check_length(kind: u8, length: usize) -> Result<(), WireError> {
        let most = match kind {
            1 => MOST_READ_BYTES as usize,
            2 => MOST_TEXT_BYTES,
            kind => return Err(WireError::UnknownKind(kind)),
        };
        check(kind, length, most)
    }

    /// Reads a payload whose length was checked.
    pub(super) fn decode(kind: u8, payload: Bytes) -> Result<Self, WireError> {
        match kind {
            1 => Ok(Self::Data(payload)),
            2 => Ok(Self::ReadFailed(clean(&payload))),
            kind => Err(WireError::UnknownKind(kind)),
        }
    }

    /// The frame that says this.
    pub(super) fn encode(self) -> Frame {
        match self {
            Self::Data(bytes) => frame(1, &[], bytes),
            Self::ReadFailed(message) => frame(2, &[], cut(message)),
        }
    }
}

/// Text as a person may be shown it: valid, without control characters.
pub(super) fn clean(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect()
}

/// Text cut to what a frame may carry, one byte being left for a failure's kind.
fn cut(mut text: String) -> Bytes {
    text.truncate(text.floor_char_boundary(MOST_TEXT_BYTES - 1));
    Bytes::from(text)
}

/// A text of at most 96 bytes after its length; longer ones are cut and then refused by the other side.
fn short(text: &str) -> Vec<u8> {
    let text = &text.as_bytes()[..text.len().min(96)];
    let mut field = vec![u8::try_from(text.len()).unwrap_or(0)];
    field.extend_from_slice(text);
    field
}

fn u64_of(kind: u8, fields: &mut Bytes) -> Result<u64, WireError> {
    fields.try_get_u64_le().map_err(|_| WireError::Malformed(kind))
}

fn u32_of(kind: u8, fields: &mut Bytes) -> Result<u32, WireError> {
    fields.try_get_u32_le().map_err(|_| WireError::Malformed(kind))
}

fn text_of(kind: u8, fields: &mut Bytes) -> Result<String, WireError> {
    let malformed = || WireError::Malformed(kind);
    let length = usize::from(fields.try_get_u8().map_err(|_| malformed())?);
    if length > fields.remaining() {
        return Err(malformed());
    }
    String::from_utf8(fields.split_to(length).to_vec()).map_err(|_| malformed())
}

fn rendition_of(kind: u8, fields: &mut Bytes) -> Result<RenditionName, WireError> {
    RenditionName::try_from(text_of(kind, fields)?).map_err(|_| WireError::Malformed(kind))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use domain::key::RenditionName;
    use proptest::prelude::{any, prop_assert, proptest};

    use super::{Failure, Frame, FromChild, FromParent, HEADER_BYTES, WireError, header};

    fn split(frame: &Frame) -> (u8, Bytes) {
        let (length, kind) = header(frame.head[..HEADER_BYTES].try_into().unwrap());
        let payload = [&frame.head[HEADER_BYTES..], &frame.body[..]].concat();
        assert_eq!(payload.len(), length);
        (kind, Bytes::from(payload))
    }

    #[test]
    fn what_is_said_is_heard() {
        let rendition = || RenditionName::try_from("v1080".to_owned()).unwrap();
        let bytes = || Bytes::from_static(b"moof");
        for message in [
            FromChild::Read { offset: 1 << 40, length: 7 },
            FromChild::Position { ms: -40 },
            FromChild::Progress { frames: 3 },
            FromChild::Init { rendition: rendition(), codecs: "avc1.640028".to_owned(), bytes: bytes() },
            FromChild::Segment { rendition: rendition(), number: 9, duration_ticks: 540_000, bytes: bytes() },
            FromChild::Sheet { bytes: bytes() },
            FromChild::Facts(bytes()),
            FromChild::Done,
            FromChild::Refused("ບໍ່ແມ່ນຮູບເງົາ".to_owned()),
            FromChild::Failed { failure: Failure::Plan, message: "no such stream".to_owned() },
        ] {
            let (kind, payload) = split(&message.clone().encode());
            assert_eq!(FromChild::check_length(kind, payload.len(), 4), Ok(()), "{message:?}");
            assert_eq!(FromChild::decode(kind, payload), Ok(message));
        }
        for message in [FromParent::Data(bytes()), FromParent::ReadFailed("gone".to_owned())] {
            let (kind, payload) = split(&message.clone().encode());
            assert_eq!(FromParent::check_length(kind, payload.len()), Ok(()));
            assert_eq!(FromParent::decode(kind, payload), Ok(message));
        }
    }

    #[test]
    fn a_length_is_refused_before_anything_is_read() {
        for (kind, length) in
            [(1, 13), (2, 9), (4, 2 << 20), (5, 1_000_257), (6, 2 << 20), (7, 1), (8, 5000), (10, 5 << 20)]
        {
            let refused = FromChild::check_length(kind, length, 1_000_000);
            assert!(matches!(refused, Err(WireError::TooLong { .. })), "{kind}");
        }
        assert_eq!(FromChild::check_length(0, 0, 0), Err(WireError::UnknownKind(0)));
        assert_eq!(FromChild::check_length(77, 0, 0), Err(WireError::UnknownKind(77)));
        assert!(FromParent::check_length(1, (1 << 20) + 1).is_err());
    }

    #[test]
    fn a_name_that_could_leave_its_folder_is_malformed() {
        for name in ["..", "a/b", "", "V1", "v1080/../../x"] {
            let mut payload = vec![u8::try_from(name.len()).unwrap()];
            payload.extend_from_slice(name.as_bytes());
            payload.extend_from_slice(&[0; 12]);
            assert_eq!(FromChild::decode(5, Bytes::from(payload)), Err(WireError::Malformed(5)), "{name}");
        }
    }

    #[test]
    fn a_long_reason_is_cut_and_loses_its_control_characters() {
        let (kind, payload) = split(&FromChild::Refused("\x1b[31mກ".repeat(2000)).encode());
        assert_eq!(FromChild::check_length(kind, payload.len(), 0), Ok(()));
        let Ok(FromChild::Refused(text)) = FromChild::decode(kind, payload) else { panic!("refused") };
        assert!(text.starts_with("[31mກ[31m") && text.len() <= 4096);
    }

    proptest! {
        #[test]
        fn no_payload_makes_decoding_panic(kind in any::<u8>(), payload in any::<Vec<u8>>()) {
            let again = FromChild::decode(kind, Bytes::from(payload.clone()));
            if let Ok(message) = again {
                let (kind_again, _) = split(&message.encode());
                prop_assert!(kind_again == kind);
            }
            let _ = FromParent::decode(kind, Bytes::from(payload));
        }
    }
}
