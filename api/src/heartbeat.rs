//! What players report of a viewing, every few seconds or after days without a network.

use std::sync::Arc;

use axum::{Json, extract::State};
use db::heartbeat::Heartbeat;
use domain::id::PlaybackSessionId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Viewer,
    http::{
        error::ApiError,
        json::ValidJson,
        problem::Problem,
        responses::{WithBody, WithId},
    },
    stream::session::NO_SESSION,
};

/// How late a heartbeat may come.
const LATEST: Duration = Duration::days(30);
/// No film is longer: a week.
const MAX_POSITION_MS: u32 = 7 * 24 * 3600 * 1000;

/// Heartbeats of one playback session.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeartbeatBatch {
    /// The playback session.
    #[garde(skip)]
    session_id: Uuid,
    /// The device's time as it sends this, taken anew when it sends the same heartbeats again. What it differs from the
    /// server's, by the quickest batch of the session, is taken off every `at`.
    #[garde(skip)]
    #[serde(with = "time::serde::rfc3339")]
    sent_at: OffsetDateTime,
    /// 1 to 500 heartbeats in any order; some or all may have been sent before.
    #[garde(dive, length(min = 1, max = 500))]
    #[schema(min_items = 1, max_items = 500)]
    events: Vec<HeartbeatEvent>,
}

/// A moment of a viewing.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeartbeatEvent {
    /// Made by the player; the same when it is sent again.
    #[garde(skip)]
    event_id: Uuid,
    /// When it was, by the device's clock.
    #[garde(skip)]
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Where in the film.
    #[garde(range(max = MAX_POSITION_MS))]
    #[schema(maximum = 604_800_000)]
    position_ms: u32,
    /// How much of the film, right up to `position_ms`, was played since the event before or the last seek.
    #[garde(range(max = MAX_POSITION_MS))]
    #[schema(maximum = 604_800_000)]
    watched_ms: u32,
    #[garde(skip)]
    state: PlayerState,
}

/// What the player was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PlayerState {
    /// The picture moves.
    Playing,
    /// The viewer paused it.
    Paused,
    /// It waits for the network.
    Buffering,
    /// The film ran out or the viewer left: the session is over.
    Ended,
}

/// What came of a batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct HeartbeatReceipt {
    /// Events that count now, or did before.
    pub(crate) accepted: usize,
    /// Events that came more than 30 days late.
    pub(crate) ignored: usize,
    /// Since when the session is over; a player that did not end it itself should stop, another device took its place.
    #[schema(required)]
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) ended_at: Option<OffsetDateTime>,
}

/// Records heartbeats: they keep the session running and write the viewer's history and resume point. They may come in any
/// order, more than once, and up to 30 days late.
#[utoipa::path(post, path = "/stream/heartbeats", tag = "films", security((), ("bearer" = [])), request_body = HeartbeatBatch,
    responses(
    (status = 200, description = "Recorded", body = HeartbeatReceipt),
    (status = 401, description = "An access token was sent and is not valid", body = Problem, content_type = "application/problem+json"),
    WithBody, WithId,
))]
pub(crate) async fn record_heartbeats(
    State(app): State<Arc<App>>,
    Viewer(user): Viewer,
    ValidJson(batch): ValidJson<HeartbeatBatch>,
) -> Result<Json<HeartbeatReceipt>, ApiError> {
    let (now_us, sent_us) = (unix_us(app.now()), unix_us(batch.sent_at));
    let heartbeats: Vec<Heartbeat> = batch
        .events
        .iter()
        .filter_map(|event| {
            let at = corrected(unix_us(event.at), sent_us, now_us)?;
            Some(Heartbeat {
                event_id: event.event_id,
                at,
                position_ms: event.position_ms,
                watched_ms: event.watched_ms,
                is_end: event.state == PlayerState::Ended,
            })
        })
        .collect();
    let user = user.map(|user| user.account.id);
    let session = PlaybackSessionId(batch.session_id);
    let recorded = db::heartbeat::record(&app.db, session, user, now_us - sent_us, &heartbeats).await?;
    Ok(Json(HeartbeatReceipt {
        accepted: heartbeats.len(),
        ignored: batch.events.len() - heartbeats.len(),
        ended_at: recorded.ok_or(NO_SESSION)?.ended_at,
    }))
}

/// Microseconds since 1970, as exact as Postgres keeps a time. In whole numbers, since a device may claim years at which
/// dates overflow.
fn unix_us(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos().div_euclid(1000))
        .expect("ten thousand years are 58 bits of microseconds")
}

/// A device's time by the server's clock, never in the future; `None` if it is too long ago.
fn corrected(at_us: i64, sent_us: i64, now_us: i64) -> Option<OffsetDateTime> {
    let age_us = (sent_us - at_us).max(0);
    if i128::from(age_us) > LATEST.whole_microseconds() {
        return None;
    }
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(now_us - age_us) * 1000).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{corrected, unix_us};

    #[test]
    fn the_device_s_clock_is_set_right_by_when_it_sent() {
        let now = datetime!(2026-03-04 12:00:00 UTC);
        for (at, sent_at, expected) in [
            // A good clock.
            (datetime!(2026-03-04 11:59:50 UTC), now, Some(datetime!(2026-03-04 11:59:50 UTC))),
            (datetime!(2026-03-04 18:59:50 +7), now, Some(datetime!(2026-03-04 11:59:50 UTC))),
            // An hour fast, seven years slow.
            (
                datetime!(2026-03-04 12:59:50 UTC),
                datetime!(2026-03-04 13:00:00 UTC),
                Some(datetime!(2026-03-04 11:59:50 UTC)),
            ),
            (
                datetime!(2019-01-01 00:00:00 UTC),
                datetime!(2019-01-01 00:01:00 UTC),
                Some(datetime!(2026-03-04 11:59:00 UTC)),
            ),
            // After it was sent: now.
            (datetime!(2030-01-01 00:00:00 UTC), now, Some(now)),
            // Offline for long, and for too long.
            (datetime!(2026-02-03 12:00:00 UTC), now, Some(datetime!(2026-02-03 12:00:00 UTC))),
            (datetime!(2026-02-02 11:59:59 UTC), now, None),
            (datetime!(0000-01-01 00:00:00 UTC), datetime!(9999-12-31 23:59:59 -23:59), None),
            (datetime!(9999-12-31 23:59:59 -23:59), datetime!(0000-01-01 00:00:00 UTC), Some(now)),
        ] {
            assert_eq!(corrected(unix_us(at), unix_us(sent_at), unix_us(now)), expected, "{at} {sent_at}");
        }
    }
}
