//! Open playback sessions: players renew and end them, their owners list and end them.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use db::playback_session::{Admission, PlaybackSession};
use domain::{id::PlaybackSessionId, key::PresentationObject};
use serde::Serialize;
use time::OffsetDateTime;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    active_session::ActiveSession,
    address::{object_address, token_expiry},
    refusal::{preview_ended, too_many_streams},
    right::authorize_playback,
};
use crate::{
    app::App,
    auth::{
        client::Client,
        identity::{User, Viewer},
    },
    http::{
        error::ApiError,
        path::PathId,
        problem::Problem,
        responses::{Authenticated, WithId},
    },
};

/// The caller's active playback sessions, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ActiveSessionList {
    /// The sessions.
    pub(crate) items: Vec<ActiveSession>,
}

/// A renewed playback session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RenewedStream {
    /// Id of the playback session; the same as before.
    pub(crate) session_id: Uuid,
    /// New URL of the HLS multivariant playlist of the same build. It contains a new playback token, so keep it secret. The URL of the
    /// storyboard changes in the same way.
    pub(crate) url: String,
    /// When the URL expires.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
}

/// Lists the caller's active playback sessions, newest first.
///
/// A playback session is active until it ends or expires, or its player sends nothing for two minutes. The list has at most 100.
#[utoipa::path(get, path = "/stream/sessions", tag = "films", security(("bearer" = [])), responses(
    (status = 200, description = "The active playback sessions", body = ActiveSessionList),
    Authenticated,
))]
pub(crate) async fn list_playback_sessions(
    State(app): State<Arc<App>>,
    user: User,
) -> Result<Json<ActiveSessionList>, ApiError> {
    let sessions = db::playback_session::list_active(&app.db, user.account.id).await?;
    Ok(Json(ActiveSessionList { items: sessions.into_iter().map(ActiveSession::from).collect() }))
}

/// Renews a playback session: creates a new URL of the presentation that it plays.
///
/// The server checks again whether the caller may play the film. A session can be renewed within a week of its start.
#[utoipa::path(post, path = "/stream/sessions/{id}/renew", tag = "films", security((), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "The playback session")), responses(
    (status = 200, description = "The playback session is renewed", body = RenewedStream),
    (status = 401, description = "The film is now for members and the request has no access token, or the access token is not valid", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The film's availability period has ended (see `available_until`) or was moved to the future (see `available_from`), or the film can be watched in other countries only (`available_in`), or the session's preview link expired or was revoked", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The playback session has ended and a new one must be opened; or it was inactive and the account has reached its limit of active playback sessions (`active_session` is the oldest)", body = Problem, content_type = "application/problem+json"),
    WithId,
))]
pub(crate) async fn renew_playback_session(
    State(app): State<Arc<App>>,
    client: Client,
    Viewer(user): Viewer,
    PathId(id): PathId<PlaybackSessionId>,
) -> Result<Json<RenewedStream>, ApiError> {
    let session = find_own(&app, id, user.as_ref()).await?;
    let latest = if let Some(link) = session.preview_link_id {
        let link = db::preview_link::find_open_by_id(&app.db, link, app.now()).await?;
        Some(link.ok_or_else(preview_ended)?.expires_at)
    } else {
        authorize_playback(&app, session.film_id, user.as_ref(), client.country).await?;
        None
    };
    let (expires_at, expires_unix) = token_expiry(app.now(), session.duration_ms, latest)?;
    match db::playback_session::renew(&app.db, id, expires_at, app.max_streams_per_account).await? {
        Admission::Admitted => {}
        Admission::TooMany(oldest) => {
            return Err(too_many_streams(app.max_streams_per_account, oldest.into()));
        }
        Admission::Over => {
            return Err(ApiError::Conflict(
                "This playback session has ended. Press play again to open a new one.".to_owned(),
            ));
        }
    }
    let presentation = db::presentation::find(&app.db, session.presentation_id)
        .await?
        .ok_or_else(|| ApiError::internal("the session's presentation does not exist"))?;
    let main = presentation.root().path_in_film(PresentationObject::Playlist);
    let url = object_address(&app, session.film_id, id, expires_unix, &main);
    Ok(Json(RenewedStream { session_id: id.0, url, expires_at }))
}

/// Ends a playback session; does nothing if it has ended already.
#[utoipa::path(delete, path = "/stream/sessions/{id}", tag = "films", security((), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "The playback session")), responses(
    (status = 204, description = "The playback session has ended"),
    (status = 401, description = "The request has an access token that is not valid", body = Problem, content_type = "application/problem+json"),
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

/// The playback session does not exist or belongs to another account.
pub(crate) const NO_SESSION: ApiError = ApiError::NotFound("There is no such playback session.");

/// Returns the caller's playback session. A session without an account belongs to every caller that knows its id, which only its
/// player has received.
async fn find_own(
    app: &App,
    id: PlaybackSessionId,
    user: Option<&User>,
) -> Result<PlaybackSession, ApiError> {
    let session = db::playback_session::find(&app.db, id).await?.ok_or(NO_SESSION)?;
    let is_own = session.user_id.is_none_or(|owner| user.is_some_and(|user| user.account.id == owner));
    if is_own { Ok(session) } else { Err(NO_SESSION) }
}
