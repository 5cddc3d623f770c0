//! Lines of a text that may end with CR LF, LF or CR, also mixed.

/// One line.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextLine<'a> {
    /// Number in the file, from 1.
    pub(super) number: u64,
    /// The text without its line end.
    pub(super) text: &'a str,
    /// Whether a line end follows. Only the last line of a file can be without.
    pub(super) terminated: bool,
}

impl TextLine<'_> {
    /// Whether the line is empty. A no-break space is text: the writers use it for blank lines inside a cue.
    pub(super) fn is_blank(&self) -> bool {
        self.text.chars().all(|c| c.is_ascii_whitespace() || c == '\u{feff}')
    }
}

/// Splits a text into lines, without byte order marks at its start. If all line ends are CR CR LF, which programs write that
/// convert line ends twice, each is one line end.
pub(super) fn split(text: &str) -> Vec<TextLine<'_>> {
    let doubled = text.contains("\r\r\n") && text.matches("\r\r\n").count() == text.matches('\n').count();
    let mut rest = text.trim_start_matches('\u{feff}');
    let mut lines = Vec::new();
    for number in 1.. {
        let Some(end) = rest.find(['\r', '\n']) else {
            if !rest.is_empty() {
                lines.push(TextLine { number, text: rest, terminated: false });
            }
            break;
        };
        lines.push(TextLine { number, text: &rest[..end], terminated: true });
        let after = &rest[end..];
        let doubled_end = if doubled { after.strip_prefix("\r\r\n") } else { None };
        rest = doubled_end.or_else(|| after.strip_prefix("\r\n")).unwrap_or(&after[1..]);
    }
    lines
}

/// Number of line ends.
pub(super) fn count_ends(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_end = |(at, byte): &(usize, &u8)| match **byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    bytes.iter().enumerate().filter(is_end).count()
}
