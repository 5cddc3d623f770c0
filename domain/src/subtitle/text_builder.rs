//! Builds a cue's text in normal form, for the parsers and for callers that have spans.

use super::text::{CueText, Span, Style, is_blank_char};

/// A text that grows at its end.
#[derive(Debug)]
pub(super) struct TextBuilder {
    /// The style of the text that is pushed next.
    pub(super) style: Style,
    lines: Vec<Vec<Span>>,
    removed: Removed,
}

/// What was removed from the text because no player can show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Removed {
    /// Control characters other than tabs and line ends.
    pub(super) controls: bool,
    /// The text contains U+FFFD, so an earlier conversion lost letters. Nothing was removed.
    pub(super) replacement: bool,
}

impl Default for TextBuilder {
    fn default() -> Self {
        Self { style: Style::default(), lines: vec![Vec::new()], removed: Removed::default() }
    }
}

impl TextBuilder {
    /// Appends text in the current style. Line ends in it begin new lines.
    pub(super) fn push(&mut self, text: &str) {
        let style = self.normal_style();
        let mut letters = text.chars().peekable();
        while let Some(c) = letters.next() {
            match c {
                '\r' => {
                    letters.next_if_eq(&'\n');
                    self.line_break();
                }
                '\n' | '\u{2028}' | '\u{2029}' => self.line_break(),
                c => self.push_char(c, &style),
            }
        }
    }

    /// Begins a new line.
    pub(super) fn line_break(&mut self) {
        self.lines.push(Vec::new());
    }

    /// Appends text with ruby text above it. White space other than spaces becomes spaces in both.
    pub(super) fn push_ruby(&mut self, base: &str, ruby: &str) {
        let (base, ruby) = (self.inline(base), self.inline(ruby));
        if base.chars().all(is_blank_char) || ruby.chars().all(is_blank_char) {
            self.push(&base);
            self.push(&ruby);
            return;
        }
        let style = self.normal_style();
        if let Some(line) = self.lines.last_mut() {
            line.push(Span { text: base, style, ruby: Some(ruby) });
        }
    }

    /// The text in normal form, and what was removed from it.
    pub(super) fn finish(mut self) -> (CueText, Removed) {
        let blank = |line: &Vec<Span>| {
            line.iter().all(|span| span.ruby.is_none() && span.text.chars().all(is_blank_char))
        };
        let first = self.lines.iter().position(|line| !blank(line)).unwrap_or(self.lines.len());
        self.lines.drain(..first);
        let end = self.lines.iter().rposition(|line| !blank(line)).map_or(0, |last| last + 1);
        self.lines.truncate(end);
        for line in &mut self.lines {
            if blank(line) {
                *line = vec![Span { text: "\u{a0}".to_owned(), ..Span::default() }];
            }
        }
        (CueText::from_normal_form(self.lines), self.removed)
    }

    fn push_char(&mut self, c: char, style: &Style) {
        let Some(c) = self.kept(c) else { return };
        let Some(line) = self.lines.last_mut() else { return };
        match line.last_mut() {
            Some(span) if span.style == *style && span.ruby.is_none() => span.text.push(c),
            _ => line.push(Span { text: c.to_string(), style: style.clone(), ruby: None }),
        }
    }

    /// The character that a text keeps for `c`.
    fn kept(&mut self, c: char) -> Option<char> {
        match c {
            '\t' => Some(' '),
            '\u{feff}' => None,
            c if c.is_control() => {
                self.removed.controls = true;
                None
            }
            c => {
                self.removed.replacement |= c == '\u{fffd}';
                Some(c)
            }
        }
    }

    /// Text without line ends.
    fn inline(&mut self, text: &str) -> String {
        let spaced = |c: char| if matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}') { ' ' } else { c };
        text.chars().map(spaced).filter_map(|c| self.kept(c)).collect()
    }

    fn normal_style(&mut self) -> Style {
        let mut style = std::mem::take(&mut self.style);
        if let Some(voice) = style.voice.take() {
            let words = self.inline(&voice);
            // The name is an annotation of a tag (W3C WebVTT §6.4), in which white space is collapsed.
            let voice = words.split_whitespace().collect::<Vec<_>>().join(" ");
            style.voice = (!voice.chars().all(is_blank_char)).then_some(voice);
        }
        self.style = style.clone();
        style
    }
}
