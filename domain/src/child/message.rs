//! The messages between parent and child.

use bytes::{Buf, Bytes};

use super::{
    subtitle_piece::{self, SubtitlePiece},
    wire::{
        Frame, MAX_READ_BYTES, MAX_TEXT_BYTES, PREFIX_BYTES, SEGMENT_KIND, WireError, check, cut, frame,
        printable, rendition_of, short, text_of, u32_of, u64_of,
    },
};
use crate::{key::RenditionName, reason::Reason};

const MAX_FACTS_BYTES: usize = 1 << 20;
const MAX_INIT_BYTES: usize = 1 << 20;
const MAX_SHEET_BYTES: usize = 4 << 20;
const MAX_DAMAGE_BYTES: usize = 32 << 10;

/// Messages from the child to the parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromChild {
    /// Requests bytes of the master. The child waits for the answer before it sends another request.
    Read {
        /// Offset of the first byte.
        offset: u64,
        /// Number of bytes.
        length: u32,
    },
    /// Progress of decoding, as time in the film.
    Position {
        /// Time in milliseconds.
        ms: i64,
    },
    /// Progress of encoding.
    Progress {
        /// Number of encoded output frames.
        frames: u64,
    },
    /// A rendition's init segment.
    Init {
        /// Which rendition.
        rendition: RenditionName,
        /// RFC 6381 codecs string.
        codecs: String,
        /// The segment.
        bytes: Bytes,
    },
    /// A media segment.
    Segment {
        /// Which rendition.
        rendition: RenditionName,
        /// Number in the rendition, from 1.
        number: u32,
        /// Duration in the rendition's timescale.
        duration_ticks: u64,
        /// The segment.
        bytes: Bytes,
    },
    /// The chunk's sheet of the storyboard.
    Sheet {
        /// A JPEG image.
        bytes: Bytes,
    },
    /// What decoding concealed in the part, sent at most once: a [`Damage`](crate::damage::Damage) as JSON.
    Damage(Bytes),
    /// A piece of a text subtitle track.
    Subtitle {
        /// Index of the track's stream in the master.
        stream_index: u32,
        /// The piece.
        piece: SubtitlePiece,
    },
    /// The result of a check of the sandbox: a [`Protection`](super::Protection) as JSON.
    Protected(Bytes),
    /// The result of probing: a [`Probed`](super::Probed) as JSON.
    Probed(Bytes),
    /// The result of analysing an audio track: an [`Analysed`](super::Analysed) as JSON.
    Analysed(Bytes),
    /// The last message of a successful task.
    Done,
    /// The last message of a child whose libraries differ from the plan's: its own [`Libraries`](crate::libraries::Libraries)
    /// as JSON.
    OtherLibraries(Bytes),
    /// The last message about a master that is refused: the reason, as JSON.
    Refused(Reason),
    /// The last message of a task that failed.
    Failed {
        /// The kind of failure.
        failure: Failure,
        /// Description for the admin.
        message: String,
    },
}

/// Why a task failed in the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// FFmpeg reported an error.
    Ffmpeg,
    /// The child ran out of memory.
    Memory,
    /// The parent could not read the master.
    Master,
    /// The plan does not match the master.
    Plan,
}

/// Messages from the parent to the child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromParent {
    /// The requested bytes; empty at the end of the master.
    Data(Bytes),
    /// The master could not be read: the reason.
    ReadFailed(String),
}

impl FromChild {
    /// Rejects a length that is invalid for this kind; `max_segment_bytes` is the limit on a media segment.
    pub fn check_length(kind: u8, length: usize, max_segment_bytes: usize) -> Result<(), WireError> {
        let max = match kind {
            1 => 12,
            2 | 3 => 8,
            4 => MAX_INIT_BYTES + PREFIX_BYTES,
            SEGMENT_KIND => max_segment_bytes.saturating_add(PREFIX_BYTES),
            6 => MAX_FACTS_BYTES,
            7 => 0,
            8 | 9 | 11 | 12 | 15 => MAX_TEXT_BYTES,
            10 => MAX_SHEET_BYTES,
            13 => MAX_DAMAGE_BYTES,
            subtitle_piece::KIND => return subtitle_piece::check_length(length),
            kind => return Err(WireError::UnknownKind(kind)),
        };
        check(kind, length, max)
    }

