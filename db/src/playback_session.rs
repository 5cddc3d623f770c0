//! Viewings: from pressing play to the token's end.

use domain::id::{BuildId, FilmId, SessionId, UserId};
use time::OffsetDateTime;

use crate::{Db, Result};

/// A viewing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaybackSession {
    /// Its id, also in its playback tokens.
    pub id: SessionId,
    /// The film.
    pub film_id: FilmId,
    /// The build it plays to the end.
    pub build_id: BuildId,
    /// Who watches, if logged in.
    pub user_id: Option<UserId>,
    /// When play was pressed.
    pub created_at: OffsetDateTime,
    /// When a token was last made for it.
    pub last_seen_at: OffsetDateTime,
    /// When its last token stops holding.
    pub expires_at: OffsetDateTime,
    /// When the player said it was over.
    pub ended_at: Option<OffsetDateTime>,
}

/// A viewing to be begun.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The film.
    pub film_id: FilmId,
    /// The build to play.
    pub build_id: BuildId,
    /// Who watches, if logged in.
    pub user_id: Option<UserId>,
    /// When its token stops holding.
    pub expires_at: OffsetDateTime,
}

/// Begins a viewing.
pub async fn open(db: &Db, new: NewSession) -> Result<()> {
    sqlx::query!(
        "INSERT INTO playback_sessions (id, film_id, build_id, user_id, expires_at) VALUES ($1, $2, $3, $4, $5)",
        new.id.0,
        new.film_id.0,
        new.build_id.0,
        new.user_id.map(|user| user.0),
        new.expires_at,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

/// The viewing, if there is one.
pub async fn find(db: &Db, id: SessionId) -> Result<Option<PlaybackSession>> {
    let row = sqlx::query!(
        "SELECT id, film_id, build_id, user_id, created_at, last_seen_at, expires_at, ended_at FROM playback_sessions WHERE id = $1",
        id.0,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(row.map(|row| PlaybackSession {
        id: SessionId(row.id),
        film_id: FilmId(row.film_id),
        build_id: BuildId(row.build_id),
        user_id: row.user_id.map(UserId),
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        ended_at: row.ended_at,
    }))
}

/// The player goes on with a new token. False if the viewing is over or was never begun.
pub async fn touch(db: &Db, id: SessionId, expires_at: OffsetDateTime) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE playback_sessions SET last_seen_at = now(), expires_at = $2 WHERE id = $1 AND ended_at IS NULL",
        id.0,
        expires_at,
    )
    .execute(&db.pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The viewer has stopped. False if that was known.
pub async fn end(db: &Db, id: SessionId) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE playback_sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL",
        id.0
    )
    .execute(&db.pool)
    .await?;
    Ok(done.rows_affected() == 1)
}
