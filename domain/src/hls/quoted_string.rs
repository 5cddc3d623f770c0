//! The quoted-string of attribute lists (RFC 8216 §4.2).

/// Text for a quoted-string. The format has no escapes, so [`QuotedString::new`] replaces the characters that it forbids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotedString(String);

impl QuotedString {
    /// Replaces forbidden characters: a double quote becomes ”, a line break or other control character a space. Empty text
    /// becomes a hyphen, because some parsers reject empty strings.
    pub fn new(text: &str) -> Self {
        let replaced = |c: char| match c {
            '"' => '”',
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => ' ',
            c => c,
        };
        let text = if text.is_empty() { "-" } else { text };
        Self(text.chars().map(replaced).collect())
    }
}

impl std::fmt::Display for QuotedString {
    /// Includes the surrounding quotes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}