    /// Decodes a payload whose length has been checked.
    pub fn decode(kind: u8, mut payload: Bytes) -> Result<Self, WireError> {
        let fields = &mut payload;
        let message = match kind {
            1 => Some(Self::Read { offset: u64_of(kind, fields)?, length: u32_of(kind, fields)? }),
            2 => Some(Self::Position { ms: u64_of(kind, fields)?.cast_signed() }),
            3 => Some(Self::Progress { frames: u64_of(kind, fields)? }),
            4 => {
                let (rendition, codecs) = (rendition_of(kind, fields)?, text_of(kind, fields)?);
                Some(Self::Init { rendition, codecs, bytes: std::mem::take(fields) })
            }
            SEGMENT_KIND => {
                let rendition = rendition_of(kind, fields)?;
                let (number, duration_ticks) = (u32_of(kind, fields)?, u64_of(kind, fields)?);
                Some(Self::Segment { rendition, number, duration_ticks, bytes: std::mem::take(fields) })
            }
            6 => Some(Self::Probed(std::mem::take(fields))),
            7 => Some(Self::Done),
            8 => {
                let reason: Result<Reason, _> = serde_json::from_slice(&std::mem::take(fields));
                Some(Self::Refused(reason.map_err(|_| WireError::Malformed(kind))?.sanitized()))
            }
            9 if fields.has_remaining() => {
                let failure = match fields.get_u8() {
                    0 => Failure::Ffmpeg,
                    1 => Failure::Memory,
                    2 => Failure::Master,
                    3 => Failure::Plan,
                    _ => return Err(WireError::Malformed(kind)),
                };
                Some(Self::Failed { failure, message: printable(&std::mem::take(fields)) })
            }
            10 => Some(Self::Sheet { bytes: std::mem::take(fields) }),
            11 => Some(Self::OtherLibraries(std::mem::take(fields))),
            12 => Some(Self::Protected(std::mem::take(fields))),
            13 => Some(Self::Damage(std::mem::take(fields))),
            15 => Some(Self::Analysed(std::mem::take(fields))),
            subtitle_piece::KIND => {
                let (stream_index, piece) = subtitle_piece::decode(fields)?;
                Some(Self::Subtitle { stream_index, piece })
            }
            _ => None,
        };
        message.filter(|_| payload.is_empty()).ok_or(WireError::Malformed(kind))
    }

    /// Encodes the message as a frame.
    pub fn encode(self) -> Frame {
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
                SEGMENT_KIND,
                &[&short(rendition.as_str()), &number.to_le_bytes(), &duration_ticks.to_le_bytes()],
                bytes,
            ),
            Self::Probed(json) => frame(6, &[], json),
            Self::Done => frame(7, &[], Bytes::new()),
            Self::Refused(reason) => {
                let json = serde_json::to_vec(&reason.sanitized()).unwrap_or_default();
                frame(8, &[], json.into())
            }
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
            Self::OtherLibraries(json) => frame(11, &[], json),
            Self::Protected(json) => frame(12, &[], json),
            Self::Damage(json) => frame(13, &[], json),
            Self::Analysed(json) => frame(15, &[], json),
            Self::Subtitle { stream_index, piece } => subtitle_piece::encode(stream_index, piece),
        }
    }
}

impl FromParent {
    /// Rejects a length that is invalid for this kind.
    pub fn check_length(kind: u8, length: usize) -> Result<(), WireError> {
        let max = match kind {
            1 => MAX_READ_BYTES as usize,
            2 => MAX_TEXT_BYTES,
            kind => return Err(WireError::UnknownKind(kind)),
        };
        check(kind, length, max)
    }

