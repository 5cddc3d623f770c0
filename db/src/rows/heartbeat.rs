//! What players report of a viewing, in batches, whenever they are online.
//!
//! Everything a heartbeat changes is a union or a greatest, so the same ones in any order, told once or often, leave the
//! same rows: what was watched is a set of ranges of the film, and the newest position by corrected time stands. Times are
//! corrected by the quickest upload that the session has had, so that a slow one makes nothing newer than it is.

use domain::id::{PlaybackSessionId, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Db, Result};

/// A moment of a viewing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// The player's id of it.
    pub event_id: Uuid,
    /// When it was by the server's clock, if its upload took no time.
    pub at: OffsetDateTime,
    /// Where in the film.
    pub position_ms: u32,
    /// How much of the film right before that position was played since the heartbeat before.
    pub watched_ms: u32,
    /// Whether the viewing was over.
    pub is_end: bool,
}

/// A session that heartbeats were recorded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Since when it is over, by its player's word or its owner's.
    pub ended_at: Option<OffsetDateTime>,
}

/// Records heartbeats of one session: in the session, and if it has an owner in watch history and resume point. `None` if
/// there is no such session, or it is somebody else's. Late ones count too, whatever has become of the session.
/// `clock_offset_us` is the server's clock less the device's as they came.
///
/// Stretches are widened to whole seconds of the film: a row of history has no more ranges than every other second.
///
/// One statement in one round trip, which waits for nobody but another batch of the same viewer and film. Updating the
/// session's row locks it against clearing history and resume points, which mark the session before they delete.
pub async fn record(
    db: &Db,
    session: PlaybackSessionId,
    user: Option<UserId>,
    clock_offset_us: i64,
    heartbeats: &[Heartbeat],
) -> Result<Option<Recorded>> {
    let event_ids: Vec<_> = heartbeats.iter().map(|one| one.event_id).collect();
    let times: Vec<_> = heartbeats.iter().map(|one| one.at).collect();
    let positions: Vec<_> = heartbeats.iter().map(|one| saturating_i32(one.position_ms)).collect();
    let watched: Vec<_> = heartbeats.iter().map(|one| saturating_i32(one.watched_ms)).collect();
    let newest = heartbeats.iter().map(|one| one.at).max();
    let ended_at = heartbeats.iter().filter(|one| one.is_end).map(|one| one.at).min();
    // Losing the last half second of heartbeats when the server's power fails costs a viewer a moment of the film, while
    // waiting for the disk would bound all viewers together: so the commit of this one statement does not wait.
    let row = sqlx::query!(
        r#"WITH session AS (
               UPDATE playback_sessions
               SET clock_offset_us = $9 - upload_delay_us(clock_offset_us, $9),
                   last_seen_at = greatest(last_seen_at, $7::timestamptz - upload_delay_us(clock_offset_us, $9) * interval '1 microsecond'),
                   ended_at = least(ended_at, CASE WHEN $8::timestamptz IS NOT NULL THEN greatest(
                       $8 - upload_delay_us(clock_offset_us, $9) * interval '1 microsecond', created_at) END)
               WHERE id = $1 AND (user_id IS NULL OR user_id = $2)
               RETURNING user_id, film_id, created_at, duration_ms, ended_at, history_cleared_at, resume_cleared_at,
                         ($9 - clock_offset_us) * interval '1 microsecond' AS upload_delay
           ), event AS (
               SELECT event_id, greatest(at - upload_delay, created_at) AS at, least(position_ms, duration_ms)::integer AS position_ms,
                      watched_ms, duration_ms, user_id, film_id, created_at, history_cleared_at, resume_cleared_at
               FROM session
               CROSS JOIN unnest($3::uuid[], $4::timestamptz[], $5::integer[], $6::integer[])
                   AS told (event_id, at, position_ms, watched_ms)
               WHERE user_id IS NOT NULL
           ), history AS (
               INSERT INTO watch_history AS old (user_id, film_id, day, begun_at, watched_at, watched, furthest_ms)
               SELECT user_id, film_id, (created_at AT TIME ZONE 'UTC')::date, created_at, max(at),
                      range_agg(int4range(greatest(position_ms - watched_ms, 0) / 1000 * 1000,
                                          least((position_ms::bigint + 999) / 1000 * 1000, duration_ms)::integer)),
                      max(position_ms)
               FROM event
               WHERE watched_ms > 0 AND position_ms > 0 AND at > coalesce(history_cleared_at, '-infinity')
               GROUP BY user_id, film_id, created_at
               ON CONFLICT (user_id, film_id, day) DO UPDATE
               SET begun_at = least(old.begun_at, excluded.begun_at),
                   watched_at = greatest(old.watched_at, excluded.watched_at),
                   watched = old.watched + excluded.watched,
                   furthest_ms = greatest(old.furthest_ms, excluded.furthest_ms)
           ), resume AS (
               INSERT INTO resume_points AS old (user_id, film_id, position_ms, at, event_id)
               SELECT user_id, film_id, position_ms, at, event_id FROM event
               WHERE at > coalesce(resume_cleared_at, '-infinity')
               ORDER BY at DESC, event_id DESC LIMIT 1
               ON CONFLICT (user_id, film_id) DO UPDATE
               SET position_ms = excluded.position_ms, at = excluded.at, event_id = excluded.event_id
               -- The same one again is itself, at the earliest that is known of it.
               WHERE CASE WHEN excluded.event_id = old.event_id THEN excluded.at < old.at
                     ELSE (excluded.at, excluded.event_id) > (old.at, old.event_id) END
           )
           SELECT ended_at, set_config('synchronous_commit', 'off', true) FROM session"#,
        session.0,
        user.map(|user| user.0),
        &event_ids,
        &times,
        &positions,
        &watched,
        newest,
        ended_at,
        clock_offset_us,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(|row| Recorded { ended_at: row.ended_at }))
}

fn saturating_i32(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
