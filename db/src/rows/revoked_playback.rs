//! Playback sessions whose tokens must no longer work although they have not expired.

use domain::id::{FilmId, PlaybackSessionId};
use time::OffsetDateTime;

use crate::{Db, Result};

/// A playback session whose token must no longer work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedSession {
    /// The session.
    pub id: PlaybackSessionId,
    /// Its film.
    pub film_id: FilmId,
}

/// Returns the database's time, and all sessions that have an unexpired token and must not play any more, in the order of their ids: the
/// session ended, its account is disabled, or its viewer may not play the film now (it was deleted or unpublished, it became
/// members-only, or its window is over). Where a preview link gave the right, only that link and the film's deletion count.
pub async fn list(db: &Db) -> Result<(OffsetDateTime, Vec<RevokedSession>)> {
    // The time is read first: a change that this statement does not see yet is newer than the list.
    let now = sqlx::query_scalar!(r#"SELECT now() AS "now!""#).fetch_one(&db.pools.all).await?;
    let rows = sqlx::query!(
        "SELECT session.id, session.film_id
         FROM playback_sessions AS session JOIN films ON films.id = session.film_id LEFT JOIN users ON users.id = session.user_id
              LEFT JOIN preview_links AS link ON link.id = session.preview_link_id
         WHERE session.expires_at > now()
           AND (session.ended_at IS NOT NULL OR users.disabled_at IS NOT NULL
                OR NOT CASE WHEN link.id IS NOT NULL
                       THEN films.deleted_at IS NULL AND link.revoked_at IS NULL AND link.expires_at > now()
                       WHEN users.role IN ('editor', 'admin') THEN films.deleted_at IS NULL
                       ELSE coalesce(film_is_shown(films, users.id IS NOT NULL), false)
                            AND coalesce(films.available_from <= now(), true) AND coalesce(films.available_until > now(), true)
                       END)
         ORDER BY session.id"
    )
    .fetch_all(&db.pools.all)
    .await?;
    let sessions = rows
        .into_iter()
        .map(|row| RevokedSession { id: PlaybackSessionId(row.id), film_id: FilmId(row.film_id) })
        .collect();
    Ok((now, sessions))
}
