//! What a mistyped query may have meant.

use std::collections::BTreeSet;

use domain::lao::{edit_distance, index::Query, shortenings};

use super::{TYPO_PENALTY, Wanted};
use crate::{Db, Result};

/// Most corrections that are tried: the likeliest.
const MAX_CORRECTIONS: usize = 6;
/// Most words that are compared.
const MAX_WORDS: i64 = 400;
/// From this length on a word may have two mistakes.
const TWO_MISTAKES_FROM_CHARS: usize = 8;

/// Keys that known words make of the query, the likeliest first, none that were typed.
pub(super) async fn corrections(db: &Db, query: &Query) -> Result<Vec<Wanted>> {
    let mut hashes: Vec<i32> = query.chunks.iter().flat_map(|chunk| shortenings(&chunk.word)).collect();
    hashes.sort_unstable();
    hashes.dedup();
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let words = sqlx::query_scalar!(
        "SELECT word FROM search_words WHERE shortenings && $1 LIMIT $2",
        &hashes,
        MAX_WORDS
    )
    .fetch_all(&db.pool)
    .await?;
    let mut likely = BTreeSet::new();
    for (at, chunk) in query.chunks.iter().enumerate() {
        let most = if chunk.word.chars().count() < TWO_MISTAKES_FROM_CHARS { 1 } else { 2 };
        for word in &words {
            let distance = edit_distance(&chunk.word, word);
            if (1..=most).contains(&distance) {
                likely.insert((distance, at, chunk.corrected(word)));
            }
        }
    }
    let mut wanted: Vec<Wanted> = Vec::new();
    for (distance, _, key) in likely {
        if !query.keys.contains(&key) && wanted.iter().all(|other| other.key != key) {
            let distance = i32::try_from(distance).unwrap_or(i32::MAX);
            wanted.push(Wanted { key, penalty: TYPO_PENALTY + distance - 1 });
        }
        if wanted.len() == MAX_CORRECTIONS {
            break;
        }
    }
    Ok(wanted)
}
