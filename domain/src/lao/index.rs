//! What search keeps of a text, and what it asks for.
//!
//! A text is kept by its sound (see [`sound_key`]) from every place where somebody may begin to type
//! it: its beginning, each word, each Lao syllable, each syllable inside a Latin word. A search is then one range of an
//! ordered index, whose cost does not grow with the catalogue, and spaces, which Lao does not write, make no difference.

use std::collections::BTreeSet;

use super::{
    letter::is_lao,
    normalize::fold,
    sound::{Part, is_vowel, latin_words, parts, sound, sound_key, sound_of},
    typo::{edit_distance, shortenings},
};

/// Longest key, in characters: enough to tell texts apart, and what [`Entry::ends`] has bits for.
pub const MAX_KEY_CHARS: usize = 32;
/// Words and syllables of a text that can be found one after the other; the rest of a very long one is left out.
const MAX_PARTS: usize = 40;
/// Syllables of a text that can be found in any order.
const MAX_GRAMS: usize = 600;
/// Longest word, in characters, that typing mistakes are forgiven in.
const MAX_WORD_CHARS: usize = 24;

/// Where in its text an entry begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// At its beginning.
    Text = 0,
    /// At a word, or at a Lao syllable, which may be one.
    Word = 1,
    /// Inside a word.
    Part = 2,
}

/// A text from one place on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its sound, cut to [`MAX_KEY_CHARS`].
    pub key: String,
    /// Its own letters, folded and without spaces, cut alike; empty inside a word.
    pub spelling: String,
    /// Where it begins.
    pub place: Place,
    /// Bit `n - 1` is set if a word or a Lao syllable ends after `n` characters of the key.
    pub ends: i64,
    /// Characters of the whole key, uncut.
    pub length: i16,
}

/// What somebody typed, ready to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its sounds: more than one if its last letter can be read in two ways, as that of a word not yet finished. The
    /// first is that of the whole text.
    pub keys: Vec<String>,
    /// Its own letters, folded and without spaces, cut as an entry's.
    pub spelling: String,
    /// What a text has to contain to contain all its words in whatever order.
    pub grams: Vec<String>,
    /// Pieces one of which may be mistyped, each with what stands before and after it.
    pub chunks: Vec<Chunk>,
}

impl Query {
    /// How unlike what was typed a text is: zero for one that begins so; more for one that has it later, has only some of its
    /// syllables, or none.
    pub fn unlikeness(&self, text: &str) -> usize {
        const WITHOUT: usize = 10_000;
        let words = latin_words(text);
        let key = sound(&words.concat());
        let at = self.keys.iter().filter_map(|typed| key.find(typed.as_str())).min();
        at.unwrap_or_else(|| {
            let syllables = Syllables::of(&words);
            WITHOUT + self.grams.iter().filter(|gram| !syllables.have(gram)).count()
        })
    }
}

/// A text's syllables, to look for [`grams`] in without making them all.
struct Syllables {
    letters: Vec<char>,
    /// Where each begins, and where the last ends.
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

    /// Whether one of them, or two in a row, are this.
    fn have(&self, gram: &str) -> bool {
        let is = |from: usize, to: usize| self.letters[from..to].iter().copied().eq(gram.chars());
        let one = self.bounds.windows(2).any(|bounds| is(bounds[0], bounds[1]));
        one || self.bounds.windows(3).any(|bounds| is(bounds[0], bounds[2]))
    }
}

/// A piece of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its sound.
    pub word: String,
    /// Its own letters, folded and without spaces.
    pub spelling: String,
    /// Sound of all before it.
    pub before: String,
    /// Sound of all after it.
    pub after: String,
}

impl Chunk {
    /// The query's key with this piece replaced by one of the [`words`] of a text.
    pub fn corrected(&self, word: &str) -> String {
        let sound = if is_spelled(word) { &sound_key(word) } else { word };
        cut(&format!("{}{sound}{}", self.before, self.after))
    }

    /// How many slips away the word is; `None` if more than `most`.
    pub fn distance(&self, word: &str, most: usize) -> Option<usize> {
        edit_distance(if is_spelled(word) { &self.spelling } else { &self.word }, word, most)
    }

    /// What it has in common with the words it may have been meant to be.
    pub fn shortenings(&self) -> Vec<i32> {
        let mut hashes = shortenings(&self.word);
        if is_spelled(&self.spelling) {
            hashes.extend(shortenings(&self.spelling));
        }
        hashes
    }
}

/// The entries of a text; none if there is no word in it.
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
        // Lao syllables are parts of their own; a Latin word has its inside.
        let inside = sound_of(&rest[..1]).chars().count();
        let letters: Vec<char> = key.chars().collect();
        // What follows may have shortened it.
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

