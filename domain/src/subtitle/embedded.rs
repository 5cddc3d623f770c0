//! Reads the text tracks of a master. The container stores each event with its times; the rest is the format's own.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{
    Certainty, Cue, CueError, CueText, Decoded, Layout, MAX_BYTES, MAX_CUE_CHARS, MAX_CUES, Style, Warnings,
    ass,
    check::Parsed,
    lao_font,
    markup::{self, Dialect},
    mov_text, webvtt,
};
use crate::{clock_time, language::Language};

/// What an event costs in memory besides its text.
const EVENT_BYTES: usize = 100;
/// How long an event is shown at most if the container does not say it.
const UNKNOWN_DURATION_MS: i64 = 5_000;

/// A format of text that Nang takes over from a master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddedFormat {
    /// `SubRip`, and text without markup.
    #[serde(rename = "subrip")]
    SubRip,
    /// WebVTT.
    #[serde(rename = "webvtt")]
    WebVtt,
    /// ASS and SSA.
    Ass,
    /// Timed text of MP4 and `QuickTime`.
    MovText,
}

impl EmbeddedFormat {
    /// The format of libavcodec's codec of this name; `None` if it is not text that Nang can read.
    pub fn of_codec(name: &str) -> Option<Self> {
        match name {
            "subrip" | "text" => Some(Self::SubRip),
            "webvtt" => Some(Self::WebVtt),
            "ass" | "ssa" => Some(Self::Ass),
            "mov_text" => Some(Self::MovText),
            _ => None,
        }
    }

    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SubRip => "SubRip",
            Self::WebVtt => "WebVTT",
            Self::Ass => "ASS",
            Self::MovText => "timed text",
        }
    }
}

/// One event of a track, as the container has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedEvent {
    /// When it appears, from the start of the film; negative before it.
    pub start_ms: i64,
    /// How long it is shown; 0 if the container does not say it.
    pub duration_ms: u64,
    /// WebVTT only: the settings of the cue.
    pub settings: Bytes,
    /// The text in the track's format.
    pub text: Bytes,
}

impl EmbeddedEvent {
    /// What it costs in memory.
    pub fn size_bytes(&self) -> usize {
        EVENT_BYTES + self.text.len() + self.settings.len()
    }
}

/// One text track of a master, which an untrusted process sends piece by piece. It never has more than [`MAX_BYTES`].
#[derive(Clone, Debug, Default)]
pub struct EmbeddedTrack {
    header: Bytes,
    events: Vec<EmbeddedEvent>,
    bytes: usize,
}

impl EmbeddedTrack {
    /// Sets what the format has for the whole track: the styles of ASS, the sample description of timed text.
    pub fn set_header(&mut self, header: Bytes) {
        if self.admits(header.len()) {
            self.header = header;
        }
    }

    /// Adds an event. The events of a track that became too large are dropped.
    pub fn push(&mut self, event: EmbeddedEvent) {
        if self.admits(event.size_bytes()) {
            self.events.push(event);
        }
    }

    /// Makes the track count as too large.
    pub fn give_up(&mut self) {
        self.admits(usize::MAX);
    }

    fn admits(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES {
            self.events = Vec::new();
        }
        self.bytes <= MAX_BYTES
    }
}

/// Why a track is left out of the film. The text is for editors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    /// It exceeds [`MAX_BYTES`].
    #[error("the track was left out: it has more than {MAX_BYTES} bytes")]
    TooLarge,
    /// It exceeds [`MAX_CUES`].
    #[error(
        "the track was left out: it has more than {MAX_CUES} cues. Add the subtitles as a file with fewer"
    )]
    TooManyCues,
    /// A text is not Unicode.
    #[error(
        "the track was left out: its text at {} is not Unicode. Add the subtitles as a file, and choose its encoding", clock_time(*.at_ms)
    )]
    NotUnicode {
        /// Where, from the start of the film.
        at_ms: u64,
    },
    /// The text is declared as Lao, but its letters are codes of an old Lao font.
    #[error(
        "the track was left out: its text is not Lao Unicode but written for an old Lao font. Convert the text to Unicode with a Lao font converter (for example LaoScript), and add it as a file"
    )]
    LaoFont,
    /// It shows nothing.
    #[error("the track was left out: it has no cue within the film")]
    Empty,
}

