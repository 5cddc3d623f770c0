//! What the texts and lists of a catalogue must be like, wherever they come from: a form, the API or a file.

use oxilangtag::LanguageTag;

use crate::language::Language;

/// Longest title or name, in characters.
pub const MAX_TITLE_CHARS: usize = 200;
/// Longest text, in characters.
pub const MAX_PROSE_CHARS: usize = 5000;
/// Most languages a thing may have texts in.
pub const MAX_LANGUAGES: usize = 50;
/// Longest film, and latest credits: a thousand hours.
pub const MAX_MS: u64 = 3_600_000_000;
/// Years a film may be of.
pub const YEARS: std::ops::RangeInclusive<u64> = 1880..=2200;
/// Longest age rating.
pub const MAX_AGE_RATING_CHARS: usize = 20;
/// Longest region note.
pub const MAX_REGION_NOTE_CHARS: usize = 500;
/// Most countries, and most languages, of a film.
pub const MAX_CODES: usize = 30;
/// Most genres of a film.
pub const MAX_GENRES: usize = 20;
/// Most credits of a film.
pub const MAX_CREDITS: usize = 1000;

/// A language tag in its usual case; `None` if it is none.
pub fn canonical_tag(tag: &str) -> Option<String> {
    // RFC 5646 §4.4.1 asks for room for 35 characters; nothing sensible is longer.
    if tag.len() > 35 || LanguageTag::parse(tag).is_err() {
        return None;
    }
    Language::normalize(tag).map(|language| language.tag().to_owned())
}

/// A title or a name: one line of so many characters.
pub fn line(text: &str, max_chars: usize) -> Result<(), String> {
    let chars = text.trim().chars().count();
    if chars == 0 || chars > max_chars {
        return Err(format!("must have 1 to {max_chars} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err("must not contain line breaks or other control characters".to_owned());
    }
    Ok(())
}

/// A title of a film, or a name.
pub fn title(text: &str) -> Result<(), String> {
    line(text, MAX_TITLE_CHARS)
}

/// A longer text, of several lines perhaps.
pub fn prose(text: &str) -> Result<(), String> {
    let chars = text.trim().chars().count();
    if chars == 0 || chars > MAX_PROSE_CHARS {
        return Err(format!("must have 1 to {MAX_PROSE_CHARS} characters"));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err("must not contain control characters but line breaks".to_owned());
    }
    Ok(())
}

/// ISO 3166-1 codes.
pub fn countries(codes: &[String]) -> Result<(), String> {
    let is_code = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
    if codes.len() <= MAX_CODES && codes.iter().all(is_code) {
        return Ok(());
    }
    Err(format!("must be at most {MAX_CODES} ISO 3166-1 codes of two capitals, such as LA"))
}

/// Languages spoken in a film.
pub fn languages(tags: &[String]) -> Result<(), String> {
    if tags.len() <= MAX_CODES && tags.iter().all(|tag| canonical_tag(tag).is_some()) {
        return Ok(());
    }
    Err(format!("must be at most {MAX_CODES} BCP 47 language tags such as lo or en"))
}
