//! Watchlists of viewers.

use domain::id::{FilmId, UserId};
use time::OffsetDateTime;

use crate::{Cursor, Db, Result};

/// A film on a viewer's watchlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedFilm {
    /// The film.
    pub film_id: FilmId,
    /// When it was added.
    pub created_at: OffsetDateTime,
}

impl ListedFilm {
    /// Returns the cursor of the list page that begins after this film.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.film_id.0 }
    }
}

/// Returns at most `limit` films of the viewer's watchlist after `after`, newest first, without films the viewer may not see now.
pub async fn list(db: &Db, user: UserId, after: Option<Cursor>, limit: u32) -> Result<Vec<ListedFilm>> {
    let (created_at, film_id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    let rows = sqlx::query!(
        "SELECT film_id, watchlist.created_at FROM watchlist JOIN films ON films.id = film_id
         WHERE user_id = $1 AND film_is_shown(films, true)
           AND ($2::timestamptz IS NULL OR (watchlist.created_at, film_id) < ($2, $3))
         ORDER BY watchlist.created_at DESC, film_id DESC LIMIT $4",
        user.0,
        created_at,
        film_id,
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ListedFilm { film_id: FilmId(row.film_id), created_at: row.created_at })
        .collect())
}

/// Whether the film is on the viewer's watchlist.
pub async fn contains(db: &Db, user: UserId, film: FilmId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM watchlist WHERE user_id = $1 AND film_id = $2) AS "found!""#,
        user.0,
        film.0,
    );
    Ok(found.fetch_one(&db.pools.all).await?)
}

/// Adds a film to the watchlist. A film that is on it keeps its place. Returns false if the viewer may not see the film.
pub async fn add(db: &Db, user: UserId, film: FilmId) -> Result<bool> {
    let shown = sqlx::query_scalar!(
        r#"WITH shown AS (
               SELECT id FROM films WHERE id = $2 AND film_is_shown(films, true)
           ), added AS (
               INSERT INTO watchlist (user_id, film_id) SELECT $1, id FROM shown ON CONFLICT DO NOTHING
           )
           SELECT EXISTS (SELECT FROM shown) AS "shown!""#,
        user.0,
        film.0,
    )
    .fetch_one(&db.pools.all)
    .await?;
    Ok(shown)
}

/// Removes a film from the watchlist, if it is on it.
pub async fn remove(db: &Db, user: UserId, film: FilmId) -> Result<()> {
    sqlx::query!("DELETE FROM watchlist WHERE user_id = $1 AND film_id = $2", user.0, film.0)
        .execute(&db.pools.all)
        .await?;
    Ok(())
}
