//! The addresses of everything that viewers without an account see.

use time::OffsetDateTime;

use crate::{Db, Result, rows::slug::Kind};

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it leads to.
    pub kind: Kind,
    /// The readable part of the URL.
    pub slug: String,
    /// When it last changed, if known.
    pub changed_at: Option<OffsetDateTime>,
}

/// Returns at most `limit` addresses after the first `skipped`: films, people, genres and categories, each in the order of their ids.
pub async fn list(db: &Db, skipped: u64, limit: u64) -> Result<Vec<Entry>> {
    let rows = sqlx::query!(
        r#"SELECT kind AS "kind!: Kind", slug AS "slug!", changed_at
           FROM (
               SELECT 1 AS place, 'film' AS kind, id, slug, updated_at AS changed_at FROM films WHERE film_is_listed(films, false)
               UNION ALL
               SELECT 2, 'person', id, slug, NULL FROM people
               WHERE EXISTS (SELECT FROM film_cast JOIN films ON films.id = film_cast.film_id
                             WHERE film_cast.person_id = people.id AND film_is_listed(films, false))
               UNION ALL SELECT 3, 'genre', id, slug, NULL FROM genres
               UNION ALL SELECT 4, 'category', id, slug, NULL FROM categories WHERE shown
           ) AS address
           ORDER BY place, id LIMIT $1 OFFSET $2"#,
        limit.cast_signed(),
        skipped.cast_signed(),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Entry { kind: row.kind, slug: row.slug, changed_at: row.changed_at })
        .collect())
}

/// Returns the number of all addresses.
pub async fn count(db: &Db) -> Result<u64> {
    let count = sqlx::query_scalar!(
        r#"SELECT (SELECT count(*) FROM films WHERE film_is_listed(films, false))
                + (SELECT count(*) FROM people
                   WHERE EXISTS (SELECT FROM film_cast JOIN films ON films.id = film_cast.film_id
                                 WHERE film_cast.person_id = people.id AND film_is_listed(films, false)))
                + (SELECT count(*) FROM genres) + (SELECT count(*) FROM categories WHERE shown) AS "count!""#
    )
    .fetch_one(&db.pools.all)
    .await?;
    Ok(count.cast_unsigned())
}
