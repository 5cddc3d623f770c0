//! Resume points: where viewers stopped, so that they can resume on any device.

use domain::id::{FilmId, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Cursor, Db, Result};

/// A viewer's position in a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResumePoint {
    /// The film.
    pub film_id: FilmId,
    /// The position.
    pub position_ms: u64,
    /// When the viewer was there.
    pub at: OffsetDateTime,
    /// Whether resuming there makes sense: the position is neither near the beginning nor at the end.
    pub is_resumable: bool,
}

impl ResumePoint {
    /// Returns the cursor of the list page that begins after this film.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.at, id: self.film_id.0 }
    }
}

struct Row {
    film_id: Uuid,
    position_ms: i32,
    at: OffsetDateTime,
    is_resumable: bool,
}

impl From<Row> for ResumePoint {
    fn from(row: Row) -> Self {
        Self {
            film_id: FilmId(row.film_id),
            position_ms: u64::from(row.position_ms.unsigned_abs()),
            at: row.at,
            is_resumable: row.is_resumable,
        }
    }
}

/// Returns at most `limit` films to resume after `after`, the last watched first, without films the viewer may not see now.
pub async fn list(db: &Db, user: UserId, after: Option<Cursor>, limit: u32) -> Result<Vec<ResumePoint>> {
    let (at, film_id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT film_id, position_ms, at, true AS "is_resumable!"
           FROM resume_points JOIN films ON films.id = film_id
           WHERE user_id = $1 AND film_is_shown(films, true) AND is_resumable(films, position_ms)
             AND ($2::timestamptz IS NULL OR (at, film_id) < ($2, $3))
           ORDER BY at DESC, film_id DESC LIMIT $4"#,
        user.0,
        at,
        film_id,
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(ResumePoint::from).collect())
}

/// Returns where the viewer stopped in the film; `None` if there is no resume point or the viewer may not see the film now.
pub async fn find(db: &Db, user: UserId, film: FilmId) -> Result<Option<ResumePoint>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT film_id, position_ms, at, coalesce(is_resumable(films, position_ms), false) AS "is_resumable!"
           FROM resume_points JOIN films ON films.id = film_id
           WHERE user_id = $1 AND film_id = $2 AND film_is_shown(films, true)"#,
        user.0,
        film.0,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(ResumePoint::from))
}

/// Sets the resume point as of now, so earlier heartbeats do not move it. Returns false if the viewer may not see the film.
pub async fn set(db: &Db, user: UserId, film: FilmId, position_ms: u32, event_id: Uuid) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO resume_points AS old (user_id, film_id, position_ms, at, event_id)
         SELECT $1, id, least($3, duration_ms), clock_timestamp(), $4 FROM films WHERE id = $2 AND film_is_shown(films, true)
         ON CONFLICT (user_id, film_id) DO UPDATE
         SET position_ms = excluded.position_ms, at = greatest(old.at, excluded.at), event_id = excluded.event_id",
        user.0,
        film.0,
        i64::from(position_ms),
        event_id,
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes the resume point of the film, or of all films. As with history, earlier heartbeats do not restore it.
pub async fn clear(db: &Db, user: UserId, film: Option<FilmId>) -> Result<()> {
    let mut tx = db.begin().await?;
    let film = film.map(|film| film.0);
    // In the order of ids, so that two devices that clear at once do not deadlock.
    sqlx::query!(
        "UPDATE playback_sessions SET resume_cleared_at = clock_timestamp()
         WHERE id IN (SELECT id FROM playback_sessions
                      WHERE user_id = $1 AND ($2::uuid IS NULL OR film_id = $2) AND created_at > now() - interval '60 days'
                      ORDER BY id FOR NO KEY UPDATE)",
        user.0,
        film,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "DELETE FROM resume_points WHERE user_id = $1 AND ($2::uuid IS NULL OR film_id = $2)",
        user.0,
        film,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}
