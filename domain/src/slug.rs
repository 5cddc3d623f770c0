//! The readable part of a page's address: `sabaidi-louangphabang`.
//!
//! A slug is 1 to 100 characters of `a-z` and `0-9`, in words joined by single hyphens. It never has the form of an id, so a
//! path segment can be either without ambiguity.

use std::{collections::BTreeMap, str::FromStr};

use uuid::Uuid;

/// Longest slug derived from a title; shorter than [`MAX_CHARS`], so that a number can be appended to make it unique.
const MAX_DERIVED_CHARS: usize = 80;
/// Longest slug, in characters.
const MAX_CHARS: usize = 100;

/// The text is not a slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 1 to 100 characters of a-z and 0-9, in words joined by single hyphens")]
pub struct InvalidSlug;

/// The readable part of a page's address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

impl Slug {
    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Derives a slug from a title in any language; Lao is transliterated. Returns `None` if the title has no letter or digit
    /// that a slug can contain.
    pub fn of_title(title: &str) -> Option<Self> {
        let mut slug = String::new();
        for word in
            romanized(title).split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
        {
            let chars_left = MAX_DERIVED_CHARS.saturating_sub(slug.len() + usize::from(!slug.is_empty()));
            if slug.is_empty() {
                slug.extend(word.chars().take(chars_left));
            } else if word.len() <= chars_left {
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

    /// Derives a slug from the first title that gives one: the Lao title, the English one, any other; else `fallback`.
    pub fn of_titles(titles: &BTreeMap<String, String>, fallback: &'static str) -> Self {
        let first = ["lo", "en"].into_iter().filter_map(|language| titles.get(language));
        first
            .chain(titles.values())
            .find_map(|title| Self::of_title(title))
            .unwrap_or_else(|| Self(fallback.to_owned()))
    }
}

/// Removes apostrophes instead of replacing them with hyphens (`dont`, not `don-t`).
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
    fn titles_give_readable_slugs() {
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
    fn the_first_title_that_gives_a_slug_is_used() {
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
    fn other_texts_are_rejected() {
        for text in
            ["", "-", "a-", "-a", "a--b", "A", "a b", "ລາວ", "a/b", "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f"]
        {
            assert!(text.parse::<Slug>().is_err(), "{text:?}");
        }
        assert!("x".repeat(101).parse::<Slug>().is_err());
    }
}
