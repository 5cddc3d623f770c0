//! Refusals of playback: problems with additional members.

use axum::http::StatusCode;
use serde::Serialize;
use time::{OffsetDateTime, UtcOffset};
use utoipa::ToSchema;

use super::active_session::ActiveSession;
use crate::http::{error::ApiError, problem::Problem};

/// Extension members of these problems (RFC 9457 §3.2). The OpenAPI document lists them as fields of `Problem`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct RefusalMembers {
    /// Only in `not-yet-available`: start of the film's availability period.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    #[schema(nullable = false)]
    available_from: Option<OffsetDateTime>,
    /// Only in `no-longer-available`: end of the film's availability period.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    #[schema(nullable = false)]
    available_until: Option<OffsetDateTime>,
    /// Only in `not-in-this-country`: the countries in which the film can be watched, as ISO 3166-1 alpha-2 codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    available_in: Option<Vec<String>>,
    /// Only in `too-many-streams`: the account's oldest active playback session. A client may end it and try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    active_session: Option<Box<ActiveSession>>,
}

/// The film's availability period begins at `from`.
pub(super) fn not_yet_available(from: OffsetDateTime) -> ApiError {
    let detail = format!("This film can be watched from {}.", minute(from));
    let problem = Problem::new(StatusCode::FORBIDDEN, "not-yet-available", "Not available yet", detail);
    problem.with_members(RefusalMembers { available_from: Some(from), ..RefusalMembers::default() }).into()
}

/// The film has no presentation yet. Only editors get this answer; for others the film does not exist yet.
pub(super) fn being_prepared() -> ApiError {
    let detail = "This film is being prepared and cannot be played yet.";
    Problem::new(StatusCode::CONFLICT, "being-prepared", "Being prepared", detail).into()
}

/// The film's availability period ended at `until`.
pub(super) fn no_longer_available(until: OffsetDateTime) -> ApiError {
    let detail = format!("This film could be watched until {}.", minute(until));
    let problem = Problem::new(StatusCode::FORBIDDEN, "no-longer-available", "No longer available", detail);
    problem.with_members(RefusalMembers { available_until: Some(until), ..RefusalMembers::default() }).into()
}

/// The film can be watched in other countries only. A caller whose country is not known gets the same answer.
pub(super) fn not_in_this_country(available_in: Vec<String>) -> ApiError {
    let detail = format!("This film can be watched in these countries only: {}.", available_in.join(", "));
    let problem = Problem::new(StatusCode::FORBIDDEN, "not-in-this-country", "Not in this country", detail);
    problem
        .with_members(RefusalMembers { available_in: Some(available_in), ..RefusalMembers::default() })
        .into()
}

/// The preview link expired or was revoked, its film was deleted, or there is no such link.
pub(crate) fn preview_ended() -> ApiError {
    let detail = "This preview link is no longer valid. Ask the person who sent it for a new one.";
    Problem::new(StatusCode::FORBIDDEN, "preview-ended", "Preview ended", detail).into()
}

/// The account has reached its limit of active playback sessions; `oldest` is the oldest of them.
pub(super) fn too_many_streams(limit: u32, oldest: ActiveSession) -> ApiError {
    let detail = format!(
        "This account is already watching on {limit} devices, which is the limit. Stop playback on one of them. \
         Longest playing: {} since {}.",
        oldest.device.as_deref().unwrap_or("a device"),
        minute(oldest.started_at)
    );
    let problem = Problem::new(StatusCode::CONFLICT, "too-many-streams", "Too many devices at once", detail);
    let oldest = Some(Box::new(oldest));
    problem.with_members(RefusalMembers { active_session: oldest, ..RefusalMembers::default() }).into()
}

/// Formats a moment in UTC to the minute for people. Programs read the corresponding member.
fn minute(moment: OffsetDateTime) -> String {
    let utc = moment.to_offset(UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", utc.date(), utc.hour(), utc.minute())
}
