//! Invented words with a realistic frequency distribution.

use super::dice::Dice;

/// Number of different words in each language.
const WORDS: usize = 20_000;

const LAO_NAMES: &[&str] =
    &["ບາງກອກ", "ຮ່າໂນ້ຍ", "ພະນົມເປັນ", "ຂອນແກ່ນ", "ຊຽງໃໝ່", "ຮັກ", "ບ້ານ", "ເມືອງ", "ແມ່ນ້ຳ", "ດອກຈຳປາ", "ລາວ", "ຄືນ"];
const LATIN_NAMES: &[&str] = &[
    "the",
    "of",
    "love",
    "Bangkok",
    "Chiang Mai",
    "night",
    "river",
    "Mekong",
    "village",
    "home",
    "road",
    "moon",
];

/// The words of a language, the most frequent first.
pub(super) struct Vocabulary {
    words: Vec<String>,
    between: &'static str,
}

impl Vocabulary {
    pub(super) fn lao(dice: &mut Dice) -> Self {
        const INITIALS: &[&str] = &[
            "ກ", "ຂ", "ຄ", "ງ", "ຈ", "ສ", "ຊ", "ຍ", "ດ", "ຕ", "ທ", "ນ", "ບ", "ປ", "ພ", "ມ", "ລ", "ວ", "ຫຼ",
            "ໝ", "ຫ", "ຮ",
        ];
        const AROUND: &[(&str, &str)] = &[
            ("", "າ"),
            ("", "ີ"),
            ("", "ູ"),
            ("", "ັນ"),
            ("", "ອງ"),
            ("", "າຍ"),
            ("ເ", ""),
            ("ແ", "ງ"),
            ("ໄ", ""),
            ("", "ົມ"),
            ("", "ຽນ"),
            ("", "ວງ"),
            ("ເ", "ືອງ"),
            ("", "ະ"),
            ("", "້າ"),
            ("", "ັກ"),
            ("ໂ", "ດ"),
            ("", "ໍ່"),
            ("", "ຳ"),
            ("ເ", "ີນ"),
        ];
        Self::new(LAO_NAMES, "", |_| {
            let mut word = String::new();
            for _ in 0..=dice.below(3) {
                let (before, after) = AROUND[dice.below(AROUND.len())];
                word.extend([before, dice.pick(INITIALS), after]);
            }
            word
        })
    }

    pub(super) fn latin(dice: &mut Dice) -> Self {
        const INITIALS: &[&str] = &[
            "b", "br", "c", "ch", "d", "f", "g", "gl", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st",
            "t", "th", "v", "w",
        ];
        const VOWELS: &[&str] = &["a", "e", "i", "o", "u", "ea", "oo", "ai"];
        const FINALS: &[&str] = &["", "n", "r", "s", "ng", "t", "ck", "ll", "nd", "m"];
        Self::new(LATIN_NAMES, " ", |_| {
            let mut word = String::new();
            for _ in 0..=dice.below(3) {
                word.extend([dice.pick(INITIALS), dice.pick(VOWELS), dice.pick(FINALS)]);
            }
            word
        })
    }

    fn new(names: &[&str], between: &'static str, word: impl FnMut(usize) -> String) -> Self {
        let names = names.iter().map(|name| (*name).to_owned());
        Self { words: names.chain((0..WORDS).map(word)).collect(), between }
    }

    pub(super) fn text(&self, dice: &mut Dice, words: usize) -> String {
        let words: Vec<&str> =
            (0..words).map(|_| self.words[dice.unequal(self.words.len())].as_str()).collect();
        words.join(self.between)
    }

    /// Returns two words that may be rare, with capital letters if the script has them.
    pub(super) fn name(&self, dice: &mut Dice) -> String {
        let words: Vec<String> = (0..2)
            .map(|_| {
                let word = &self.words[dice.below(self.words.len())];
                let mut letters = word.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
            })
            .collect();
        words.join(" ")
    }
}
