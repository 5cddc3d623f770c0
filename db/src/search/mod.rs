//! Search over titles, people and synopses: what is kept for it, and how it is asked.
//!
//! Whoever changes a film's titles, synopses or cast calls [`refresh_film`] in the same transaction, and whoever renames
//! or merges people [`refresh_person`]; then what is found is always what is there. `domain::lao::index` makes the keys.

mod correct;
mod find;
mod refresh;
mod suggest;

pub use find::{Field, Found, SearchCursor, find};
pub(crate) use refresh::{ensure_current, refresh_film};
pub use refresh::{rebuild, refresh_films, refresh_people};
pub use suggest::{Suggested, suggest};

use domain::lao::index::Query;

/// One key that is looked for, and what it costs a match that it is not what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    key: String,
    penalty: i32,
}

/// What `search_quality` is lowered by for a word that was not typed so.
const TYPO_PENALTY: i32 = 6;

/// Keys as columns for `unnest`: key, the end of its range, penalty.
fn columns(wanted: &[Wanted]) -> (Vec<String>, Vec<String>, Vec<i32>) {
    let keys = wanted.iter().map(|wanted| wanted.key.clone()).collect();
    // Nothing that begins with the key sorts after it and the last character there is.
    let beyond = wanted.iter().map(|wanted| format!("{}\u{10ffff}", wanted.key)).collect();
    (keys, beyond, wanted.iter().map(|wanted| wanted.penalty).collect())
}

/// The keys of what was typed, as it was typed.
fn as_typed(query: &Query) -> Vec<Wanted> {
    query.keys.iter().map(|key| Wanted { key: key.clone(), penalty: 0 }).collect()
}
