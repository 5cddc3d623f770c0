//! Playback sessions: from the start of playback to the expiry of the token. A session is active while its player sends heartbeats
//! or renews its token (`playback_session_runs`). The number of active sessions of an account is limited.

use std::collections::BTreeMap;

use domain::id::{FilmId, PlaybackSessionId, PresentationId, PreviewLinkId, UserId};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Db, Result, Tx};

/// A playback session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaybackSession {
    /// Its id, also in its playback tokens.
    pub id: PlaybackSessionId,
    /// The film.
    pub film_id: FilmId,
    /// The presentation that it plays until its end.
    pub presentation_id: PresentationId,
    /// The viewer's account, if logged in.
    pub user_id: Option<UserId>,
    /// The preview link with which it was opened, if its viewer has only that right to play the film.
    pub preview_link_id: Option<PreviewLinkId>,
    /// Duration of the film in it.
    pub duration_ms: u64,
    /// Name of the device it plays on.
    pub device: Option<String>,
    /// When playback started.
    pub created_at: OffsetDateTime,
    /// Time of the last heartbeat or renewal.
    pub last_seen_at: OffsetDateTime,
    /// When its last token expires.
    pub expires_at: OffsetDateTime,
    /// When the player or the viewer ended it.
    pub ended_at: Option<OffsetDateTime>,
}

/// A playback session to create.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id.
    pub id: PlaybackSessionId,
    /// The film.
    pub film_id: FilmId,
    /// The presentation to play.
    pub presentation_id: PresentationId,
    /// The viewer's account, if logged in.
    pub user_id: Option<UserId>,
    /// The preview link with which it was opened, if its viewer has only that right to play the film.
    pub preview_link_id: Option<PreviewLinkId>,
    /// Duration of the film in it.
    pub duration_ms: u64,
    /// Name of the device it plays on, at most 100 characters.
    pub device: Option<String>,
    /// When its token expires.
    pub expires_at: OffsetDateTime,
}

/// An active playback session, as its viewer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveSession {
    /// Its id.
    pub id: PlaybackSessionId,
    /// The film.
    pub film_id: FilmId,
    /// The film's titles by language.
    pub titles: BTreeMap<String, String>,
    /// Name of the device it plays on.
    pub device: Option<String>,
    /// When playback started.
    pub created_at: OffsetDateTime,
    /// Time of the last heartbeat or renewal.
    pub last_seen_at: OffsetDateTime,
}

/// The answer to a request to play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The session is active.
    Admitted,
    /// The account has reached its limit of active sessions. This is the oldest of them.
    TooMany(ActiveSession),
    /// The session has ended, or does not exist.
    Over,
}

/// Creates a playback session, unless its account has `limit` other active sessions.
pub async fn open(db: &Db, new: NewSession, limit: u32) -> Result<Admission> {
    let mut tx = db.begin().await?;
    if let Some(user) = new.user_id {
        lock_account(&mut tx, user).await?;
        // A page that is reloaded starts playback again. Its earlier session, which never sent a heartbeat, must not count as a
        // stream.
        sqlx::query!(
            "UPDATE playback_sessions AS session SET ended_at = now()
             WHERE user_id = $1 AND film_id = $2 AND device = $3 AND last_seen_at = created_at
               AND created_at > now() - interval '7 days' AND playback_session_runs(session)",
            user.0,
            new.film_id.0,
            new.device,
        )
        .execute(&mut *tx)
        .await?;
        if let Some(oldest) = oldest_over_limit(&mut tx, user, new.id, limit).await? {
            return Ok(Admission::TooMany(oldest));
        }
    }
    sqlx::query!(
        "INSERT INTO playback_sessions (id, film_id, presentation_id, user_id, expires_at, duration_ms, device, preview_link_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id.0,
        new.film_id.0,
        new.presentation_id.0,
        new.user_id.map(|user| user.0),
        new.expires_at,
        new.duration_ms.cast_signed(),
        new.device,
        new.preview_link_id.map(|link| link.0),
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Admission::Admitted)
}

