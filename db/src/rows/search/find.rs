//! Finds films by their titles, people and synopses.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
    fmt,
    str::FromStr,
};

use domain::{id::FilmId, lao::index::Query};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{Columns, TYPO_PENALTY, Wanted, as_typed, correct::corrections};
use crate::{Audience, Db, InvalidCursor, Result};

/// The part of a film that matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// One of its titles.
    Title,
    /// The name of a person in its credits.
    Person,
    /// One of its synopses.
    Synopsis,
}

/// A search result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The film.
    pub film_id: FilmId,
    /// Lower is better.
    pub score: i32,
    /// What matched.
    pub field: Field,
    /// Texts of that field, one of which matched.
    pub texts: Vec<String>,
    /// Whether it matches only a corrected spelling of the query.
    pub is_correction: bool,
    /// Whether this list contains matches of corrected spellings: its later pages must search like the first.
    guessed: bool,
}

impl Found {
    /// Returns the cursor of the list page that begins after this film.
    pub fn cursor(&self) -> SearchCursor {
        SearchCursor { score: self.score, film_id: self.film_id.0, guessed: self.guessed }
    }
}

/// The last film of a page; the next page begins after it. Its text is opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchCursor {
    score: i32,
    film_id: Uuid,
    guessed: bool,
}

impl fmt::Display for SearchCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guessed = if self.guessed { "g" } else { "t" };
        write!(f, "{guessed}{}.{}", self.score, self.film_id.simple())
    }
}

impl FromStr for SearchCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (guessed, place) = match text.strip_prefix('g') {
            Some(place) => (true, place),
            None => (false, text.strip_prefix('t').ok_or(InvalidCursor)?),
        };
        let (score, film_id) = place.split_once('.').ok_or(InvalidCursor)?;
        Ok(Self {
            guessed,
            score: score.parse().map_err(|_| InvalidCursor)?,
            film_id: Uuid::try_parse(film_id).map_err(|_| InvalidCursor)?,
        })
    }
}

/// Whether the query matched whole words of a title or a name; then it contains no typing mistake. Inverts `search_score`: 0, 2, 6 are
/// a title, its beginning and words in it; 3, 5, 9 are the same for a name. Inside a text, Lao syllables often sound like others, so
/// there the spelling must match too.
fn is_whole(score: i32) -> bool {
    match score / (2 * 256) {
        0 | 2 | 3 | 5 => true,
        6 | 9 => (score / 256) % 2 == 0,
        _ => false,
    }
}

/// Returns at most `limit` films after `after` that the audience may see in lists, best first, and the newest of equals first.
/// Corrected spellings are searched only if no result of the first page matches whole words.
pub async fn find(
    db: &Db,
    query: &Query,
    audience: Audience,
    after: Option<SearchCursor>,
    limit: u32,
) -> Result<Vec<Found>> {
    // One connection for all statements: a search with a correction would otherwise wait for a connection three times.
    let mut connection = db.pools.searches.acquire().await?;
    Ok(match after {
        Some(after) => find_more(&mut connection, query, audience, after, limit).await?,
        None => find_first(&mut connection, query, audience, limit).await?,
    })
}

async fn find_first(
    connection: &mut PgConnection,
    query: &Query,
    audience: Audience,
    limit: u32,
) -> sqlx::Result<Vec<Found>> {
    let found = find_wanted(connection, query, &query.grams, &as_typed(query), audience, None, limit).await?;
    if found.iter().any(|found| is_whole(found.score)) {
        return Ok(found);
    }
    let corrections = corrections(connection, query).await?;
    if corrections.is_empty() {
        return Ok(found);
    }
    // The first search has already looked for the words in any order.
    let guesses = find_wanted(connection, query, &[], &corrections, audience, None, limit).await?;
    Ok(merge(found, guesses, limit))
}

async fn find_more(
    connection: &mut PgConnection,
    query: &Query,
    audience: Audience,
    after: SearchCursor,
    limit: u32,
) -> sqlx::Result<Vec<Found>> {
    let mut wanted = as_typed(query);
    if after.guessed {
        wanted.extend(corrections(connection, query).await?);
    }
    let found = find_wanted(connection, query, &query.grams, &wanted, audience, Some(after), limit).await?;
    Ok(found.into_iter().map(|found| Found { guessed: after.guessed, ..found }).collect())
}

/// Returns the best of both, each film once, as one statement with both sets of keys would find them.
fn merge(found: Vec<Found>, guesses: Vec<Found>, limit: u32) -> Vec<Found> {
    let mut all: Vec<Found> = found.into_iter().chain(guesses).collect();
    all.sort_by_key(|found| (found.score, Reverse(found.film_id.0), found.field));
    let mut seen = HashSet::new();
    all.retain(|found| seen.insert(found.film_id));
    all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    all.into_iter().map(|found| Found { guessed: true, ..found }).collect()
}

struct Row {
    film_id: Uuid,
    score: i32,
    field: i32,
    guessed: bool,
    titles: Json<BTreeMap<String, String>>,
    original_title: Option<String>,
    synopses: Json<BTreeMap<String, String>>,
    names: Option<Json<Vec<BTreeMap<String, String>>>>,
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        let (field, texts) = match row.field {
            0 => (Field::Title, row.titles.0.into_values().chain(row.original_title).collect()),
            1 => {
                let names = row.names.map(|names| names.0).unwrap_or_default();
                (Field::Person, names.into_iter().flat_map(BTreeMap::into_values).collect())
            }
            _ => (Field::Synopsis, row.synopses.0.into_values().collect()),
        };
        let is_correction = row.guessed;
        Self { film_id: FilmId(row.film_id), score: row.score, field, texts, is_correction, guessed: false }
    }
}

