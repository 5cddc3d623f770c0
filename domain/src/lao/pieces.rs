//! Words, syllables and keys of a text, as search cuts them.

use super::{
    letter::is_lao,
    sound::{Part, is_vowel, sound_of},
};

/// Longest key, in characters: enough to tell texts apart, and what an index entry's `ends` has bits for.
pub const MAX_KEY_CHARS: usize = 32;
/// Words and syllables of a text that can be found one after the other; the rest of a very long one is left out.
pub(super) const MAX_PARTS: usize = 40;
/// Syllables of a text that can be found in any order.
pub(super) const MAX_GRAMS: usize = 600;
/// Longest word, in characters, that typing mistakes are forgiven in.
pub(super) const MAX_WORD_CHARS: usize = 24;

/// Their own letters, without what is between them.
pub(super) fn spelling_of(parts: &[Part]) -> String {
    parts.iter().map(|part| part.spelling.as_str()).collect()
}

/// Whether a word is kept as it is spelled: sounds are in Latin letters.
pub(super) fn is_spelled(word: &str) -> bool {
    word.chars().any(is_lao)
}

/// Parts with no space between them.
pub(super) fn runs(parts: &[Part]) -> impl Iterator<Item = &[Part]> {
    parts.chunk_by(|_, next| !next.begins_word)
}

pub(super) fn words_by_syllable(parts: &[Part]) -> impl Iterator<Item = Vec<String>> {
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
