//! Who may play what: opens a playback session and signs the address its player reads.

mod address;
mod device;
pub(crate) mod refusal;
pub(crate) mod right;
mod active_session;
pub(crate) mod session;
mod storyboard;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
};
use db::{
    Audience,
    playback_session::{Admission, NewSession},
    rendition::RenditionKind,
};
use domain::{
    id::{BuildId, FilmId, PlaybackSessionId},
    key::BuildObject,
};
use serde::Serialize;
use time::OffsetDateTime;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use self::{
    address::{object_address, token_expiry},
    refusal::too_many_streams,
    right::{audience, right_to_play},
    storyboard::Storyboard,
};
use crate::{
    app::App,
    auth::{client::Client, identity::Viewer},
    film::Film,
    film_lookup::FilmLookup,
    http::{
        error::ApiError,
        path::PathId,
        problem::Problem,
        responses::{Throttled, WithId},
    },
};

/// Leave to play one build of a film for a while, and what a player shows around it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Stream {
    /// The playback session.
    pub(crate) session_id: Uuid,
    /// Address of the multivariant playlist; holds the token, so it is as secret as a ticket.
    #[schema(examples(
        "/v/AQF…/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e60/main.m3u8"
    ))]
    pub(crate) url: String,
    /// When the address stops working; renew the session before.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
    /// Length of the film in milliseconds.
    pub(crate) duration_ms: u64,
    /// Where the end credits begin, if its editor said so.
    #[schema(required)]
    pub(crate) credits_ms: Option<u64>,
    /// Sound tracks, the default first.
    pub(crate) audio_tracks: Vec<AudioTrack>,
    /// Subtitles in menu order.
    pub(crate) subtitle_tracks: Vec<SubtitleTrack>,
    /// Pictures for the seek bar; null if the build has none, as older ones do.
    #[schema(required)]
    pub(crate) storyboard: Option<Storyboard>,
    /// Where the caller stopped last time; null when they should start at the beginning.
    #[schema(required)]
    pub(crate) resume_position_ms: Option<u64>,
    /// The next film in the same category.
    #[schema(required)]
    pub(crate) next_film: Option<Film>,
}

/// A sound track.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AudioTrack {
    /// Its language (BCP 47), if the master said.
    #[schema(required)]
    pub(crate) language: Option<String>,
    /// What a menu shows.
    #[schema(required)]
    pub(crate) label: Option<String>,
}

/// Subtitles in one language.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SubtitleTrack {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its language (BCP 47).
    pub(crate) language: String,
    /// What a menu shows.
    pub(crate) label: String,
    /// `subtitles`, `captions` or `forced`.
    pub(crate) kind: String,
}

/// Opens a playback session for whoever may play the film now: editors and admins always; others if it is published, its
/// window is open and, for a members' film, they are logged in. An account may have so many sessions running at once; of those
/// who have none, a network may open so many in a while.
#[utoipa::path(post, path = "/stream/{film_id}", tag = "films", security((), ("bearer" = [])),
    params(("film_id" = Uuid, Path, description = "The film to play")), responses(
    (status = 200, description = "Where to play it from", body = Stream),
    (status = 401, description = "The film is for members, or an access token was sent and is not valid", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The film's window has not begun (`available_from`) or is over (`available_until`)", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The account has as many sessions running as it may (`active_session` is the oldest); or, for editors and admins, the film has nothing to play yet", body = Problem, content_type = "application/problem+json"),
    Throttled, WithId,
))]
pub(crate) async fn authorize_stream(
    State(app): State<Arc<App>>,
    client: Client,
    Viewer(user): Viewer,
    PathId(film_id): PathId<FilmId>,
    headers: HeaderMap,
) -> Result<Json<Stream>, ApiError> {
    let playable = right_to_play(&app, film_id, user.as_ref()).await?;
    // Each is a row for two months, and only an account's are counted otherwise.
    if user.is_none() {
        client.begin_playback(&app)?;
    }

    let session = PlaybackSessionId(app.new_id());
    let (expires_at, expires_unix) = token_expiry(app.now(), playable.duration_ms)?;
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let new = NewSession {
        id: session,
        film_id,
        build_id: playable.build_id,
        user_id: user.as_ref().map(|user| user.account.id),
        duration_ms: playable.duration_ms,
        device: user_agent.and_then(device::device_name),
        expires_at,
    };
    let admission = db::playback_session::open(&app.db, new, app.max_streams_per_account).await?;
    if let Admission::TooMany(oldest) = admission {
        return Err(too_many_streams(app.max_streams_per_account, oldest.into()));
    }
    info!(session.id = %session, film.id = %film_id, "Opened a playback session");

    let address = |object| object_address(&app, film_id, playable.build_id, session, expires_unix, &object);
    let mut stream = Stream {
        session_id: session.0,
        url: address(BuildObject::Multivariant),
        expires_at,
        duration_ms: playable.duration_ms,
        credits_ms: playable.credits_ms,
        audio_tracks: audio_tracks(&app, playable.build_id).await?,
        subtitle_tracks: subtitle_tracks(&app, film_id).await?,
        storyboard: Storyboard::find(&app.db, playable.build_id, address(BuildObject::StoryboardIndex))
            .await?,
        resume_position_ms: None,
        next_film: next_film(&app, film_id, audience(user.as_ref())).await?,
    };
    if let Some(user) = user {
        let point = db::resume_point::find(&app.db, user.account.id, film_id).await?;
        stream.resume_position_ms = point.filter(|point| point.is_resumable).map(|point| point.position_ms);
    }
    Ok(Json(stream))
}

async fn audio_tracks(app: &App, build: BuildId) -> Result<Vec<AudioTrack>, ApiError> {
    let renditions = db::rendition::list(&app.db, build).await?;
    let audio = renditions.into_iter().filter(|rendition| rendition.kind == RenditionKind::Audio);
    Ok(audio.map(|track| AudioTrack { language: track.language, label: track.label }).collect())
}

async fn subtitle_tracks(app: &App, film: FilmId) -> Result<Vec<SubtitleTrack>, ApiError> {
    let tracks = db::playback_context::subtitle_tracks(&app.db, film).await?;
    let to_wire = |track: db::playback_context::SubtitleTrack| SubtitleTrack {
        id: track.id,
        language: track.language,
        label: track.label,
        kind: track.kind,
    };
    Ok(tracks.into_iter().map(to_wire).collect())
}

async fn next_film(app: &App, film: FilmId, audience: Audience) -> Result<Option<Film>, ApiError> {
    let Some(next) = db::playback_context::next_film(&app.db, film, audience).await? else { return Ok(None) };
    Ok(FilmLookup::load(&app.db, &[next]).await?.get(next))
}
