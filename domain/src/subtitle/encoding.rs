//! Converts a file's bytes to text.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::{Refusal, binary, lines};
use crate::language::Language;

/// How sure the encoding of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// The file begins with a byte order mark or is valid UTF-8.
    Certain,
    /// The encoding was guessed from the bytes. An editor must confirm it with a preview.
    Guessed,
    /// The caller chose the encoding.
    Chosen,
}

/// A file as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without a byte order mark.
    pub text: String,
    /// Name of the encoding in the Encoding Standard, such as `UTF-8` or `windows-874`.
    pub encoding: &'static str,
    /// How sure the encoding is.
    pub certainty: Certainty,
}

impl Decoded {
    /// Whether every Unicode character can be written in the encoding. In the others, no Lao letter can.
    pub(super) fn is_unicode(&self) -> bool {
        matches!(self.encoding, "UTF-8" | "UTF-16LE" | "UTF-16BE" | "gb18030" | "GBK")
    }
}

/// Decodes a file. `label` is the caller's choice: a label of the Encoding Standard, such as `tis-620`. A byte order mark
/// overrides it, as the standard demands. `language` helps to guess.
pub fn decode(file: &[u8], label: Option<&str>, language: Option<&Language>) -> Result<Decoded, Refusal> {
    // UTF-32 begins like UTF-16, so known files are recognised first.
    let marked = Encoding::for_bom(file);
    let utf16 = || utf16_by_pattern(file);
    let is_utf16 =
        marked.is_some_and(|(encoding, _)| encoding != UTF_8) || marked.is_none() && utf16().is_some();
    let chosen = match label {
        None => None,
        Some(label) => Some(
            Encoding::for_label_no_replacement(label.as_bytes())
                .ok_or_else(|| Refusal::UnknownEncoding { label: label.to_owned() })?,
        ),
    };
    let chosen_utf16 = chosen.is_some_and(|chosen| chosen == UTF_16LE || chosen == UTF_16BE);
    if let Some(refusal) = binary::refusal(file, is_utf16 || chosen_utf16) {
        return Err(refusal);
    }
    if let Some((encoding, length)) = marked {
        return strict(file, length, encoding, Certainty::Certain);
    }
    if let Some(chosen) = chosen {
        return strict(file, 0, chosen, Certainty::Chosen);
    }
    if let Some(encoding) = utf16() {
        return strict(file, 0, encoding, Certainty::Guessed);
    }
    // ISO-2022-JP is valid UTF-8, but its escape sequences are not text.
    let has_escapes = file.windows(2).any(|pair| matches!(pair, b"\x1b$" | b"\x1b("));
    if !has_escapes && (std::str::from_utf8(file).is_ok() || is_damaged_utf8(file)) {
        return strict(file, 0, UTF_8, Certainty::Certain);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(file, true);
    let guess = detector.guess(language.and_then(top_level_domain), Utf8Detection::Deny);
    strict(file, 0, guess, Certainty::Guessed)
}

/// Decodes the file after its first `skip` bytes, or names the first byte that has no meaning.
fn strict(
    file: &[u8],
    skip: usize,
    encoding: &'static Encoding,
    certainty: Certainty,
) -> Result<Decoded, Refusal> {
    let bytes = &file[skip..];
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let capacity = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(capacity.unwrap_or(bytes.len()));
    let mut read = 0;
    loop {
        let (result, consumed) =
            decoder.decode_to_string_without_replacement(&bytes[read..], &mut text, true);
        read += consumed;
        match result {
            DecoderResult::InputEmpty => return Ok(Decoded { text, encoding: encoding.name(), certainty }),
            DecoderResult::OutputFull => text.reserve(bytes.len() - read + 64),
            DecoderResult::Malformed(length, after) => {
                let offset = read.saturating_sub(usize::from(length) + usize::from(after));
                let line = u64::try_from(lines::count_ends(&text) + 1).unwrap_or(u64::MAX);
                let byte = bytes.get(offset).copied().unwrap_or_default();
                return Err(Refusal::Undecodable {
                    encoding: encoding.name(),
                    line,
                    offset: skip + offset,
                    byte,
                });
            }
        }
    }
}

/// Whether a file is UTF-8 with some damaged bytes: then an error by line helps more than a wrong guess. In text of other
/// encodings, sequences that happen to be valid UTF-8 are rare.
fn is_damaged_utf8(file: &[u8]) -> bool {
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in file.utf8_chunks() {
        valid += chunk.valid().bytes().filter(|byte| !byte.is_ascii()).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    valid >= 8 && valid >= 8 * invalid
}

/// UTF-16 without a byte order mark. Line ends, digits and spaces of timing lines are pairs with a zero byte; the letters of Lao
/// text are pairs with the byte 0x0E.
fn utf16_by_pattern(file: &[u8]) -> Option<&'static Encoding> {
    let sample = &file[..file.len().min(65_536)];
    if sample.len() < 4 {
        return None;
    }
    let (pairs, _) = sample.as_chunks::<2>();
    let zeros = |little: bool| pairs.iter().filter(|pair| is_ascii_unit(ordered(**pair, little))).count();
    let letters = |little: bool| pairs.iter().filter(|pair| is_lao_unit(ordered(**pair, little))).count();
    let likely = |little: bool| {
        let ascii = zeros(little);
        ascii > 4 * zeros(!little) && (ascii + letters(little)) * 5 > pairs.len()
    };
    match (likely(true), likely(false)) {
        (true, false) => Some(UTF_16LE),
        (false, true) => Some(UTF_16BE),
        _ => None,
    }
}

/// The high and the low byte of a pair.
const fn ordered([first, second]: [u8; 2], little_endian: bool) -> (u8, u8) {
    if little_endian { (second, first) } else { (first, second) }
}

const fn is_ascii_unit((high, low): (u8, u8)) -> bool {
    high == 0 && matches!(low, b'\t' | b'\n' | b'\r' | b' '..=b'~')
}

const fn is_lao_unit((high, low): (u8, u8)) -> bool {
    high == 0x0e && low >= 0x80
}

/// The domain of a language's country, which the detector takes as a hint.
fn top_level_domain(language: &Language) -> Option<&'static [u8]> {
    let tag = language.tag();
    let domain: &[u8] = match tag.split('-').next()? {
        "th" => b"th",
        "vi" => b"vn",
        "zh" if tag.contains("Hant") || tag.ends_with("-TW") => b"tw",
        "yue" => b"hk",
        "zh" => b"cn",
        "ja" => b"jp",
        "ko" => b"kr",
        "fr" => b"fr",
        "de" => b"de",
        "es" => b"es",
        "pt" => b"pt",
        "it" => b"it",
        "ru" => b"ru",
        "uk" => b"ua",
        "bg" => b"bg",
        "el" => b"gr",
        "tr" => b"tr",
        "he" => b"il",
        "ar" => b"eg",
        "fa" => b"ir",
        "pl" => b"pl",
        "cs" => b"cz",
        "hu" => b"hu",
        _ => return None,
    };
    Some(domain)
}
