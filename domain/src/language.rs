//! Languages of tracks: converts the tags of containers (`fre`, `lao`, `pt-BR`, `und`) to BCP 47, and names languages in menus.

use isolang::Language as Iso;
use oxilangtag::LanguageTag;

/// ISO 639-2/B codes, which older containers use and ISO 639-3 does not contain, with the code that BCP 47 uses
/// (RFC 5646 §2.2.1: the shortest).
const BIBLIOGRAPHIC: [(&str, &str); 20] = [
    ("alb", "sq"),
    ("arm", "hy"),
    ("baq", "eu"),
    ("bur", "my"),
    ("chi", "zh"),
    ("cze", "cs"),
    ("dut", "nl"),
    ("fre", "fr"),
    ("geo", "ka"),
    ("ger", "de"),
    ("gre", "el"),
    ("ice", "is"),
    ("mac", "mk"),
    ("mao", "mi"),
    ("may", "ms"),
    ("per", "fa"),
    ("rum", "ro"),
    ("slo", "sk"),
    ("tib", "bo"),
    ("wel", "cy"),
];

/// Names of languages in the language itself, for menus, where the ISO list has no name or a less common form.
const OWN_NAMES: [(&str, &str); 24] = [
    ("lo", "ລາວ"),
    ("th", "ไทย"),
    ("vi", "Tiếng Việt"),
    ("km", "ខ្មែរ"),
    ("my", "မြန်မာ"),
    ("zh", "中文"),
    ("yue", "粵語"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("en", "English"),
    ("fr", "Français"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("pt", "Português"),
    ("it", "Italiano"),
    ("nl", "Nederlands"),
    ("ru", "Русский"),
    ("hi", "हिन्दी"),
    ("id", "Bahasa Indonesia"),
    ("ms", "Bahasa Melayu"),
    ("hmn", "Hmoob"),
    ("mww", "Hmoob"),
    ("kjg", "ກຶມມຸ"),
    ("zxx", "No dialogue"),
];

/// A language as a BCP 47 tag (RFC 5646) in canonical case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Language(String);

impl Language {
    /// Converts a container's tag: ISO 639-1, 639-2 (B and T) or 639-3, or BCP 47. Returns `None` if it names no language:
    /// `und`, `mis`, private codes and any other text.
    pub fn normalize(text: &str) -> Option<Self> {
        let text = text.trim().replace('_', "-");
        let (primary, rest) = match text.split_once('-') {
            Some((primary, rest)) => (primary, Some(rest)),
            None => (text.as_str(), None),
        };
        let primary = shortest_code(&primary.to_ascii_lowercase())?;
        let tag = rest.map_or_else(|| primary.clone(), |rest| format!("{primary}-{rest}"));
        match LanguageTag::parse_and_normalize(&tag) {
            Ok(tag) => Some(Self(tag.into_inner())),
            // The language is known even if the rest of the text is not a valid tag.
            Err(_) => Some(Self(primary)),
        }
    }

    /// The BCP 47 tag.
    pub fn tag(&self) -> &str {
        &self.0
    }

    /// The text for the viewer's menu: the language's name in that language, then its region or script, if any
    /// (`Português (BR)`).
    pub fn label(&self) -> String {
        let (primary, rest) = match self.0.split_once('-') {
            Some((primary, rest)) => (primary, Some(rest)),
            None => (self.0.as_str(), None),
        };
        let own = OWN_NAMES.iter().find(|(code, _)| *code == primary).map(|(_, name)| (*name).to_owned());
        let name = own.or_else(|| iso(primary).map(listed_name)).unwrap_or_else(|| primary.to_owned());
        rest.map_or_else(|| name.clone(), |rest| format!("{name} ({rest})"))
    }
}

fn shortest_code(code: &str) -> Option<String> {
    if let Some((_, short)) = BIBLIOGRAPHIC.iter().find(|(long, _)| *long == code) {
        return Some((*short).to_owned());
    }
    if matches!(code, "und" | "mis") {
        return None;
    }
    let language = iso(code)?;
    Some(language.to_639_1().unwrap_or_else(|| language.to_639_3()).to_owned())
}

fn iso(code: &str) -> Option<Iso> {
    match code.len() {
        2 => Iso::from_639_1(code),
        3 => Iso::from_639_3(code),
        _ => None,
    }
}

/// The language's own name from the ISO list with a capital letter, else its English name.
fn listed_name(language: Iso) -> String {
    let name = language.to_autonym().unwrap_or_else(|| language.to_name());
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn container_tags_become_bcp_47() {
        for (text, tag, label) in [
            ("lao", "lo", "ລາວ"),
            ("lo", "lo", "ລາວ"),
            ("LAO", "lo", "ລາວ"),
            ("fre", "fr", "Français"),
            ("fra", "fr", "Français"),
            ("ger", "de", "Deutsch"),
            ("chi", "zh", "中文"),
            ("zho", "zh", "中文"),
            ("eng", "en", "English"),
            ("en-us", "en-US", "English (US)"),
            ("en_GB", "en-GB", "English (GB)"),
            ("pt-BR", "pt-BR", "Português (BR)"),
            ("zh-hans", "zh-Hans", "中文 (Hans)"),
            ("cze", "cs", "Čeština"),
            ("swe", "sv", "Svenska"),
            ("hmn", "hmn", "Hmoob"),
            ("kjg", "kjg", "ກຶມມຸ"),
            ("zxx", "zxx", "No dialogue"),
            ("eng-\"x", "en", "English"),
            (" tha ", "th", "ไทย"),
        ] {
            let language = Language::normalize(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((language.tag(), language.label().as_str()), (tag, label), "{text}");
        }
    }

    #[test]
    fn a_tag_without_a_language_gives_none() {
        for text in
            ["", "und", "UND", "mis", "qaa", "English", "xx", "```", "\u{0}\u{0}\u{0}", "-", "e\"n", "ລາວ"]
        {
            assert_eq!(Language::normalize(text), None, "{text:?}");
        }
    }
}