async fn find_wanted(
    connection: &mut PgConnection,
    query: &Query,
    grams: &[String],
    wanted: &[Wanted],
    audience: Audience,
    after: Option<SearchCursor>,
    limit: u32,
) -> sqlx::Result<Vec<Found>> {
    let columns = Columns::of(wanted);
    let (score, film_id) = after.map(|cursor| (cursor.score, cursor.film_id)).unzip();
    // Each key range is read in index order, shortest texts first, and only up to its limit. The limit is lower for corrections, since
    // they are many. Films that the audience may not see do not count.
    let rows = sqlx::query_as!(
        Row,
        r#"WITH wanted AS MATERIALIZED (
               SELECT key, beyond, penalty, char_length(key) AS typed, place, penalty >= $11 AS guessed
               FROM unnest($1::text[], $2::text[], $3::integer[], $10::boolean[]) AS wanted (key, beyond, penalty, whole),
                    unnest('{0, 1, 2}'::smallint[]) AS place
               WHERE place = 0 OR NOT whole
           ), titled AS (
               SELECT hit.film_id, 0 AS field, NULL::uuid AS person_id, guessed,
                      search_score(0, search_quality(wanted.place, hit.ends, hit.length, typed) + penalty,
                                   starts_with(hit.spelling, $4), hit.length) AS score
               FROM wanted CROSS JOIN LATERAL (
                   SELECT entry.film_id, entry.ends, entry.length, entry.spelling
                   FROM search_titles entry JOIN films ON films.id = entry.film_id
                   WHERE entry.place = wanted.place AND entry.key >= wanted.key COLLATE "C"
                     AND entry.key < wanted.beyond COLLATE "C" AND film_is_listed(films, $6)
                   ORDER BY entry.key LIMIT CASE WHEN guessed THEN 16 ELSE 50 END
               ) hit
           ), named AS (
               SELECT credit.film_id, 1 AS field, hit.person_id, guessed,
                      search_score(1, search_quality(wanted.place, hit.ends, hit.length, typed) + penalty,
                                   starts_with(hit.spelling, $4), hit.length) AS score
               FROM wanted CROSS JOIN LATERAL (
                   SELECT entry.person_id, entry.ends, entry.length, entry.spelling
                   FROM search_names entry
                   WHERE entry.place = wanted.place AND entry.key >= wanted.key COLLATE "C"
                     AND entry.key < wanted.beyond COLLATE "C"
                   ORDER BY entry.key LIMIT CASE WHEN guessed THEN 4 ELSE 10 END
               ) hit CROSS JOIN LATERAL (
                   SELECT film_cast.film_id FROM film_cast JOIN films ON films.id = film_cast.film_id
                   WHERE film_cast.person_id = hit.person_id AND film_is_listed(films, $6)
                   ORDER BY film_cast.film_id DESC LIMIT 10
               ) credit
           ), worded AS (
               -- All words in any position; only if few titles match the whole query.
               SELECT entry.film_id,
                      CASE WHEN in_title THEN 0 WHEN in_person THEN 1 ELSE 2 END AS field, NULL::uuid AS person_id, false AS guessed,
                      search_score(CASE WHEN in_title THEN 0 WHEN in_person THEN 1 ELSE 2 END, 5, false, 255) AS score
               FROM (
                   SELECT found.film_id, title_grams @> $5 AS in_title, person_grams && $5 AS in_person
                   FROM generate_series(0, 15) AS share CROSS JOIN LATERAL (
                       SELECT film_id, title_grams, person_grams FROM search_films
                       WHERE grams @> ARRAY(SELECT to_hex(share) || gram FROM unnest($5::text[]) AS gram)
                   ) found
                   WHERE $5 <> '{}' AND (SELECT count(*) FROM titled WHERE NOT guessed) < 20
                   -- Without a join with films, which would be scanned for frequent words. Shares are read until the limit is
                   -- reached.
                   LIMIT 100
               ) entry JOIN films ON films.id = entry.film_id AND film_is_listed(films, $6)
           ), best AS (
               SELECT DISTINCT ON (film_id) film_id, field, person_id, guessed, score
               FROM (TABLE titled UNION ALL TABLE named UNION ALL TABLE worded) hit
               ORDER BY film_id, score, field, guessed
           ), page AS (
               SELECT * FROM best
               WHERE $7::integer IS NULL OR score > $7 OR (score = $7 AND film_id < $8)
               ORDER BY score, film_id DESC LIMIT $9
           )
           SELECT page.film_id AS "film_id!", page.score AS "score!", page.field AS "field!", page.guessed AS "guessed!",
                  films.titles AS "titles: _", films.original_title, films.synopses AS "synopses: _",
                  CASE WHEN page.field = 1 THEN (
                      SELECT jsonb_agg(people.names ORDER BY film_cast.position)
                      FROM film_cast JOIN people ON people.id = film_cast.person_id
                      WHERE film_cast.film_id = page.film_id
                        AND (page.person_id IS NULL OR people.id = page.person_id)
                  ) END AS "names: _"
           FROM page JOIN films ON films.id = page.film_id
           ORDER BY page.score, page.film_id DESC"#,
        &columns.keys,
        &columns.beyond,
        &columns.penalties,
        query.spelling,
        grams,
        audience.is_member(),
        score,
        film_id,
        i64::from(limit),
        &columns.wholes,
        TYPO_PENALTY,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Found::from).collect())
}
