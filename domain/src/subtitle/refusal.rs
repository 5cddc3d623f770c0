//! The reasons why a file is refused as a whole.

use super::{Errors, Foreign, MAX_BYTES, MAX_LINES};

/// Why a file is refused. The text says what an editor can do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The file exceeds [`MAX_BYTES`].
    #[error("the file has {bytes} bytes; the limit is {MAX_BYTES}")]
    TooLarge {
        /// Size of the file.
        bytes: usize,
    },
    /// The file exceeds [`MAX_LINES`].
    #[error("the file has more than {MAX_LINES} lines: check what it is")]
    TooManyLines,
    /// The file contains nothing but white space.
    #[error("the file is empty")]
    Empty,
    /// The file is not text.
    #[error("the file is {what}, not subtitle text: {advice}")]
    Binary {
        /// What the file seems to be, with an article.
        what: &'static str,
        /// What to upload instead.
        advice: &'static str,
    },
    /// The caller chose an encoding that Nang does not know.
    #[error(
        "{label:?} is not an encoding that Nang knows: use a label such as windows-874, gb18030 or utf-16le"
    )]
    UnknownEncoding {
        /// The label that the caller sent.
        label: String,
    },
    /// Bytes that have no meaning in the encoding.
    #[error(
        "line {line}: byte {offset} of the file (0x{byte:02X}) is not valid {encoding}: choose the encoding in which the file was saved, or save it again as UTF-8"
    )]
    Undecodable {
        /// Name of the encoding.
        encoding: &'static str,
        /// Line of the file, from 1.
        line: u64,
        /// Position of the byte in the file, from 0.
        offset: usize,
        /// The byte's value.
        byte: u8,
    },
    /// The file has a known format that Nang does not read.
    #[error("the file is {}: {}", foreign.name, foreign.advice)]
    Format {
        /// The format.
        foreign: Foreign,
    },
    /// The file is declared as Lao, but its letters are Latin or Thai codes that look Lao only with an old font.
    #[error(
        "line {line}: “{example}” is not Lao Unicode. The file seems to be written for an old Lao font (Alice, Saysettha Lao, Lao 95, Lao 2000), whose letters are Latin codes: convert the text to Unicode with a Lao font converter (for example LaoScript), save it as UTF-8, and upload it again. If the text is not Lao, correct the language"
    )]
    LaoFont {
        /// The first line with such text.
        line: u64,
        /// The beginning of that text.
        example: String,
    },
    /// Errors by line.
    #[error("{0}")]
    Lines(Errors),
}
