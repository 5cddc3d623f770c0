//! Normal forms: one for texts that look the same, and one for texts that readers treat as the same.
//!
//! Unicode gives most Lao vowel signs combining class 0, so Unicode normalization does not change the order in which they
//! were typed. The order here is: consonant, ຼ, vowel signs, tone mark, ໌, then vowels to the right.

use unicode_normalization::{IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfc_quick};

use super::letter::{
    is_consonant_sign, is_lao, is_mark, is_silencer, is_tone_mark, is_trailing_vowel, is_vowel_sign,
};

/// Returns the text with Lao signs in a fixed order, ຳ as ໍ and າ, doubled ເ as ແ, repeated marks once, and without
/// zero-width characters. The text looks the same as before. Idempotent.
pub fn normalize(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut stack = Vec::new();
    // Most texts are in NFC already, and the conversion takes longer than all other steps.
    let letters = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => visible(text.chars()),
        _ => visible(text.nfc()),
    };
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        at += 1;
        if c == 'ເ' && letters.get(at) == Some(&'ເ') {
            at += 1;
            out.push('ແ');
            continue;
        }
        if !is_mark(c) {
            out.push(c);
            continue;
        }
        stack.clear();
        stack.push(c);
        let mut right = None;
        while let Some(&next) = letters.get(at) {
            // A mark that was typed after the vowel to its right still belongs to the consonant: ນຳ້ is ນ້ຳ.
            let marked_later = is_trailing_vowel(next) && letters.get(at + 1).copied().is_some_and(is_mark);
            if is_mark(next) {
                stack.push(next);
            } else if marked_later && right.is_none() {
                right = Some(next);
            } else {
                break;
            }
            at += 1;
        }
        place(&mut out, &mut stack);
        out.extend(right);
    }
    out
}

/// Appends the marks in the fixed order. Marks after a trailing vowel belong to the consonant before the vowel.
fn place(out: &mut String, stack: &mut Vec<char>) {
    let mut vowels = Vec::new();
    while let Some(c) = out.chars().next_back().filter(|c| is_trailing_vowel(*c) || is_mark(*c)) {
        out.pop();
        if is_mark(c) { stack.push(c) } else { vowels.push(c) }
    }
    stack.sort_unstable_by_key(|c| (rank(*c), *c));
    stack.dedup();
    out.extend(stack.drain(..));
    out.extend(vowels.into_iter().rev());
}

fn rank(mark: char) -> u8 {
    match mark {
        c if is_consonant_sign(c) => 0,
        c if is_vowel_sign(c) => 1,
        c if is_tone_mark(c) => 2,
        _ => 3,
    }
}

fn visible(letters: impl Iterator<Item = char>) -> Vec<char> {
    letters.filter(|c| !has_no_width(*c)).flat_map(split_am).collect()
}

fn split_am(c: char) -> impl Iterator<Item = char> {
    let (first, second) = if c == 'ຳ' { ('\u{ecd}', Some('າ')) } else { (c, None) };
    std::iter::once(first).chain(second)
}

fn has_no_width(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{202a}'..='\u{202e}')
}

/// Returns the form that search compares: words of letters and digits in lower case with one space between them. Lao tone
/// marks, ໌ and ໆ are removed, and interchangeable spellings become the same: ຫຼ and ຫລ, ໜ and ຫນ, ໝ and ຫມ, ຣ and ລ, ໃ and
/// ໄ, Lao and ASCII digits. Latin letters lose their accents. Idempotent.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in plain(&normalize(text)).chars() {
        if is_lao(c) || c.is_alphanumeric() || is_mark(c) || (is_combining_mark(c) && !is_latin_accent(c)) {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        } else if !matches!(c, '\'' | '’' | 'ʼ' | '\u{0}') {
            gap = true;
        }
    }
    out
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_tone_mark(c) || is_silencer(c) || c == 'ໆ' => {}
            'ຣ' | '\u{ebc}' => out.push('ລ'),
            'ໃ' => out.push('ໄ'),
            'ໜ' => out.push_str("ຫນ"),
            'ໝ' => out.push_str("ຫມ"),
            c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            c if is_lao(c) => out.push(c),
            c => out.push_str(&latin(c)),
        }
    }
    out
}

/// A character of another script in lower case, without accents if it is Latin; Lao digits as ASCII digits.
pub(super) fn latin(c: char) -> String {
    if let Some(digit) = lao_digit(c) {
        return digit.to_string();
    }
    let mut out = String::new();
    for c in std::iter::once(c).nfkd().filter(|c| !is_latin_accent(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'đ' | 'ð' => out.push('d'),
            'þ' => out.push_str("th"),
            'ł' => out.push('l'),
            'ı' => out.push('i'),
            'ư' => out.push('u'),
            'ø' | 'ơ' => out.push('o'),
            c if is_latin_accent(c) => {}
            c => out.push(c),
        }
    }
    out
}

fn is_latin_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

pub(super) fn lao_digit(c: char) -> Option<char> {
    let value = u32::from(c).checked_sub(0xed0).filter(|value| *value < 10)?;
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signs_typed_in_any_order_normalize_to_the_same_text() {
        for (typed, same) in [
            ("ນໍ້າ", "ນ້ໍາ"),
            ("ນ້ຳ", "ນໍ້າ"),
            ("ນຳ້", "ນ້ຳ"),
            ("ທີ່", "ທ\u{ec8}\u{eb5}"),
            ("ຫຼັກ", "ຫ\u{eb1}\u{ebc}ກ"),
            ("ຜູ້", "ຜ\u{ec9}\u{eb9}"),
            ("ເເມ່", "ແມ່"),
            ("ບາ້ນ", "ບ້ານ"),
            ("ບ້້ານ", "ບ້ານ"),
            ("ວຽງ\u{200b}ຈັນ", "ວຽງຈັນ"),
        ] {
            assert_eq!(normalize(typed), normalize(same), "{typed} {same}");
        }
    }

    #[test]
    fn spellings_of_one_word_fold_to_the_same_text() {
        for (one, other) in [
            ("ຫຼວງພະບາງ", "ຫລວງພະບາງ"),
            ("ໜັງ", "ຫນັງ"),
            ("ໝາ", "ຫມາ"),
            ("ພຣະ", "ພລະ"),
            ("ນ້ອງຮັກ", "ນອງຮັກ"),
            ("ໃຈ", "ໄຈ"),
            ("໒໕໖໙", "2569"),
            ("  Olá,  Lǎo! ", "ola lao"),
            ("Don’t", "dont"),
            ("ສີ-ພັນ-ດອນ", "ສີ ພັນ ດອນ"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
    }

    #[test]
    fn texts_without_words_fold_to_nothing() {
        for text in ["", "  ", "🎬", "%_\\", "...", "\u{0}", "ໆ"] {
            assert_eq!(fold(text), "", "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_are_idempotent(text in "[ກ-ໟa-zA-Zé \u{200b}]{0,24}") {
            let normal = normalize(&text);
            prop_assert_eq!(normalize(&normal), normal.clone());
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded);
            prop_assert!(!normal.chars().any(|c| c == 'ຳ' || has_no_width(c)));
        }
    }
}
