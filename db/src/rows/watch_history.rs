//! Watch history: one row for each viewer, film and day. Only heartbeats write it.

use domain::id::{FilmId, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Cursor, Db, Result};

/// A film that a viewer watched on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchedFilm {
    /// The film.
    pub film_id: FilmId,
    /// When the day's first playback session of the film began.
    pub begun_at: OffsetDateTime,
    /// When the film was last watched that day.
    pub watched_at: OffsetDateTime,
    /// Watched length of the film; parts watched twice count once.
    pub watched_ms: u64,
    /// The furthest watched position.
    pub furthest_ms: u64,
    /// Whether that position is in the end credits, or past 95 % if no editor has set where they begin.
    pub is_finished: bool,
}

impl WatchedFilm {
    /// Returns the cursor of the list page that begins after this row.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.begun_at, id: self.film_id.0 }
    }
}

struct Row {
    film_id: Uuid,
    begun_at: OffsetDateTime,
    watched_at: OffsetDateTime,
    watched_ms: i32,
    furthest_ms: i32,
    is_finished: bool,
}

impl From<Row> for WatchedFilm {
    fn from(row: Row) -> Self {
        Self {
            film_id: FilmId(row.film_id),
            begun_at: row.begun_at,
            watched_at: row.watched_at,
            watched_ms: u64::from(row.watched_ms.unsigned_abs()),
            furthest_ms: u64::from(row.furthest_ms.unsigned_abs()),
            is_finished: row.is_finished,
        }
    }
}

/// Returns at most `limit` rows of the viewer's history after `after`, newest first, without films the viewer may not see now.
pub async fn list(db: &Db, user: UserId, after: Option<Cursor>, limit: u32) -> Result<Vec<WatchedFilm>> {
    let (begun_at, film_id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT film_id, begun_at, watched_at, watched_ms, furthest_ms,
                  coalesce(furthest_ms >= film_end_ms(films), false) AS "is_finished!"
           FROM watch_history JOIN films ON films.id = film_id
           WHERE user_id = $1 AND film_is_shown(films, true)
             AND ($2::timestamptz IS NULL OR (begun_at, film_id) < ($2, $3))
           ORDER BY begun_at DESC, film_id DESC LIMIT $4"#,
        user.0,
        begun_at,
        film_id,
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(WatchedFilm::from).collect())
}

/// Deletes the viewer's history of the film, or of all films. Earlier heartbeats that arrive later do not restore it: the playback
/// sessions are marked first, which also waits for heartbeats that are being recorded.
pub async fn clear(db: &Db, user: UserId, film: Option<FilmId>) -> Result<()> {
    let mut tx = db.begin().await?;
    let film = film.map(|film| film.0);
    // In the order of ids, so that two devices that clear at once do not deadlock.
    sqlx::query!(
        "UPDATE playback_sessions SET history_cleared_at = clock_timestamp()
         WHERE id IN (SELECT id FROM playback_sessions
                      WHERE user_id = $1 AND ($2::uuid IS NULL OR film_id = $2) AND created_at > now() - interval '60 days'
                      ORDER BY id FOR NO KEY UPDATE)",
        user.0,
        film,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "DELETE FROM watch_history WHERE user_id = $1 AND ($2::uuid IS NULL OR film_id = $2)",
        user.0,
        film,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}
