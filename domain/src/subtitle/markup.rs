//! The tags, character references and override blocks in the text of `SubRip` and WebVTT cues.

use super::{
    CueText, Layout, Warnings, entity,
    override_tag::{self, Override},
    text_builder::{Removed, TextBuilder},
    timestamp,
};

/// Whose markup a text has. The formats differ only in what programs add to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    SubRip,
    WebVtt,
}

/// Reads the text of a cue whose first line has the number `line`. Returns the text, and the layout that override blocks such as
/// `{\an8}` demand.
pub(super) fn parse(
    text: &str,
    line: u64,
    dialect: Dialect,
    warnings: &mut Warnings,
) -> (CueText, Option<Layout>) {
    let mut parser = Parser {
        builder: TextBuilder::default(),
        tags: Tags::default(),
        layout: None,
        line,
        dialect,
        warnings,
    };
    parser.run(text);
    parser.end_ruby();
    let Parser { builder, layout, warnings, .. } = parser;
    let (text, removed) = builder.finish();
    warn_of_removed(removed, line, warnings);
    (text, layout)
}

/// Adds the warnings about characters that no player can show.
pub(super) fn warn_of_removed(removed: Removed, line: u64, warnings: &mut Warnings) {
    if removed.controls {
        warnings.line(line, "the text contained control characters; they were removed");
    }
    if removed.replacement {
        warnings
            .line(line, "the text contains � where an earlier conversion lost a character; write it again");
    }
}

struct Parser<'a> {
    builder: TextBuilder,
    tags: Tags,
    layout: Option<Layout>,
    line: u64,
    dialect: Dialect,
    warnings: &'a mut Warnings,
}

/// The open tags. Counts, so that wrongly nested end tags (`<b><i></b></i>`) close what they name.
#[derive(Default)]
struct Tags {
    italic: u32,
    bold: u32,
    underline: u32,
    voice: Option<String>,
    ruby: Option<Ruby>,
}

#[derive(Default)]
struct Ruby {
    base: String,
    text: String,
    in_text: bool,
}

