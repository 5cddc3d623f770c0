//! The line of a cue that contains its times: `00:00:01,000 --> 00:00:03,500`, in `SubRip` and WebVTT.

use super::{
    Warnings,
    timestamp::{self, ParsedTime},
};

/// Arrows that people and programs write instead of `-->`.
const WRONG_ARROWS: [&str; 8] = ["->", "–>", "—>", "->>", "- ->", "-- >", "=>", "==>"];

/// The error of a file that ends in a cue's times.
pub(super) const UNTERMINATED: &str = "the file ends in this cue: upload the complete file";

/// What a timing line contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing<'a> {
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// The rest of the line, without white space around it.
    pub(super) rest: &'a str,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimingLine<'a> {
    /// A timing line.
    Timing(Timing<'a>),
    /// Meant as a timing line, but not readable.
    Unreadable,
    /// Other text.
    Text,
}

/// Reads a line.
pub(super) fn parse<'a>(line: &'a str, number: u64, warnings: &mut Warnings) -> TimingLine<'a> {
    match split(line) {
        None => TimingLine::Text,
        Some((start, end)) => match times(start, end) {
            None => TimingLine::Unreadable,
            Some((start, end, rest)) => {
                if start.decimals != 3 || end.decimals != 3 {
                    warnings.line(
                        number,
                        "a time does not have three decimals; it was read as a decimal fraction",
                    );
                }
                TimingLine::Timing(Timing { start_ms: start.ms, end_ms: end.ms, rest })
            }
        },
    }
}

/// Whether a line is a timing line, readable or not.
pub(super) fn is_timing(line: &str) -> bool {
    split(line).is_some()
}

/// The error of a timing line that cannot be read. `last` says that nothing follows it; then the file may be cut.
pub(super) fn error<'a>(line: &str, last: bool, unreadable: &'a str) -> &'a str {
    let cut = line.split_once("-->").is_some_and(|(_, end)| end.trim().len() < "00:00:00".len());
    if last && cut { UNTERMINATED } else { unreadable }
}

/// Splits a line at its arrow, if a time is meant on either side. Dialogue such as `Vientiane --> Pakse` is not a timing line.
fn split(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if let Some((start, end)) = line.split_once("-->") {
        let (start, end) = (start.trim(), end.trim());
        return (looks_like_time(start) || looks_like_time(end)).then_some((start, end));
    }
    // A wrong arrow counts only between two times, because arrows also occur in dialogue.
    WRONG_ARROWS.iter().find_map(|arrow| {
        let (start, end) = line.split_once(arrow)?;
        (looks_like_time(start.trim()) && looks_like_time(end.trim())).then_some(("", ""))
    })
}

/// Whether the text begins like a time: digits of any script and a colon.
fn looks_like_time(text: &str) -> bool {
    let text = text.strip_prefix(['-', '−', '+']).unwrap_or(text);
    let digits = text.chars().take_while(|c| c.is_numeric()).count();
    (1..=4).contains(&digits) && text.chars().nth(digits).is_some_and(|c| matches!(c, ':' | '：' | ';'))
}

fn times<'a>(start: &str, end: &'a str) -> Option<(ParsedTime, ParsedTime, &'a str)> {
    let (end, rest) = match end.split_once(char::is_whitespace) {
        Some((end, rest)) => (end, rest.trim()),
        None => (end, ""),
    };
    Some((timestamp::parse(start)?, timestamp::parse(end)?, rest))
}

#[cfg(test)]
mod tests {
    use super::{Timing, TimingLine, parse};
    use crate::subtitle::Warnings;

    #[test]
    fn timing_lines_are_told_from_text() {
        let timing = |rest| TimingLine::Timing(Timing { start_ms: 1_000, end_ms: 3_500, rest });
        for (line, expected) in [
            ("00:00:01,000 --> 00:00:03,500", timing("")),
            (" 0:00:01.000-->00:03.500\t", timing("")),
            ("00:01.000 --> 00:03.500 line:0 align:left", timing("line:0 align:left")),
            ("00:00:01,000 --> ", TimingLine::Unreadable),
            (" --> 00:00:01,000", TimingLine::Unreadable),
            ("00:00:01,000 -> 00:00:03,500", TimingLine::Unreadable),
            ("໐໐:໐໐:໐໑,໐໐໐ --> ໐໐:໐໐:໐໓,໕໐໐", TimingLine::Unreadable),
            ("00: 00: 01,000 --> 00: 00: 03,500", TimingLine::Unreadable),
            ("-00:00:01,000 --> 00:00:03,500", TimingLine::Unreadable),
            ("Vientiane --> Pakse", TimingLine::Text),
            ("-->", TimingLine::Text),
            ("10:30 -> the bus", TimingLine::Text),
            ("Step 1 --> 2", TimingLine::Text),
        ] {
            assert_eq!(parse(line, 1, &mut Warnings::default()), expected, "{line}");
        }
    }
}
