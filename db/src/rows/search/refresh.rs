//! Writes the search index.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    id::FilmId,
    lao::{index, shortenings},
};
use sqlx::{AssertSqlSafe, types::Json};
use tracing::info;
use uuid::Uuid;

use crate::{Db, Result, Tx};

/// Words to which typing mistakes are corrected. The caller must write them with [`add_words`].
pub(crate) type Words = BTreeSet<String>;

/// Must be incremented whenever the rules in `domain::lao` give other keys. Then the whole index is rebuilt.
const EDITION: i32 = 3;
/// Number of films or people per transaction of a rebuild.
const BATCH: i64 = 500;
const GIN_INDEXES: [&str; 2] = ["search_films_by_gram", "search_words_by_shortening"];
/// Advisory lock that prevents two rebuilds at the same time: an arbitrary number that nothing else uses.
const REBUILD_LOCK: i64 = 0x6e61_6e67_0009;

/// Updates the search index for a film, in the transaction that changed it. That change must have locked the film's row.
pub(crate) async fn refresh_film(tx: &mut Tx, film: FilmId) -> Result<()> {
    let words = refresh_films_in(tx, &[film.0]).await?;
    add_words(tx, words).await
}

/// Updates the search index for a person and these films that credit the person, in the transaction that changed the names. The caller
/// must have locked the films, because an edit at the same time would write the old names.
pub(crate) async fn refresh_person(tx: &mut Tx, person: Uuid, films: &[Uuid]) -> Result<()> {
    let mut words = refresh_people_in(tx, &[person]).await?;
    words.extend(refresh_films_in(tx, films).await?);
    add_words(tx, words).await
}

/// Updates the search index for films that were written in bulk.
pub async fn refresh_films(db: &Db, films: &[FilmId]) -> Result<()> {
    let mut tx = db.begin_long().await?;
    let words = refresh_films_in(&mut tx, &films.iter().map(|film| film.0).collect::<Vec<_>>()).await?;
    add_words(&mut tx, words).await?;
    Ok(tx.commit().await?)
}

