//! A viewer with a film on two devices, for tests of heartbeats.

use db::{
    Db,
    heartbeat::{self, Heartbeat},
    playback_session, resume_point, watch_history,
};
use domain::id::{FilmId, PlaybackSessionId, UserId};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    playback_sessions::{create_viewer, make_shown, new_session},
    support::film,
};

/// The film's length.
pub(crate) const DURATION_MS: u32 = 120_000;

pub(crate) struct WatchedFilm {
    pub(crate) db: Db,
    pub(crate) pool: PgPool,
    pub(crate) film: FilmId,
    pub(crate) user: UserId,
    /// Two devices.
    pub(crate) sessions: [PlaybackSessionId; 2],
    pub(crate) began: OffsetDateTime,
}

impl WatchedFilm {
    pub(crate) async fn begin(pool: &PgPool, began: OffsetDateTime) -> Self {
        let db = Db::from_pool(pool.clone());
        let film = film(&db).await;
        let shown = make_shown(&db, film).await;
        let user = create_viewer(&db).await;
        let [first, second] = [new_session(film, shown, Some(user)), new_session(film, shown, Some(user))];
        let sessions = [first.id, second.id];
        for one in [first, second] {
            playback_session::open(&db, one, 10).await.unwrap();
        }
        sqlx::query("UPDATE playback_sessions SET created_at = $2, last_seen_at = $2 WHERE user_id = $1")
            .bind(user.0)
            .bind(began)
            .execute(pool)
            .await
            .unwrap();
        Self { db, pool: pool.clone(), film, user, sessions, began }
    }

    pub(crate) async fn record(&self, device: usize, heartbeats: &[Heartbeat]) {
        let recorded =
            heartbeat::record(&self.db, self.sessions[device], Some(self.user), 0, heartbeats).await.unwrap();
        let has_ended = recorded.unwrap().ended_at.is_some();
        assert!(has_ended || !heartbeats.iter().any(|one| one.is_end));
    }

    /// All that heartbeats wrote, without the ids of account and film.
    pub(crate) async fn rows(&self) -> String {
        sqlx::query_scalar(
            "SELECT jsonb_build_object(
                 'history', (SELECT jsonb_agg(to_jsonb(h) - 'user_id' - 'film_id') FROM watch_history h WHERE user_id = $1),
                 'resume', (SELECT jsonb_agg(to_jsonb(r) - 'user_id' - 'film_id') FROM resume_points r WHERE user_id = $1),
                 'sessions', (SELECT jsonb_agg(jsonb_build_array(last_seen_at, ended_at) ORDER BY id)
                              FROM playback_sessions WHERE user_id = $1))::text",
        )
        .bind(self.user.0)
        .fetch_one(&self.pool)
        .await
        .unwrap()
    }

    pub(crate) async fn history(&self) -> Vec<watch_history::WatchedFilm> {
        watch_history::list(&self.db, self.user, None, 10).await.unwrap()
    }

    pub(crate) async fn resume_position(&self) -> Option<u64> {
        resume_point::find(&self.db, self.user, self.film).await.unwrap().map(|point| point.position_ms)
    }

    pub(crate) async fn publish(&self) {
        sqlx::query("UPDATE films SET visibility = 'public' WHERE id = $1")
            .bind(self.film.0)
            .execute(&self.pool)
            .await
            .unwrap();
    }
}

pub(crate) fn noon() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc() - Duration::days(1);
    now.replace_time(time::macros::time!(12:00))
}

pub(crate) fn beat(at: OffsetDateTime, position_s: u32, watched_s: u32) -> Heartbeat {
    Heartbeat {
        event_id: Uuid::new_v4(),
        at,
        position_ms: position_s * 1000,
        watched_ms: watched_s * 1000,
        is_end: false,
    }
}
