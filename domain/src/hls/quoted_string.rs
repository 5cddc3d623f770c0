//! The quoted-string of attribute lists (RFC 8216 §4.2).

/// Text for a quoted-string. The format has no escape, so what it cannot hold is replaced when the value is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotedString(String);

impl QuotedString {
    /// Makes `text` fit: a double quote becomes ”, a line break or other control character a space,
    /// no text at all a hyphen (parsers stumble over empty strings).
    pub fn new(text: &str) -> Self {
        let fit = |c: char| match c {
            '"' => '”',
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => ' ',
            c => c,
        };
        let text = if text.is_empty() { "-" } else { text };
        Self(text.chars().map(fit).collect())
    }
}

impl std::fmt::Display for QuotedString {
    /// Writes the quotes as well.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}
