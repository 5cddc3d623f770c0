//! Everything that is stored about the caller, as a file.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use db::account::{self, AccountData as Row};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::{
        account::Account,
        identity::User,
        preferences::{self, Preferences},
    },
    http::{error::ApiError, responses::Authenticated},
    titles::Titles,
};

/// Everything that is stored about an account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AccountData {
    /// The account.
    pub(crate) account: Account,
    /// When the account was created.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// Preferences.
    pub(crate) preferences: Preferences,
    /// Issuers of the identities with which the account can log in.
    #[schema(examples("https://id.example.la"))]
    pub(crate) identity_providers: Vec<String>,
    /// Sessions that are still stored, newest first.
    pub(crate) sessions: Vec<StoredSession>,
    /// The watchlist, newest first.
    pub(crate) watchlist: Vec<StoredFilm>,
    /// The watch history by film and day, newest first.
    pub(crate) history: Vec<StoredHistory>,
    /// Resume points, newest first.
    pub(crate) resume_points: Vec<StoredPosition>,
    /// Playback sessions of the last 60 days, newest first.
    pub(crate) playback_sessions: Vec<StoredPlayback>,
}

/// A session of the account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StoredSession {
    /// User agent of the client; null if it sent none.
    #[schema(required, examples("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"))]
    pub(crate) user_agent: Option<String>,
    /// IP address of the client when the session began; null if not known.
    #[schema(required, examples("203.0.113.7"))]
    pub(crate) address: Option<String>,
    /// When the session began.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When the session was last refreshed.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) last_used_at: OffsetDateTime,
    /// When the session ended; null if it is active.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) ended_at: Option<OffsetDateTime>,
}

/// A film in the watchlist.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StoredFilm {
    /// Id of the film.
    pub(crate) film_id: Uuid,
    /// Titles of the film.
    pub(crate) titles: Titles,
    /// When it was added.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) added_at: OffsetDateTime,
}

/// A film that was watched on one day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StoredHistory {
    /// Id of the film.
    pub(crate) film_id: Uuid,
    /// Titles of the film.
    pub(crate) titles: Titles,
    /// When the day's first playback session began.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) begun_at: OffsetDateTime,
    /// When it was last watched that day.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) watched_at: OffsetDateTime,
    /// Watched length of the film in milliseconds.
    pub(crate) watched_ms: u64,
}

/// A position at which a film was left.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StoredPosition {
    /// Id of the film.
    pub(crate) film_id: Uuid,
    /// Titles of the film.
    pub(crate) titles: Titles,
    /// The position in milliseconds.
    pub(crate) position_ms: u64,
    /// When the viewer was there.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
}

/// A playback session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StoredPlayback {
    /// Id of the film.
    pub(crate) film_id: Uuid,
    /// Titles of the film.
    pub(crate) titles: Titles,
    /// Name of the device; null if not known.
    #[schema(required, examples("Firefox on Android"))]
    pub(crate) device: Option<String>,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) started_at: OffsetDateTime,
    /// When its player last reported.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) last_seen_at: OffsetDateTime,
}

/// Returns everything that is stored about the caller, as a file to keep.
#[utoipa::path(get, path = "/auth/me/data", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The data", body = AccountData, headers(("Content-Disposition" = String, description = "Name of the file"))),
    Authenticated,
))]
pub(crate) async fn get_account_data(
    State(app): State<Arc<App>>,
    User { account, .. }: User,
) -> Result<Response, ApiError> {
    let created_at = account.created_at;
    let row = account::data(&app.db, account.id).await?;
    let data = AccountData::new(account.into(), created_at, row);
    let file = HeaderValue::from_static("attachment; filename=\"nang-account.json\"");
    Ok(([(header::CONTENT_DISPOSITION, file)], Json(data)).into_response())
}

impl AccountData {
    fn new(account: Account, created_at: OffsetDateTime, row: Row) -> Self {
        Self {
            account,
            created_at,
            preferences: preferences::read(row.preferences),
            identity_providers: row.identity_providers,
            sessions: row.sessions.into_iter().map(StoredSession::from).collect(),
            watchlist: row.watchlist.into_iter().map(StoredFilm::from).collect(),
            history: row.history.into_iter().map(StoredHistory::from).collect(),
            resume_points: row.positions.into_iter().map(StoredPosition::from).collect(),
            playback_sessions: row.playback.into_iter().map(StoredPlayback::from).collect(),
        }
    }
}

impl From<account::DataSession> for StoredSession {
    fn from(session: account::DataSession) -> Self {
        Self {
            user_agent: session.user_agent,
            address: session.address,
            created_at: session.created_at,
            last_used_at: session.used_at,
            ended_at: session.ended_at,
        }
    }
}

impl From<account::SavedFilm> for StoredFilm {
    fn from(film: account::SavedFilm) -> Self {
        Self { film_id: film.film_id.0, titles: Titles(film.titles), added_at: film.added_at }
    }
}

impl From<account::HistoryDay> for StoredHistory {
    fn from(day: account::HistoryDay) -> Self {
        Self {
            film_id: day.film_id.0,
            titles: Titles(day.titles),
            begun_at: day.begun_at,
            watched_at: day.watched_at,
            watched_ms: day.watched_ms,
        }
    }
}

impl From<account::SavedPosition> for StoredPosition {
    fn from(position: account::SavedPosition) -> Self {
        Self {
            film_id: position.film_id.0,
            titles: Titles(position.titles),
            position_ms: position.position_ms,
            at: position.at,
        }
    }
}

impl From<account::PlaybackRecord> for StoredPlayback {
    fn from(session: account::PlaybackRecord) -> Self {
        Self {
            film_id: session.film_id.0,
            titles: Titles(session.titles),
            device: session.device,
            started_at: session.created_at,
            last_seen_at: session.last_seen_at,
        }
    }
}
