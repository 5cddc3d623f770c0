//! The text of a cue: lines of spans, without markup of any file format.

use super::{
    Warnings,
    markup::{self, Dialect},
    text_builder::TextBuilder,
    write::write_text,
    write_webvtt::WebVtt,
};

/// How a span of text is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// Italic.
    pub italic: bool,
    /// Bold.
    pub bold: bool,
    /// Underlined.
    pub underline: bool,
    /// The speaker (`<v>` of WebVTT). Never empty and without line breaks in a [`CueText`].
    pub voice: Option<String>,
}

/// Text in one style.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The text, without line breaks.
    pub text: String,
    /// Its style.
    pub style: Style,
    /// Ruby text above it.
    pub ruby: Option<String>,
}

/// The text of a cue in its normal form, so that equal texts are equal values:
///
/// - no control characters (a tab becomes a space), no byte order marks;
/// - no blank lines at the start and the end; a blank line between others is one no-break space, because a blank line would end
///   the cue in WebVTT and `SubRip`;
/// - no empty spans, and no adjacent spans that could be one.
///
/// All other characters are kept as they are, also zero-width spaces, marks of direction, and signs in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CueText {
    lines: Vec<Vec<Span>>,
}

impl CueText {
    /// Builds a text in normal form from lines of spans.
    pub fn new(lines: impl IntoIterator<Item = Vec<Span>>) -> Self {
        let mut builder = TextBuilder::default();
        for (at, line) in lines.into_iter().enumerate() {
            if at > 0 {
                builder.line_break();
            }
            for span in line {
                builder.style = span.style;
                match span.ruby {
                    Some(ruby) => builder.push_ruby(&span.text, &ruby),
                    None => builder.push(&span.text),
                }
            }
        }
        builder.finish().0
    }

    /// Builds a text without styles.
    pub fn plain_text(text: &str) -> Self {
        let mut builder = TextBuilder::default();
        builder.push(text);
        builder.finish().0
    }

    /// Reads text in the markup of WebVTT, as an editor writes it in a form. The warnings say what was dropped; their lines are
    /// those of the text.
    pub fn from_webvtt(text: &str) -> (Self, Warnings) {
        let mut warnings = Warnings::default();
        let (text, _) = markup::parse(text, 1, Dialect::WebVtt, &mut warnings);
        (text, warnings)
    }

    /// Writes the text in the markup of WebVTT. Reading it gives the same text.
    pub fn to_webvtt(&self) -> String {
        write_text(self, &WebVtt)
    }

    pub(super) const fn from_normal_form(lines: Vec<Vec<Span>>) -> Self {
        Self { lines }
    }

    /// The lines, each a list of spans.
    pub fn lines(&self) -> &[Vec<Span>] {
        &self.lines
    }

    /// Whether the text shows nothing.
    pub fn is_blank(&self) -> bool {
        self.lines.is_empty()
    }

    /// The text alone, with `\n` between lines and without ruby text.
    pub fn to_plain(&self) -> String {
        let line = |spans: &Vec<Span>| spans.iter().map(|span| span.text.as_str()).collect::<String>();
        self.lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Number of characters, with ruby text and voices.
    pub fn chars(&self) -> usize {
        let span = |span: &Span| {
            let ruby = span.ruby.as_deref().unwrap_or_default();
            let voice = span.style.voice.as_deref().unwrap_or_default();
            span.text.chars().count() + ruby.chars().count() + voice.chars().count()
        };
        self.lines
            .iter()
            .map(|line| line.iter().map(span).sum::<usize>() + 1)
            .sum::<usize>()
            .saturating_sub(1)
    }
}

/// Whether a character shows nothing.
pub(super) fn is_blank_char(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
