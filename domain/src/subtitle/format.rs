//! Which format a text has, decided by its content: editors rename files.

use super::{
    Foreign,
    lines::{self, TextLine},
    timing, webvtt,
};

/// A format that Nang reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `SubRip`, `.srt`.
    SubRip,
    /// WebVTT, `.vtt`.
    WebVtt,
    /// ASS and SSA v4, `.ass` and `.ssa`.
    Ass,
}

impl Format {
    /// Its name in file names and query parameters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SubRip => "srt",
            Self::WebVtt => "vtt",
            Self::Ass => "ass",
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::SubRip => "application/x-subrip",
            Self::WebVtt => "text/vtt",
            Self::Ass => "text/x-ssa",
        }
    }

    /// Detects the format of a text. Text of no known format counts as `SubRip`, whose reader then names the lines without times.
    pub fn detect(text: &str) -> Result<Self, Foreign> {
        let lines = lines::split(text);
        let Some(first) = lines.iter().find(|line| !line.is_blank()) else { return Ok(Self::SubRip) };
        if webvtt::is_header(first.text.trim_start()) {
            return Ok(Self::WebVtt);
        }
        // A stray line such as an advertisement before the sections does not make it another format, but sections that are the
        // text of a cue do not make it ASS.
        let has_dialogue = lines.iter().any(|line| line.text.trim_start().starts_with("Dialogue:"));
        let is_ass = |line: &TextLine<'_>| match line.text.trim().to_ascii_lowercase().as_str() {
            "[script info]" => true,
            "[events]" => has_dialogue,
            _ => false,
        };
        if lines.iter().take_while(|line| !timing::is_timing(line.text)).any(is_ass) {
            return Ok(Self::Ass);
        }
        if let Some(foreign) = Foreign::of_markup(text) {
            return Err(foreign);
        }
        if lines.iter().any(|line| timing::is_timing(line.text)) {
            return Ok(Self::SubRip);
        }
        Foreign::of_lines(&lines).map_or(Ok(Self::SubRip), Err)
    }
}
