//! What each character of the Lao block is (Unicode 16, U+0E80–U+0EFF).

/// A consonant that can begin a syllable, the two ligatures with ຫ among them.
pub(super) fn is_consonant(c: char) -> bool {
    matches!(c, 'ກ'..='ຮ' | 'ໜ' | 'ໝ' | 'ໞ' | 'ໟ') && c != 'ຯ'
}

/// A vowel written, and stored, before the consonant it is spoken after.
pub(super) fn is_leading_vowel(c: char) -> bool {
    matches!(c, 'ເ' | 'ແ' | 'ໂ' | 'ໄ' | 'ໃ')
}

/// A vowel sign above or below its consonant.
pub(super) fn is_vowel_sign(c: char) -> bool {
    matches!(c, '\u{eb1}' | '\u{eb4}'..='\u{eb9}' | '\u{ebb}' | '\u{ecd}')
}

/// A vowel written after its consonant that is nothing but a vowel.
pub(super) fn is_trailing_vowel(c: char) -> bool {
    matches!(c, 'ະ' | 'າ')
}

/// One of the four tone marks.
pub(super) fn is_tone_mark(c: char) -> bool {
    matches!(c, '\u{ec8}'..='\u{ecb}')
}

/// The consonant signs under a letter: ຼ, and the virama of Pali texts.
pub(super) fn is_consonant_sign(c: char) -> bool {
    matches!(c, '\u{eba}' | '\u{ebc}')
}

/// ໌, which silences the letter below it; and the two rare signs beside it.
pub(super) fn is_silencer(c: char) -> bool {
    matches!(c, '\u{ecc}' | '\u{ece}')
}

/// Anything of Lao that makes words: letters, signs, marks; not digits or ຯ.
pub(super) fn is_lao(c: char) -> bool {
    is_consonant(c)
        || is_leading_vowel(c)
        || is_trailing_vowel(c)
        || is_mark(c)
        || matches!(c, 'ຳ' | 'ຽ' | 'ໆ')
}

/// Whatever is stacked on a consonant, and so may have been typed in any order.
pub(super) fn is_mark(c: char) -> bool {
    is_vowel_sign(c) || is_tone_mark(c) || is_consonant_sign(c) || is_silencer(c)
}
