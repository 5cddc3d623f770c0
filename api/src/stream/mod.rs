//! Authorises playback: opens a playback session and signs the URL from which its player reads.

mod active_session;
mod address;
mod device;
pub(crate) mod refusal;
pub(crate) mod revocation;
pub(crate) mod right;
pub(crate) mod session;
mod storyboard;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
};
use db::{
    playback_right::Playable,
    playback_session::{Admission, NewSession},
    preview_link::PreviewLink,
};
use domain::{
    country::ViewerCountry,
    id::{FilmId, PlaybackSessionId, UserId},
    key::{BuildObject, PresentationObject},
};
use serde::Serialize;
use time::OffsetDateTime;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use self::{
    address::{object_address, token_expiry},
    refusal::too_many_streams,
    right::{audience, authorize_playback},
    storyboard::Storyboard,
};
use crate::{
    app::App,
    auth::{
        client::Client,
        identity::{User, Viewer},
    },
    chapter::Chapter,
    film::{Film, Track},
    film_lookup::FilmLookup,
    http::{
        error::ApiError,
        path::PathId,
        problem::Problem,
        responses::{Throttled, WithId},
    },
};

/// A new playback session, with its playback URL and what a player shows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Stream {
    /// Id of the playback session.
    pub(crate) session_id: Uuid,
    /// URL of the HLS multivariant playlist; relative if this server is also the origin. It contains the playback token, so keep it
    /// secret.
    #[schema(examples(
        "/v/AgF…/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f/presentations/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e60/main.m3u8"
    ))]
    pub(crate) url: String,
    /// When the URL expires. Renew the session before then.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
    /// Duration of the film in milliseconds.
    pub(crate) duration_ms: u64,
    /// Start of the end credits in milliseconds; null if they are not marked.
    #[schema(required)]
    pub(crate) credits_ms: Option<u64>,
    /// Audio tracks in menu order.
    pub(crate) audio_tracks: Vec<Track>,
    /// Subtitle tracks in menu order.
    pub(crate) subtitle_tracks: Vec<Track>,
    /// Thumbnails for the seek bar; null if the film has none.
    #[schema(required)]
    pub(crate) storyboard: Option<Storyboard>,
    /// Chapters in order; empty if the film has none. The first may start later than the film.
    pub(crate) chapters: Vec<Chapter>,
    /// Position in milliseconds at which to resume the film; null to start at the beginning.
    #[schema(required)]
    pub(crate) resume_position_ms: Option<u64>,
    /// Next film in the same category; null after the last.
    #[schema(required)]
    pub(crate) next_film: Option<Film>,
}

/// Opens a playback session for a film.
///
/// Editors and admins may play every film that has been encoded. Other callers may play a film that is published and in its availability
/// period, in its countries; a film for members requires an access token. The setting `max_streams_per_account` limits the active playback sessions of
/// an account. Callers without an access token share a limit on new playback sessions with others in their network.
#[utoipa::path(post, path = "/stream/{film_id}", tag = "films", security((), ("bearer" = [])),
    params(("film_id" = Uuid, Path, description = "The film to play")), responses(
    (status = 200, description = "The playback session is open", body = Stream),
    (status = 401, description = "The film is for members and the request has no access token, or the access token is not valid", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The film's availability period has not begun (see `available_from`) or has ended (see `available_until`), or the film can be watched in other countries only (`available_in`)", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The account has reached its limit of active playback sessions (`active_session` is the oldest); or, for editors and admins, the film has not been encoded yet", body = Problem, content_type = "application/problem+json"),
    Throttled, WithId,
))]
pub(crate) async fn authorize_stream(
    State(app): State<Arc<App>>,
    client: Client,
    Viewer(user): Viewer,
    PathId(film_id): PathId<FilmId>,
    headers: HeaderMap,
) -> Result<Json<Stream>, ApiError> {
    let playable = authorize_playback(&app, film_id, user.as_ref(), client.country).await?;
    let user_id = user.as_ref().map(|user| user.account.id);
    let mut stream = open_stream(&app, &client, &headers, film_id, playable, user_id, None).await?;
    stream.next_film = next_film(&app, film_id, user.as_ref(), client.country).await?;
    if let Some(user) = user_id {
        let point = db::resume_point::find(&app.db, user, film_id).await?;
        stream.resume_position_ms = point.filter(|point| point.is_resumable).map(|point| point.position_ms);
    }
    Ok(Json(stream))
}

/// Opens a playback session for a caller that may play the film. With a preview link, its token expires with the link.
pub(crate) async fn open_stream(
    app: &App,
    client: &Client,
    headers: &HeaderMap,
    film_id: FilmId,
    playable: Playable,
    user_id: Option<UserId>,
    preview: Option<&PreviewLink>,
) -> Result<Stream, ApiError> {
    // Each session is a row for two months, and only sessions of accounts have another limit.
    if user_id.is_none() {
        client.begin_playback(app)?;
    }
    let presentation = db::presentation::find(&app.db, playable.presentation_id)
        .await?
        .ok_or_else(|| ApiError::internal("the film's presentation does not exist"))?;
    let session = PlaybackSessionId(app.new_id());
    let (expires_at, expires_unix) =
        token_expiry(app.now(), playable.duration_ms, preview.map(|link| link.expires_at))?;
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let new = NewSession {
        id: session,
        film_id,
        presentation_id: presentation.id,
        user_id,
        preview_link_id: preview.map(|link| link.id),
        duration_ms: playable.duration_ms,
        device: user_agent.and_then(device::device_name),
        expires_at,
    };
    let admission = db::playback_session::open(&app.db, new, app.max_streams_per_account).await?;
    if let Admission::TooMany(oldest) = admission {
        return Err(too_many_streams(app.max_streams_per_account, oldest.into()));
    }
    info!(session.id = %session, film.id = %film_id, "Opened a playback session");

    let address = |path: &str| object_address(app, film_id, session, expires_unix, path);
    let root = presentation.root();
    let content = presentation.content;
    let build = db::build::roots(&app.db, &[content.video]).await?.remove(&content.video);
    let storyboard = content.thumbnails.zip(build).map(|(thumbnails, build)| {
        let index = format!("{}{}", build.path_in_film(), BuildObject::StoryboardIndex);
        Storyboard::new(address(&index), thumbnails)
    });
    Ok(Stream {
        session_id: session.0,
        url: address(&root.path_in_film(PresentationObject::Playlist)),
        expires_at,
        duration_ms: playable.duration_ms,
        credits_ms: playable.credits_ms,
        audio_tracks: content.audio.into_iter().map(Track::from).collect(),
        subtitle_tracks: content.subtitles.into_iter().map(Track::from).collect(),
        storyboard,
        chapters: content.chapters.into_iter().map(Chapter::from).collect(),
        resume_position_ms: None,
        next_film: None,
    })
}

async fn next_film(
    app: &App,
    film: FilmId,
    user: Option<&User>,
    country: ViewerCountry,
) -> Result<Option<Film>, ApiError> {
    let next = db::playback_context::next_film(&app.db, film, audience(user), country).await?;
    let Some(next) = next else { return Ok(None) };
    Ok(FilmLookup::load(&app.db, &[next], user.map(|user| user.account.id)).await?.get(next))
}
