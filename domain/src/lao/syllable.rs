//! Reads one Lao syllable from a run of letters: initial consonant, vowel, final consonant.
//!
//! Modern Lao writes every vowel. So a consonant begins a syllable exactly if it has its own vowel before or after it; a
//! consonant without a vowel is a final. ວ, ອ, ຍ and ຽ are vowels or consonants depending on their position. The text must be
//! [normalized](super::normalize()) and without tone marks.

use super::letter::{is_consonant, is_consonant_sign, is_leading_vowel, is_trailing_vowel, is_vowel_sign};

/// A syllable in Latin letters, and the number of characters that were read.
pub(super) struct Syllable {
    pub(super) latin: String,
    pub(super) length: usize,
}

/// Reads the syllable at the beginning of `run`. A character that cannot begin a syllable is returned as a syllable
/// of one character.
pub(super) fn first(run: &[char]) -> Syllable {
    let mut reader = Reader { run, at: 0 };
    let leading = reader.take_if(is_leading_vowel);
    let Some(initial) = reader.take_if(is_consonant) else {
        let length = reader.at.max(1);
        let latin = leading.map_or_else(|| lone(run[0]), bare_vowel);
        return Syllable { latin: latin.to_owned(), length };
    };
    let mut latin = String::from(initial_latin(initial));
    reader.cluster(leading, initial, &mut latin);
    reader.vowel(leading, &mut latin);
    reader.last(&mut latin);
    Syllable { latin, length: reader.at }
}

