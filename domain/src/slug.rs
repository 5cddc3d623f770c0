//! The readable part of an address: `sabaidi-louangphabang`.
//!
//! A slug is 1 to 100 characters of `a-z` and `0-9`, in words joined by single hyphens. It never has the form of an id, so an address
//! is either.

use std::{collections::BTreeMap, str::FromStr};

use uuid::Uuid;

/// Longest slug made of a title; leaves room for a number that tells two of them apart.
const MAX_MADE_CHARS: usize = 80;
/// Longest slug.
const MAX_CHARS: usize = 100;

/// Why a text is not a slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 1 to 100 of a-z and 0-9, in words joined by single hyphens")]
pub struct InvalidSlug;

/// The readable part of an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

impl Slug {
    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Made of a title in any language; Lao is transliterated. `None` when nothing of it can be written so.
    pub fn of_title(title: &str) -> Option<Self> {
        let mut slug = String::new();
        for word in
            romanized(title).split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
        {
            let room = MAX_MADE_CHARS.saturating_sub(slug.len() + usize::from(!slug.is_empty()));
            if slug.is_empty() {
                slug.extend(word.chars().take(room));
            } else if word.len() <= room {
                slug.push('-');
                slug.push_str(word);
            } else {
                break;
            }
        }
        if Uuid::try_parse(&slug).is_ok() {
            slug.insert_str(0, "x-");
        }
        (!slug.is_empty()).then_some(Self(slug))
    }

    /// Made of the first of these titles that can be written so: the Lao one, the English one, any other; else `fallback`.
    pub fn of_titles(titles: &BTreeMap<String, String>, fallback: &'static str) -> Self {
        let first = ["lo", "en"].into_iter().filter_map(|language| titles.get(language));
        first
            .chain(titles.values())
            .find_map(|title| Self::of_title(title))
            .unwrap_or_else(|| Self(fallback.to_owned()))
    }
}

/// Apostrophes are left out rather than made a hyphen (`dont`, not `don-t`).
fn romanized(title: &str) -> String {
    let latin = crate::lao::romanize(title);
    latin.chars().filter(|c| !matches!(c, '\'' | '’' | 'ʼ')).flat_map(char::to_lowercase).collect()
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Self, InvalidSlug> {
        let good_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let good =
            text.len() <= MAX_CHARS && text.split('-').all(good_word) && Uuid::try_parse(text).is_err();
        if good { Ok(Self(text.to_owned())) } else { Err(InvalidSlug) }
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Slug;

    #[test]
    fn titles_become_readable_addresses() {
        let long = "word ".repeat(40);
        let endless = "x".repeat(300);
        for (title, slug) in [
            ("The Long Walk", Some("the-long-walk")),
            ("Good Morning, Luang Prabang!", Some("good-morning-luang-prabang")),
            ("  Don’t — stop ", Some("dont-stop")),
            ("2:22", Some("2-22")),
            ("ວຽງຈັນ", Some("viangchan")),
            ("Amélie", Some("amelie")),
            ("★", None),
            ("", None),
            (
                long.as_str(),
                Some("word-word-word-word-word-word-word-word-word-word-word-word-word-word-word-word"),
            ),
            (endless.as_str(), Some(&endless[..80])),
            ("0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f", Some("x-0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f")),
        ] {
            let made = Slug::of_title(title);
            assert_eq!(made.as_ref().map(Slug::as_str), slug, "{title}");
            assert!(made.is_none_or(|slug| slug.as_str().parse() == Ok(slug)), "{title}");
        }
    }

    #[test]
    fn the_first_title_that_can_be_written_is_taken() {
        let titles = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(l, t)| ((*l).to_owned(), (*t).to_owned())).collect::<BTreeMap<_, _>>()
        };
        for (pairs, slug) in [
            (vec![("en", "Vientiane"), ("lo", "ວຽງຈັນ")], "viangchan"),
            (vec![("en", "Chanthaly"), ("fr", "Autre")], "chanthaly"),
            (vec![("ja", "★"), ("fr", "Autre")], "autre"),
            (vec![("ja", "★")], "film"),
        ] {
            assert_eq!(Slug::of_titles(&titles(&pairs), "film").as_str(), slug);
        }
    }

    #[test]
    fn other_texts_are_not_slugs() {
        for text in
            ["", "-", "a-", "-a", "a--b", "A", "a b", "ລາວ", "a/b", "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f"]
        {
            assert!(text.parse::<Slug>().is_err(), "{text:?}");
        }
        assert!("x".repeat(101).parse::<Slug>().is_err());
    }
}
