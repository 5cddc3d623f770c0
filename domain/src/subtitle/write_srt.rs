//! Writes `SubRip`, for downloads.

use std::fmt::Write as _;

use super::{
    Cue,
    timestamp::SrtTimestamp,
    timing,
    write::{Markup, write_text},
};

/// Writes the document of a whole film. `SubRip` has no speakers and no ruby, and of the layout only the nearest of nine places
/// (`{\an8}`), so the document loses the rest. Text is written without escapes, because many players show them as text, except
/// where it would be read as markup or times.
pub fn write_srt(cues: &[Cue]) -> String {
    let mut text = String::new();
    for (number, cue) in (1..).zip(cues) {
        if number > 1 {
            text.push('\n');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{number}\n{} --> {}\n", SrtTimestamp(cue.start_ms), SrtTimestamp(cue.end_ms));
        let place = cue.layout.to_number_pad();
        if place != 2 {
            let _ = write!(text, "{{\\an{place}}}");
        }
        for line in write_text(&cue.text, &SubRip).split('\n') {
            if timing::is_timing(line) {
                escape_arrows(&mut text, line);
            } else {
                text.push_str(line);
            }
            text.push('\n');
        }
    }
    text
}

/// Appends a line in which arrows would be read as timing. The tags in it stay tags.
fn escape_arrows(out: &mut String, line: &str) {
    let mut before = ' ';
    for c in line.chars() {
        match c {
            '>' if !before.is_ascii_alphabetic() => out.push_str("&gt;"),
            c => out.push(c),
        }
        before = c;
    }
}

struct SubRip;

impl Markup for SubRip {
    fn text(&self, out: &mut String, text: &str) {
        let mut letters = text.chars().peekable();
        while let Some(c) = letters.next() {
            let next = letters.peek().copied().unwrap_or_default();
            match c {
                '<' if next.is_ascii_alphabetic() || matches!(next, '/' | '.' | '>') => out.push_str("&lt;"),
                // A time inside the text of WebVTT.
                '<' if next.is_ascii_digit() && text.contains(':') => out.push_str("&lt;"),
                '&' if next.is_ascii_alphabetic() || next == '#' => out.push_str("&amp;"),
                '{' if next == '\\' || next.is_ascii_alphabetic() => out.push_str("&#123;"),
                c => out.push(c),
            }
        }
    }

    fn ruby(&self, out: &mut String, text: &str, ruby: &str) {
        self.text(out, text);
        out.push('(');
        self.text(out, ruby);
        out.push(')');
    }

    fn voice(&self, _: &str) -> String {
        String::new()
    }
}
