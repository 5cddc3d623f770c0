//! Why a film is not played now: the problems that say more than their text.

use axum::http::StatusCode;
use serde::Serialize;
use time::{OffsetDateTime, UtcOffset};
use utoipa::ToSchema;

use super::active_session::ActiveSession;
use crate::http::{error::ApiError, problem::Problem};

/// What these problems say in members of their own (RFC 9457 §3.2). The API's description lists them with `Problem`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct RefusalMembers {
    /// Of `not-yet-available`: from when the film can be watched.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    #[schema(nullable = false)]
    available_from: Option<OffsetDateTime>,
    /// Of `no-longer-available`: until when the film could be watched.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    #[schema(nullable = false)]
    available_until: Option<OffsetDateTime>,
    /// Of `too-many-streams`: the account's oldest running session, which may be ended to make room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    active_session: Option<Box<ActiveSession>>,
}

/// The film's window begins at `from`.
pub(super) fn not_yet_available(from: OffsetDateTime) -> ApiError {
    let detail = format!("This film can be watched from {}.", minute(from));
    let problem = Problem::new(StatusCode::FORBIDDEN, "not-yet-available", "Not available yet", detail);
    problem.with_members(RefusalMembers { available_from: Some(from), ..RefusalMembers::default() }).into()
}

/// The film's window ended at `until`.
pub(super) fn no_longer_available(until: OffsetDateTime) -> ApiError {
    let detail = format!("This film could be watched until {}.", minute(until));
    let problem = Problem::new(StatusCode::FORBIDDEN, "no-longer-available", "No longer available", detail);
    problem.with_members(RefusalMembers { available_until: Some(until), ..RefusalMembers::default() }).into()
}

/// The account has `limit` playback sessions, as many as it may; `oldest` is one of them.
pub(super) fn too_many_streams(limit: u32, oldest: ActiveSession) -> ApiError {
    let detail = format!(
        "This account is watching on {limit} devices already, as many as it may at once. Stop one of them: the \
         longest running is {} since {}.",
        oldest.device.as_deref().unwrap_or("a device"),
        minute(oldest.started_at)
    );
    let problem = Problem::new(StatusCode::CONFLICT, "too-many-streams", "Too many devices at once", detail);
    let oldest = Some(Box::new(oldest));
    problem.with_members(RefusalMembers { active_session: oldest, ..RefusalMembers::default() }).into()
}

/// A moment in UTC to the minute, for people to read; programs read the member that goes with it.
fn minute(moment: OffsetDateTime) -> String {
    let utc = moment.to_offset(UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", utc.date(), utc.hour(), utc.minute())
}
