//! The text of an event in ASS and SSA files.

use super::{
    CueText, Layout, Line, LineAlign, LineOffset, Percent, Position, PositionAlign, Warnings,
    ass_style::{AssStyle, AssStyles},
    markup::warn_of_removed,
    override_tag::{self, Override},
    text_builder::TextBuilder,
};

/// Properties of the script that events need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Script {
    /// Width of the area to which `\pos` refers.
    pub(super) width: i64,
    /// Height of that area.
    pub(super) height: i64,
    /// Whether `\n` breaks a line (`WrapStyle: 2`); otherwise it is a space.
    pub(super) soft_breaks: bool,
}

impl Default for Script {
    /// What players assume if the file does not say it.
    fn default() -> Self {
        Self { width: 384, height: 288, soft_breaks: false }
    }
}

/// A text that is being read.
struct EventText<'a> {
    builder: TextBuilder,
    styles: &'a AssStyles,
    style: AssStyle,
    align: Option<u8>,
    position: Option<(i64, i64)>,
    drawing: bool,
    line: u64,
    warnings: &'a mut Warnings,
}

/// Reads the text of an event in the line `line`, and its layout.
pub(super) fn parse(
    text: &str,
    style_name: &str,
    styles: &AssStyles,
    script: Script,
    line: u64,
    warnings: &mut Warnings,
) -> (CueText, Layout) {
    let style = styles.get(style_name);
    let builder = TextBuilder::default();
    let mut event =
        EventText { builder, styles, style, align: None, position: None, drawing: false, line, warnings };
    event.set_style(style);
    event.run(text, script.soft_breaks);
    let align = event.align.unwrap_or(style.align);
    let layout = match event.position {
        Some(point) => layout_at(point, align, script),
        None => Layout::from_number_pad(align),
    };
    let EventText { builder, warnings, .. } = event;
    let (text, removed) = builder.finish();
    warn_of_removed(removed, line, warnings);
    (text, layout)
}

impl EventText<'_> {
    fn run(&mut self, text: &str, soft_breaks: bool) {
        let mut rest = text;
        // Without this, a text of many open braces would be searched to its end for each.
        let last_end = text.rfind('}').unwrap_or(0);
        while let Some(c) = rest.chars().next() {
            let escape = rest.as_bytes().get(1).copied().filter(|_| c == '\\');
            let (shown, length) = match (c, escape) {
                ('{', _) if text.len() - rest.len() > last_end => ("{", 1),
                ('{', _) => match rest.find('}') {
                    Some(end) => {
                        self.block(&rest[1..end]);
                        ("", end + 1)
                    }
                    None => ("{", 1),
                },
                (_, Some(b'N')) => ("\n", 2),
                (_, Some(b'n')) if soft_breaks => ("\n", 2),
                (_, Some(b'n')) => (" ", 2),
                (_, Some(b'h')) => ("\u{a0}", 2),
                (_, Some(b'{')) => ("{", 2),
                (_, Some(b'}')) => ("}", 2),
                (c, _) => (&rest[..c.len_utf8()], c.len_utf8()),
            };
            if !self.drawing {
                self.builder.push(shown);
            }
            rest = &rest[length..];
        }
    }

    fn block(&mut self, block: &str) {
        for tag in override_tag::parse(block) {
            match tag {
                Override::Italic(on) => self.builder.style.italic = on.unwrap_or(self.style.italic),
                Override::Bold(on) => self.builder.style.bold = on.unwrap_or(self.style.bold),
                Override::Underline(on) => self.builder.style.underline = on.unwrap_or(self.style.underline),
                // Of several alignments or positions in one event, the first counts, as in players.
                Override::Align(number) => {
                    self.align.get_or_insert(number);
                }
                Override::Position { x, y } => {
                    self.position.get_or_insert((x, y));
                }
                Override::Reset(name) => {
                    let style = name.map_or(self.style, |name| self.styles.get(name));
                    self.set_style(style);
                }
                Override::Drawing(on) => {
                    self.drawing = on;
                    if on {
                        self.warnings.line(self.line, "drawings are not supported; they were dropped");
                    }
                }
                Override::Karaoke => {
                    self.warnings.line(self.line, "timing of karaoke is not supported; it was dropped");
                }
                Override::Other => {
                    self.warnings
                        .line(self.line, "fonts, colours and effects are not supported; they were dropped");
                }
            }
        }
    }

    fn set_style(&mut self, style: AssStyle) {
        self.builder.style.italic = style.italic;
        self.builder.style.bold = style.bold;
        self.builder.style.underline = style.underline;
    }
}

/// The layout of `\pos`: the point is the edge or corner that the alignment names.
fn layout_at((x, y): (i64, i64), align: u8, script: Script) -> Layout {
    let line_align = match align {
        7..=9 => LineAlign::Start,
        4..=6 => LineAlign::Center,
        _ => LineAlign::End,
    };
    let position_align = match align % 3 {
        1 => PositionAlign::LineLeft,
        2 => PositionAlign::Center,
        _ => PositionAlign::LineRight,
    };
    let percent = |part: i64, whole: i64| Percent::of(part, whole.saturating_mul(1000));
    Layout {
        line: percent(y, script.height)
            .map(|percent| Line { offset: LineOffset::Percent(percent), align: Some(line_align) }),
        position: percent(x, script.width).map(|percent| Position { percent, align: Some(position_align) }),
        align: Layout::from_number_pad(align).align,
        ..Layout::default()
    }
}
