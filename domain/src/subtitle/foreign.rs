//! Known text formats that Nang does not read.

use super::{
    advice::{CONVERT, EXPORT, FRAMES, IMAGES, SAVE_TEXT},
    lines::TextLine,
    timestamp,
};

/// A format, for the text of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Its name, with an article if needed.
    pub name: &'static str,
    /// What an editor can do.
    pub advice: &'static str,
}

impl Foreign {
    const fn new(name: &'static str, advice: &'static str) -> Self {
        Self { name, advice }
    }

    /// Formats that are recognised by how the text begins, also if it contains times.
    pub(super) fn of_markup(text: &str) -> Option<Self> {
        let start: String = text
            .trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
            .chars()
            .take(2_000)
            .collect();
        let start = start.to_ascii_lowercase();
        let begins = |prefix: &str| start.starts_with(prefix);
        let tag = |name: &str| start.contains(&format!("<{name}")) || start.contains(&format!(":{name} "));
        if begins("<sami") {
            return Some(Self::new("SAMI", CONVERT));
        }
        if begins("<?xml") || begins("<tt") || begins("<!--") || begins("<transcript") || begins("<timedtext")
        {
            return Some(
                if tag("tt ") || tag("tt>") || start.contains("/ns/ttml") || start.contains("/ttaf1") {
                    Self::new("TTML (DFXP)", CONVERT)
                } else if tag("html") {
                    Self::new("a web page (HTML)", SAVE_TEXT)
                } else if tag("dcsubtitle") || tag("subtitlereel") {
                    Self::new("a subtitle of digital cinema (DCP, XML)", CONVERT)
                } else if tag("transcript") || tag("timedtext") {
                    Self::new("timed text of YouTube (XML)", CONVERT)
                } else {
                    Self::new("XML", CONVERT)
                },
            );
        }
        if begins("<!doctype html") || begins("<html") || begins("<head") || begins("<body") {
            return Some(Self::new("a web page (HTML)", SAVE_TEXT));
        }
        if begins("{\\rtf") {
            return Some(Self::new("a rich text document (RTF)", SAVE_TEXT));
        }
        if begins("scenarist_scc") {
            return Some(Self::new("Scenarist SCC", CONVERT));
        }
        if begins("# vobsub index") {
            return Some(Self::new("the index of a VobSub subtitle (.idx)", IMAGES));
        }
        if begins("#extm3u") {
            return Some(Self::new("an HLS playlist (.m3u8)", "upload the subtitle file itself"));
        }
        let json = (begins("{") || begins("["))
            && start.trim_start_matches(['{', '[', ' ', '\n', '\r', '\t']).starts_with('"');
        json.then(|| Self::new("JSON", EXPORT))
    }

    /// Formats that are recognised by the form of their lines.
    pub(super) fn of_lines(lines: &[TextLine<'_>]) -> Option<Self> {
        let content = || lines.iter().map(|line| line.text.trim()).filter(|line| !line.is_empty()).take(200);
        let first = content().next()?;
        if first.eq_ignore_ascii_case("[information]") || content().any(|line| two_times(line) == Some(2)) {
            return Some(Self::new("SubViewer", CONVERT));
        }
        if content().any(|line| two_times(line) == Some(3)) {
            return Some(Self::new("SBV of YouTube", CONVERT));
        }
        if content().any(|line| brackets(line, '{', '}').is_some()) {
            return Some(Self::new("MicroDVD", FRAMES));
        }
        if content().any(|line| brackets(line, '[', ']').is_some()) {
            return Some(Self::new("MPL2", CONVERT));
        }
        if first.starts_with('$') || content().any(is_spruce_line) {
            return Some(Self::new("Spruce STL", FRAMES));
        }
        if content().any(is_lyrics_line) {
            return Some(Self::new("lyrics (LRC)", CONVERT));
        }
        content().take(20).all(is_tmplayer_line).then(|| Self::new("TMPlayer", CONVERT))
    }
}

/// The number of decimals in a line with nothing but two times: `0:00:01.000,0:00:03.000`.
fn two_times(line: &str) -> Option<usize> {
    let (start, end) = line.split_once(',')?;
    let decimals = |time: &str| {
        let (clock, fraction) = time.split_once('.')?;
        (clock.split(':').count() == 3 && timestamp::parse(time).is_some()).then_some(fraction.len())
    };
    decimals(end).filter(|_| decimals(start).is_some())
}

/// A line that begins with two numbers in brackets: `{123}{456}`.
fn brackets(line: &str, open: char, close: char) -> Option<()> {
    let (start, rest) = line.strip_prefix(open)?.split_once(close)?;
    let (end, _) = rest.strip_prefix(open)?.split_once(close)?;
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (!start.is_empty() && number(start) && number(end)).then_some(())
}

/// `00:00:01:12 , 00:00:03:00 , text`.
fn is_spruce_line(line: &str) -> bool {
    let mut fields = line.splitn(3, ',');
    let mut frame_time = || {
        fields.next().is_some_and(|time| {
            let parts: Vec<_> = time.trim().split(':').collect();
            parts.len() == 4
                && parts.iter().all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    frame_time() && frame_time()
}

/// `[00:12.34]text`.
fn is_lyrics_line(line: &str) -> bool {
    let tag = line.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(tag, _)| tag);
    tag.is_some_and(|tag| tag.contains(':') && timestamp::parse(tag).is_some())
}

/// `00:00:01:text`, for a whole file.
fn is_tmplayer_line(line: &str) -> bool {
    line.get(..8).is_some_and(|time| time.split(':').count() == 3 && timestamp::parse(time).is_some())
        && line[8..].starts_with([':', '=', ','])
}