/// Updates the search index for people that were written in bulk, and for the films that credit them.
pub async fn refresh_people(db: &Db, people: &[Uuid]) -> Result<()> {
    let mut tx = db.begin_long().await?;
    let films = sqlx::query_scalar!(
        "SELECT id FROM films WHERE id IN (SELECT film_id FROM film_cast WHERE person_id = ANY ($1))
         ORDER BY id FOR NO KEY UPDATE",
        people
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut words = refresh_people_in(&mut tx, people).await?;
    words.extend(refresh_films_in(&mut tx, &films).await?);
    add_words(&mut tx, words).await?;
    Ok(tx.commit().await?)
}

/// Rebuilds the search index if it does not exist or was built with other rules. Processes that start together take turns.
pub(crate) async fn ensure_current(db: &Db) -> Result<()> {
    let edition =
        async || sqlx::query_scalar!("SELECT edition FROM search_state").fetch_optional(&db.pools.all).await;
    if edition().await? == Some(EDITION) {
        return Ok(());
    }
    let mut turn = db.begin_long().await?;
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", REBUILD_LOCK).execute(&mut *turn).await?;
    if edition().await? != Some(EDITION) {
        rebuild(db).await?;
    }
    Ok(turn.commit().await?)
}

/// Rebuilds the whole search index in batches. Searches continue to work.
pub async fn rebuild(db: &Db) -> Result<()> {
    // `fastupdate` collects new entries of the inverted indexes in a pending list; until it is merged, searches also scan that list.
    for index in GIN_INDEXES {
        let mut tx = db.begin_long().await?;
        sqlx::query(AssertSqlSafe(format!("ALTER INDEX {index} SET (fastupdate = on)")))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
    }
    let mut people = 0;
    let mut after = Uuid::nil();
    loop {
        let mut tx = db.begin_long().await?;
        let batch = sqlx::query_scalar!(
            "SELECT id FROM people WHERE id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE",
            after,
            BATCH
        )
        .fetch_all(&mut *tx)
        .await?;
        let Some(last) = batch.last() else { break };
        after = *last;
        people += batch.len();
        let words = refresh_people_in(&mut tx, &batch).await?;
        add_words(&mut tx, words).await?;
        tx.commit().await?;
    }
    let mut films = 0;
    after = Uuid::nil();
    loop {
        let mut tx = db.begin_long().await?;
        // Locks the films against edits, which write the same rows.
        let batch = sqlx::query_scalar!(
            "SELECT id FROM films WHERE id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE",
            after,
            BATCH
        )
        .fetch_all(&mut *tx)
        .await?;
        let Some(last) = batch.last() else { break };
        after = *last;
        films += batch.len();
        let words = refresh_films_in(&mut tx, &batch).await?;
        add_words(&mut tx, words).await?;
        tx.commit().await?;
    }
    for index in GIN_INDEXES {
        let sql =
            format!("ALTER INDEX {index} SET (fastupdate = off); SELECT gin_clean_pending_list('{index}')");
        let mut tx = db.begin_long().await?;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await?;
        tx.commit().await?;
    }
    sqlx::query!(
        "INSERT INTO search_state (edition) VALUES ($1) ON CONFLICT (singleton) DO UPDATE SET edition = $1",
        EDITION
    )
    .execute(&db.pools.all)
    .await?;
    if films + people > 0 {
        info!(films, people, "Rebuilt the search index");
    }
    Ok(())
}

/// Index entries as columns for `unnest`.
#[derive(Default)]
struct Entries {
    owners: Vec<Uuid>,
    places: Vec<i16>,
    keys: Vec<String>,
    spellings: Vec<String>,
    ends: Vec<i64>,
    lengths: Vec<i16>,
}

impl Entries {
    fn add<'a>(&mut self, owner: Uuid, texts: impl Iterator<Item = &'a String>) {
        // A title that is equal in two languages or scripts gives one entry.
        let mut seen = BTreeSet::new();
        for entry in texts.flat_map(|text| index::entries(text)) {
            if seen.insert((entry.place, entry.key.clone(), entry.spelling.clone())) {
                self.owners.push(owner);
                self.places.push(entry.place as i16);
                self.keys.push(entry.key);
                self.spellings.push(entry.spelling);
                self.ends.push(entry.ends);
                self.lengths.push(entry.length);
            }
        }
    }
}

