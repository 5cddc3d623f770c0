//! Writes WebVTT (W3C WebVTT §4).

use std::fmt::Write as _;

use super::{
    Cue,
    timestamp::Timestamp,
    write::{Markup, write_text},
};

/// Writes the canonical document of a whole film: what an editor downloads, and what a correction starts from. Reading it gives
/// the same cues. The same cues always give the same bytes.
pub fn write_webvtt(cues: &[Cue]) -> String {
    let mut text = "WEBVTT\n".to_owned();
    for cue in cues {
        write_cue(&mut text, cue);
    }
    text
}

/// Appends a blank line and a cue, without an identifier.
pub(super) fn write_cue(out: &mut String, cue: &Cue) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\n{} --> {}", Timestamp(cue.start_ms), Timestamp(cue.end_ms));
    if !cue.layout.is_default() {
        let _ = write!(out, " {}", cue.layout);
    }
    let _ = writeln!(out, "\n{}", write_text(&cue.text, &WebVtt));
}

/// The markup of WebVTT.
pub(super) struct WebVtt;

impl Markup for WebVtt {
    fn text(&self, out: &mut String, text: &str) {
        let mut letters = text.chars().peekable();
        while let Some(c) = letters.next() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                // Without this, `-->` in a text would be read as times.
                '>' => out.push_str("&gt;"),
                // The reader takes this for an override block, which careless converters put into WebVTT.
                '{' if letters.peek() == Some(&'\\') => out.push_str("&#123;"),
                c => out.push(c),
            }
        }
    }

    fn ruby(&self, out: &mut String, text: &str, ruby: &str) {
        out.push_str("<ruby>");
        self.text(out, text);
        out.push_str("<rt>");
        self.text(out, ruby);
        out.push_str("</rt></ruby>");
    }

    fn voice(&self, speaker: &str) -> String {
        let mut tag = "<v ".to_owned();
        self.text(&mut tag, speaker);
        tag.push('>');
        tag
    }
}