struct Reader<'a> {
    run: &'a [char],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.run.get(self.at + ahead).copied()
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let c = self.peek(0).filter(|c| wanted(*c))?;
        self.at += 1;
        Some(c)
    }

    fn take(&mut self, wanted: char) -> bool {
        self.take_if(|c| c == wanted).is_some()
    }

    /// Whether the character at offset `ahead` is always a vowel.
    fn has_vowel(&self, ahead: usize) -> bool {
        self.peek(ahead).is_some_and(|c| is_vowel_sign(c) || is_trailing_vowel(c) || c == 'ຽ')
    }

    fn has_consonant(&self, ahead: usize) -> bool {
        self.peek(ahead).is_some_and(is_consonant)
    }

    /// Whether the character at offset `ahead` is a consonant that begins a syllable: one with its own vowel after it.
    fn begins(&self, ahead: usize) -> bool {
        let Some(c) = self.peek(ahead).filter(|c| is_consonant(*c)) else { return false };
        if self.has_vowel(ahead + 1) || self.peek(ahead + 1).is_some_and(is_consonant_sign) {
            return true;
        }
        match self.peek(ahead + 1) {
            Some('ອ') => !self.has_vowel(ahead + 2),
            Some('ວ') => {
                (self.has_consonant(ahead + 2) && !self.begins(ahead + 2))
                    || (self.has_vowel(ahead + 2) && matches!(c, 'ຂ' | 'ຄ' | 'ຫ'))
            }
            Some('ງ' | 'ຍ' | 'ນ' | 'ມ') => c == 'ຫ',
            Some('ລ' | 'ຣ') => c == 'ຫ' || (self.has_vowel(ahead + 2) && !is_final(c)),
            _ => false,
        }
    }

    /// Reads the second consonant of an initial cluster: ຼ, ລ, ຣ, ວ, or the consonant whose tone a leading ຫ changes.
    fn cluster(&mut self, leading: Option<char>, initial: char, latin: &mut String) {
        if self.take('\u{ebc}') {
            if initial == 'ຫ' {
                latin.clear();
            }
            latin.push('l');
            return;
        }
        let Some(second) = self.peek(0).filter(|c| is_consonant(*c)) else { return };
        // Without a leading vowel, a first consonant without its own vowel must be part of a cluster. After a leading vowel, the
        // second consonant may be the final.
        let joined = if leading.is_some() {
            self.has_vowel(1) && matches!(self.peek(1), Some(c) if is_vowel_sign(c)) || self.ends_at(1)
        } else {
            self.has_vowel(1) || self.begins(0) || (self.has_consonant(1) && !self.begins(1))
        };
        match (initial, second) {
            ('ຫ', 'ງ' | 'ຍ' | 'ນ' | 'ມ' | 'ລ' | 'ຣ') if joined => {
                self.at += 1;
                latin.clear();
                latin.push_str(initial_latin(second));
            }
            ('ຫ', 'ວ') if (leading.is_none() && self.has_vowel(1)) || (leading.is_some() && joined) => {
                self.at += 1;
                latin.clear();
                latin.push('v');
            }
            (_, 'ວ') if self.is_w_cluster(leading) => {
                self.at += 1;
                let open = leading.is_none() && matches!(self.peek(0), Some('າ' | 'ະ' | '\u{eb1}'));
                latin.push_str(if open { "ou" } else { "w" });
            }
            ('ກ' | 'ຂ' | 'ຄ' | 'ຕ' | 'ທ' | 'ປ' | 'ຜ' | 'ພ' | 'ບ' | 'ຟ' | 'ຝ' | 'ສ' | 'ດ', 'ລ' | 'ຣ')
                if (leading.is_none() && self.has_vowel(1))
                    || (leading.is_some() && second == 'ຣ' && !self.has_vowel(1)) =>
            {
                self.at += 1;
                latin.push_str(initial_latin(second));
            }
            _ => {}
        }
    }

    fn is_w_cluster(&self, leading: Option<char>) -> bool {
        match leading {
            None => self.has_vowel(1),
            Some('ໄ' | 'ໃ') => true,
            Some(_) => self.ends_at(1) || self.peek(1).is_some_and(is_vowel_sign),
        }
    }

    /// Whether the consonant at offset `ahead` is the final of the syllable.
    fn ends_at(&self, ahead: usize) -> bool {
        self.peek(ahead).is_some_and(is_final) && !self.begins(ahead)
    }

    fn vowel(&mut self, leading: Option<char>, latin: &mut String) {
        let sign = self.take_if(is_vowel_sign);
        let vowel = match (leading, sign) {
            (Some('ໄ' | 'ໃ'), _) => {
                if self.peek(0) == Some('ຍ') && !self.begins(0) {
                    self.at += 1;
                }
                "ai"
            }
            (Some('ໂ'), _) => {
                self.take('ະ');
                "o"
            }
            (Some('ແ'), _) => {
                self.take('ະ');
                "e"
            }
            (Some('ເ'), Some('\u{ebb}')) => {
                self.take('າ');
                "ao"
            }
            (Some('ເ'), Some('ຶ' | 'ື')) => {
                if self.peek(0) == Some('ອ') && !self.has_vowel(1) {
                    self.at += 1;
                    self.take('ະ');
                }
                "ua"
            }
            (Some('ເ'), Some('ິ' | 'ີ')) => "eu",
            (Some('ເ'), _) => self.after_e(),
            (_, Some('\u{eb1}')) => self.after_short_a(),
            (_, Some('ິ' | 'ີ')) => "i",
            (_, Some('ຶ' | 'ື')) => {
                // After ື at the end of a syllable, ອ is written but silent.
                if self.peek(0) == Some('ອ') && !self.has_vowel(1) {
                    self.at += 1;
                }
                "u"
            }
            (_, Some('ຸ' | 'ູ')) => "ou",
            (_, Some('\u{ebb}')) => {
                if self.peek(0) == Some('ວ') && !self.has_vowel_but_a(1) {
                    self.at += 1;
                    self.take('ະ');
                    "oua"
                } else {
                    "o"
                }
            }
            (_, Some(_)) => {
                if self.take('າ') {
                    "am"
                } else {
                    // Before a final, ໍ is also written with ອ.
                    if self.peek(0) == Some('ອ') && !self.has_vowel(1) {
                        self.at += 1;
                    }
                    "o"
                }
            }
            (_, None) => self.without_sign(),
        };
        latin.push_str(vowel);
    }

    fn has_vowel_but_a(&self, ahead: usize) -> bool {
        self.has_vowel(ahead) && self.peek(ahead) != Some('ະ')
    }

    fn after_e(&mut self) -> &'static str {
        if self.peek(0) == Some('າ') && self.peek(1) == Some('ະ') {
            self.at += 2;
            return "o";
        }
        if self.take('ຽ') {
            self.take('ະ');
            return "ia";
        }
        if self.peek(0) == Some('ຍ') && !self.begins(0) {
            return "eu";
        }
        if self.peek(0) == Some('ອ') && !self.has_vowel(1) {
            self.at += 1;
            self.take('ະ');
            return "eu";
        }
        self.take('ະ');
        "e"
    }

    fn after_short_a(&mut self) -> &'static str {
        match self.peek(0) {
            Some('ວ') if !self.has_vowel_but_a(1) => {
                self.at += 1;
                self.take('ະ');
                "oua"
            }
            Some('ຽ') => {
                self.at += 1;
                self.take('ະ');
                "ia"
            }
            Some('ອ') if !self.has_vowel(1) => {
                self.at += 1;
                "o"
            }
            _ => "a",
        }
    }

    fn without_sign(&mut self) -> &'static str {
        if self.take_if(is_trailing_vowel).is_some() {
            return "a";
        }
        if self.take('ຽ') {
            self.take('ະ');
            return "ia";
        }
        match self.peek(0) {
            Some('ວ') if self.ends_at(1) => {
                self.at += 1;
                "oua"
            }
            Some('ອ') if !self.has_vowel(1) => {
                self.at += 1;
                "o"
            }
            // Old spellings and incomplete words omit the vowel. A single last consonant gets none.
            Some(c) if is_consonant(c) => "a",
            _ => "",
        }
    }

    fn last(&mut self, latin: &mut String) {
        let Some(c) = self.peek(0) else { return };
        // ະ always ends its syllable.
        if self.at > 0 && self.run[self.at - 1] == 'ະ' {
            return;
        }
        if c == 'ຽ' {
            self.at += 1;
            latin.push('i');
            return;
        }
        if !is_consonant(c) || self.begins(0) || latin.is_empty() {
            return;
        }
        // In loan words, other consonants can be finals too, but only if the following letters do not need them.
        let is_free = self.peek(1).is_none_or(is_leading_vowel) || self.begins(1);
        if !is_final(c) && !is_free {
            return;
        }
        if c == 'ຫ' || c == 'ຮ' || c == 'ອ' || matches!(c, 'ໜ' | 'ໝ') {
            return;
        }
        self.at += 1;
        latin.push_str(final_latin(c, latin));
    }
}

