//! Phonetic keys: the same key for the many Latin spellings of a Lao name and for its Lao spelling.
//!
//! "Luang Prabang", "Louang Phabang", "louangphrabang" and ຫຼວງພະບາງ all have the key `luangpabang`. The key is coarse on
//! purpose; search ranks texts with the same spelling before those with only the same key.

use std::borrow::Cow;

use super::{
    normalize::fold,
    romanize::{Piece, for_each_piece},
    typo::edit_distance,
};

/// Folded names whose usual spelling in other languages is not derived from the Lao name, and their Lao pronunciation.
const EXONYMS: [(&str, &str); 3] = [("vientiane", "viangchan"), ("viengchan", "viangchan"), ("laos", "lao")];

/// Returns the phonetic key of a text, without spaces: lower-case letters and digits. Empty if the text contains no word.
pub fn sound_key(text: &str) -> String {
    sound_of(&parts(text))
}

/// A part of a text: a Latin word, or a syllable of a Lao run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The part in Latin letters, or unchanged if it is in another script.
    pub(super) latin: String,
    /// The part's original letters, folded.
    pub(super) spelling: String,
    /// Whether white space, punctuation or the start of the text is before it.
    pub(super) begins_word: bool,
}

/// Splits a text into parts.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    // Whether the next letter begins a part, and whether it begins a word.
    let (mut starts_part, mut starts_word) = (true, true);
    for_each_piece(text, |piece| match piece {
        Piece::Syllable { latin, letters } => {
            let spelling = fold(&letters.iter().collect::<String>());
            parts.push(Part { latin: latin.to_owned(), spelling, begins_word: starts_word });
            (starts_part, starts_word) = (true, false);
        }
        Piece::Other(c) => {
            let letters = folded(c);
            if letters.is_empty() {
                if separates_words(c) {
                    (starts_part, starts_word) = (true, true);
                }
                return;
            }
            if let Some(part) = parts.last_mut().filter(|_| !starts_part) {
                part.latin.push_str(&letters);
                part.spelling.push_str(&letters);
            } else {
                let (latin, spelling) = (letters.to_string(), letters.into_owned());
                parts.push(Part { latin, spelling, begins_word: starts_word });
            }
            (starts_part, starts_word) = (false, false);
        }
    });
    for part in &mut parts {
        respell(&mut part.latin, 0);
    }
    parts
}

/// Returns the words of a text in Latin letters. The result is the same as joining the [`parts`] of each word, but faster for
/// long texts when only the pronunciation is needed.
pub(super) fn latin_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    // As in `parts`; `from` is where the current part begins in its word.
    let (mut starts_part, mut starts_word, mut from) = (true, true, 0);
    for_each_piece(text, |piece| {
        let (syllable, other) = match piece {
            Piece::Syllable { latin, .. } => (Some(latin), Cow::Borrowed("")),
            Piece::Other(c) => (None, folded(c)),
        };
        if syllable.is_none() && other.is_empty() {
            if let Piece::Other(c) = piece
                && separates_words(c)
            {
                (starts_part, starts_word) = (true, true);
            }
            return;
        }
        if starts_part || syllable.is_some() {
            if let Some(word) = words.last_mut() {
                respell(word, from);
            }
            if starts_word {
                words.push(String::new());
            }
            from = words.last().map_or(0, String::len);
        }
        if let Some(word) = words.last_mut() {
            word.push_str(syllable.unwrap_or(&other));
        }
        (starts_part, starts_word) = (syllable.is_some(), false);
    });
    if let Some(word) = words.last_mut() {
        respell(word, from);
    }
    words
}

/// Returns the same as [`fold`] for one character, but faster, because `fold` is designed for longer texts.
fn folded(c: char) -> Cow<'static, str> {
    const DIGITS: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
    match c.to_digit(36) {
        Some(digit) => Cow::Borrowed(&DIGITS[digit as usize..=digit as usize]),
        None if c.is_ascii() => Cow::Borrowed(""),
        None => Cow::Owned(fold(c.encode_utf8(&mut [0; 4]))),
    }
}

/// Whether this character, which is not a letter, separates words.
fn separates_words(c: char) -> bool {
    !matches!(c, '\'' | '’' | 'ʼ') && !('\u{300}'..='\u{36f}').contains(&c)
}

/// Replaces exonyms and French endings in the part of a word that begins at `from`.
fn respell(word: &mut String, from: usize) {
    let part = &word[from..];
    if let Some((_, lao)) = EXONYMS.iter().find(|(name, _)| is_exonym(name, part)) {
        word.replace_range(from.., lao);
    } else if part.len() > 3 && part.ends_with("ne") {
        // A French spelling: Saravane, Khammouane.
        word.pop();
    }
}

/// Whether `latin` is this name. Long names may have one typing mistake, because their pronunciation does not resemble the
/// Lao name.
fn is_exonym(name: &str, latin: &str) -> bool {
    name == latin
        || (name.len() >= 9
            && name.len().abs_diff(latin.len()) <= 1
            && edit_distance(name, latin, 1).is_some())
}

/// Returns the phonetic key of consecutive parts.
pub(super) fn sound_of(parts: &[Part]) -> String {
    let latin: String = parts.iter().map(|part| part.latin.as_str()).collect();
    sound(&latin)
}

pub(super) fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u')
}

/// Returns the phonetic key of a text in Latin letters.
pub(super) fn sound(latin: &str) -> String {
    let letters: Vec<char> = latin.chars().collect();
    let mut out = String::with_capacity(letters.len());
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        let mut itself = [0; 4];
        let (sound, length) = spelled(&letters, at, out.chars().next_back())
            .unwrap_or_else(|| (&*c.encode_utf8(&mut itself), 1));
        at += length;
        for c in sound.chars() {
            // A doubled letter counts as one; a doubled digit does not.
            if !out.ends_with(c) || !c.is_ascii_alphabetic() {
                out.push(c);
            }
        }
    }
    out
}

