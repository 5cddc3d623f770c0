//! Reads an uploaded file.

use super::{
    Certainty, Cue, Decoded, Format, MAX_BYTES, MAX_LINES, Place, Refusal, Warnings, ass, encoding, lao_font,
    lines, srt, webvtt,
};
use crate::language::Language;

/// What the caller knows about a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions<'a> {
    /// The encoding that an editor chose, as a label of the Encoding Standard (`windows-874`, `gb18030`, `utf-16le`).
    pub encoding: Option<&'a str>,
    /// The language that an editor declared.
    pub language: Option<&'a Language>,
    /// Duration of the film. Cues after it are dropped.
    pub film_ms: Option<u64>,
}

/// An accepted file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtitle {
    /// Its format.
    pub format: Format,
    /// Name of its encoding.
    pub encoding: &'static str,
    /// How sure the encoding is. If it is guessed, an editor must confirm it before viewers see the text.
    pub certainty: Certainty,
    /// Its cues in the order of their starts.
    pub cues: Vec<Cue>,
    /// What was changed, and what an editor should check.
    pub warnings: Warnings,
}

/// Reads the bytes of a file.
pub fn read(file: &[u8], options: &ReadOptions<'_>) -> Result<Subtitle, Refusal> {
    if file.len() > MAX_BYTES {
        return Err(Refusal::TooLarge { bytes: file.len() });
    }
    if file.iter().all(u8::is_ascii_whitespace) {
        return Err(Refusal::Empty);
    }
    read_decoded(&encoding::decode(file, options.encoding, options.language)?, options)
}

/// Reads a text, for example the document of [`super::write_webvtt()`] after an editor's corrections. `options.encoding` is ignored.
pub fn read_text(text: &str, options: &ReadOptions<'_>) -> Result<Subtitle, Refusal> {
    if text.len() > MAX_BYTES {
        return Err(Refusal::TooLarge { bytes: text.len() });
    }
    read_decoded(
        &Decoded { text: text.to_owned(), encoding: "UTF-8", certainty: Certainty::Certain },
        options,
    )
}

fn read_decoded(decoded: &Decoded, options: &ReadOptions<'_>) -> Result<Subtitle, Refusal> {
    if decoded.text.chars().all(|c| c.is_whitespace() || c == '\u{feff}') {
        return Err(Refusal::Empty);
    }
    if lines::count_ends(&decoded.text) > MAX_LINES {
        return Err(Refusal::TooManyLines);
    }
    let format = Format::detect(&decoded.text).map_err(|foreign| Refusal::Format { foreign })?;
    let mut parsed = match format {
        Format::SubRip => srt::parse(&decoded.text),
        Format::WebVtt => webvtt::parse(&decoded.text),
        Format::Ass => ass::parse(&decoded.text),
    };
    // Text for an old font also breaks the rules of a format, so this reason comes first.
    if options.language.is_some_and(|language| language.tag().split('-').next() == Some("lo")) {
        lao_font::check(&parsed.cues, decoded, &mut parsed.warnings)?;
    }
    let (cues, mut warnings) = parsed.finish(options.film_ms).map_err(Refusal::Lines)?;
    if cues.is_empty() {
        warnings.add(Place::File, "the file has no cues");
    }
    Ok(Subtitle { format, encoding: decoded.encoding, certainty: decoded.certainty, cues, warnings })
}