fn is_final(c: char) -> bool {
    matches!(c, 'ກ' | 'ງ' | 'ຍ' | 'ດ' | 'ນ' | 'ມ' | 'ບ' | 'ວ')
}

fn initial_latin(c: char) -> &'static str {
    match c {
        'ກ' => "k",
        'ຂ' | 'ຄ' | 'ໞ' | '\u{e86}' => "kh",
        'ງ' => "ng",
        'ຈ' => "ch",
        'ຊ' | '\u{e8c}' => "x",
        'ສ' | '\u{ea8}' | '\u{ea9}' => "s",
        'ຍ' | 'ໟ' | '\u{e8e}' => "ny",
        'ດ' | '\u{e91}' => "d",
        'ຕ' | '\u{e8f}' => "t",
        'ຖ' | 'ທ' | '\u{e90}' | '\u{e92}' | '\u{e98}' => "th",
        'ນ' | 'ໜ' | '\u{e93}' => "n",
        'ບ' => "b",
        'ປ' => "p",
        'ຜ' | 'ພ' | '\u{ea0}' => "ph",
        'ຝ' | 'ຟ' => "f",
        'ມ' | 'ໝ' => "m",
        'ຢ' => "y",
        'ຣ' => "r",
        'ລ' | '\u{eac}' => "l",
        'ວ' => "v",
        'ຫ' | 'ຮ' => "h",
        _ => "",
    }
}

fn final_latin(c: char, before: &str) -> &'static str {
    match c {
        'ກ' | 'ຂ' | 'ຄ' => "k",
        'ງ' => "ng",
        'ຍ' | 'ຢ' => "i",
        'ນ' | 'ລ' | 'ຣ' => "n",
        'ມ' => "m",
        'ບ' | 'ປ' | 'ຜ' | 'ພ' | 'ຝ' | 'ຟ' => "p",
        'ວ' if before.ends_with('i') => "ou",
        'ວ' => "o",
        _ => "t",
    }
}

fn bare_vowel(c: char) -> &'static str {
    match c {
        'ເ' | 'ແ' => "e",
        'ໂ' => "o",
        _ => "ai",
    }
}

fn lone(c: char) -> &'static str {
    match c {
        'ະ' | 'າ' | '\u{eb1}' => "a",
        'ິ' | 'ີ' => "i",
        'ຶ' | 'ື' => "u",
        'ຸ' | 'ູ' => "ou",
        '\u{ebb}' | '\u{ecd}' => "o",
        'ຽ' => "ia",
        '\u{ebc}' => "l",
        _ => "",
    }
}
