//! The entries that search stores for a text.
//!
//! A text has one entry, with its phonetic key (see [`sound_key`](super::sound_key)), for every place where a user may start to type it: its
//! beginning, each word, each Lao syllable, and each syllable inside a Latin word. A search is therefore a range of an
//! ordered index, whose cost does not grow with the catalogue, and spaces, which Lao does not write, do not matter.

use std::collections::BTreeSet;

use super::{
    pieces::{
        MAX_GRAMS, MAX_PARTS, MAX_WORD_CHARS, cut, is_onset, is_spelled, runs, spelling_of, words_by_syllable,
    },
    sound::{Part, parts, sound_of},
};

pub use super::{
    pieces::MAX_KEY_CHARS,
    query::{Chunk, Query, query},
};

/// The kind of place in a text where an entry begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The beginning of the text.
    Text = 0,
    /// The beginning of a word, or of a Lao syllable, which may be a word.
    Word = 1,
    /// A syllable inside a Latin word.
    Part = 2,
}

/// An index entry: a text from one place to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its phonetic key, cut to [`MAX_KEY_CHARS`].
    pub key: String,
    /// Its original letters, folded, without spaces, cut to the same length; empty inside a word.
    pub spelling: String,
    /// The kind of place where it begins.
    pub place: Place,
    /// Bit `n - 1` is set if a word or a Lao syllable ends after `n` characters of the key.
    pub ends: i64,
    /// Length of the uncut key, in characters.
    pub length: i16,
}

/// The entries of a text; empty if the text contains no word.
pub fn entries(text: &str) -> Vec<Entry> {
    let mut parts = parts(text);
    parts.truncate(MAX_PARTS);
    let mut entries: Vec<Entry> = Vec::new();
    for start in 0..parts.len() {
        let rest = &parts[start..];
        let key = sound_of(rest);
        if key.is_empty() {
            continue;
        }
        let place = if start == 0 { Place::Text } else { Place::Word };
        let ends = ends(rest);
        add(&mut entries, &key, &spelling_of(rest), place, ends);
        // Lao syllables are separate parts; a Latin word has further syllables inside.
        let inside = sound_of(&rest[..1]).chars().count();
        let letters: Vec<char> = key.chars().collect();
        // The following parts can make the first one shorter.
        for at in (1..inside.min(letters.len())).filter(|at| is_onset(&letters, *at)) {
            let key: String = letters[at..].iter().collect();
            add(&mut entries, &key, "", Place::Part, ends >> at);
        }
    }
    entries
}

fn add(entries: &mut Vec<Entry>, key: &str, spelling: &str, place: Place, ends: i64) {
    let length = i16::try_from(key.chars().count()).unwrap_or(i16::MAX);
    let key = cut(key);
    if entries.iter().all(|entry| entry.key != key) {
        entries.push(Entry { key, spelling: cut(spelling), place, ends, length });
    }
}

/// The ends of words within the maximum length of a key, as bits.
fn ends(parts: &[Part]) -> i64 {
    let mut ends = 0;
    for count in 1..=parts.len() {
        let length = sound_of(&parts[..count]).chars().count();
        if length > MAX_KEY_CHARS {
            break;
        }
        if let Some(bit) = length.checked_sub(1) {
            ends |= 1 << bit;
        }
    }
    ends
}

/// The syllables of a text and all pairs of consecutive ones, to find words in any order and anywhere in a long text.
pub fn grams(text: &str) -> BTreeSet<String> {
    let mut grams = BTreeSet::new();
    // Pairs also cross word boundaries, because users may omit the space.
    let syllables: Vec<String> = words_by_syllable(&parts(text)).flatten().take(MAX_GRAMS).collect();
    for pair in syllables.windows(2) {
        grams.insert(pair.concat());
    }
    grams.extend(syllables);
    grams
}

/// The words of a text, to which mistyped words are corrected: Latin words, and two or three consecutive Lao syllables,
/// because Lao does not mark which of them form a word. The set contains phonetic keys, and the spelling of Lao words too: a
/// mistake in one Lao letter may change more than one letter of the key.
pub fn words(text: &str) -> BTreeSet<String> {
    let mut parts = parts(text);
    parts.truncate(MAX_PARTS);
    let mut words = BTreeSet::new();
    let mut add = |parts: &[Part]| {
        let spelling = spelling_of(parts);
        words.extend(is_spelled(&spelling).then_some(spelling));
        words.insert(sound_of(parts));
    };
    add(&parts);
    for run in runs(&parts) {
        add(run);
        for length in [2, 3] {
            run.windows(length).for_each(&mut add);
        }
    }
    words.retain(|word| (3..=MAX_WORD_CHARS).contains(&word.chars().count()));
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_can_be_indexed_and_searched(text in "([ກ-ໟa-z ]|\\PC){0,60}") {
            for entry in entries(&text) {
                prop_assert!((1..=MAX_KEY_CHARS).contains(&entry.key.chars().count()), "{:?}", entry);
            }
            grams(&text);
            words(&text);
            prop_assert_eq!(query(&text).is_some(), !entries(&text).is_empty());
        }
    }

    fn found(text: &str, typed: &str) -> Option<Place> {
        let query = query(typed)?;
        let begins = |entry: &Entry| query.keys.iter().any(|key| entry.key.starts_with(key.as_str()));
        entries(text).iter().filter(|entry| begins(entry)).map(|entry| entry.place).min()
    }

    #[test]
    fn a_text_is_found_from_every_word_and_syllable() {
        for (text, typed, place) in [
            ("ສະບາຍດີຫຼວງພະບາງ", "ສະບາຍ", Place::Text),
            ("ສະບາຍດີຫຼວງພະບາງ", "ຫລວງພະ", Place::Word),
            ("ສະບາຍດີຫຼວງພະບາງ", "luang pra", Place::Word),
            ("ສະບາຍດີຫຼວງພະບາງ", "ພະບ", Place::Word),
            ("Good Morning, Luang Prabang", "ຫຼວງພະບາງ", Place::Word),
            ("Good Morning, Luang Prabang", "goodmorning", Place::Text),
            ("Savannakhet", "ນະເຂດ", Place::Part),
        ] {
            assert_eq!(found(text, typed), Some(place), "{text} {typed}");
        }
        assert_eq!(found("ສະບາຍດີ", "ຫຼວງ"), None);
    }

    #[test]
    fn ends_mark_whole_words() {
        let entry = &entries("Luang Prabang")[0];
        assert_eq!((entry.key.as_str(), entry.ends), ("luangpabang", 1 << 4 | 1 << 10));
    }

    #[test]
    fn grams_of_one_name_are_the_same_in_both_scripts() {
        assert!(
            grams("ເມືອງສະຫວັນນະເຂດ").is_superset(&query("savannakhet").unwrap().grams.into_iter().collect())
        );
    }

    #[test]
    fn a_text_without_words_gives_no_query() {
        for text in ["", " ", "🎬", "%_\\", "\u{0}", "\u{ec8}"] {
            assert_eq!(query(text), None, "{text:?}");
        }
    }
}
