//! Reads WebVTT (W3C WebVTT §6). Stricter than browsers where they would silently lose text, and more lenient where the meaning is
//! clear.

use super::{
    Cue, Layout, MAX_TIME_MS, Warnings,
    check::Parsed,
    lines::{self, TextLine},
    markup::{self, Dialect},
    timestamp,
    timing::{self, Timing, TimingLine, UNTERMINATED},
};

const UNREADABLE: &str = "the times cannot be read: write them as 00:01:02.500 --> 00:01:04.000";
const STRAY: &str =
    "text without times: write a line with the start and the end above it, or NOTE before a comment";

/// Ticks per millisecond of MPEG-TS timestamps.
const TICKS_PER_MS: i64 = 90;

/// Whether a line begins a file of this format.
pub(super) fn is_header(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}');
    let word = line.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("WEBVTT"));
    word && line[6..].chars().next().is_none_or(char::is_whitespace)
}

/// A parse in progress.
struct Reader<'a> {
    lines: Vec<TextLine<'a>>,
    at: usize,
    /// Shift of `X-TIMESTAMP-MAP`.
    shift_ms: i64,
    parsed: Parsed,
}

/// Reads a file.
pub(super) fn parse(text: &str) -> Parsed {
    let mut reader = Reader { lines: lines::split(text), at: 0, shift_ms: 0, parsed: Parsed::default() };
    while let Some(line) = reader.lines.get(reader.at).copied() {
        if line.is_blank() {
            reader.at += 1;
        } else {
            reader.block(line);
        }
    }
    reader.parsed
}

impl<'a> Reader<'a> {
    fn block(&mut self, line: TextLine<'a>) {
        let word = line.text.trim();
        match word.split_whitespace().next().unwrap_or_default() {
            _ if is_header(word) => self.header(),
            "NOTE" => {
                if self.skip_block() {
                    let detail =
                        "a comment (NOTE) contains times; all of it up to the next blank line was dropped";
                    self.parsed.warnings.line(line.number, detail);
                }
            }
            "STYLE" | "REGION" if word == "STYLE" || word == "REGION" => {
                let detail = format!("the block {word} is not supported; it was dropped");
                self.parsed.warnings.line(line.number, detail);
                self.skip_block();
            }
            _ => self.cue(),
        }
    }

    /// Skips lines up to a blank one; returns whether one of them is a timing line.
    fn skip_block(&mut self) -> bool {
        let block = self.lines[self.at..].iter().take_while(|line| !line.is_blank());
        let (count, times) =
            block.fold((0, false), |(count, times), line| (count + 1, times || timing::is_timing(line.text)));
        self.at += count;
        times
    }

    /// The first line of the file and its metadata. Joined segments have more than one header.
    fn header(&mut self) {
        if self.at > 0 && !self.parsed.cues.is_empty() {
            self.parsed.warnings.line(self.lines[self.at].number, "a second header (WEBVTT) was dropped");
        }
        self.shift_ms = 0;
        self.at += 1;
        while let Some(line) = self.lines.get(self.at).copied() {
            if line.is_blank() || line.text.contains("-->") {
                break;
            }
            if let Some(map) = line.text.trim().strip_prefix("X-TIMESTAMP-MAP=") {
                match shift_ms(map) {
                    None => self.parsed.errors.add(
                        line.number,
                        "X-TIMESTAMP-MAP cannot be read: write MPEGTS:0,LOCAL:00:00:00.000, or delete the line",
                    ),
                    Some(shift_ms) => {
                        self.shift_ms = shift_ms;
                        if shift_ms != 0 {
                            let detail = format!("X-TIMESTAMP-MAP moved the cues below it by {shift_ms} ms");
                            self.parsed.warnings.line(line.number, detail);
                        }
                    }
                }
            }
            self.at += 1;
        }
    }

