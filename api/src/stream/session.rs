//! Playback sessions once they are open: renewed and ended by their player, seen and ended by their owner.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use db::playback_session::{Admission, PlaybackSession};
use domain::{id::PlaybackSessionId, key::BuildObject};
use serde::Serialize;
use time::OffsetDateTime;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    address::{object_address, token_expiry},
    refusal::too_many_streams,
    right::right_to_play,
    active_session::ActiveSession,
};
use crate::{
    app::App,
    auth::identity::{User, Viewer},
    http::{
        error::ApiError,
        path::PathId,
        problem::Problem,
        responses::{SignedIn, WithId},
    },
};

/// The caller's running sessions, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ActiveSessionList {
    /// The sessions.
    pub(crate) items: Vec<ActiveSession>,
}

/// A session's new address.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RenewedStream {
    /// The session, the same as before.
    pub(crate) session_id: Uuid,
    /// Address of the multivariant playlist of the same build under a new token; as secret as a ticket. The storyboard is in the
    /// same folder as before, under the new token too.
    pub(crate) url: String,
    /// When the address stops working.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
}

/// Lists what the caller has running, newest first: sessions heard of within two minutes.
#[utoipa::path(get, path = "/stream/sessions", tag = "films", security(("bearer" = [])), responses(
    (status = 200, description = "The sessions", body = ActiveSessionList),
    SignedIn,
))]
pub(crate) async fn list_playback_sessions(
    State(app): State<Arc<App>>,
    user: User,
) -> Result<Json<ActiveSessionList>, ApiError> {
    let sessions = db::playback_session::list_active(&app.db, user.account.id).await?;
    Ok(Json(ActiveSessionList { items: sessions.into_iter().map(ActiveSession::from).collect() }))
}

/// Makes a new address for a session, of the build that it plays. Whether its viewer may play the film is asked again.
#[utoipa::path(post, path = "/stream/sessions/{id}/renew", tag = "films", security((), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "The session")), responses(
    (status = 200, description = "Where to go on", body = RenewedStream),
    (status = 401, description = "An access token was sent and is not valid, or the film is now for members", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The film's window is over", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The session is over (press play again), or others of the account took its place meanwhile (`active_session`)", body = Problem, content_type = "application/problem+json"),
    WithId,
))]
pub(crate) async fn renew_playback_session(
    State(app): State<Arc<App>>,
    Viewer(user): Viewer,
    PathId(id): PathId<PlaybackSessionId>,
) -> Result<Json<RenewedStream>, ApiError> {
    let session = find_own(&app, id, user.as_ref()).await?;
    right_to_play(&app, session.film_id, user.as_ref()).await?;
    let (expires_at, expires_unix) = token_expiry(app.now(), session.duration_ms)?;
    match db::playback_session::renew(&app.db, id, expires_at, app.max_streams_per_account).await? {
        Admission::Admitted => {}
        Admission::TooMany(oldest) => {
            return Err(too_many_streams(app.max_streams_per_account, oldest.into()));
        }
        Admission::Over => {
            return Err(ApiError::Conflict("This session is over. Press play again.".to_owned()));
        }
    }
    let main = BuildObject::Multivariant;
    let url = object_address(&app, session.film_id, session.build_id, id, expires_unix, &main);
    Ok(Json(RenewedStream { session_id: id.0, url, expires_at }))
}

/// Ends a session: the viewer stopped, or makes room for another device. One that is over stays so.
#[utoipa::path(delete, path = "/stream/sessions/{id}", tag = "films", security((), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "The session")), responses(
    (status = 204, description = "It is over"),
    (status = 401, description = "An access token was sent and is not valid", body = Problem, content_type = "application/problem+json"),
    WithId,
))]
pub(crate) async fn end_playback_session(
    State(app): State<Arc<App>>,
    Viewer(user): Viewer,
    PathId(id): PathId<PlaybackSessionId>,
) -> Result<StatusCode, ApiError> {
    find_own(&app, id, user.as_ref()).await?;
    if db::playback_session::end(&app.db, id).await? {
        info!(session.id = %id, "Ended a playback session");
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What is said of a session that is not there, or somebody else's.
pub(crate) const NO_SESSION: ApiError = ApiError::NotFound("There is no such playback session.");

/// The caller's session. One that nobody logged in for belongs to whoever knows its id, which only its player was told.
async fn find_own(
    app: &App,
    id: PlaybackSessionId,
    user: Option<&User>,
) -> Result<PlaybackSession, ApiError> {
    let session = db::playback_session::find(&app.db, id).await?.ok_or(NO_SESSION)?;
    let is_own = session.user_id.is_none_or(|owner| user.is_some_and(|user| user.account.id == owner));
    if is_own { Ok(session) } else { Err(NO_SESSION) }
}
