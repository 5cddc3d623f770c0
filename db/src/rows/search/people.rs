//! Finds people by their names.

use domain::lao::index::Query;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{Columns, TYPO_PENALTY, Wanted, as_typed, correct::corrections};
use crate::{
    Audience, Db, Result,
    rows::{film::Texts, image::Image},
};

/// A person in the credits of a film that the audience may see in lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPerson {
    /// The person.
    pub id: Uuid,
    /// The readable part of its URL.
    pub slug: String,
    /// Names by language.
    pub names: Texts,
    /// The person's first portrait.
    pub portrait: Option<Image>,
}

/// Returns at most `limit` people, best match first. Corrected spellings are tried only if `forgive` is set and no name matches as
/// typed. The second value tells whether they were.
pub async fn find_people(
    db: &Db,
    query: &Query,
    audience: Audience,
    forgive: bool,
    limit: u32,
) -> Result<(Vec<FoundPerson>, bool)> {
    let mut connection = db.pools.searches.acquire().await?;
    let found = find_wanted(&mut connection, query, &as_typed(query), audience, limit).await?;
    if !forgive || !found.is_empty() {
        return Ok((found, false));
    }
    let corrections = corrections(&mut connection, query).await?;
    if corrections.is_empty() {
        return Ok((found, false));
    }
    let found = find_wanted(&mut connection, query, &corrections, audience, limit).await?;
    let is_corrected = !found.is_empty();
    Ok((found, is_corrected))
}

async fn find_wanted(
    connection: &mut PgConnection,
    query: &Query,
    wanted: &[Wanted],
    audience: Audience,
    limit: u32,
) -> sqlx::Result<Vec<FoundPerson>> {
    let columns = Columns::of(wanted);
    let rows = sqlx::query!(
        r#"WITH wanted AS MATERIALIZED (
               SELECT key, beyond, penalty, char_length(key) AS typed, place, penalty >= $8 AS guessed
               FROM unnest($1::text[], $2::text[], $3::integer[], $7::boolean[]) AS wanted (key, beyond, penalty, whole),
                    unnest('{0, 1, 2}'::smallint[]) AS place
               WHERE place = 0 OR NOT whole
           ), best AS (
               SELECT hit.person_id,
                      min(search_score(1, search_quality(wanted.place, hit.ends, hit.length, typed) + penalty,
                                       starts_with(hit.spelling, $4), hit.length)) AS score
               FROM wanted CROSS JOIN LATERAL (
                   SELECT entry.person_id, entry.ends, entry.length, entry.spelling
                   FROM search_names entry
                   WHERE entry.place = wanted.place AND entry.key >= wanted.key COLLATE "C"
                     AND entry.key < wanted.beyond COLLATE "C"
                     AND EXISTS (SELECT FROM film_cast JOIN films ON films.id = film_cast.film_id
                                 WHERE film_cast.person_id = entry.person_id AND film_is_listed(films, $5))
                   ORDER BY entry.key LIMIT CASE WHEN guessed THEN 4 ELSE 20 END
               ) hit
               GROUP BY hit.person_id ORDER BY 2, 1 DESC LIMIT $6
           )
           SELECT people.id, people.slug, people.names AS "names: Json<Texts>", people.portrait AS "portrait: Json<Image>"
           FROM best JOIN people ON people.id = best.person_id
           ORDER BY best.score, best.person_id DESC"#,
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
        .map(|row| FoundPerson {
            id: row.id,
            slug: row.slug,
            names: row.names.0,
            portrait: row.portrait.map(|portrait| portrait.0),
        })
        .collect())
}
