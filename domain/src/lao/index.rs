//! The search index: the entries of a text, and the query for what a user typed.
//!
//! A text has one entry, with its phonetic key (see [`sound_key`]), for every place where a user may start to type it: its
//! beginning, each word, each Lao syllable, and each syllable inside a Latin word. A search is therefore a range of an
//! ordered index, whose cost does not grow with the catalogue, and spaces, which Lao does not write, do not matter.

use std::collections::BTreeSet;

use super::{
    letter::is_lao,
    normalize::fold,
    sound::{Part, is_vowel, latin_words, parts, sound, sound_key, sound_of},
    typo::{edit_distance, shortenings},
};

/// Longest key, in characters: long enough to distinguish texts, and few enough for the bits of [`Entry::ends`].
pub const MAX_KEY_CHARS: usize = 32;
/// Maximum number of parts (Latin words and Lao syllables) that are indexed; the rest of a longer text is ignored.
const MAX_PARTS: usize = 40;
/// Maximum number of syllables that can be found in any order.
const MAX_GRAMS: usize = 600;
/// Longest word, in characters, for which typing mistakes are corrected.
const MAX_WORD_CHARS: usize = 24;

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

/// What a user typed, prepared for the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its phonetic keys. There are two if the last letter can be read in two ways because the word may be incomplete. The
    /// first is the key of the text as it is.
    pub keys: Vec<String>,
    /// Its original letters, folded, without spaces, cut as in [`Entry::spelling`].
    pub spelling: String,
    /// The grams that a text must contain to contain all words in any order.
    pub grams: Vec<String>,
    /// The chunks of the query, one of which may be mistyped.
    pub chunks: Vec<Chunk>,
}

impl Query {
    /// A rank for sorting: 0 for a text that begins with the query; higher for a text that contains it later, or that
    /// contains only some of its syllables or none.
    pub fn dissimilarity(&self, text: &str) -> usize {
        const NOT_CONTAINED: usize = 10_000;
        let words = latin_words(text);
        let key = sound(&words.concat());
        let at = self.keys.iter().filter_map(|typed| key.find(typed.as_str())).min();
        at.unwrap_or_else(|| {
            let syllables = Syllables::of(&words);
            NOT_CONTAINED + self.grams.iter().filter(|gram| !syllables.contain(gram)).count()
        })
    }
}

/// The syllables of a text, to search for [`grams`] without allocating all of them.
struct Syllables {
    letters: Vec<char>,
    /// The start of each syllable, and the end of the last.
    bounds: Vec<usize>,
}

impl Syllables {
    fn of(words: &[String]) -> Self {
        let (mut letters, mut bounds) = (Vec::new(), Vec::new());
        for word in words {
            let word: Vec<char> = sound(word).chars().collect();
            let onsets = (0..word.len()).filter(|at| *at == 0 || is_onset(&word, *at));
            bounds.extend(onsets.map(|at| letters.len() + at));
            letters.extend(word);
        }
        bounds.push(letters.len());
        bounds.truncate(MAX_GRAMS + 1);
        Self { letters, bounds }
    }

    /// Whether one syllable, or two consecutive ones, equal `gram`.
    fn contain(&self, gram: &str) -> bool {
        let is = |from: usize, to: usize| self.letters[from..to].iter().copied().eq(gram.chars());
        let one = self.bounds.windows(2).any(|bounds| is(bounds[0], bounds[1]));
        one || self.bounds.windows(3).any(|bounds| is(bounds[0], bounds[2]))
    }
}

/// A chunk of a query, with its context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its phonetic key.
    pub word: String,
    /// Its original letters, folded, without spaces.
    pub spelling: String,
    /// The phonetic key of the text before it.
    pub before: String,
    /// The phonetic key of the text after it.
    pub after: String,
}

impl Chunk {
    /// The query's key with this chunk replaced by one of the [`words`] of a text.
    pub fn corrected(&self, word: &str) -> String {
        let sound = if is_spelled(word) { &sound_key(word) } else { word };
        cut(&format!("{}{sound}{}", self.before, self.after))
    }

    /// The edit distance to `word`; `None` if it is more than `most`.
    pub fn distance(&self, word: &str, most: usize) -> Option<usize> {
        edit_distance(if is_spelled(word) { &self.spelling } else { &self.word }, word, most)
    }

