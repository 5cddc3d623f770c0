//! Search over titles, people and synopses: what is kept for it, and how it is asked.
//!
//! Whoever changes a film's titles, synopses or cast calls `refresh_film` in the same transaction, and whoever renames
//! or merges people `refresh_person`; then what is found is always what is there. `domain::lao::index` makes the keys.

mod correct;
mod find;
mod refresh;
mod suggest;

pub use find::{Field, Found, SearchCursor, find};
pub(crate) use refresh::{
    Words, add_words, ensure_current, refresh_film, refresh_films_in, refresh_people_in, refresh_person,
};
pub use refresh::{rebuild, refresh_films, refresh_people};
pub use suggest::{Suggested, suggest};

use domain::lao::index::Query;

/// One key that is looked for, and what it costs a match that it is not what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    key: String,
    penalty: i32,
    /// Only texts that are nothing else.
    whole: bool,
}

/// What `search_quality` is lowered by for a word that was not typed so. A whole
/// title with a mistake is then as good as the beginning of a word in another.
const TYPO_PENALTY: i32 = 4;

/// Keys as columns for `unnest`.
struct Columns {
    keys: Vec<String>,
    /// What every key of the range is less than.
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
                // Nothing that begins with the key sorts after it and the last character there is, and nothing but the key
                // before it and the first.
                .map(|Wanted { key, whole, .. }| {
                    format!("{key}{}", if *whole { '\u{1}' } else { '\u{10ffff}' })
                })
                .collect(),
            penalties: wanted.iter().map(|wanted| wanted.penalty).collect(),
            wholes: wanted.iter().map(|wanted| wanted.whole).collect(),
        }
    }
}

/// Ranges of keys that begin as it was typed: from the first of each to before the second.
pub(crate) fn ranges(query: &Query) -> Vec<(String, String)> {
    let columns = Columns::of(&as_typed(query));
    columns.keys.into_iter().zip(columns.beyond).collect()
}

/// The keys of what was typed, as it was typed; another reading of its last letter comes a little later.
fn as_typed(query: &Query) -> Vec<Wanted> {
    let wanted =
        |(at, key): (usize, &String)| Wanted { key: key.clone(), penalty: i32::from(at > 0), whole: false };
    query.keys.iter().enumerate().map(wanted).collect()
}
