//! Everything that is stored about an account, for its owner.

use domain::id::{FilmId, UserId};
use serde_json::Value;
use sqlx::types::Json;
use time::OffsetDateTime;

use crate::{Db, Result, rows::film::Texts};

/// A session of the account, active or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSession {
    /// User agent of the browser.
    pub user_agent: Option<String>,
    /// IP address of the client at login.
    pub address: Option<String>,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// When it was last refreshed.
    pub used_at: OffsetDateTime,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
}

/// A film on the watchlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFilm {
    /// The film.
    pub film_id: FilmId,
    /// Its titles by language.
    pub titles: Texts,
    /// When it was added.
    pub added_at: OffsetDateTime,
}

/// What was watched of a film on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryDay {
    /// The film.
    pub film_id: FilmId,
    /// Its titles by language.
    pub titles: Texts,
    /// When the day's first playback session began.
    pub begun_at: OffsetDateTime,
    /// When it was last watched that day.
    pub watched_at: OffsetDateTime,
    /// Watched length of the film.
    pub watched_ms: u64,
}

/// Where the viewer stopped in a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPosition {
    /// The film.
    pub film_id: FilmId,
    /// Its titles by language.
    pub titles: Texts,
    /// The position.
    pub position_ms: u64,
    /// When the viewer was there.
    pub at: OffsetDateTime,
}

/// A playback session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaybackRecord {
    /// The film.
    pub film_id: FilmId,
    /// Its titles by language.
    pub titles: Texts,
    /// Name of the device.
    pub device: Option<String>,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// When its player last reported.
    pub last_seen_at: OffsetDateTime,
}

/// What is stored about an account besides its own row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountData {
    /// Preferences.
    pub preferences: Value,
    /// Sessions, newest first.
    pub sessions: Vec<DataSession>,
    /// The watchlist, newest first.
    pub watchlist: Vec<SavedFilm>,
    /// The watch history, newest first.
    pub history: Vec<HistoryDay>,
    /// Resume points, newest first.
    pub positions: Vec<SavedPosition>,
    /// Playback sessions, newest first.
    pub playback: Vec<PlaybackRecord>,
    /// Issuers of the identities with which the account can log in.
    pub identity_providers: Vec<String>,
}

/// Returns what is stored about the account.
pub async fn data(db: &Db, user: UserId) -> Result<AccountData> {
    let preferences = sqlx::query_scalar!("SELECT preferences FROM users WHERE id = $1", user.0)
        .fetch_optional(&db.pools.all)
        .await?
        .unwrap_or_default();
    let sessions = sqlx::query_as!(
        DataSession,
        "SELECT user_agent, address, created_at, used_at, ended_at FROM account_sessions
         WHERE user_id = $1 ORDER BY created_at DESC",
        user.0,
    )
    .fetch_all(&db.pools.all)
    .await?;
    let identity_providers =
        sqlx::query_scalar!("SELECT issuer FROM identities WHERE user_id = $1 ORDER BY issuer", user.0)
            .fetch_all(&db.pools.all)
            .await?;
    Ok(AccountData {
        preferences,
        sessions,
        identity_providers,
        watchlist: watchlist(db, user).await?,
        history: history(db, user).await?,
        positions: positions(db, user).await?,
        playback: playback(db, user).await?,
    })
}

async fn watchlist(db: &Db, user: UserId) -> Result<Vec<SavedFilm>> {
    let rows = sqlx::query!(
        r#"SELECT film_id, titles AS "titles: Json<Texts>", watchlist.created_at
           FROM watchlist JOIN films ON films.id = film_id WHERE user_id = $1 ORDER BY watchlist.created_at DESC"#,
        user.0,
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SavedFilm { film_id: FilmId(row.film_id), titles: row.titles.0, added_at: row.created_at })
        .collect())
}

async fn history(db: &Db, user: UserId) -> Result<Vec<HistoryDay>> {
    let rows = sqlx::query!(
        r#"SELECT film_id, titles AS "titles: Json<Texts>", begun_at, watched_at, watched_ms
           FROM watch_history JOIN films ON films.id = film_id WHERE user_id = $1 ORDER BY begun_at DESC, film_id DESC"#,
        user.0,
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| HistoryDay {
            film_id: FilmId(row.film_id),
            titles: row.titles.0,
            begun_at: row.begun_at,
            watched_at: row.watched_at,
            watched_ms: u64::from(row.watched_ms.unsigned_abs()),
        })
        .collect())
}

async fn positions(db: &Db, user: UserId) -> Result<Vec<SavedPosition>> {
    let rows = sqlx::query!(
        r#"SELECT film_id, titles AS "titles: Json<Texts>", position_ms, at
           FROM resume_points JOIN films ON films.id = film_id WHERE user_id = $1 ORDER BY at DESC, film_id DESC"#,
        user.0,
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SavedPosition {
            film_id: FilmId(row.film_id),
            titles: row.titles.0,
            position_ms: u64::from(row.position_ms.unsigned_abs()),
            at: row.at,
        })
        .collect())
}

async fn playback(db: &Db, user: UserId) -> Result<Vec<PlaybackRecord>> {
    let rows = sqlx::query!(
        r#"SELECT film_id, titles AS "titles: Json<Texts>", device, session.created_at, last_seen_at
           FROM playback_sessions AS session JOIN films ON films.id = film_id
           WHERE user_id = $1 ORDER BY session.created_at DESC"#,
        user.0,
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PlaybackRecord {
            film_id: FilmId(row.film_id),
            titles: row.titles.0,
            device: row.device,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        })
        .collect())
}