/// Reads a track of a film of `film_ms`. A cue that Nang cannot show is dropped with a warning, which names the cue by its number.
pub fn read_embedded(
    format: EmbeddedFormat,
    track: &EmbeddedTrack,
    language: Option<&Language>,
    film_ms: u64,
) -> Result<(Vec<Cue>, Warnings), LeftOut> {
    if track.bytes > MAX_BYTES {
        return Err(LeftOut::TooLarge);
    }
    let reader = EventReader::new(format, &track.header);
    let mut events: Vec<&EmbeddedEvent> = track.events.iter().collect();
    events.sort_by_key(|event| event.start_ms);
    let mut parsed = Parsed { any_order: true, ..Parsed::default() };
    let mut number = 0;
    for (at, event) in events.iter().enumerate() {
        let mut warnings = Warnings::default();
        let not_unicode = || LeftOut::NotUnicode { at_ms: event.start_ms.max(0).cast_unsigned() };
        let text = reader.read(event, number + 1, &mut warnings).ok_or_else(not_unicode)?;
        // Timed text has an empty event between two others.
        if format == EmbeddedFormat::MovText && text.text.is_blank() {
            continue;
        }
        if parsed.cues.len() == MAX_CUES {
            return Err(LeftOut::TooManyCues);
        }
        number += 1;
        // The parsers count the lines of a text; here, only the event's number has a meaning.
        for warning in warnings.first {
            parsed.warnings.line(number, warning.detail);
        }
        let next_start = events[at..].iter().map(|next| next.start_ms).find(|start| *start > event.start_ms);
        add(&mut parsed, number, event, next_start, text);
    }
    if language.is_some_and(|language| language.tag().split('-').next() == Some("lo")) {
        let decoded = Decoded { text: String::new(), encoding: "UTF-8", certainty: Certainty::Certain };
        lao_font::check(&parsed.cues, &decoded, &mut parsed.warnings).map_err(|_| LeftOut::LaoFont)?;
    }
    // No error was added.
    let (cues, warnings) = parsed.finish(Some(film_ms)).unwrap_or_default();
    if cues.is_empty() { Err(LeftOut::Empty) } else { Ok((cues, warnings.lines_as_cues())) }
}

/// Adds a cue, or warns that it was dropped.
fn add(parsed: &mut Parsed, number: u64, event: &EmbeddedEvent, next_start: Option<i64>, text: EventText) {
    let EventText { layer, text, layout } = text;
    let start_ms = event.start_ms;
    let end_ms = match i64::try_from(event.duration_ms) {
        Ok(0) => {
            parsed.warnings.line(
                number,
                "the file does not say how long the cue is shown; it is shown until the next one, at most 5 s",
            );
            let longest = start_ms.saturating_add(UNKNOWN_DURATION_MS);
            next_start.map_or(longest, |next| next.min(longest))
        }
        duration => start_ms.saturating_add(duration.unwrap_or(i64::MAX)),
    };
    if end_ms <= 0 {
        return parsed.warnings.line(number, "the cue ends before the film starts; it was dropped");
    }
    if start_ms < 0 {
        parsed.warnings.line(number, "the cue starts before the film; its start was cut to 0");
    }
    let cue = Cue { start_ms: start_ms.max(0).cast_unsigned(), end_ms: end_ms.cast_unsigned(), layout, text };
    match cue.check() {
        Err(CueError::TooLate | CueError::EndsBeforeStart) => {
            parsed.warnings.line(number, "the times of the cue are impossible; it was dropped");
        }
        Err(CueError::TooLong) => {
            let detail = format!("the cue has more than {MAX_CUE_CHARS} characters; it was dropped");
            parsed.warnings.line(number, detail);
        }
        Ok(()) | Err(CueError::ZeroLength | CueError::Blank) => parsed.add(number, layer, cue),
    }
}

/// Reads the events of one track.
enum EventReader {
    Markup(Dialect),
    Ass(ass::Header),
    MovText(Style),
}

/// What an event says.
struct EventText {
    layer: i32,
    text: CueText,
    layout: Layout,
}

impl EventReader {
    fn new(format: EmbeddedFormat, header: &[u8]) -> Self {
        match format {
            EmbeddedFormat::SubRip => Self::Markup(Dialect::SubRip),
            EmbeddedFormat::WebVtt => Self::Markup(Dialect::WebVtt),
            // Only the names of styles could be damaged.
            EmbeddedFormat::Ass => Self::Ass(ass::Header::parse(&String::from_utf8_lossy(header))),
            EmbeddedFormat::MovText => Self::MovText(mov_text::default_style(header)),
        }
    }

    /// Returns what an event says; `None` if its text is not Unicode.
    fn read(&self, event: &EmbeddedEvent, number: u64, warnings: &mut Warnings) -> Option<EventText> {
        match self {
            Self::Markup(dialect) => {
                let settings = String::from_utf8_lossy(&event.settings);
                let layout = webvtt::settings(&settings, number, warnings);
                let text = plain_ends(std::str::from_utf8(&event.text).ok()?);
                let (text, override_layout) = markup::parse(&text, number, *dialect, warnings);
                let layout = override_layout.filter(|_| layout.is_default()).unwrap_or(layout);
                Some(EventText { layer: 0, text, layout })
            }
            Self::Ass(header) => {
                let text = plain_ends(std::str::from_utf8(&event.text).ok()?);
                let (layer, text, layout) = header.event(&text, number, warnings).unwrap_or_else(|| {
                    warnings.line(number, "the event does not have the columns of ASS; it was dropped");
                    Default::default()
                });
                Some(EventText { layer, text, layout })
            }
            Self::MovText(style) => {
                let text = mov_text::parse(&event.text, style)?;
                Some(EventText { layer: 0, text, layout: Layout::default() })
            }
        }
    }
}

/// The text with line feeds as its only line ends, and without the NUL with which some programs end each text.
fn plain_ends(text: &str) -> String {
    text.trim_end_matches('\0').replace("\r\n", "\n").replace('\r', "\n")
}