/// Returns the part of the key for the letters at `at`, where `before` is the last character of the key so far, and the number
/// of these letters; `None` if the letter itself is used.
fn spelled(letters: &[char], at: usize, before: Option<char>) -> Option<(&'static str, usize)> {
    let next = |ahead: usize| letters.get(at + ahead).copied().unwrap_or(' ');
    let vowel = |ahead: usize| is_vowel(next(ahead)) || next(ahead) == 'y';
    let after_stop = before.is_some_and(|c| matches!(c, 'p' | 't' | 'k' | 'b' | 'd' | 'g'));
    Some(match (next(0), next(1)) {
        ('o', 'u') if next(2) == 'e' && next(3) == 'a' => ("ua", 4),
        ('u', 'e') | ('e', 'u') if next(2) == 'a' => ("ua", 3),
        ('u', 'e') if matches!(next(2), 'n' | 'k' | 't' | 'm' | 'p') => ("ua", 2),
        ('o', 'u' | 'o') | ('e', 'u') => ("u", 2),
        ('i' | 'y', 'e') if matches!(next(2), 'n' | 'k' | 't' | 'm' | 'p' | 'w' | 'o') => ("ia", 2),
        ('e', 'e') => ("i", 2),
        ('a', 'e') => ("e", 2),
        ('a', 'u') => ("ao", 2),
        ('p' | 't' | 'k' | 's' | 'c' | 'b', 'h') => {
            let sound = match next(0) {
                'p' => "p",
                't' => "t",
                'k' => "k",
                'b' => "b",
                _ => "s",
            };
            (sound, 2)
        }
        ('n' | 'g', 'n' | 'y') if next(0) != next(1) && vowel(2) => ("i", 2),
        ('n', 'h') => {
            if vowel(2) {
                ("i", 2)
            } else {
                ("n", 2)
            }
        }
        ('c', 'e' | 'i' | 'y') | ('x' | 'z' | 'j', _) => ("s", 1),
        ('c' | 'q', _) => ("k", 1),
        ('w', _) if before == Some('k') => ("u", 1),
        ('w', _) if vowel(1) => ("v", 1),
        ('w', _) => ("o", 1),
        ('h', _) if !vowel(1) || after_stop => ("", 1),
        ('r' | 'l', _) if after_stop => ("", 1),
        ('r', _) if !vowel(1) => ("", 1),
        ('r', _) => ("l", 1),
        ('y', _) => ("i", 1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{fold, latin_words, parts, sound_key};

    proptest! {
        #[test]
        fn latin_words_are_the_joined_parts(text in "([a-zA-Z ,.'’]{0,3}|Vientiane|saravane|laos| ne|[ກ-ໝ]{0,4}|ຫຼວງພະບາງ|ໆ|é|e\u{301}|東| ){0,8}") {
            let by_parts: Vec<String> = parts(&text)
                .chunk_by(|_, next| !next.begins_word)
                .map(|word| word.iter().map(|part| part.latin.as_str()).collect())
                .collect();
            prop_assert_eq!(latin_words(&text), by_parts);
        }
    }

    #[test]
    fn ascii_characters_are_folded_as_by_fold() {
        for c in ('\0'..='\x7f').map(String::from) {
            let sounds: String = parts(&c).into_iter().map(|part| part.spelling).collect();
            assert_eq!(sounds, fold(&c), "{c:?}");
        }
    }

    #[test]
    fn spellings_of_one_name_have_the_same_key() {
        for spellings in [
            &[
                "ຫຼວງພະບາງ",
                "luang prabang",
                "louang phabang",
                "louangphrabang",
                "Luang Phrabang",
                "ຫລວງພຣະບາງ",
            ][..],
            &["ວຽງຈັນ", "Vientiane", "Viangchan", "Vieng Chan", "wiangchan"],
            &["ຈຳປາສັກ", "Champasak", "Champassak", "jampasak"],
            &["ສະຫວັນນະເຂດ", "Savannakhet", "savanakhet"],
            &["ຊຽງຂວາງ", "Xieng Khouang", "Xiangkhouang", "Xieng Khuang", "Chiang Khwang"],
            &["ສາລະວັນ", "Salavan", "Saravan"],
            &["ບໍລິຄຳໄຊ", "Bolikhamxay", "Bolikhamsai", "Borikhamxay"],
            &["ອຸດົມໄຊ", "Oudomxay", "Udomxai", "Oudomsai"],
            &["ບໍ່ແກ້ວ", "Bokeo", "Bokaew", "Bo Keo"],
            &["ຫົວພັນ", "Houaphan", "Huaphanh"],
            &["ຜົ້ງສາລີ", "Phongsaly", "Phongsali"],
            &["ອັດຕະປື", "Attapeu", "Attapu"],
            &["ຈັນທະລີ", "Chanthaly", "Chantaly"],
            &["ເມືອງຂອງ", "Muang Khong", "Meuang Khong", "Mueang Khong"],
        ] {
            let keys: Vec<_> = spellings.iter().map(|text| sound_key(text)).collect();
            assert!(keys.iter().all(|key| *key == keys[0]), "{spellings:?} {keys:?}");
        }
    }

    #[test]
    fn other_scripts_and_digits_do_not_change() {
        assert_eq!(sound_key("Москва 2011"), "москва2011");
        assert_eq!(sound_key("東京"), "東京");
        assert_eq!(sound_key("🎬 %_ \\"), "");
    }
}
