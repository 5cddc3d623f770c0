//! Heartbeats: players report playback in batches whenever they are online.
//!
//! A heartbeat only adds to a union or raises a maximum. So the same heartbeats leave the same rows in any order and however
//! often they are sent: the watched parts are a set of ranges of the film, and the resume point is the position with the newest
//! corrected time. Times are corrected by the fastest upload of the session, so that a slow upload makes no position look newer.

use domain::id::{PlaybackSessionId, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Db, Result};

/// A player's report of one moment of a playback session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Its id, chosen by the player.
    pub event_id: Uuid,
    /// Its time by the server's clock, assuming that its upload took no time.
    pub at: OffsetDateTime,
    /// Position in the film.
    pub position_ms: u32,
    /// Length of the film before that position that was played since the previous heartbeat.
    pub watched_ms: u32,
    /// Whether playback ended here.
    pub is_end: bool,
}

/// A playback session for which heartbeats were recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// When the player or the viewer ended the session.
    pub ended_at: Option<OffsetDateTime>,
}

/// Records heartbeats of one playback session: in the session and, if it has an account, in watch history and resume point.
/// Returns `None` if the session does not exist or belongs to another account. Late heartbeats count too, even if the session
/// has ended. `clock_offset_us` is the server's clock minus the device's clock when the batch arrived.
///
/// Watched ranges are widened to whole seconds of the film, so a history row has at most one range per two seconds.
///
/// This is one statement in one round trip, and it waits only for other batches of the same viewer and film. Updating the
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
    // Losing the last half second of heartbeats in a power failure costs a viewer a moment of the film, while waiting for the
    // disk would limit the throughput of all viewers. So the commit of this statement does not wait for the disk.
    let row = sqlx::query!(
        r#"WITH session AS (
               UPDATE playback_sessions
               SET clock_offset_us = $9 - upload_delay_us(clock_offset_us, $9),
                   last_seen_at = greatest(last_seen_at, $7::timestamptz - upload_delay_us(clock_offset_us, $9) * interval '1 microsecond'),
                   ended_at = least(ended_at, CASE WHEN $8::timestamptz IS NOT NULL THEN greatest(
                       $8 - upload_delay_us(clock_offset_us, $9) * interval '1 microsecond', created_at) END),
                   watched = watched + coalesce((
                       SELECT range_agg(int4range(greatest(clamped_ms - reported_ms, 0) / 1000 * 1000,
                                                  least((clamped_ms::bigint + 999) / 1000 * 1000, duration_ms)::integer))
                       FROM unnest($5::integer[], $6::integer[]) AS reported (at_ms, reported_ms)
                       CROSS JOIN LATERAL (SELECT least(at_ms, duration_ms)::integer AS clamped_ms) AS clamped
                       WHERE reported_ms > 0 AND clamped_ms > 0
                   ), '{}')
               WHERE id = $1 AND (user_id IS NULL OR user_id = $2)
               RETURNING user_id, film_id, created_at, duration_ms, ended_at, history_cleared_at, resume_cleared_at,
                         ($9 - clock_offset_us) * interval '1 microsecond' AS upload_delay
           ), event AS (
               SELECT event_id, greatest(at - upload_delay, created_at) AS at, least(position_ms, duration_ms)::integer AS position_ms,
                      watched_ms, duration_ms, user_id, film_id, created_at, history_cleared_at, resume_cleared_at
               FROM session
               CROSS JOIN unnest($3::uuid[], $4::timestamptz[], $5::integer[], $6::integer[])
                   AS reported (event_id, at, position_ms, watched_ms)
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
               -- A repeated event keeps its earliest known time.
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