/// Updates the search index for these films, in the transaction that changed them. Returns the words to add last.
pub(crate) async fn refresh_films_in(tx: &mut Tx, films: &[Uuid]) -> Result<Words> {
    let rows = sqlx::query!(
        r#"SELECT id, titles AS "titles: Json<BTreeMap<String, String>>", original_title,
                  synopses AS "synopses: Json<BTreeMap<String, String>>",
                  (SELECT coalesce(jsonb_agg(people.names), '[]')
                   FROM film_cast JOIN people ON people.id = film_cast.person_id
                   WHERE film_cast.film_id = films.id) AS "names!: Json<Vec<BTreeMap<String, String>>>"
           FROM films WHERE id = ANY ($1)"#,
        films
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut entries = Entries::default();
    let mut words = BTreeSet::new();
    let (mut ids, mut title_grams, mut person_grams, mut all_grams) = (vec![], vec![], vec![], vec![]);
    for row in &rows {
        let titles = || row.titles.values().chain(&row.original_title);
        entries.add(row.id, titles());
        words.extend(titles().flat_map(|title| index::words(title)));
        let in_titles: BTreeSet<String> = titles().flat_map(|title| index::grams(title)).collect();
        let in_names: BTreeSet<String> =
            row.names.iter().flat_map(BTreeMap::values).flat_map(|name| index::grams(name)).collect();
        let in_synopses = row.synopses.values().flat_map(|synopsis| index::grams(synopsis));
        let all: BTreeSet<String> = in_synopses.chain(in_titles.clone()).chain(in_names.clone()).collect();
        ids.push(row.id);
        title_grams.push(joined(in_titles));
        person_grams.push(joined(in_names));
        all_grams.push(joined(all.into_iter().map(|gram| format!("{:x}{gram}", share(row.id)))));
    }
    sqlx::query!("DELETE FROM search_titles WHERE film_id = ANY ($1)", films).execute(&mut **tx).await?;
    sqlx::query!(
        "INSERT INTO search_titles (film_id, place, key, spelling, ends, length)
         SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::bigint[], $6::smallint[])",
        &entries.owners,
        &entries.places,
        &entries.keys,
        &entries.spellings,
        &entries.ends,
        &entries.lengths,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO search_films (film_id, title_grams, person_grams, grams)
         SELECT film_id, string_to_array(title_grams, ' '), string_to_array(person_grams, ' '), string_to_array(grams, ' ')
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS film (film_id, title_grams, person_grams, grams)
         ON CONFLICT (film_id) DO UPDATE
         SET title_grams = excluded.title_grams, person_grams = excluded.person_grams, grams = excluded.grams",
        &ids,
        &title_grams,
        &person_grams,
        &all_grams,
    )
    .execute(&mut **tx)
    .await?;
    Ok(words)
}

/// Updates the search index for these people, but not for their films. Returns the words to add last.
pub(crate) async fn refresh_people_in(tx: &mut Tx, people: &[Uuid]) -> Result<Words> {
    let rows = sqlx::query!(
        r#"SELECT id, names AS "names: Json<BTreeMap<String, String>>" FROM people WHERE id = ANY ($1)"#,
        people
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut entries = Entries::default();
    let mut words = BTreeSet::new();
    for row in &rows {
        entries.add(row.id, row.names.values());
        words.extend(row.names.values().flat_map(|name| index::words(name)));
    }
    sqlx::query!("DELETE FROM search_names WHERE person_id = ANY ($1)", people).execute(&mut **tx).await?;
    sqlx::query!(
        "INSERT INTO search_names (person_id, place, key, spelling, ends, length)
         SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::bigint[], $6::smallint[])",
        &entries.owners,
        &entries.places,
        &entries.keys,
        &entries.spellings,
        &entries.ends,
        &entries.lengths,
    )
    .execute(&mut **tx)
    .await?;
    Ok(words)
}

/// Adds words for corrections. A transaction must call this once, as its last statement. Words are inserted in alphabetical order, so
/// two transactions with the same new words do not deadlock.
pub(crate) async fn add_words(tx: &mut Tx, words: Words) -> Result<()> {
    let (words, hashes): (Vec<String>, Vec<String>) = words
        .into_iter()
        .map(|word| {
            let hashes: Vec<String> = shortenings(&word).iter().map(i32::to_string).collect();
            (word, hashes.join(" "))
        })
        .unzip();
    sqlx::query!(
        "INSERT INTO search_words (word, shortenings)
         SELECT word, string_to_array(shortenings, ' ')::integer[]
         FROM unnest($1::text[], $2::text[]) AS word (word, shortenings)
         ORDER BY word COLLATE \"C\"
         ON CONFLICT (word) DO NOTHING",
        &words,
        &hashes,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Joins grams with spaces, which grams do not contain, because `unnest` cannot take an array of arrays.
fn joined(grams: impl IntoIterator<Item = String>) -> String {
    grams.into_iter().collect::<Vec<_>>().join(" ")
}

/// Returns which sixteenth of the films this film belongs to. An inverted index reads all films with a word before it returns the
/// first, so each share has its own words: for frequent words the first share has enough films, and for rare words sixteen lookups are
/// fast.
fn share(film: Uuid) -> u128 {
    film.as_u128() % 16
}