    /// Decodes a payload whose length has been checked.
    pub fn decode(kind: u8, payload: Bytes) -> Result<Self, WireError> {
        match kind {
            1 => Ok(Self::Data(payload)),
            2 => Ok(Self::ReadFailed(printable(&payload))),
            kind => Err(WireError::UnknownKind(kind)),
        }
    }

    /// Encodes the message as a frame.
    pub fn encode(self) -> Frame {
        match self {
            Self::Data(bytes) => frame(1, &[], bytes),
            Self::ReadFailed(message) => frame(2, &[], cut(message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::{any, prop_assert, proptest};

    use super::{
        super::wire::{HEADER_BYTES, header},
        Failure, Frame, FromChild, FromParent, WireError,
    };
    use crate::{child::SubtitlePiece, key::RenditionName, reason::ReasonCode, subtitle::EmbeddedEvent};

    fn split(frame: &Frame) -> (u8, Bytes) {
        let (length, kind) = header(frame.head[..HEADER_BYTES].try_into().unwrap());
        let payload = [&frame.head[HEADER_BYTES..], &frame.body[..]].concat();
        assert_eq!(payload.len(), length);
        (kind, Bytes::from(payload))
    }

    #[test]
    fn every_message_survives_the_wire() {
        let rendition = || RenditionName::try_from("v1080".to_owned()).unwrap();
        let bytes = || Bytes::from_static(b"moof");
        for message in [
            FromChild::Read { offset: 1 << 40, length: 7 },
            FromChild::Position { ms: -40 },
            FromChild::Progress { frames: 3 },
            FromChild::Init { rendition: rendition(), codecs: "avc1.640028".to_owned(), bytes: bytes() },
            FromChild::Segment { rendition: rendition(), number: 9, duration_ticks: 540_000, bytes: bytes() },
            FromChild::Sheet { bytes: bytes() },
            FromChild::Probed(bytes()),
            FromChild::Analysed(bytes()),
            FromChild::Done,
            FromChild::OtherLibraries(bytes()),
            FromChild::Protected(bytes()),
            FromChild::Damage(bytes()),
            FromChild::Subtitle { stream_index: 3, piece: SubtitlePiece::Header(bytes()) },
            FromChild::Subtitle {
                stream_index: 3,
                piece: SubtitlePiece::Event(EmbeddedEvent {
                    start_ms: -40,
                    duration_ms: 2_000,
                    settings: Bytes::from_static(b"line:0"),
                    text: bytes(),
                }),
            },
            FromChild::Refused(ReasonCode::VideoCodec.with("codec", "ຮູບເງົາ")),
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
        for (kind, length) in [
            (1, 13),
            (2, 9),
            (4, 2 << 20),
            (5, 1_000_257),
            (6, 2 << 20),
            (7, 1),
            (8, 5000),
            (10, 5 << 20),
            (11, 5000),
            (12, 5000),
            (13, 33 << 10),
            (14, 200_000),
        ] {
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
        let long = FromChild::Refused(ReasonCode::VideoCodec.with("codec", "\x1b[31m\"ກ".repeat(2000)));
        let (kind, payload) = split(&long.encode());
        assert_eq!(FromChild::check_length(kind, payload.len(), 0), Ok(()));
        let Ok(FromChild::Refused(reason)) = FromChild::decode(kind, payload) else { panic!("refused") };
        assert!(reason.to_string().contains("[31m\"ກ[31m"));
    }

    #[test]
    fn a_reason_that_this_version_does_not_know_is_malformed() {
        for json in ["", "{}", "no film", r#"{"code":"anything"}"#] {
            let decoded = FromChild::decode(8, Bytes::from_static(json.as_bytes()));
            assert_eq!(decoded, Err(WireError::Malformed(8)), "{json}");
        }
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
