//! Suggestions while a viewer types: titles and people that begin with the query.

use domain::{id::FilmId, lao::index::Query};
use sqlx::{PgConnection, types::Json};

use super::{Columns, FoundPerson, TYPO_PENALTY, Wanted, as_typed, correct::corrections};
use crate::{
    Audience, Db, Result,
    rows::{film::Texts, image::Image},
};

/// A suggested film or person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggested {
    /// A film and its titles.
    Film(FilmId, Vec<String>),
    /// A person.
    Person(FoundPerson),
}

/// Suggestions for what a viewer has typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// Films and people, best first.
    pub items: Vec<Suggested>,
    /// Whether they begin with a corrected spelling of the query.
    pub is_corrected: bool,
}

/// Returns at most `limit` suggestions, best first. Corrected spellings are tried only if nothing begins with the query as typed.
pub async fn suggest(db: &Db, query: &Query, audience: Audience, limit: u32) -> Result<Suggestions> {
    let mut connection = db.pools.searches.acquire().await?;
    let items = suggest_wanted(&mut connection, query, &as_typed(query), audience, limit).await?;
    if !items.is_empty() {
        return Ok(Suggestions { items, is_corrected: false });
    }
    let corrections = corrections(&mut connection, query).await?;
    if corrections.is_empty() {
        return Ok(Suggestions::default());
    }
    let items = suggest_wanted(&mut connection, query, &corrections, audience, limit).await?;
    let is_corrected = !items.is_empty();
    Ok(Suggestions { items, is_corrected })
}

async fn suggest_wanted(
    connection: &mut PgConnection,
    query: &Query,
    wanted: &[Wanted],
    audience: Audience,
    limit: u32,
) -> sqlx::Result<Vec<Suggested>> {
    let columns = Columns::of(wanted);
    let rows = sqlx::query!(
        r#"WITH wanted AS MATERIALIZED (
               SELECT key, beyond, penalty, char_length(key) AS typed, place, penalty >= $8 AS guessed
               FROM unnest($1::text[], $2::text[], $3::integer[], $7::boolean[]) AS wanted (key, beyond, penalty, whole),
                    unnest('{0, 1, 2}'::smallint[]) AS place
               WHERE place = 0 OR NOT whole
           ), titled AS (
               SELECT hit.film_id, NULL::uuid AS person_id,
                      search_score(0, search_quality(wanted.place, hit.ends, hit.length, typed) + penalty,
                                   starts_with(hit.spelling, $4), hit.length) AS score
               FROM wanted CROSS JOIN LATERAL (
                   SELECT entry.film_id, entry.ends, entry.length, entry.spelling
                   FROM search_titles entry JOIN films ON films.id = entry.film_id
                   WHERE entry.place = wanted.place AND entry.key >= wanted.key COLLATE "C"
                     AND entry.key < wanted.beyond COLLATE "C" AND film_is_listed(films, $5)
                   ORDER BY entry.key LIMIT CASE WHEN guessed THEN 8 ELSE 16 END
               ) hit
           ), named AS (
               SELECT NULL::uuid AS film_id, hit.person_id,
                      search_score(1, search_quality(wanted.place, hit.ends, hit.length, typed) + penalty,
                                   starts_with(hit.spelling, $4), hit.length) AS score
               FROM wanted CROSS JOIN LATERAL (
                   SELECT entry.person_id, entry.ends, entry.length, entry.spelling
                   FROM search_names entry
                   WHERE entry.place = wanted.place AND entry.key >= wanted.key COLLATE "C"
                     AND entry.key < wanted.beyond COLLATE "C"
                     AND EXISTS (SELECT FROM film_cast JOIN films ON films.id = film_cast.film_id
                                 WHERE film_cast.person_id = entry.person_id AND film_is_listed(films, $5))
                   ORDER BY entry.key LIMIT CASE WHEN guessed THEN 4 ELSE 10 END
               ) hit
           ), best AS (
               SELECT film_id, person_id, min(score) AS score
               FROM (TABLE titled UNION ALL TABLE named) hit
               GROUP BY film_id, person_id ORDER BY min(score), film_id DESC, person_id DESC LIMIT $6
           )
           SELECT best.film_id, best.person_id, films.titles AS "titles?: Json<Texts>",
                  films.original_title AS "original_title?", people.slug AS "slug?", people.names AS "names?: Json<Texts>",
                  people.portrait AS "portrait?: Json<Image>"
           FROM best LEFT JOIN films ON films.id = best.film_id LEFT JOIN people ON people.id = best.person_id
           ORDER BY best.score, best.film_id DESC, best.person_id DESC"#,
        &columns.keys,
        &columns.beyond,
        &columns.penalties,
        query.spelling,
        audience.is_member(),
        i64::from(limit),
        &columns.wholes,
        TYPO_PENALTY,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match (row.film_id, row.person_id) {
            (Some(film), _) => {
                let titles = row.titles.map(|titles| titles.0).unwrap_or_default();
                Some(Suggested::Film(FilmId(film), titles.into_values().chain(row.original_title).collect()))
            }
            (None, Some(id)) => Some(Suggested::Person(FoundPerson {
                id,
                slug: row.slug?,
                names: row.names?.0,
                portrait: row.portrait.map(|portrait| portrait.0),
            })),
            (None, None) => None,
        })
        .collect())
}
