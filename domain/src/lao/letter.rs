//! Classes of the characters of the Lao block (Unicode 16, U+0E80–U+0EFF).

/// A consonant that can begin a syllable, including the two ligatures with ຫ.
pub(super) fn is_consonant(c: char) -> bool {
    matches!(c, 'ກ'..='ຮ' | 'ໜ' | 'ໝ' | 'ໞ' | 'ໟ') && c != 'ຯ'
}

/// A vowel that is written and stored before the consonant that it follows in speech.
pub(super) fn is_leading_vowel(c: char) -> bool {
    matches!(c, 'ເ' | 'ແ' | 'ໂ' | 'ໄ' | 'ໃ')
}

/// A vowel sign above or below its consonant.
pub(super) fn is_vowel_sign(c: char) -> bool {
    matches!(c, '\u{eb1}' | '\u{eb4}'..='\u{eb9}' | '\u{ebb}' | '\u{ecd}')
}

/// A vowel that is written after its consonant and is never a consonant itself.
pub(super) fn is_trailing_vowel(c: char) -> bool {
    matches!(c, 'ະ' | 'າ')
}

/// One of the four tone marks.
pub(super) fn is_tone_mark(c: char) -> bool {
    matches!(c, '\u{ec8}'..='\u{ecb}')
}

/// A consonant sign below a letter: ຼ or the virama of Pali texts.
pub(super) fn is_consonant_sign(c: char) -> bool {
    matches!(c, '\u{eba}' | '\u{ebc}')
}

/// A sign that makes the letter below it silent: ໌ or the rare U+0ECE.
pub(super) fn is_silencer(c: char) -> bool {
    matches!(c, '\u{ecc}' | '\u{ece}')
}

/// A Lao character that is part of words: letter, sign or mark, but not a digit or ຯ.
pub(super) fn is_lao(c: char) -> bool {
    is_consonant(c)
        || is_leading_vowel(c)
        || is_trailing_vowel(c)
        || is_mark(c)
        || matches!(c, 'ຳ' | 'ຽ' | 'ໆ')
}

/// A mark above or below a consonant; users type several of them in any order.
pub(super) fn is_mark(c: char) -> bool {
    is_vowel_sign(c) || is_tone_mark(c) || is_consonant_sign(c) || is_silencer(c)
}
