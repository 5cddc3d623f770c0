//! A search query, normalized for comparison with the [`index`](super::index) entries of texts.

use super::{
    normalize::fold,
    pieces::{
        MAX_GRAMS, MAX_PARTS, MAX_WORD_CHARS, cut, is_onset, is_spelled, runs, spelling_of, words_by_syllable,
    },
    sound::{Part, latin_words, parts, sound, sound_key, sound_of},
    typo::{edit_distance, shortenings},
};

/// A normalized search query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its phonetic keys, cut to [`MAX_KEY_CHARS`](super::index::MAX_KEY_CHARS). The first is the key of the text as typed. There is a
    /// second one if the last word may be unfinished and its last letter can be read in two ways.
    pub keys: Vec<String>,
    /// Its original letters, folded, without spaces, cut to the same length.
    pub spelling: String,
    /// A text that contains all words of the query, in any order, has all these [`grams`](super::index::grams).
    pub grams: Vec<String>,
    /// The chunks in which search looks for a typing mistake, one chunk at a time.
    pub chunks: Vec<Chunk>,
}

impl Query {
    /// Returns how much a text differs from the query: 0 if the text begins with the query, more if it contains the query
    /// later, and most if it contains only some of the query's syllables or none.
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

/// The syllables of a text. They can be searched for single [`grams`](super::index::grams) without building the set of all grams.
struct Syllables {
    letters: Vec<char>,
    /// The start of each syllable, and the end of the last one.
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

    /// Whether one syllable, or two consecutive ones, are equal to `gram`.
    fn have(&self, gram: &str) -> bool {
        let is = |from: usize, to: usize| self.letters[from..to].iter().copied().eq(gram.chars());
        let one = self.bounds.windows(2).any(|bounds| is(bounds[0], bounds[1]));
        one || self.bounds.windows(3).any(|bounds| is(bounds[0], bounds[2]))
    }
}

/// Consecutive words or Lao syllables of a query, in which search corrects typing mistakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its phonetic key.
    pub word: String,
    /// Its original letters, folded, without spaces.
    pub spelling: String,
    /// The phonetic key of the query before it.
    pub before: String,
    /// The phonetic key of the query after it.
    pub after: String,
}

impl Chunk {
    /// Returns the query's key with this chunk replaced by one of the [`words`](super::index::words) of a text.
    pub fn corrected(&self, word: &str) -> String {
        let sound = if is_spelled(word) { &sound_key(word) } else { word };
        cut(&format!("{}{sound}{}", self.before, self.after))
    }

    /// Returns the number of typing mistakes between this chunk and a word; `None` if more than `most`.
    pub fn distance(&self, word: &str, most: usize) -> Option<usize> {
        edit_distance(if is_spelled(word) { &self.spelling } else { &self.word }, word, most)
    }

    /// Returns the [`shortenings()`] of its key and of its Lao spelling, to find the words that the user may have meant.
    pub fn shortenings(&self) -> Vec<i32> {
        let mut hashes = shortenings(&self.word);
        if is_spelled(&self.spelling) {
            hashes.extend(shortenings(&self.spelling));
        }
        hashes
    }
}

/// Normalizes a query; `None` if it contains no word.
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

/// Returns the key for the other reading of the last letter, if it has one. For example, a consonant that was read as a final may
/// begin a syllable whose vowel the user has not typed yet.
fn other_reading(text: &str, key: &str) -> Option<String> {
    let last = fold(text).chars().next_back()?;
    let (end, begin) = match last {
        'ດ' => ("t", "d"),
        'ສ' | 'ຊ' | 'ຈ' => ("t", "s"),
        'ລ' | 'ຣ' => ("n", "l"),
        'ບ' => ("p", "b"),
        // Another letter may turn these into a digraph or another vowel.
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

/// Returns the whole query, each Latin word, and the Lao syllables in overlapping groups of three.
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
    // A short word is one mistake away from too many others; the words around it show what the user meant.
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
    fn dissimilarity_increases_with_the_number_of_missing_words() {
        let query = query("ສະບາຍ river").unwrap();
        let texts = ["sabai river", "by the sabai river", "River and sabai", "the river", "home"];
        let dissimilarity = texts.map(|text| query.dissimilarity(text));
        assert!(dissimilarity[0] == 0 && dissimilarity.is_sorted(), "{dissimilarity:?}");
        // `Syllables::have` agrees with `grams`.
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
