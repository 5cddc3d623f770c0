//! Corrections of typing mistakes in a query.

use std::collections::BTreeSet;

use domain::lao::index::{Chunk, Query};
use sqlx::PgConnection;

use super::{TYPO_PENALTY, Wanted};

/// Maximum number of corrections, most likely first, that may match the beginning of any word.
const MAX_CORRECTIONS: usize = 8;
/// Maximum number of all corrections; the remaining ones match only whole titles or names.
const MAX_WHOLE_CORRECTIONS: usize = 48;
/// Maximum number of words that are compared.
const MAX_WORDS: i64 = 1000;
/// Minimum length of a query whose beginning alone identifies what was meant.
const LONG_FROM_CHARS: usize = 8;
/// Minimum length of a word that may contain two mistakes.
const TWO_MISTAKES_FROM_CHARS: usize = 7;

/// Returns keys of the query with words replaced by known ones, most likely first, without the keys that were typed.
pub(super) async fn corrections(connection: &mut PgConnection, query: &Query) -> sqlx::Result<Vec<Wanted>> {
    let mut hashes: Vec<i32> = query.chunks.iter().flat_map(Chunk::shortenings).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let words = sqlx::query_scalar!(
        r#"SELECT word AS "word!" FROM search_similar($1, $2) AS word"#,
        &hashes,
        MAX_WORDS
    )
    .fetch_all(connection)
    .await?;
    let mut likely = BTreeSet::new();
    for (at, chunk) in query.chunks.iter().enumerate() {
        let most = if chunk.word.chars().count() < TWO_MISTAKES_FROM_CHARS { 1 } else { 2 };
        for word in &words {
            if let Some(distance @ 1..) = chunk.distance(word, most) {
                likely.insert((distance, at, chunk.corrected(word)));
            }
        }
    }
    let mut wanted: Vec<Wanted> = Vec::new();
    for (distance, _, key) in likely {
        if !query.keys.contains(&key) && wanted.iter().all(|other| other.key != key) {
            let distance = i32::try_from(distance).unwrap_or(i32::MAX);
            let whole = wanted.len() >= MAX_CORRECTIONS;
            wanted.push(Wanted { key, penalty: TYPO_PENALTY + distance - 1, whole });
        }
        if wanted.len() == MAX_WHOLE_CORRECTIONS {
            break;
        }
    }
    wanted.extend(without_its_end(query));
    Ok(wanted)
}

/// Returns the query without its last two letters: the mistake may be in a name that is too long to be among the words.
fn without_its_end(query: &Query) -> Option<Wanted> {
    let key = query.keys.first()?;
    let letters = key.chars().count();
    (letters >= LONG_FROM_CHARS).then(|| Wanted {
        key: key.chars().take(letters - 2).collect(),
        penalty: TYPO_PENALTY + 2,
        whole: false,
    })
}