    /// A cue: an identifier (optional), its times, and its text up to a blank line or the next times.
    fn cue(&mut self) {
        let first = self.lines[self.at];
        if !timing::is_timing(first.text) {
            self.at += 1;
            match self.lines.get(self.at) {
                Some(next) if timing::is_timing(next.text) => {}
                _ => {
                    self.parsed.errors.add(first.number, STRAY);
                    self.skip_stray();
                    return;
                }
            }
        }
        let line = self.lines[self.at];
        if self.parsed.is_full(line.number) {
            self.at = self.lines.len();
            return;
        }
        let timing = timing::parse(line.text, line.number, &mut self.parsed.warnings);
        self.at += 1;
        let from = self.at;
        let is_text = |line: &&TextLine<'_>| !line.is_blank() && !timing::is_timing(line.text);
        self.at += self.lines[from..].iter().take_while(is_text).count();
        let text: Vec<_> = self.lines[from..self.at].iter().map(|line| line.text).collect();
        match timing {
            TimingLine::Timing(_) if from == self.lines.len() && !line.terminated => {
                self.parsed.errors.add(line.number, UNTERMINATED);
            }
            TimingLine::Timing(timing) => self.add(line.number, timing, &text.join("\n")),
            _ => {
                let last = self.lines[from..].iter().all(TextLine::is_blank);
                self.parsed.errors.add(line.number, timing::error(line.text, last, UNREADABLE));
            }
        }
    }

    /// Skips the rest of a block without times, so that it is one error.
    fn skip_stray(&mut self) {
        while self.lines.get(self.at).is_some_and(|line| !line.is_blank() && !timing::is_timing(line.text)) {
            self.at += 1;
        }
    }

    fn add(&mut self, line: u64, timing: Timing<'_>, text: &str) {
        let layout = settings(timing.rest, line, &mut self.parsed.warnings);
        let (text, override_layout) =
            markup::parse(text, line + 1, Dialect::WebVtt, &mut self.parsed.warnings);
        let layout = override_layout.filter(|_| layout.is_default()).unwrap_or(layout);
        if timing.end_ms < timing.start_ms || timing.end_ms > MAX_TIME_MS {
            let cue = Cue { start_ms: timing.start_ms, end_ms: timing.end_ms, layout, text };
            return self.parsed.add(line, 0, cue);
        }
        let moved = |ms: u64| ms.checked_add_signed(self.shift_ms);
        match (moved(timing.start_ms), moved(timing.end_ms)) {
            (_, None | Some(0)) => {
                self.parsed
                    .warnings
                    .line(line, "X-TIMESTAMP-MAP moved the cue before the film; it was dropped");
            }
            (start_ms, Some(end_ms)) => {
                if start_ms.is_none() {
                    self.parsed
                        .warnings
                        .line(line, "X-TIMESTAMP-MAP moved the start before the film; it was cut to 0");
                }
                self.parsed.add(line, 0, Cue { start_ms: start_ms.unwrap_or(0), end_ms, layout, text });
            }
        }
    }
}

/// Reads the settings after a cue's times.
pub(super) fn settings(text: &str, line: u64, warnings: &mut Warnings) -> Layout {
    let mut layout = Layout::default();
    for word in text.split_whitespace() {
        if !layout.apply(word) {
            let detail = if word.starts_with("region:") {
                "the setting region is not supported; it was dropped".to_owned()
            } else {
                format!("the setting {word:?} was not understood; it was dropped")
            };
            warnings.line(line, detail);
        }
    }
    layout
}

/// Reads the value of `X-TIMESTAMP-MAP` (RFC 8216 §3.5): how far cue times are from film times.
fn shift_ms(map: &str) -> Option<i64> {
    let (mut mpegts_ms, mut local_ms) = (None, None);
    for part in map.split(',') {
        match part.trim().split_once(':')? {
            ("MPEGTS", ticks) => {
                let ticks = ticks.trim().parse::<i64>().ok().filter(|ticks| (0..1 << 33).contains(ticks))?;
                mpegts_ms = Some((ticks + TICKS_PER_MS / 2) / TICKS_PER_MS);
            }
            ("LOCAL", time) => local_ms = Some(i64::try_from(timestamp::parse(time.trim())?.ms).ok()?),
            _ => return None,
        }
    }
    Some(mpegts_ms? - local_ms?)
}
