//! Search over titles, people and synopses: the index and the queries.
//!
//! A transaction that changes a film's titles, synopses or cast must call `refresh_film`, and one that renames or merges people
//! must call `refresh_person`, so that the index always matches the catalogue. `domain::lao::index` computes the keys.

mod correct;
mod find;
mod people;
mod refresh;
mod suggest;

pub use find::{Field, Found, SearchCursor, find};
pub use people::{FoundPerson, find_people};
pub(crate) use refresh::{
    Words, add_words, ensure_current, refresh_film, refresh_films_in, refresh_people_in, refresh_person,
};
pub use refresh::{rebuild, refresh_films, refresh_people};
pub use suggest::{Suggested, Suggestions, suggest};

use domain::lao::index::Query;

/// A key to look for, with the penalty of its matches if it is not exactly what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    key: String,
    penalty: i32,
    /// Whether only texts match that equal the key.
    whole: bool,
}

/// Penalty in `search_quality` for a corrected word. A whole title with a typing mistake then ranks equal to the beginning of a word
/// in another title.
const TYPO_PENALTY: i32 = 4;

/// Keys as columns for `unnest`.
struct Columns {
    keys: Vec<String>,
    /// Exclusive upper bound of each key range.
    beyond: Vec<String>,
    penalties: Vec<i32>,
    wholes: Vec<bool>,
}

impl Columns {
    fn of(wanted: &[Wanted]) -> Self {
        Self {
            keys: wanted.iter().map(|wanted| wanted.key.clone()).collect(),
            beyond: wanted
                .iter()
                // All texts that begin with the key sort before the key with the last character appended, and only the key itself
                // sorts before the key with the first character appended.
                .map(|Wanted { key, whole, .. }| {
                    format!("{key}{}", if *whole { '\u{1}' } else { '\u{10ffff}' })
                })
                .collect(),
            penalties: wanted.iter().map(|wanted| wanted.penalty).collect(),
            wholes: wanted.iter().map(|wanted| wanted.whole).collect(),
        }
    }
}

/// Returns the ranges of keys that begin as the query was typed, as (inclusive start, exclusive end).
pub(crate) fn ranges(query: &Query) -> Vec<(String, String)> {
    let columns = Columns::of(&as_typed(query));
    columns.keys.into_iter().zip(columns.beyond).collect()
}

/// Returns the keys of the query as it was typed. Other readings of its last letter get a small penalty.
fn as_typed(query: &Query) -> Vec<Wanted> {
    let wanted =
        |(at, key): (usize, &String)| Wanted { key: key.clone(), penalty: i32::from(at > 0), whole: false };
    query.keys.iter().enumerate().map(wanted).collect()
}
