//! Rules for the texts and lists of the catalogue, the same for forms, the API and imported files.

use oxilangtag::LanguageTag;

use crate::language::Language;

/// Longest title or name, in characters.
pub const MAX_TITLE_CHARS: usize = 200;
/// Longest text, in characters.
pub const MAX_PROSE_CHARS: usize = 5000;
/// Maximum number of languages of a set of texts.
pub const MAX_LANGUAGES: usize = 50;
/// Maximum duration of a film and start of its credits: 1000 hours.
pub const MAX_MS: u64 = 3_600_000_000;
/// Valid years of a film.
pub const YEARS: std::ops::RangeInclusive<u64> = 1880..=2200;
/// Longest age rating, in characters.
pub const MAX_AGE_RATING_CHARS: usize = 20;
/// Longest region note, in characters.
pub const MAX_REGION_NOTE_CHARS: usize = 500;
/// Maximum number of countries, and of languages, of a film.
pub const MAX_CODES: usize = 30;
/// Maximum number of countries in which a film may be watched: there are about 250.
pub const MAX_AVAILABLE_IN: usize = 250;
/// Maximum number of genres of a film.
pub const MAX_GENRES: usize = 20;
/// Maximum number of credits of a film.
pub const MAX_CREDITS: usize = 1000;

/// Returns a language tag in canonical case; `None` if the text is not a language tag.
pub fn canonical_tag(tag: &str) -> Option<String> {
    // RFC 5646 §4.4.1 requires support for 35 characters; real tags are not longer.
    if tag.len() > 35 || LanguageTag::parse(tag).is_err() {
        return None;
    }
    Language::normalize(tag).map(|language| language.tag().to_owned())
}

/// Checks a text of one line with 1 to `max_chars` characters.
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

/// Checks the title of a film, or a name.
pub fn title(text: &str) -> Result<(), String> {
    line(text, MAX_TITLE_CHARS)
}

/// Checks a longer text, which may have several lines.
pub fn prose(text: &str) -> Result<(), String> {
    let chars = text.trim().chars().count();
    if chars == 0 || chars > MAX_PROSE_CHARS {
        return Err(format!("must have 1 to {MAX_PROSE_CHARS} characters"));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err("must not contain control characters other than line breaks and tabs".to_owned());
    }
    Ok(())
}

/// Checks the countries of a film: ISO 3166-1 codes.
pub fn countries(codes: &[String]) -> Result<(), String> {
    country_codes(codes, MAX_CODES)
}

/// Checks the countries in which a film may be watched: ISO 3166-1 codes.
pub fn available_in(codes: &[String]) -> Result<(), String> {
    country_codes(codes, MAX_AVAILABLE_IN)
}

fn country_codes(codes: &[String], most: usize) -> Result<(), String> {
    let is_code = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
    if codes.len() <= most && codes.iter().all(is_code) {
        return Ok(());
    }
    Err(format!("must be at most {most} ISO 3166-1 codes of two capital letters, such as LA"))
}

/// Checks the languages that are spoken in a film.
pub fn languages(tags: &[String]) -> Result<(), String> {
    if tags.len() <= MAX_CODES && tags.iter().all(|tag| canonical_tag(tag).is_some()) {
        return Ok(());
    }
    Err(format!("must be at most {MAX_CODES} BCP 47 language tags such as lo or en"))
}
