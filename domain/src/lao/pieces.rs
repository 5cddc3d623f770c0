//! Splits texts into words and syllables for search, and limits the length of keys.

use super::{
    letter::is_lao,
    sound::{Part, is_vowel, sound_of},
};

/// Maximum length of a key, in characters: enough to distinguish texts, and few enough for the bits of an entry's `ends`.
pub const MAX_KEY_CHARS: usize = 32;
/// Maximum number of words and Lao syllables of a text that can be found in sequence; those after them have no entries.
pub(super) const MAX_PARTS: usize = 40;
/// Maximum number of syllables of a text that can be found in any order.
pub(super) const MAX_GRAMS: usize = 600;
/// Maximum length of a word to which search corrects a mistyped one, in characters.
pub(super) const MAX_WORD_CHARS: usize = 24;

/// Returns the original letters of the parts, folded, without spaces.
pub(super) fn spelling_of(parts: &[Part]) -> String {
    parts.iter().map(|part| part.spelling.as_str()).collect()
}

/// Whether a word is a Lao spelling; otherwise it is a phonetic key, which contains no Lao letters.
pub(super) fn is_spelled(word: &str) -> bool {
    word.chars().any(is_lao)
}

/// Returns the runs of parts that have no white space or punctuation between them.
pub(super) fn runs(parts: &[Part]) -> impl Iterator<Item = &[Part]> {
    parts.chunk_by(|_, next| !next.begins_word)
}

/// Returns the syllables of the phonetic key of each run.
pub(super) fn words_by_syllable(parts: &[Part]) -> impl Iterator<Item = Vec<String>> {
    runs(parts).map(|run| syllables(&sound_of(run))).filter(|syllables| !syllables.is_empty())
}

/// Splits a phonetic key into syllables: the same ones for a name in Lao and in Latin letters.
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

/// Whether a syllable begins at `at`: at a consonant before a vowel, and at each letter of a script that is written without
/// spaces (Thai, Khmer, Chinese).
pub(super) fn is_onset(letters: &[char], at: usize) -> bool {
    let c = letters[at];
    if c >= '\u{e00}' {
        return c.is_alphabetic();
    }
    c.is_ascii_lowercase() && !is_vowel(c) && letters.get(at + 1).is_some_and(|next| is_vowel(*next))
}

pub(super) fn cut(key: &str) -> String {
    key.chars().take(MAX_KEY_CHARS).collect()
}
