//! The text of a `Text` element in subtitles of Digital Cinema Packages.

use roxmltree::Node;

use super::{Style, text_builder::TextBuilder};
use crate::dcp::xml;

/// Reads the lines of a cue, one `Text` element after the other.
#[derive(Debug, Default)]
pub(super) struct DcpText {
    pub(super) builder: TextBuilder,
    /// White space that is text only if other text of the line follows.
    space: String,
    /// The style of that white space.
    space_style: Style,
    /// Whether the present line has text.
    has_text: bool,
    /// Whether an earlier line has text.
    has_line: bool,
}

impl DcpText {
    /// Appends a line. An element without text adds none.
    pub(super) fn line(&mut self, text: Node<'_, '_>, style: &Style) {
        self.space.clear();
        self.has_line |= self.has_text;
        self.has_text = false;
        self.element(text, style);
    }

    /// Reads what is in an element. The document's depth is limited.
    fn element(&mut self, element: Node<'_, '_>, style: &Style) {
        for node in element.children() {
            if node.is_text() {
                self.push(node.text().unwrap_or_default(), style);
            } else if node.is_element() {
                match xml::name(node) {
                    "Font" => self.element(node, &font_style(node, style)),
                    "Ruby" => self.ruby(node, style),
                    "Space" => self.push(" ", style),
                    // Text in another direction (`HGroup`, `Rotate`) is shown as the rest.
                    _ => self.element(node, style),
                }
            }
        }
    }

    /// Ruby text without a base is text.
    fn ruby(&mut self, node: Node<'_, '_>, style: &Style) {
        let text = |name| xml::child_text(node, name).unwrap_or_default();
        self.start(style);
        self.builder.push_ruby(&text("Rb"), &text("Rt"));
    }

    /// White space of XML is not text at the ends of a line, and one space where it breaks a line of the document.
    fn push(&mut self, text: &str, style: &Style) {
        let is_space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        let mut rest = text;
        while !rest.is_empty() {
            let words = rest.trim_start_matches(is_space);
            if words.len() < rest.len() {
                self.space.push_str(&rest[..rest.len() - words.len()]);
                self.space_style.clone_from(style);
            }
            let word = words.find(is_space).map_or(words, |end| &words[..end]);
            if !word.is_empty() {
                self.start(style);
                self.builder.push(word);
            }
            rest = &words[word.len()..];
        }
    }

    /// Writes what is before the next text of the line.
    fn start(&mut self, style: &Style) {
        let space = std::mem::take(&mut self.space);
        if self.has_text {
            self.builder.style.clone_from(&self.space_style);
            self.builder.push(if space.contains(['\r', '\n']) { " " } else { &space });
        } else if self.has_line {
            self.builder.line_break();
        }
        self.has_text = true;
        self.builder.style.clone_from(style);
    }
}

/// The style in a `Font` element: its attributes, or those of the fonts around it.
pub(super) fn font_style(font: Node<'_, '_>, outer: &Style) -> Style {
    let attribute = |name| font.attribute(name).map(|text: &str| text.trim().to_ascii_lowercase());
    let is_on = |text: String| !matches!(text.as_str(), "no" | "false" | "0" | "normal");
    let underline = attribute("Underlined").or_else(|| attribute("Underline"));
    Style {
        italic: attribute("Italic").map_or(outer.italic, is_on),
        bold: attribute("Weight").map_or(outer.bold, |weight| weight == "bold"),
        underline: underline.map_or(outer.underline, is_on),
        voice: None,
    }
}

#[cfg(test)]
mod tests {
    use super::{DcpText, Style};

    fn read(lines: &str) -> String {
        let xml = format!("<S>{lines}</S>");
        let document = roxmltree::Document::parse(&xml).unwrap();
        let mut text = DcpText::default();
        for line in document.root_element().children().filter(roxmltree::Node::is_element) {
            text.line(line, &Style::default());
        }
        text.builder.finish().0.to_webvtt()
    }

    #[test]
    fn lines_styles_and_spaces_are_read() {
        for (lines, expected) in [
            ("<T>ສະບາຍດີ</T><T>ໂລກ</T>", "ສະບາຍດີ\nໂລກ"),
            ("<T>\n  one\n  <Font Italic=\"yes\">two</Font>\n</T>", "one <i>two</i>"),
            (
                "<T>one<Font Weight=\"bold\"> two <Font Italic=\"yes\">three</Font></Font></T>",
                "one<b> two </b><i><b>three</b></i>",
            ),
            ("<T><Font Italic=\"yes\">a<Font Italic=\"no\">b</Font></Font></T>", "<i>a</i>b"),
            ("<T>a  b</T>", "a  b"),
            ("<T>a<Space Size=\"0.5em\"/>b<Space/></T>", "a b"),
            ("<T/><T>a</T><T> </T><T>b</T>", "a\nb"),
            ("<T>a<!-- note -->b</T>", "ab"),
            ("<T>a <HGroup>12</HGroup><Rotate>!</Rotate></T>", "a 12!"),
            ("<T><Ruby><Rb>漢</Rb><Rt>かん</Rt></Ruby></T>", "<ruby>漢<rt>かん</rt></ruby>"),
            ("<T>x<Ruby><Rb>漢</Rb></Ruby></T>", "x漢"),
            ("<T>a &lt; b &amp; c</T>", "a &lt; b &amp; c"),
            ("<T><Font Underlined=\"yes\">a</Font><Font Underline=\"yes\">b</Font></T>", "<u>ab</u>"),
        ] {
            assert_eq!(read(lines), expected, "{lines}");
        }
    }
}
