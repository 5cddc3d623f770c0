//! Languages as packages write them.

use crate::language::Language;

/// The language that a document of a package names: a tag (`lo`, `en-US`), as SMPTE requires, or an English name (`Lao`, `English`),
/// as Interop subtitles have it. `None` if the text names no language.
pub fn language_of(text: &str) -> Option<Language> {
    let text = text.trim();
    if let Some(language) = Language::normalize(text) {
        return Some(language);
    }
    let mut letters = text.chars();
    let name: String = letters.next()?.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect();
    // The ISO list has qualified names for these.
    let code = match name.as_str() {
        "Chinese" | "Mandarin" => "zh",
        "Greek" => "el",
        "Malay" => "ms",
        "Khmer" | "Cambodian" => "km",
        name => isolang::Language::from_name(name)?.to_639_3(),
    };
    Language::normalize(code)
}

#[cfg(test)]
mod tests {
    use super::language_of;

    #[test]
    fn tags_and_names_are_read() {
        for (text, tag) in [
            ("lo", "lo"),
            ("Lao", "lo"),
            ("en-US", "en-US"),
            ("English", "en"),
            ("FRENCH", "fr"),
            ("thai", "th"),
            ("Vietnamese", "vi"),
            ("Chinese", "zh"),
            (" German ", "de"),
            ("khmer", "km"),
        ] {
            assert_eq!(language_of(text).unwrap_or_else(|| panic!("{text}")).tag(), tag, "{text}");
        }
        for text in ["", "und", "no language at all", "1", "ລາວ"] {
            assert_eq!(language_of(text), None, "{text}");
        }
    }
}
