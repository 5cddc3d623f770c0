//! Labels of tracks in the viewer's menu.

use crate::language::Language;

/// Maximum length of a track's title in the viewer's menu, in characters.
const MAX_TITLE_CHARS: usize = 60;

/// The language's own name, and the track's title if it differs from that: `English – Director's commentary`.
pub(super) fn label(language: Option<&Language>, title: Option<&str>, number: usize) -> String {
    let title = title.map(clean).filter(|title| !title.is_empty());
    match (language.map(Language::label), title) {
        (Some(language), Some(title)) if title.to_lowercase() != language.to_lowercase() => {
            format!("{language} – {title}")
        }
        (Some(language), _) => language,
        (None, Some(title)) => title,
        (None, None) => format!("Track {number}"),
    }
}

/// Prepares an untrusted text for a menu: one line, no double quotes (playlists cannot contain them), limited length.
fn clean(title: &str) -> String {
    let spaced: String = title
        .chars()
        .map(|c| match c {
            '"' => '”',
            c if c.is_control() || is_format_control(c) => ' ',
            c => c,
        })
        .collect();
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.chars().take(MAX_TITLE_CHARS).collect::<String>().trim_end().to_owned()
}

/// Characters that change the direction of text or break lines; a title could use them to look like another text.
fn is_format_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Appends a number if another track has the same label: NAME must be unique in a group (RFC 8216 §4.3.4.1.1).
pub(super) fn unique<'a>(label: String, taken: impl Iterator<Item = &'a str>) -> String {
    let taken: Vec<String> = taken.map(str::to_lowercase).collect();
    let is_free = |label: &str| !taken.contains(&label.to_lowercase());
    if is_free(&label) {
        return label;
    }
    // Each track uses one label, so at least one of these numbers is free.
    let numbers = 2..taken.len() + 3;
    numbers.map(|number| format!("{label} {number}")).find(|label| is_free(label)).unwrap_or(label)
}