    /// The hashes that it shares with similar words; see [`shortenings`](super::shortenings).
    pub fn shortenings(&self) -> Vec<i32> {
        let mut hashes = shortenings(&self.word);
        if is_spelled(&self.spelling) {
            hashes.extend(shortenings(&self.spelling));
        }
        hashes
    }
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

/// Prepares a query; `None` if the text contains no word.
pub fn query(text: &str) -> Option<Query> {
    let mut parts = parts(text);
    parts.truncate(MAX_PARTS);
    let key = cut(&sound_of(&parts));
    if key.is_empty() {
        return None;
    }
    let mut grams = Vec::new();
    for syllables in words_by_syllable(&parts) {
        match syllables.as_slice() {
            [one] => grams.push(one.clone()),
            more => grams.extend(more.windows(2).map(<[String]>::concat)),
        }
    }
    let mut keys = vec![key];
    if let Some(other) = other_reading(text, &keys[0]) {
        keys.push(other);
    }
    let spelling = cut(&fold(text).replace(' ', ""));
    Some(Query { keys, spelling, grams, chunks: chunks(&parts) })
}

/// The other reading of an incomplete word: a last consonant that was read as a final may begin a syllable whose vowel is not
/// typed yet.
fn other_reading(text: &str, key: &str) -> Option<String> {
    let last = fold(text).chars().next_back()?;
    let (end, begin) = match last {
        'ດ' => ("t", "d"),
        'ສ' | 'ຊ' | 'ຈ' => ("t", "s"),
        'ລ' | 'ຣ' => ("n", "l"),
        'ບ' => ("p", "b"),
        // Digraphs and vowels whose reading the next letter may change.
        'c' => ("k", "s"),
        'o' => ("o", "u"),
        'e' => ("e", "i"),
        'ວ' | 'w' => ("o", "v"),
        'n' | 'g' => (&key[key.char_indices().next_back()?.0..], ""),
        _ => return None,
    };
    let stem = key.strip_suffix(end)?;
    let other = format!("{stem}{begin}");
    (other.chars().count() > 1).then_some(other)
}

/// The chunks of a query: the whole query, each Latin word, and Lao syllables in groups of three.
fn chunks(parts: &[Part]) -> Vec<Chunk> {
    let chunk = |from: usize, to: usize| Chunk {
        word: sound_of(&parts[from..to]),
        spelling: spelling_of(&parts[from..to]),
        before: sound_of(&parts[..from]),
        after: sound_of(&parts[to..]),
    };
    let mut chunks = vec![chunk(0, parts.len())];
    let mut from = 0;
    for run in runs(parts) {
        if run.len() > 1 {
            chunks.extend(
                (from..from + run.len()).step_by(2).map(|at| chunk(at, (at + 3).min(from + run.len()))),
            );
        } else {
            chunks.push(chunk(from, from + run.len()));
        }
        from += run.len();
    }
    // A short word is similar to too many others. With other chunks beside it, only longer ones are corrected.
    let least = if chunks.len() > 2 { 4 } else { 3 };
    chunks.retain(|chunk| (least..=MAX_WORD_CHARS + 1).contains(&chunk.word.chars().count()));
    chunks.dedup();
    chunks.truncate(8);
    chunks
}

/// The original letters of consecutive parts, without spaces.
fn spelling_of(parts: &[Part]) -> String {
    parts.iter().map(|part| part.spelling.as_str()).collect()
}

/// Whether `word` is a Lao spelling; phonetic keys are in Latin letters.
fn is_spelled(word: &str) -> bool {
    word.chars().any(is_lao)
}

/// Splits parts into runs without spaces.
fn runs(parts: &[Part]) -> impl Iterator<Item = &[Part]> {
    parts.chunk_by(|_, next| !next.begins_word)
}

fn words_by_syllable(parts: &[Part]) -> impl Iterator<Item = Vec<String>> {
    runs(parts).map(|run| syllables(&sound_of(run))).filter(|syllables| !syllables.is_empty())
}

/// The syllables of a key; the same for a text in Lao and in Latin letters.
fn syllables(key: &str) -> Vec<String> {
    let letters: Vec<char> = key.chars().collect();
    let mut syllables: Vec<String> = Vec::new();
    for (at, c) in letters.iter().enumerate() {
        match syllables.last_mut().filter(|_| !is_onset(&letters, at)) {
            Some(syllable) => syllable.push(*c),
            None => syllables.push(c.to_string()),
        }
    }
    syllables
}

/// Whether a syllable begins at `at`: a consonant before a vowel, or any letter of a script that this index does not split
/// into words (Thai, Khmer, Chinese).
fn is_onset(letters: &[char], at: usize) -> bool {
    let c = letters[at];
    if c >= '\u{e00}' {
        return c.is_alphabetic();
    }
    c.is_ascii_lowercase() && !is_vowel(c) && letters.get(at + 1).is_some_and(|next| is_vowel(*next))
}

fn cut(key: &str) -> String {
    key.chars().take(MAX_KEY_CHARS).collect()
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
    fn dissimilarity_grows_with_the_number_of_missing_words() {
        let query = query("ສະບາຍ river").unwrap();
        let texts = ["sabai river", "by the sabai river", "River and sabai", "the river", "home"];
        let dissimilarity = texts.map(|text| query.dissimilarity(text));
        assert!(dissimilarity[0] == 0 && dissimilarity.is_sorted(), "{dissimilarity:?}");
        // `Syllables` and `grams` agree on which grams a text contains.
        for text in texts {
            let grams = grams(text);
            let syllables = Syllables::of(&latin_words(text));
            assert!(grams.iter().all(|gram| syllables.contain(gram)), "{text}");
            let missing = query.grams.iter().filter(|gram| !grams.contains(*gram)).count();
            assert!(
                query.dissimilarity(text) < 10_000 || query.dissimilarity(text) == 10_000 + missing,
                "{text}"
            );
        }
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
