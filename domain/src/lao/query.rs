//! A search query, normalised for comparison with the [`index`](super::index) of texts.

use super::{
    normalize::fold,
    pieces::{
        MAX_GRAMS, MAX_PARTS, MAX_WORD_CHARS, cut, is_onset, is_spelled, runs, spelling_of, words_by_syllable,
    },
    sound::{Part, latin_words, parts, sound, sound_key, sound_of},
    typo::{edit_distance, shortenings},
};

/// A normalised search query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its sounds: more than one if its last letter can be read in two ways, as that of a word not yet finished. The
    /// first is that of the whole text.
    pub keys: Vec<String>,
    /// Its own letters, folded and without spaces, cut as an entry's.
    pub spelling: String,
    /// What a text has to contain to contain all its words in whatever order.
    pub grams: Vec<String>,
    /// Pieces one of which may be mistyped, each with what stands before and after it.
    pub chunks: Vec<Chunk>,
}

impl Query {
    /// How unlike what was typed a text is: zero for one that begins so; more for one that has it later, has only some of its
    /// syllables, or none.
    pub fn dissimilarity(&self, text: &str) -> usize {
        const WITHOUT: usize = 10_000;
        let words = latin_words(text);
        let key = sound(&words.concat());
        let at = self.keys.iter().filter_map(|typed| key.find(typed.as_str())).min();
        at.unwrap_or_else(|| {
            let syllables = Syllables::of(&words);
            WITHOUT + self.grams.iter().filter(|gram| !syllables.have(gram)).count()
        })
    }
}

/// A text's syllables, to look for [`grams`](super::index::grams) in without making them all.
struct Syllables {
    letters: Vec<char>,
    /// Where each begins, and where the last ends.
    bounds: Vec<usize>,
}

impl Syllables {
    fn of(words: &[String]) -> Self {
        let (mut letters, mut bounds) = (Vec::new(), Vec::new());
        for word in words {
            let word: Vec<char> = sound(word).chars().collect();
            let onsets = (0..word.len()).filter(|at| *at == 0 || is_onset(&word, *at));
            bounds.extend(onsets.map(|at| letters.len() + at));
            letters.extend(word);
        }
        bounds.push(letters.len());
        bounds.truncate(MAX_GRAMS + 1);
        Self { letters, bounds }
    }

    /// Whether one of them, or two in a row, are this.
    fn have(&self, gram: &str) -> bool {
        let is = |from: usize, to: usize| self.letters[from..to].iter().copied().eq(gram.chars());
        let one = self.bounds.windows(2).any(|bounds| is(bounds[0], bounds[1]));
        one || self.bounds.windows(3).any(|bounds| is(bounds[0], bounds[2]))
    }
}

/// A piece of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its sound.
    pub word: String,
    /// Its own letters, folded and without spaces.
    pub spelling: String,
    /// Sound of all before it.
    pub before: String,
    /// Sound of all after it.
    pub after: String,
}

impl Chunk {
    /// The query's key with this piece replaced by one of the [`words`](super::index::words) of a text.
    pub fn corrected(&self, word: &str) -> String {
        let sound = if is_spelled(word) { &sound_key(word) } else { word };
        cut(&format!("{}{sound}{}", self.before, self.after))
    }

    /// Returns the number of typing mistakes that separate the word; `None` for more than `most`.
    pub fn distance(&self, word: &str, most: usize) -> Option<usize> {
        edit_distance(if is_spelled(word) { &self.spelling } else { &self.word }, word, most)
    }

    /// What it has in common with the words it may have been meant to be.
    pub fn shortenings(&self) -> Vec<i32> {
        let mut hashes = shortenings(&self.word);
        if is_spelled(&self.spelling) {
            hashes.extend(shortenings(&self.spelling));
        }
        hashes
    }
}

/// Normalises a query; `None` if it contains no word.
pub fn query(text: &str) -> Option<Query> {
    let mut parts = parts(text);
    parts.truncate(MAX_PARTS);
    let key = cut(&sound_of(&parts));
    if key.is_empty() {
        return None;
    }
    let mut grams = Vec::new();
    for syllables in words_by_syllable(&parts) {
        match syllables.as_slice() {
            [one] => grams.push(one.clone()),
            more => grams.extend(more.windows(2).map(<[String]>::concat)),
        }
    }
    let mut keys = vec![key];
    if let Some(other) = other_reading(text, &keys[0]) {
        keys.push(other);
    }
    let spelling = cut(&fold(text).replace(' ', ""));
    Some(Query { keys, spelling, grams, chunks: chunks(&parts) })
}

/// A last consonant that was read as a final may be the first letter of a syllable whose vowel is still to come.
fn other_reading(text: &str, key: &str) -> Option<String> {
    let last = fold(text).chars().next_back()?;
    let (end, begin) = match last {
        'ດ' => ("t", "d"),
        'ສ' | 'ຊ' | 'ຈ' => ("t", "s"),
        'ລ' | 'ຣ' => ("n", "l"),
        'ບ' => ("p", "b"),
        // Digraphs and vowels that another letter may turn into something else.
        'c' => ("k", "s"),
        'o' => ("o", "u"),
        'e' => ("e", "i"),
        'ວ' | 'w' => ("o", "v"),
        'n' | 'g' => (&key[key.char_indices().next_back()?.0..], ""),
        _ => return None,
    };
    let stem = key.strip_suffix(end)?;
    let other = format!("{stem}{begin}");
    (other.chars().count() > 1).then_some(other)
}

/// The whole, each Latin word, and Lao by threes.
fn chunks(parts: &[Part]) -> Vec<Chunk> {
    let chunk = |from: usize, to: usize| Chunk {
        word: sound_of(&parts[from..to]),
        spelling: spelling_of(&parts[from..to]),
        before: sound_of(&parts[..from]),
        after: sound_of(&parts[to..]),
    };
    let mut chunks = vec![chunk(0, parts.len())];
    let mut from = 0;
    for run in runs(parts) {
        if run.len() > 1 {
            chunks.extend(
                (from..from + run.len()).step_by(2).map(|at| chunk(at, (at + 3).min(from + run.len()))),
            );
        } else {
            chunks.push(chunk(from, from + run.len()));
        }
        from += run.len();
    }
    // A short word is one slip from too many others; what is around it tells what was meant.
    let least = if chunks.len() > 2 { 4 } else { 3 };
    chunks.retain(|chunk| (least..=MAX_WORD_CHARS + 1).contains(&chunk.word.chars().count()));
    chunks.dedup();
    chunks.truncate(8);
    chunks
}

#[cfg(test)]
mod tests {
    use super::{Syllables, latin_words, query};
    use crate::lao::index::grams;

    #[test]
    fn a_text_is_less_like_what_was_typed_the_more_of_its_words_it_lacks() {
        let query = query("ສະບາຍ river").unwrap();
        let texts = ["sabai river", "by the sabai river", "River and sabai", "the river", "home"];
        let dissimilarity = texts.map(|text| query.dissimilarity(text));
        assert!(dissimilarity[0] == 0 && dissimilarity.is_sorted(), "{dissimilarity:?}");
        // Whether a gram is there is what `grams` says.
        for text in texts {
            let grams = grams(text);
            let syllables = Syllables::of(&latin_words(text));
            assert!(grams.iter().all(|gram| syllables.have(gram)), "{text}");
            let missing = query.grams.iter().filter(|gram| !grams.contains(*gram)).count();
            assert!(
                query.dissimilarity(text) < 10_000 || query.dissimilarity(text) == 10_000 + missing,
                "{text}"
            );
        }
    }
}
