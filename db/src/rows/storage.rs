//! Storage used by each film. Triggers keep it up to date (`migrations/0012_storage.sql`).

use sqlx::types::Json;
use uuid::Uuid;

use crate::{Db, DbError, Result, SortedCursor, rows::film::Texts};

/// Name of the sort order: the largest film first.
const SORT: &str = "size";

/// The storage used by a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmStorage {
    /// The film.
    pub film_id: Uuid,
    /// Its titles.
    pub titles: Texts,
    /// Whether the film is deleted and can be purged.
    pub deleted: bool,
    /// Bytes of its masters, including the received bytes of unfinished uploads.
    pub masters_bytes: u64,
    /// Bytes of its builds whose objects exist, measured when they were published.
    pub builds_bytes: u64,
    /// Bytes of its images in all widths.
    pub images_bytes: u64,
}

impl FilmStorage {
    /// Returns the total of all three.
    pub fn total_bytes(&self) -> u64 {
        self.masters_bytes + self.builds_bytes + self.images_bytes
    }

    /// Returns the cursor of the list page that begins after this film.
    pub fn cursor(&self) -> SortedCursor {
        SortedCursor::number(SORT, self.total_bytes().cast_signed(), self.film_id)
    }
}

/// Returns at most `limit` films after `after`, the largest first.
pub async fn list(db: &Db, after: Option<&SortedCursor>, limit: u32) -> Result<Vec<FilmStorage>> {
    let place = after.map(|after| Ok::<_, DbError>((after.as_number(SORT)?, after.id))).transpose()?;
    // Without a cursor, begins before the first film.
    let (size, id) = place.unwrap_or((i64::MAX, Uuid::max()));
    let rows = sqlx::query!(
        r#"SELECT film_id, titles AS "titles: Json<Texts>", deleted_at IS NOT NULL AS "deleted!", masters_bytes, builds_bytes, images_bytes
           FROM film_storage JOIN films ON films.id = film_storage.film_id
           WHERE (total_bytes, film_id) < ($1, $2)
           ORDER BY total_bytes DESC, film_id DESC LIMIT $3"#,
        size,
        id,
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| FilmStorage {
            film_id: row.film_id,
            titles: row.titles.0,
            deleted: row.deleted,
            masters_bytes: row.masters_bytes.cast_unsigned(),
            builds_bytes: row.builds_bytes.cast_unsigned(),
            images_bytes: row.images_bytes.cast_unsigned(),
        })
        .collect())
}
