//! Room that films take in storage.

use sqlx::types::Json;
use uuid::Uuid;

use crate::{Db, DbError, Result, SortedCursor, film::Texts};

/// The order of the list: the largest first.
const SORT: &str = "size";

/// Bytes of one film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmStorage {
    /// The film.
    pub film_id: Uuid,
    /// Its titles.
    pub titles: Texts,
    /// Whether it waits to be purged.
    pub deleted: bool,
    /// Of its masters, as far as they have come.
    pub masters_bytes: u64,
    /// Of its builds that are there, measured when they were published.
    pub builds_bytes: u64,
}

impl FilmStorage {
    /// Where a list goes on after this film.
    pub fn cursor(&self) -> SortedCursor {
        SortedCursor::number(SORT, (self.masters_bytes + self.builds_bytes).cast_signed(), self.film_id)
    }
}

/// At most `limit` films after `after`, the largest first. Sums over all films: a report, not a page of the catalogue.
pub async fn list(db: &Db, after: Option<&SortedCursor>, limit: u32) -> Result<Vec<FilmStorage>> {
    let place = after.map(|after| Ok::<_, DbError>((after.as_number(SORT)?, after.id))).transpose()?;
    let (size, id) = place.unzip();
    let rows = sqlx::query!(
        r#"WITH masters AS (
               SELECT film_id, sum(received_bytes) AS size_bytes FROM film_files WHERE state IN ('uploading', 'uploaded', 'refused')
               GROUP BY film_id
           ), encoded AS (
               SELECT builds.film_id, sum(renditions.size_bytes) AS size_bytes
               FROM builds JOIN renditions ON renditions.build_id = builds.id
               WHERE NOT EXISTS (SELECT FROM jobs WHERE jobs.build_id = builds.id AND jobs.kind = 'collect' AND jobs.state = 'done')
               GROUP BY builds.film_id
           ), sums AS (
               SELECT films.id, films.titles, films.deleted_at, coalesce(masters.size_bytes, 0)::bigint AS masters_bytes,
                      coalesce(encoded.size_bytes, 0)::bigint AS builds_bytes
               FROM films LEFT JOIN masters ON masters.film_id = films.id LEFT JOIN encoded ON encoded.film_id = films.id
           )
           SELECT id, titles AS "titles: Json<Texts>", deleted_at IS NOT NULL AS "deleted!", masters_bytes AS "masters_bytes!",
                  builds_bytes AS "builds_bytes!"
           FROM sums WHERE $1::bigint IS NULL OR (masters_bytes + builds_bytes, id) < ($1, $2)
           ORDER BY masters_bytes + builds_bytes DESC, id DESC LIMIT $3"#,
        size,
        id,
        i64::from(limit),
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| FilmStorage {
            film_id: row.id,
            titles: row.titles.0,
            deleted: row.deleted,
            masters_bytes: row.masters_bytes.cast_unsigned(),
            builds_bytes: row.builds_bytes.cast_unsigned(),
        })
        .collect())
}