impl Parser<'_> {
    fn run(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let length = match c {
                '&' => self.reference(rest),
                '<' => self.tag(rest),
                '{' => self.block(rest),
                _ => None,
            };
            let length = length.unwrap_or_else(|| {
                let plain = rest[c.len_utf8()..]
                    .find(['&', '<', '{', '\n'])
                    .map_or(rest.len(), |at| at + c.len_utf8());
                self.push(&rest[..plain]);
                plain
            });
            self.line += u64::from(c == '\n');
            rest = &rest[length..];
        }
    }

    fn push(&mut self, text: &str) {
        match &mut self.tags.ruby {
            Some(ruby) if ruby.in_text => ruby.text.push_str(text),
            Some(ruby) => ruby.base.push_str(text),
            None => {
                self.set_style();
                self.builder.push(text);
            }
        }
    }

    fn reference(&mut self, rest: &str) -> Option<usize> {
        let (c, length) = entity::decode(rest)?;
        self.push(c.encode_utf8(&mut [0; 4]));
        Some(length)
    }

    /// A tag at the start of `rest`; `None` if `<` is only a character.
    fn tag(&mut self, rest: &str) -> Option<usize> {
        let body_end = 1 + rest[1..].find(['<', '>'])?;
        if rest.as_bytes()[body_end] != b'>' {
            return None;
        }
        let body = &rest[1..body_end];
        let (closing, body) = body.strip_prefix('/').map_or((false, body), |body| (true, body));
        if body.starts_with(|c: char| c.is_ascii_digit()) && timestamp::parse(body).is_some() {
            self.warnings.line(self.line, "times inside the text are not supported; they were removed");
            return Some(body_end + 1);
        }
        if !body.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.') {
            return None;
        }
        let name_end = body.find(|c: char| c.is_whitespace() || matches!(c, '.' | '/')).unwrap_or(body.len());
        let name = body[..name_end].to_ascii_lowercase();
        let annotation = body[name_end..].split_once(char::is_whitespace).map_or("", |(_, text)| text.trim());
        if body[name_end..].starts_with('.') && !closing {
            self.warnings.line(self.line, "classes of tags are not supported; they were removed");
        }
        self.apply(&name, annotation, closing);
        Some(body_end + 1)
    }

    fn apply(&mut self, name: &str, annotation: &str, closing: bool) {
        let change = |count: &mut u32| *count = if closing { count.saturating_sub(1) } else { *count + 1 };
        match name {
            // Tags inside ruby would split it, so they have no effect there.
            "i" | "em" | "b" | "strong" | "u" if self.tags.ruby.is_some() => {}
            "i" | "em" => change(&mut self.tags.italic),
            "b" | "strong" => change(&mut self.tags.bold),
            "u" => change(&mut self.tags.underline),
            "v" if closing => self.tags.voice = None,
            "v" => self.tags.voice = Some(decode_references(annotation)),
            "ruby" => {
                self.end_ruby();
                self.tags.ruby = (!closing).then(Ruby::default);
            }
            "rt" if closing && self.tags.ruby.is_some() => {
                self.end_ruby();
                self.tags.ruby = Some(Ruby::default());
            }
            "rt" if closing => {}
            "rt" => {
                if let Some(ruby) = &mut self.tags.ruby {
                    ruby.in_text = true;
                }
            }
            "br" => self.push("\n"),
            // Without a class or text, these have no effect.
            "" | "c" | "span" | "rp" | "rb" => {}
            _ if closing => {}
            name => {
                let detail = format!("the tag <{name}> is not supported; it was removed and its text kept");
                self.warnings.line(self.line, detail);
            }
        }
    }

    /// Appends the ruby that was read so far.
    fn end_ruby(&mut self) {
        if let Some(Ruby { base, text, .. }) = self.tags.ruby.take() {
            self.set_style();
            self.builder.push_ruby(&base, &text);
        }
    }

    fn set_style(&mut self) {
        self.builder.style.italic = self.tags.italic > 0;
        self.builder.style.bold = self.tags.bold > 0;
        self.builder.style.underline = self.tags.underline > 0;
        self.builder.style.voice.clone_from(&self.tags.voice);
    }

    /// An override block at the start of `rest` (`{\an8}`), or a code of `MicroDVD` (`{y:i}`); `None` if `{` is only a character.
    fn block(&mut self, rest: &str) -> Option<usize> {
        let end = 1 + rest[1..].find(['{', '}', '\n'])?;
        if rest.as_bytes()[end] != b'}' {
            return None;
        }
        let body = &rest[1..end];
        if self.dialect == Dialect::SubRip && is_microdvd_code(body) {
            self.warnings
                .line(self.line, "MicroDVD codes such as {y:i} are not supported; they were removed");
            return Some(end + 1);
        }
        if !body.starts_with('\\') {
            return None;
        }
        for tag in override_tag::parse(body) {
            match tag {
                Override::Italic(on) => self.tags.italic = u32::from(on.unwrap_or(false)),
                Override::Bold(on) => self.tags.bold = u32::from(on.unwrap_or(false)),
                Override::Underline(on) => self.tags.underline = u32::from(on.unwrap_or(false)),
                // The first one counts, as in players.
                Override::Align(number) => {
                    self.layout.get_or_insert(Layout::from_number_pad(number));
                }
                Override::Position { .. } => self.warnings.line(
                    self.line,
                    "\\pos needs the size of the video, which this format does not contain; it was removed",
                ),
                Override::Reset(_) | Override::Drawing(_) | Override::Karaoke | Override::Other => {
                    self.warnings.line(
                        self.line,
                        "override tags other than alignment, italic, bold and underline were removed",
                    );
                }
            }
        }
        Some(end + 1)
    }
}

/// The text of an annotation, with its character references decoded.
fn decode_references(annotation: &str) -> String {
    let (mut decoded, mut rest) = (String::new(), annotation);
    while let Some(c) = rest.chars().next() {
        let (decoded_char, length) = entity::decode(rest).unwrap_or((c, c.len_utf8()));
        decoded.push(decoded_char);
        rest = &rest[length..];
    }
    decoded
}

/// Whether a block's content is a formatting code of `MicroDVD`.
fn is_microdvd_code(body: &str) -> bool {
    let mut letters = body.chars();
    let known =
        letters.next().is_some_and(|c| matches!(c.to_ascii_lowercase(), 'y' | 'c' | 'f' | 's' | 'p' | 'o'));
    known && letters.next() == Some(':') && !letters.as_str().is_empty() && !body.contains(' ')
}