/// Renews a playback session for a new token. A session that is no longer active counts against the limit again. `Over`: the session
/// was ended, it began more than a week ago, or its presentation is retired.
pub async fn renew(
    db: &Db,
    id: PlaybackSessionId,
    expires_at: OffsetDateTime,
    limit: u32,
) -> Result<Admission> {
    let mut tx = db.begin().await?;
    let row = sqlx::query!("SELECT user_id, ended_at FROM playback_sessions WHERE id = $1", id.0)
        .fetch_optional(&mut *tx)
        .await?;
    let Some(row) = row.filter(|row| row.ended_at.is_none()) else { return Ok(Admission::Over) };
    if let Some(user) = row.user_id.map(UserId) {
        lock_account(&mut tx, user).await?;
        if let Some(oldest) = oldest_over_limit(&mut tx, user, id, limit).await? {
            return Ok(Admission::TooMany(oldest));
        }
    }
    let done = sqlx::query!(
        "UPDATE playback_sessions AS session SET last_seen_at = now(), expires_at = greatest(expires_at, $2)
         WHERE id = $1 AND ended_at IS NULL AND created_at > now() - interval '7 days'
           AND NOT EXISTS (SELECT FROM presentations WHERE presentations.id = session.presentation_id AND retired_at IS NOT NULL)",
        id.0,
        expires_at,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(if done.rows_affected() == 1 { Admission::Admitted } else { Admission::Over })
}

/// Locks the account until the transaction ends, so that devices that start playback at the same moment count each other's
/// sessions. `NO KEY UPDATE` lets other transactions write rows that refer to the account.
async fn lock_account(tx: &mut Tx, user: UserId) -> Result<()> {
    sqlx::query!("SELECT 1 AS one FROM users WHERE id = $1 FOR NO KEY UPDATE", user.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(())
}

/// Returns the account's oldest active session, if `limit` or more are active besides `session`.
async fn oldest_over_limit(
    tx: &mut Tx,
    user: UserId,
    session: PlaybackSessionId,
    limit: u32,
) -> Result<Option<ActiveSession>> {
    let rows = sqlx::query_as!(
        ActiveRow,
        r#"SELECT session.id, session.film_id, titles AS "titles: _", device, session.created_at, last_seen_at
           FROM playback_sessions AS session JOIN films ON films.id = session.film_id
           WHERE user_id = $1 AND session.created_at > now() - interval '7 days' AND playback_session_runs(session)
             AND session.id <> $2
           ORDER BY session.created_at, session.id LIMIT $3"#,
        user.0,
        session.0,
        i64::from(limit),
    )
    .fetch_all(&mut **tx)
    .await?;
    let is_full = rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(rows.into_iter().next().filter(|_| is_full).map(ActiveSession::from))
}

/// Returns the account's active sessions, newest first; at most 100.
pub async fn list_active(db: &Db, user: UserId) -> Result<Vec<ActiveSession>> {
    let rows = sqlx::query_as!(
        ActiveRow,
        r#"SELECT session.id, session.film_id, titles AS "titles: _", device, session.created_at, last_seen_at
           FROM playback_sessions AS session JOIN films ON films.id = session.film_id
           WHERE user_id = $1 AND session.created_at > now() - interval '7 days' AND playback_session_runs(session)
           ORDER BY session.created_at DESC, session.id DESC LIMIT 100"#,
        user.0,
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(ActiveSession::from).collect())
}

struct ActiveRow {
    id: Uuid,
    film_id: Uuid,
    titles: Json<BTreeMap<String, String>>,
    device: Option<String>,
    created_at: OffsetDateTime,
    last_seen_at: OffsetDateTime,
}

impl From<ActiveRow> for ActiveSession {
    fn from(row: ActiveRow) -> Self {
        Self {
            id: PlaybackSessionId(row.id),
            film_id: FilmId(row.film_id),
            titles: row.titles.0,
            device: row.device,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        }
    }
}

/// Returns the playback session; `None` if it does not exist.
pub async fn find(db: &Db, id: PlaybackSessionId) -> Result<Option<PlaybackSession>> {
    let row = sqlx::query!(
        "SELECT id, film_id, presentation_id, user_id, preview_link_id, duration_ms, device, created_at, last_seen_at, expires_at, ended_at
         FROM playback_sessions WHERE id = $1",
        id.0,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(|row| PlaybackSession {
        id: PlaybackSessionId(row.id),
        film_id: FilmId(row.film_id),
        presentation_id: PresentationId(row.presentation_id),
        user_id: row.user_id.map(UserId),
        preview_link_id: row.preview_link_id.map(PreviewLinkId),
        duration_ms: row.duration_ms.cast_unsigned(),
        device: row.device,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        ended_at: row.ended_at,
    }))
}

/// Ends the playback session. Returns false if it does not exist or has already ended.
pub async fn end(db: &Db, id: PlaybackSessionId) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE playback_sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL",
        id.0
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes at most `limit` playback sessions that began more than 60 days ago and have expired, oldest first: no heartbeat arrives so
/// late. Returns their number.
pub async fn delete_old(db: &Db, limit: u32) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM playback_sessions WHERE id IN (
             SELECT id FROM playback_sessions
             WHERE created_at < now() - interval '60 days' AND expires_at < now()
             ORDER BY created_at LIMIT $1
         )",
        i64::from(limit),
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected())
}
