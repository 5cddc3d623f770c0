//! Reads `SubRip` (`.srt`). The format has no specification; this reader accepts what editors' programs write.

use super::{
    Cue, Layout, Warnings,
    check::Parsed,
    lines::{self, TextLine},
    markup::{self, Dialect},
    timing::{self, Timing, TimingLine, UNTERMINATED},
};

const UNREADABLE: &str = "the times cannot be read: write them as 00:01:02,500 --> 00:01:04,000";

/// A cue's lines.
struct Block<'a> {
    line: u64,
    timing: Timing<'a>,
    /// Position of the timing line.
    at: usize,
}

/// Reads a file.
pub(super) fn parse(text: &str) -> Parsed {
    let lines = lines::split(text);
    let mut parsed = Parsed::default();
    let mut open: Option<Block<'_>> = None;
    // The number that the next cue should have, if the file has numbers.
    let mut next_index: Option<u64> = None;
    let mut text_from = 0;
    for (at, line) in lines.iter().enumerate() {
        let timing = match timing::parse(line.text, line.number, &mut parsed.warnings) {
            TimingLine::Text => continue,
            TimingLine::Unreadable => {
                let last = lines[at + 1..].iter().all(TextLine::is_blank);
                parsed.errors.add(line.number, timing::error(line.text, last, UNREADABLE));
                None
            }
            TimingLine::Timing(timing) => Some(timing),
        };
        let before = &lines[text_from..at];
        let index = index_before(before, next_index, open.is_none());
        let text = &before[..index.map_or(before.len(), |(at, _)| at)];
        close(open.as_ref(), text, next_index, &mut parsed);
        if parsed.is_full(line.number) {
            return parsed;
        }
        open = timing.map(|timing| Block { line: line.number, timing, at });
        next_index = index.map(|(_, index)| index.saturating_add(1)).or(next_index);
        text_from = at + 1;
    }
    let unterminated = |block: &Block<'_>| block.at + 1 == lines.len() && !lines[block.at].terminated;
    if let Some(block) = open.as_ref().filter(|block| unterminated(block)) {
        parsed.errors.add(block.line, UNTERMINATED);
        return parsed;
    }
    let mut rest = &lines[text_from..];
    if let Some(last) = rest.iter().rposition(|line| !line.is_blank()).filter(|_| open.is_some()) {
        let index = index_before(&rest[..=last], next_index, false);
        if index.is_some() && last > 0 && rest[last - 1].is_blank() {
            parsed
                .warnings
                .line(rest[last].number, "a number at the end of the file has no cue; it was dropped");
            rest = &rest[..last];
        }
    }
    close(open.as_ref(), rest, next_index, &mut parsed);
    parsed
}

/// The position and the value of the index that ends `lines`, which lead to a timing line. A number is an index if it is the next
/// one, if it follows a blank line, or if there is no cue above whose text it could be. Otherwise it is dialogue. Between an index
/// and its times there may be blank lines, but then only the next number, or the first, is an index.
fn index_before(lines: &[TextLine<'_>], next: Option<u64>, is_first: bool) -> Option<(usize, u64)> {
    let at = lines.iter().rposition(|line| !line.is_blank())?;
    let digits = lines[at].text.trim().trim_start_matches('\u{feff}');
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let index = digits.parse().unwrap_or(u64::MAX);
    let follows_blank = at + 1 == lines.len() && lines[..at].last().is_some_and(TextLine::is_blank);
    (next == Some(index) || is_first || follows_blank).then_some((at, index))
}

/// Ends a cue whose text is `lines`. Without a cue, text is an error.
fn close(block: Option<&Block<'_>>, lines: &[TextLine<'_>], next_index: Option<u64>, parsed: &mut Parsed) {
    let Some(&Block { line, timing, .. }) = block else {
        // After an unreadable timing line, one error is enough.
        if let Some(stray) = lines.iter().find(|line| !line.is_blank()).filter(|_| parsed.errors.count == 0) {
            parsed
                .errors
                .add(stray.number, "text without times: write a line with the start and the end above it");
        }
        return;
    };
    for (at, line) in lines.iter().enumerate().skip(1) {
        // The next number after a blank line, and then text: the times of that cue are missing.
        let is_next = next_index.is_some_and(|next| line.text.trim().parse() == Ok(next));
        if is_next && lines[at - 1].is_blank() && lines[at + 1..].iter().any(|line| !line.is_blank()) {
            parsed
                .errors
                .add(line.number, "no times follow this number: write the start and the end below it");
        }
    }
    let first = lines.first().map_or(line + 1, |line| line.number);
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        text.push_str(line.text);
    }
    let (text, override_layout) = markup::parse(&text, first, Dialect::SubRip, &mut parsed.warnings);
    match settings(timing.rest, line, &mut parsed.warnings) {
        None => parsed.errors.add(line, UNREADABLE),
        Some(layout) => {
            let layout = override_layout.unwrap_or(layout);
            parsed.add(line, 0, Cue { start_ms: timing.start_ms, end_ms: timing.end_ms, layout, text });
        }
    }
}

/// Reads what follows the times: coordinates, or settings of WebVTT. `None` if it is something else.
fn settings(rest: &str, line: u64, warnings: &mut Warnings) -> Option<Layout> {
    let mut layout = Layout::default();
    for word in rest.split_whitespace() {
        let coordinate = word.split_once(':').is_some_and(|(name, value)| {
            matches!(name.to_ascii_uppercase().as_str(), "X1" | "X2" | "Y1" | "Y2")
                && value.bytes().all(|b| b.is_ascii_digit())
        });
        if coordinate {
            warnings.line(line, "coordinates (X1, Y1) are not supported; they were dropped");
        } else if !layout.apply(word) {
            return None;
        }
    }
    Some(layout)
}
