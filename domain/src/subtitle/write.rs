//! Tags and escapes that the writers of `SubRip` and WebVTT share.

use super::{CueText, Span, Style};

/// How a format writes the parts of a text.
pub(super) trait Markup {
    /// Appends text with the escapes of the format.
    fn text(&self, out: &mut String, text: &str);
    /// Appends text with ruby text above it.
    fn ruby(&self, out: &mut String, text: &str, ruby: &str);
    /// The tag that names a speaker; empty if the format has no such tag.
    fn voice(&self, speaker: &str) -> String;
}

/// A style that needs a tag, in the order in which tags are nested.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tag<'a> {
    Voice(&'a str),
    Italic,
    Bold,
    Underline,
}

impl<'a> Tag<'a> {
    fn of(style: &'a Style) -> Vec<Self> {
        let tags = [
            style.voice.as_deref().map(Self::Voice),
            style.italic.then_some(Self::Italic),
            style.bold.then_some(Self::Bold),
            style.underline.then_some(Self::Underline),
        ];
        tags.into_iter().flatten().collect()
    }

    fn open(&self, markup: &impl Markup) -> String {
        match self {
            Self::Voice(speaker) => markup.voice(speaker),
            Self::Italic => "<i>".to_owned(),
            Self::Bold => "<b>".to_owned(),
            Self::Underline => "<u>".to_owned(),
        }
    }

    fn close(&self, markup: &impl Markup) -> &'static str {
        match self {
            Self::Voice(speaker) if markup.voice(speaker).is_empty() => "",
            Self::Voice(_) => "</v>",
            Self::Italic => "</i>",
            Self::Bold => "</b>",
            Self::Underline => "</u>",
        }
    }
}

/// The lines of a text, with tags. A tag closes before the end of the last line that it covers.
pub(super) fn write_text(text: &CueText, markup: &impl Markup) -> String {
    let mut out = String::new();
    let mut open: Vec<Tag<'_>> = Vec::new();
    for (at, line) in text.lines().iter().enumerate() {
        for (in_line, span) in line.iter().enumerate() {
            let tags = Tag::of(&span.style);
            let same = open.iter().zip(&tags).take_while(|(a, b)| a == b).count();
            close(&mut out, open.drain(same..), markup);
            if at > 0 && in_line == 0 {
                out.push('\n');
            }
            for tag in &tags[same..] {
                out.push_str(&tag.open(markup));
            }
            open = tags;
            write_span(&mut out, span, markup);
        }
    }
    close(&mut out, open.drain(..), markup);
    out
}

fn close<'a>(out: &mut String, tags: impl DoubleEndedIterator<Item = Tag<'a>>, markup: &impl Markup) {
    for tag in tags.rev() {
        out.push_str(tag.close(markup));
    }
}

fn write_span(out: &mut String, span: &Span, markup: &impl Markup) {
    match &span.ruby {
        Some(ruby) => markup.ruby(out, &span.text, ruby),
        None => markup.text(out, &span.text),
    }
}
