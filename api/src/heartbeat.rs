//! Playback heartbeats: players send them every few seconds, or up to 30 days later if they were offline.

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

/// Maximum age of a heartbeat when it arrives.
const MAX_AGE: Duration = Duration::days(30);
/// One week; no film is longer.
const MAX_POSITION_MS: u32 = 7 * 24 * 3600 * 1000;

/// Heartbeats of one playback session.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeartbeatBatch {
    /// The playback session.
    #[garde(skip)]
    session_id: Uuid,
    /// Time of sending by the device's clock. A device that sends the same heartbeats again must set it to the time of the new
    /// attempt. The server corrects every `at` by the difference between the clocks, estimated from the session's fastest upload.
    #[garde(skip)]
    #[serde(with = "time::serde::rfc3339")]
    sent_at: OffsetDateTime,
    /// 1 to 500 heartbeats in any order. Heartbeats that were sent before are allowed.
    #[garde(dive, length(min = 1, max = 500))]
    #[schema(min_items = 1, max_items = 500)]
    events: Vec<HeartbeatEvent>,
}

/// A heartbeat: what the player did at one moment.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeartbeatEvent {
    /// Id chosen by the player. It must be the same when the player sends the heartbeat again.
    #[garde(skip)]
    event_id: Uuid,
    /// Time of the heartbeat by the device's clock.
    #[garde(skip)]
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Position in the film in milliseconds.
    #[garde(range(max = MAX_POSITION_MS))]
    #[schema(maximum = 604_800_000)]
    position_ms: u32,
    /// Milliseconds of the film, ending at `position_ms`, that were played since the previous heartbeat or seek.
    #[garde(range(max = MAX_POSITION_MS))]
    #[schema(maximum = 604_800_000)]
    watched_ms: u32,
    /// What the player was doing.
    #[garde(skip)]
    state: PlayerState,
}

/// State of a player.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PlayerState {
    /// The film plays.
    Playing,
    /// The viewer paused the film.
    Paused,
    /// The player waits for data.
    Buffering,
    /// The film ended or the viewer stopped it. This ends the playback session.
    Ended,
}

/// Result of a batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct HeartbeatReceipt {
    /// Number of heartbeats that are recorded, including those recorded before.
    pub(crate) accepted: usize,
    /// Number of heartbeats that the server ignored because they are more than 30 days old.
    pub(crate) ignored: usize,
    /// When the playback session ended; null while it is active. A player that did not end it should stop, because another device
    /// took its place.
    #[schema(required)]
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) ended_at: Option<OffsetDateTime>,
}

/// Records heartbeats of a playback session.
///
/// Heartbeats keep the session active and update the viewer's history and resume point. They may arrive in any order, more than
/// once, and up to 30 days late.
#[utoipa::path(post, path = "/stream/heartbeats", tag = "films", security((), ("bearer" = [])), request_body = HeartbeatBatch,
    responses(
    (status = 200, description = "The heartbeats are recorded", body = HeartbeatReceipt),
    (status = 401, description = "The request has an access token that is not valid", body = Problem, content_type = "application/problem+json"),
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

/// Returns microseconds since 1970, the precision of PostgreSQL's timestamps. It is an integer, because a device may send years at
/// which date arithmetic overflows.
fn unix_us(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos().div_euclid(1000))
        .expect("ten thousand years are 58 bits of microseconds")
}

/// Converts a device's time to the server's clock; never later than now. Returns `None` if it is older than [`MAX_AGE`].
fn corrected(at_us: i64, sent_us: i64, now_us: i64) -> Option<OffsetDateTime> {
    let age_us = (sent_us - at_us).max(0);
    if i128::from(age_us) > MAX_AGE.whole_microseconds() {
        return None;
    }
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(now_us - age_us) * 1000).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{corrected, unix_us};

    #[test]
    fn times_are_corrected_by_the_device_s_time_of_sending() {
        let now = datetime!(2026-03-04 12:00:00 UTC);
        for (at, sent_at, expected) in [
            // The device's clock is right.
            (datetime!(2026-03-04 11:59:50 UTC), now, Some(datetime!(2026-03-04 11:59:50 UTC))),
            (datetime!(2026-03-04 18:59:50 +7), now, Some(datetime!(2026-03-04 11:59:50 UTC))),
            // It is an hour fast, or seven years slow.
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
            // A time after the time of sending becomes now.
            (datetime!(2030-01-01 00:00:00 UTC), now, Some(now)),
            // The device was offline for 29 days, and for more than 30.
            (datetime!(2026-02-03 12:00:00 UTC), now, Some(datetime!(2026-02-03 12:00:00 UTC))),
            (datetime!(2026-02-02 11:59:59 UTC), now, None),
            (datetime!(0000-01-01 00:00:00 UTC), datetime!(9999-12-31 23:59:59 -23:59), None),
            (datetime!(9999-12-31 23:59:59 -23:59), datetime!(0000-01-01 00:00:00 UTC), Some(now)),
        ] {
            assert_eq!(corrected(unix_us(at), unix_us(sent_at), unix_us(now)), expected, "{at} {sent_at}");
        }
    }
}
