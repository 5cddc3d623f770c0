//! Text that looks Lao only with an old font.
//!
//! Before Unicode, Lao fonts drew Lao letters at the codes of Latin letters: at those above 0xA0 (Saysettha Lao and other fonts of
//! Lao Script for Windows), or at those of the keyboard's keys (Alice, Lao 95, Lao 2000: `lt[kpfu` for ສະບາຍດີ). A file does not name
//! its font, so such text can only be recognised by what it is not: Lao Unicode, or another language.

use super::{Decoded, Place, Refusal, Warnings, check::FileCue};

/// Fewer letters say nothing.
const MIN_LETTERS: usize = 20;
/// From this share of Lao letters on, in percent, the rest may be anything: names, songs, other languages.
const LAO_PERCENT: usize = 30;
/// This share of letters from 0xA0 to 0xFF, in percent, does not occur in any language. French has 5, Vietnamese 15.
const HIGH_PERCENT: usize = 30;
/// The same for one cue.
const HIGH_PERCENT_OF_CUE: usize = 50;
/// Share of cues with such text that is enough, in percent: the others may be names in Latin letters.
const FONT_CUES_PERCENT: usize = 20;
/// Share of words with characters that no language has inside words.
const ODD_WORDS_PERCENT: usize = 30;
/// Share of words that are among [`ENGLISH`] in English text.
const ENGLISH_PERCENT: usize = 12;
/// Length of the example in the refusal.
const EXAMPLE_CHARS: usize = 30;

/// Frequent words of English dialogue.
const ENGLISH: [&str; 56] = [
    "a", "about", "all", "and", "are", "at", "be", "but", "can", "come", "did", "do", "don't", "for", "go",
    "have", "he", "her", "here", "him", "his", "how", "i", "i'm", "if", "in", "is", "it", "it's", "know",
    "like", "me", "my", "no", "not", "of", "oh", "on", "one", "right", "she", "so", "that", "the", "they",
    "this", "to", "up", "was", "we", "what", "who", "with", "yes", "you", "your",
];

/// Letters of a text by kind.
#[derive(Clone, Copy, Debug, Default)]
struct Letters {
    lao: usize,
    thai: usize,
    /// Letters and signs of Latin-1 and windows-1252 above ASCII.
    high: usize,
    ascii: usize,
    other: usize,
}

impl Letters {
    fn of(text: &str) -> Self {
        let mut letters = Self::default();
        for c in text.chars() {
            match c {
                '\u{e80}'..='\u{eff}' => letters.lao += 1,
                '\u{e00}'..='\u{e7f}' => letters.thai += 1,
                // Punctuation that is common in Unicode text.
                '\u{a0}' | '«' | '»' | '·' | '°' | '¡' | '¿' | '\u{ad}' => {}
                '\u{a1}'..='\u{ff}'
                | 'Œ'
                | 'œ'
                | 'Š'
                | 'š'
                | 'Ž'
                | 'ž'
                | 'Ÿ'
                | 'ƒ'
                | 'ˆ'
                | '˜'
                | '†'
                | '‡'
                | '‰' => {
                    letters.high += 1;
                }
                c if c.is_ascii_alphabetic() => letters.ascii += 1,
                c if c.is_alphabetic() => letters.other += 1,
                _ => {}
            }
        }
        letters
    }

    /// Letters that can only be codes of a font, if the text is meant to be Lao. Without Unicode, all above ASCII are.
    fn font(self, unicode: bool) -> usize {
        if unicode { self.high } else { self.high + self.thai + self.other }
    }

    fn all(self) -> usize {
        self.lao + self.thai + self.high + self.ascii + self.other
    }
}

/// Checks the cues of a file that is declared as Lao.
pub(super) fn check(cues: &[FileCue], decoded: &Decoded, warnings: &mut Warnings) -> Result<(), Refusal> {
    let unicode = decoded.is_unicode();
    let texts: Vec<_> = cues.iter().map(|cue| (cue.line, cue.cue.text.to_plain())).collect();
    let all = texts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n");
    let letters = Letters::of(&all);
    if letters.all() < MIN_LETTERS {
        return Ok(());
    }
    let font_cues: Vec<_> = texts.iter().filter(|(_, text)| is_font_text(text, unicode)).collect();
    if let Some((line, text)) = font_cues.first()
        && (letters.lao == 0 && letters.font(unicode) * 100 >= letters.all() * HIGH_PERCENT
            || font_cues.len() * 100 >= texts.len() * FONT_CUES_PERCENT)
    {
        return Err(refusal(*line, text));
    }
    if letters.lao * 100 >= letters.all() * LAO_PERCENT {
        return Ok(());
    }
    if letters.font(unicode) * 100 >= letters.all() * HIGH_PERCENT {
        let (line, text) =
            texts.iter().max_by_key(|(_, text)| Letters::of(text).font(unicode)).unwrap_or(&texts[0]);
        return Err(refusal(*line, text));
    }
    let words = Words::of(&all);
    let english = words.english * 100 >= words.all * ENGLISH_PERCENT;
    if !english && letters.lao * 20 < letters.all() && words.odd * 100 >= words.all * ODD_WORDS_PERCENT {
        let (line, text) = texts.iter().find(|(_, text)| Words::of(text).odd > 0).unwrap_or(&texts[0]);
        return Err(refusal(*line, text));
    }
    let percent = letters.lao * 100 / letters.all();
    let detail = if english {
        format!(
            "the language is Lao, but the text seems to be English ({percent} % Lao letters); check the language"
        )
    } else {
        format!("the language is Lao, but only {percent} % of the letters are Lao; check the language")
    };
    warnings.add(Place::File, detail);
    Ok(())
}

fn is_font_text(text: &str, unicode: bool) -> bool {
    let letters = Letters::of(text);
    letters.all() >= 6 && letters.font(unicode) * 100 >= letters.all() * HIGH_PERCENT_OF_CUE
}

fn refusal(line: u64, text: &str) -> Refusal {
    Refusal::LaoFont {
        line,
        example: text.lines().next().unwrap_or_default().chars().take(EXAMPLE_CHARS).collect(),
    }
}

/// Words of a text by kind.
#[derive(Clone, Copy, Debug, Default)]
struct Words {
    all: usize,
    english: usize,
    /// Words with brackets, digits, capitals or other signs between letters.
    odd: usize,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Self::default();
        for word in text.split_whitespace() {
            let word = word.trim_matches(|c: char| !c.is_alphabetic());
            if word.is_empty() {
                continue;
            }
            words.all += 1;
            words.english += usize::from(ENGLISH.contains(&word.to_lowercase().replace('’', "'").as_str()));
            words.odd += usize::from(is_odd(word));
        }
        words
    }
}

fn is_odd(word: &str) -> bool {
    let sign = |c: char| {
        c.is_ascii_digit()
            || matches!(
                c,
                '[' | ']'
                    | '{'
                    | '}'
                    | ';'
                    | '='
                    | '\\'
                    | '/'
                    | '^'
                    | '|'
                    | '<'
                    | '>'
                    | '+'
                    | '*'
                    | '%'
                    | '$'
                    | '#'
            )
    };
    let shift = word.chars().zip(word.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    word.chars().count() > 2 && (shift || word.chars().any(sign))
}
