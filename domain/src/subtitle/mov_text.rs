//! Samples of timed text in MP4 and `QuickTime` (3GPP TS 26.245 §5.16–5.17): a text, and boxes that style parts of it.

use super::{CueText, Span, Style};
use crate::mp4::find_box;

/// Size of the fields of a sample description before its default style: flags, justification, background, text box.
const BEFORE_STYLE_BYTES: usize = 18;
/// Size of a style record.
const STYLE_BYTES: usize = 12;

/// The style that a track gives to text without another.
pub(super) fn default_style(description: &[u8]) -> Style {
    let record = description.get(BEFORE_STYLE_BYTES..).and_then(|rest| rest.first_chunk());
    record.map_or_else(Style::default, |record| style_of(*record))
}

/// Reads a sample. `None` if its text is neither UTF-8 nor UTF-16 with a byte order mark.
pub(super) fn parse(sample: &[u8], default: &Style) -> Option<CueText> {
    let Some((length, rest)) = sample.split_first_chunk() else { return Some(CueText::default()) };
    let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
    let (text, boxes) = rest.split_at(length);
    let text = match text {
        [0xfe, 0xff, units @ ..] => utf16(units, u16::from_be_bytes)?,
        [0xff, 0xfe, units @ ..] => utf16(units, u16::from_le_bytes)?,
        text => std::str::from_utf8(text).ok()?.to_owned(),
    };
    Some(styled(&text, default, &ranges(boxes)))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok()).flatten()
}

/// A part of a text, in characters, and its style.
struct Range {
    from: usize,
    to: usize,
    style: Style,
}

/// The ranges of a `styl` box.
fn ranges(boxes: &[u8]) -> Vec<Range> {
    let records = find_box(boxes, *b"styl").and_then(|content| content.get(2..)).unwrap_or_default();
    let (records, _) = records.as_chunks::<STYLE_BYTES>();
    let range = |record: &[u8; STYLE_BYTES]| Range {
        from: usize::from(u16::from_be_bytes([record[0], record[1]])),
        to: usize::from(u16::from_be_bytes([record[2], record[3]])),
        style: style_of(*record),
    };
    records.iter().map(range).collect()
}

/// The face of a style record; fonts, sizes and colours are not kept.
fn style_of(record: [u8; STYLE_BYTES]) -> Style {
    let face = record[6];
    Style { bold: face & 1 != 0, italic: face & 2 != 0, underline: face & 4 != 0, voice: None }
}

fn styled(text: &str, default: &Style, ranges: &[Range]) -> CueText {
    let style_at = |at: usize| {
        let range = ranges.iter().find(|range| (range.from..range.to).contains(&at));
        range.map_or(default, |range| &range.style)
    };
    let mut lines = vec![Vec::new()];
    let mut letters = text.chars().enumerate().peekable();
    while let Some((at, c)) = letters.next() {
        match c {
            // The line feed that follows breaks the line.
            '\r' if letters.peek().is_some_and(|(_, next)| *next == '\n') => {}
            '\r' | '\n' => lines.push(Vec::new()),
            c => {
                if let Some(line) = lines.last_mut() {
                    line.push(Span { text: c.to_string(), style: style_at(at).clone(), ruby: None });
                }
            }
        }
    }
    CueText::new(lines)
}

#[cfg(test)]
mod tests {
    use super::{Style, default_style, parse};

    /// A sample with a text and style records: first and last character, face.
    fn sample(text: &[u8], records: &[(u16, u16, u8)]) -> Vec<u8> {
        let mut sample = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
        sample.extend_from_slice(text);
        if !records.is_empty() {
            sample.extend(u32::try_from(10 + 12 * records.len()).unwrap().to_be_bytes());
            sample.extend(b"styl");
            sample.extend(u16::try_from(records.len()).unwrap().to_be_bytes());
        }
        for (from, to, face) in records {
            sample.extend(from.to_be_bytes());
            sample.extend(to.to_be_bytes());
            sample.extend([0, 1, *face, 18, 255, 255, 255, 255]);
        }
        sample
    }

    fn read(sample: &[u8]) -> Option<String> {
        parse(sample, &Style::default()).map(|text| text.to_webvtt())
    }

    #[test]
    fn text_lines_and_faces_are_read() {
        for (text, records, expected) in [
            ("ສະບາຍດີ\nໂລກ", &[][..], "ສະບາຍດີ\nໂລກ"),
            ("one two", &[(4, 7, 2)], "one <i>two</i>"),
            ("one two", &[(0, 3, 1), (4, 7, 4)], "<b>one</b> <u>two</u>"),
            ("ກາ\nຂາ", &[(0, 5, 3)], "<i><b>ກາ\nຂາ</b></i>"),
            ("a & <b>", &[], "a &amp; &lt;b&gt;"),
            ("a\r\nb\rc", &[], "a\nb\nc"),
            ("", &[], ""),
            ("short", &[(2, 900, 2)], "sh<i>ort</i>"),
        ] {
            assert_eq!(read(&sample(text.as_bytes(), records)).as_deref(), Some(expected), "{text}");
        }
        let utf16 =
            [b"\xfe\xff".to_vec(), "ໂລກ".encode_utf16().flat_map(u16::to_be_bytes).collect()].concat();
        assert_eq!(read(&sample(&utf16, &[])).as_deref(), Some("ໂລກ"));
        let utf16 =
            [b"\xff\xfe".to_vec(), "ໂລກ".encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
        assert_eq!(read(&sample(&utf16, &[])).as_deref(), Some("ໂລກ"));
    }

    #[test]
    fn damaged_samples_lose_their_styles_or_are_not_text() {
        assert_eq!(read(&[]).as_deref(), Some(""));
        assert_eq!(read(&[0]).as_deref(), Some(""));
        assert_eq!(read(b"\0\x09abc").as_deref(), Some("abc"));
        assert_eq!(read(b"\0\x03abc\0\0\0\x40styl\0\x09").as_deref(), Some("abc"));
        assert_eq!(read(b"\0\x03a\xffb"), None);
        assert_eq!(read(b"\0\x03\xfe\xff\0"), None);
        assert_eq!(read(b"\0\x04\xfe\xff\xd8\0"), None);
    }

    #[test]
    fn a_track_has_a_default_style() {
        let mut description = vec![0; 18];
        description.extend([0, 0, 0, 0, 0, 1, 2, 18, 255, 255, 255, 255]);
        assert!(default_style(&description).italic);
        let text = parse(&sample(b"one two", &[(4, 7, 0)]), &default_style(&description)).unwrap();
        assert_eq!(text.to_webvtt(), "<i>one </i>two");
        assert_eq!(default_style(&description[..29]), Style::default());
        assert_eq!(default_style(&[]), Style::default());
    }
}
