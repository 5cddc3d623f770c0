//! Who may play what: opens a playback session and signs the address its player reads.

use std::sync::Arc;

use axum::{Json, extract::State};
use db::{playback_session::NewSession, user::Role};
use domain::{
    id::{FilmId, SessionId},
    key::BuildObject,
};
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Viewer,
    film::{NO_FILM, is_shown},
    http::{error::ApiError, path::PathId, problem::Problem, responses::WithId},
};

/// Shortest time that an address works, however short the film: people stop and go on.
const SHORTEST_LEAVE: Duration = Duration::hours(4);

/// Leave to play one build of a film for a while.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Stream {
    /// The playback session.
    pub(crate) session_id: Uuid,
    /// Address of the multivariant playlist; holds the token, so it is as secret as a ticket.
    #[schema(examples(
        "/v/AQF…/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e60/main.m3u8"
    ))]
    pub(crate) url: String,
    /// When the address stops working; ask again before.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
    /// Length of the film in milliseconds.
    pub(crate) duration_ms: u64,
}

/// Opens a playback session: anybody for a public film that is ready, editors and admins for drafts as well.
#[utoipa::path(post, path = "/stream/{film_id}", tag = "films", security((), ("bearer" = [])),
    params(("film_id" = Uuid, Path, description = "The film to play")), responses(
    (status = 200, description = "Where to play it from", body = Stream),
    (status = 401, description = "An access token was sent and is not valid", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The film has nothing to play yet (editors and admins)", body = Problem, content_type = "application/problem+json"),
    WithId,
))]
pub(crate) async fn authorize_stream(
    State(app): State<Arc<App>>,
    Viewer(user): Viewer,
    PathId(film_id): PathId<FilmId>,
) -> Result<Json<Stream>, ApiError> {
    let film = db::film::find(&app.db, film_id).await?.ok_or(NO_FILM)?;
    let may_preview = user.as_ref().is_some_and(|user| user.account.role >= Role::Editor);
    if !is_shown(&film) && !may_preview {
        return Err(NO_FILM);
    }
    let (Some(build_id), Some(duration_ms)) = (film.build_id, film.duration_ms) else {
        return Err(ApiError::Conflict("The film is not ready to play yet.".to_owned()));
    };

    let session = SessionId(app.new_id());
    let (expires_at, expires_unix) = leave(app.now(), duration_ms)?;
    let user_id = user.map(|user| user.account.id);
    let new = NewSession { id: session, film_id, build_id, user_id, expires_at };
    db::playback_session::open(&app.db, new).await?;
    info!(session.id = %session, film.id = %film_id, "Opened a playback session");

    let token = app.keys.sign(film_id, build_id, session, expires_unix);
    let base = &app.origin_base_url;
    let url = format!("{base}/v/{token}/{film_id}/{build_id}/{}", BuildObject::Multivariant);
    Ok(Json(Stream { session_id: session.0, url, expires_at, duration_ms }))
}

/// When leave given now to play a film ends: half as long again as the film and an hour, in whole seconds.
fn leave(now: OffsetDateTime, duration_ms: u64) -> Result<(OffsetDateTime, u32), ApiError> {
    let film = Duration::milliseconds(i64::try_from(duration_ms).map_err(ApiError::internal)?);
    let end = now + SHORTEST_LEAVE.max(film * 3 / 2 + Duration::HOUR);
    let unix = u32::try_from(end.unix_timestamp()).map_err(ApiError::internal)?;
    let end = OffsetDateTime::from_unix_timestamp(i64::from(unix)).map_err(ApiError::internal)?;
    Ok((end, unix))
}

#[cfg(test)]
mod tests {
    use super::leave;
    use time::macros::datetime;

    #[test]
    fn leave_outlasts_the_film_by_a_margin() {
        let now = datetime!(2026-01-01 00:00:00.75 UTC);
        for (minutes, expected) in [
            (1, datetime!(2026-01-01 04:00 UTC)),
            (120, datetime!(2026-01-01 04:00 UTC)),
            (180, datetime!(2026-01-01 05:30 UTC)),
            (600, datetime!(2026-01-01 16:00 UTC)),
        ] {
            let (end, unix) = leave(now, minutes * 60_000).unwrap();
            assert_eq!(end, expected, "{minutes} min");
            assert_eq!(i64::from(unix), expected.unix_timestamp());
        }
    }
}
