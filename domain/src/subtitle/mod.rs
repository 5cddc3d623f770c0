//! Subtitles: reads what editors upload (`SubRip`, WebVTT, ASS and SSA) and the text tracks of masters, and writes canonical documents
//! and segments for HLS.
//!
//! [`read()`] converts a file's bytes to cues. A file with errors is refused, with all its errors by line. A file with flaws that
//! Nang can repair is accepted; each repair is a [`Warning`] that names the line and what was done. Cues keep their text as the
//! editor wrote it: no normalisation, because the order of Lao signs and zero-width spaces between Lao words must survive.
//! Escaping exists only in the writers.

mod advice;
mod ass;
mod ass_event;
mod ass_style;
mod binary;
mod check;
mod cue;
mod dcp_line;
mod dcp_subtitle;
mod dcp_text;
mod dcp_time;
mod edit;
mod embedded;
mod encoding;
mod entity;
mod foreign;
mod format;
mod lao_font;
mod layout;
mod lines;
mod markup;
mod mov_text;
mod override_tag;
mod percent;
mod read;
mod refusal;
mod report;
mod retime;
mod segment;
mod srt;
mod text;
mod text_builder;
mod timestamp;
mod timing;
mod webvtt;
mod write;
mod write_srt;
mod write_webvtt;

pub use cue::{Cue, CueError};
pub use dcp_subtitle::{DcpSubtitle, DcpSubtitleError, ReelPlacement, read_dcp_subtitle};
pub use edit::{EditError, delete_cue, insert_cue, replace_cue};
pub use embedded::{EmbeddedEvent, EmbeddedFormat, EmbeddedTrack, LeftOut, read_embedded};
pub use encoding::{Certainty, Decoded, decode};
pub use foreign::Foreign;
pub use format::Format;
pub use layout::{
    Align, Layout, Line, LineAlign, LineOffset, Position, PositionAlign, UnknownSetting, Vertical,
};
pub use percent::Percent;
pub use read::{ReadOptions, Subtitle, read, read_text};
pub use refusal::Refusal;
pub use report::{Errors, LineError, Place, Warning, Warnings};
pub use retime::{Retime, RetimeError};
pub use segment::{segment_count, segments};
pub use text::{CueText, Span, Style};
pub(crate) use timestamp::Timestamp;
pub use write_srt::write_srt;
pub use write_webvtt::write_webvtt;

/// Maximum size of an uploaded file.
pub const MAX_BYTES: usize = 10_000_000;
/// Maximum number of lines of a file.
pub const MAX_LINES: usize = 500_000;
/// Maximum number of cues in a file.
pub const MAX_CUES: usize = 20_000;
/// Maximum number of characters in a cue's text. Longer text is a file that was not read as its author meant it.
pub const MAX_CUE_CHARS: usize = 5_000;
/// The latest time in a file: 24 hours.
pub const MAX_TIME_MS: u64 = 24 * 60 * 60 * 1000;
/// A longer cue causes a warning.
pub const LONG_CUE_MS: u64 = 60_000;
/// Maximum number of errors that are reported; further errors are only counted.
pub const MAX_ERRORS: usize = 20;
/// Maximum number of different warnings that are reported; further warnings are only counted.
pub const MAX_WARNINGS: usize = 100;
