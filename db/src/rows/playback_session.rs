//! Viewings: from pressing play to the token's end. One runs while its player is heard of (`playback_session_runs`), and
//! an account may have so many running at once.

use std::collections::BTreeMap;

use domain::id::{BuildId, FilmId, PlaybackSessionId, UserId};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Db, Result, Tx};

/// A viewing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaybackSession {
    /// Its id, also in its playback tokens.
    pub id: PlaybackSessionId,
    /// The film.
    pub film_id: FilmId,
    /// The build it plays to the end.
    pub build_id: BuildId,
    /// Who watches, if logged in.
    pub user_id: Option<UserId>,
    /// Length of the build.
    pub duration_ms: u64,
    /// What it plays on.
    pub device: Option<String>,
    /// When play was pressed.
    pub created_at: OffsetDateTime,
    /// When its player was last heard of.
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
    pub id: PlaybackSessionId,
    /// The film.
    pub film_id: FilmId,
    /// The build to play.
    pub build_id: BuildId,
    /// Who watches, if logged in.
    pub user_id: Option<UserId>,
    /// Length of the build.
    pub duration_ms: u64,
    /// What it plays on, at most 100 characters.
    pub device: Option<String>,
    /// When its token stops holding.
    pub expires_at: OffsetDateTime,
}

/// A viewing that goes on, for its owner's eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveSession {
    /// Its id.
    pub id: PlaybackSessionId,
    /// The film.
    pub film_id: FilmId,
    /// The film's titles by language.
    pub titles: BTreeMap<String, String>,
    /// What it plays on.
    pub device: Option<String>,
    /// When play was pressed.
    pub created_at: OffsetDateTime,
    /// When its player was last heard of.
    pub last_seen_at: OffsetDateTime,
}

/// What came of asking to play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It runs.
    Admitted,
    /// The account has as many running as it may; this is the oldest of them.
    TooMany(ActiveSession),
    /// The session is over, or there was none.
    Over,
}

/// Begins a viewing, unless its account has `limit` others running.
pub async fn open(db: &Db, new: NewSession, limit: u32) -> Result<Admission> {
    let mut tx = db.begin().await?;
    if let Some(user) = new.user_id {
        lock_account(&mut tx, user).await?;
        // A page that is loaded again presses play again: the session it had, never heard of, is not another stream.
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
        "INSERT INTO playback_sessions (id, film_id, build_id, user_id, expires_at, duration_ms, device)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new.id.0,
        new.film_id.0,
        new.build_id.0,
        new.user_id.map(|user| user.0),
        new.expires_at,
        new.duration_ms.cast_signed(),
        new.device,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Admission::Admitted)
}

/// The player goes on with a new token. One that was silent so long that it does not count as running needs room again.
/// Over: it was ended, it began more than a week ago, or its build's objects are gone or going.
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
           AND NOT EXISTS (SELECT FROM builds WHERE builds.id = session.build_id AND objects_deletion_began_at IS NOT NULL)",
        id.0,
        expires_at,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(if done.rows_affected() == 1 { Admission::Admitted } else { Admission::Over })
}

/// Locks the account until the transaction ends, against its other devices pressing play at the same moment: each counts
/// what the one before it opened. `NO KEY UPDATE` lets rows that refer to the account be written meanwhile.
async fn lock_account(tx: &mut Tx, user: UserId) -> Result<()> {
    sqlx::query!("SELECT 1 AS one FROM users WHERE id = $1 FOR NO KEY UPDATE", user.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(())
}

/// The oldest running session of the account, if `limit` or more run besides `session`.
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

/// What the account has running, newest first; at most 100.
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

/// The viewing, if there is one.
pub async fn find(db: &Db, id: PlaybackSessionId) -> Result<Option<PlaybackSession>> {
    let row = sqlx::query!(
        "SELECT id, film_id, build_id, user_id, duration_ms, device, created_at, last_seen_at, expires_at, ended_at
         FROM playback_sessions WHERE id = $1",
        id.0,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(|row| PlaybackSession {
        id: PlaybackSessionId(row.id),
        film_id: FilmId(row.film_id),
        build_id: BuildId(row.build_id),
        user_id: row.user_id.map(UserId),
        duration_ms: row.duration_ms.cast_unsigned(),
        device: row.device,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        ended_at: row.ended_at,
    }))
}

/// The viewer has stopped. False if that was known.
pub async fn end(db: &Db, id: PlaybackSessionId) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE playback_sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL",
        id.0
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets viewings that began more than 60 days ago and are over: no heartbeat comes so late. At most `limit`, the oldest
/// first; how many there were.
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
