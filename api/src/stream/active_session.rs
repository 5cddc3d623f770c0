//! An active playback session as its owner sees it.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::titles::Titles;

/// An active playback session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ActiveSession {
    /// Id of the playback session.
    pub(crate) id: Uuid,
    /// Id of the film.
    pub(crate) film_id: Uuid,
    /// The film's titles.
    pub(crate) titles: Titles,
    /// Device and program that play the film; null if not known.
    #[schema(required, examples("Firefox on Android"))]
    pub(crate) device: Option<String>,
    /// When the playback session was opened.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) started_at: OffsetDateTime,
    /// When the player last sent a heartbeat or renewed the session; at first when it was opened.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) last_seen_at: OffsetDateTime,
}

impl From<db::playback_session::ActiveSession> for ActiveSession {
    fn from(session: db::playback_session::ActiveSession) -> Self {
        Self {
            id: session.id.0,
            film_id: session.film_id.0,
            titles: Titles(session.titles),
            device: session.device,
            started_at: session.created_at,
            last_seen_at: session.last_seen_at,
        }
    }
}
