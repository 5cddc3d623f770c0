//! What the many Latin spellings of a Lao name have in common, with each other and with its Lao spelling.
//!
//! "Luang Prabang", "Louang Phabang", "louangphrabang" and ຫຼວງພະບາງ are all `luangpabang`. It is coarse on purpose; who
//! compares it prefers the same spelling to the same sound.

use super::{
    normalize::fold,
    romanize::{Piece, pieces},
    typo::edit_distance,
};

/// Names whose usual spelling in other languages is not derived from the Lao one, as they are folded, and what they sound
/// like in Lao.
const EXONYMS: [(&str, &str); 3] = [("vientiane", "viangchan"), ("viengchan", "viangchan"), ("laos", "lao")];

/// The sound of a text without its spaces: lower-case letters, and digits as they are. Empty if there is no word in it.
pub fn sound_key(text: &str) -> String {
    sound_of(&parts(text))
}

/// A part of a text: a Latin word, or a syllable of a Lao run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// In Latin letters, or those of another script.
    pub(super) latin: String,
    /// Its own letters, folded.
    pub(super) spelling: String,
    /// Whether white space or punctuation, or nothing, is before it.
    pub(super) begins_word: bool,
}

/// The text's words; Lao runs by syllable.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    // Whether the next letter begins a part, and whether it begins a word.
    let (mut fresh, mut gap) = (true, true);
    for piece in pieces(text) {
        match piece {
            Piece::Syllable { latin, letters } => {
                parts.push(Part { latin, spelling: fold(&letters), begins_word: gap });
                (fresh, gap) = (true, false);
            }
            Piece::Other(c) => {
                // As `fold` would; it is made for longer texts, and asked for every letter here.
                let letters = match c {
                    c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase().to_string(),
                    c if c.is_ascii() => String::new(),
                    c => fold(c.encode_utf8(&mut [0; 4])),
                };
                if letters.is_empty() {
                    if !matches!(c, '\'' | '’' | 'ʼ') && !('\u{300}'..='\u{36f}').contains(&c) {
                        (fresh, gap) = (true, true);
                    }
                    continue;
                }
                match parts.last_mut().filter(|_| !fresh) {
                    Some(part) => {
                        part.latin.push_str(&letters);
                        part.spelling.push_str(&letters);
                    }
                    None => parts.push(Part { latin: letters.clone(), spelling: letters, begins_word: gap }),
                }
                (fresh, gap) = (false, false);
            }
        }
    }
    for part in &mut parts {
        if let Some((_, lao)) = EXONYMS.iter().find(|(name, _)| is_exonym(name, &part.latin)) {
            part.latin = (*lao).to_owned();
        } else if part.latin.len() > 3 && part.latin.ends_with("ne") {
            // A French spelling: Saravane, Khammouane.
            part.latin.pop();
        }
    }
    parts
}

/// A long one is known even mistyped: nothing in its sound would lead to the Lao name.
fn is_exonym(name: &str, latin: &str) -> bool {
    name == latin
        || (name.len() >= 9 && name.len().abs_diff(latin.len()) <= 1 && edit_distance(name, latin) <= 1)
}

/// What the parts sound like said in one breath.
pub(super) fn sound_of(parts: &[Part]) -> String {
    let latin: String = parts.iter().map(|part| part.latin.as_str()).collect();
    sound(&latin)
}

pub(super) fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u')
}

fn sound(latin: &str) -> String {
    let letters: Vec<char> = latin.chars().collect();
    let mut out = String::with_capacity(letters.len());
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        let mut itself = [0; 4];
        let (sound, length) = spelled(&letters, at, out.chars().next_back())
            .unwrap_or_else(|| (&*c.encode_utf8(&mut itself), 1));
        at += length;
        for c in sound.chars() {
            // Doubled letters sound like one; digits do not.
            if !out.ends_with(c) || !c.is_ascii_alphabetic() {
                out.push(c);
            }
        }
    }
    out
}

/// The sound that begins at `at`, after the sound `before`, and how many letters spell it; `None` if it is spelled as it
/// sounds.
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
    use super::{fold, parts, sound_key};

    #[test]
    fn ascii_letters_are_folded_as_any_others() {
        for c in ('\0'..='\x7f').map(String::from) {
            let sounds: String = parts(&c).into_iter().map(|part| part.spelling).collect();
            assert_eq!(sounds, fold(&c), "{c:?}");
        }
    }

    #[test]
    fn spellings_of_one_name_sound_alike() {
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
    fn other_scripts_and_digits_stay() {
        assert_eq!(sound_key("Москва 2011"), "москва2011");
        assert_eq!(sound_key("東京"), "東京");
        assert_eq!(sound_key("🎬 %_ \\"), "");
    }
}