/// Ends of words within a key's length, as bits.
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

/// Syllables of the text's words, single and in pairs, to find words in any order and anywhere in a long text.
pub fn grams(text: &str) -> BTreeSet<String> {
    let mut grams = BTreeSet::new();
    // Pairs across words as well: whoever looks for them may not write the space.
    let syllables: Vec<String> = words_by_syllable(&parts(text)).flatten().take(MAX_GRAMS).collect();
    for pair in syllables.windows(2) {
        grams.insert(pair.concat());
    }
    grams.extend(syllables);
    grams
}

/// The text's words, for mistyped ones to be corrected to: Latin words, and two or three Lao syllables in a row, since
/// nothing says which of them are a word. By their sound, and Lao ones as they are spelled too: a slip in Lao letters may
/// change more than one letter of the sound.
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

/// What somebody typed; `None` if there is no word in it.
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

/// A last consonant that was read as a final may be the first letter of a syllable whose vowel is still to come.
fn other_reading(text: &str, key: &str) -> Option<String> {
    let last = fold(text).chars().next_back()?;
    let (end, begin) = match last {
        'ດ' => ("t", "d"),
        'ສ' | 'ຊ' | 'ຈ' => ("t", "s"),
        'ລ' | 'ຣ' => ("n", "l"),
        'ບ' => ("p", "b"),
        // Digraphs and vowels that another letter may turn into something else.
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

/// The whole, each Latin word, and Lao by threes.
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
    // A short word is one slip from too many others; what is around it tells what was meant.
    let least = if chunks.len() > 2 { 4 } else { 3 };
    chunks.retain(|chunk| (least..=MAX_WORD_CHARS + 1).contains(&chunk.word.chars().count()));
    chunks.dedup();
    chunks.truncate(8);
    chunks
}

/// Their own letters, without what is between them.
fn spelling_of(parts: &[Part]) -> String {
    parts.iter().map(|part| part.spelling.as_str()).collect()
}

/// Whether a word is kept as it is spelled: sounds are in Latin letters.
fn is_spelled(word: &str) -> bool {
    word.chars().any(is_lao)
}

/// Parts with no space between them.
fn runs(parts: &[Part]) -> impl Iterator<Item = &[Part]> {
    parts.chunk_by(|_, next| !next.begins_word)
}

fn words_by_syllable(parts: &[Part]) -> impl Iterator<Item = Vec<String>> {
    runs(parts).map(|run| syllables(&sound_of(run))).filter(|syllables| !syllables.is_empty())
}

/// The syllables of a key, the same whether it was written in Lao or in Latin letters.
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

/// Whether a syllable begins here: at a consonant before a vowel, and at each letter of a script that has no words of its
/// own (Thai, Khmer, Chinese).
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
        fn any_text_can_be_kept_and_looked_for(text in "([ກ-ໟa-z ]|\\PC){0,60}") {
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
    fn a_text_is_found_from_every_word_and_syllable_on() {
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
    fn ends_tell_whole_words() {
        let entry = &entries("Luang Prabang")[0];
        assert_eq!((entry.key.as_str(), entry.ends), ("luangpabang", 1 << 4 | 1 << 10));
    }

    #[test]
    fn a_text_is_less_like_what_was_typed_the_more_of_its_words_it_lacks() {
        let query = query("ສະບາຍ river").unwrap();
        let texts = ["sabai river", "by the sabai river", "River and sabai", "the river", "home"];
        let unlikeness = texts.map(|text| query.unlikeness(text));
        assert!(unlikeness[0] == 0 && unlikeness.is_sorted(), "{unlikeness:?}");
        // Whether a gram is there is what `grams` says.
        for text in texts {
            let grams = grams(text);
            let syllables = Syllables::of(&latin_words(text));
            assert!(grams.iter().all(|gram| syllables.have(gram)), "{text}");
            let missing = query.grams.iter().filter(|gram| !grams.contains(*gram)).count();
            assert!(query.unlikeness(text) < 10_000 || query.unlikeness(text) == 10_000 + missing, "{text}");
        }
    }

    #[test]
    fn grams_of_one_name_are_the_same_in_both_scripts() {
        assert!(
            grams("ເມືອງສະຫວັນນະເຂດ").is_superset(&query("savannakhet").unwrap().grams.into_iter().collect())
        );
    }

    #[test]
    fn what_has_no_word_asks_for_nothing() {
        for text in ["", " ", "🎬", "%_\\", "\u{0}", "\u{ec8}"] {
            assert_eq!(query(text), None, "{text:?}");
        }
    }
}
