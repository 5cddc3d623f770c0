//! The list of a film's tracks.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{id::FilmId, presentation::Presentation};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Editor,
    film::{NO_FILM, Track},
    http::{
        error::ApiError,
        path::PathId,
        responses::{Guarded, WithId},
    },
};

pub(super) const NO_TRACK: ApiError = ApiError::NotFound("There is no such track.");

/// A track with data for editors.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminTrack {
    /// The fields that viewers get too.
    #[serde(flatten)]
    pub(crate) track: Track,
    /// Id of the build that contains the track.
    pub(crate) build_id: Uuid,
    /// Whether the track was part of the film's master. Encoding the film again replaces such tracks; others stay.
    pub(crate) is_from_master: bool,
}

/// The tracks of a film in menu order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TrackList {
    /// Id of the presentation that the film shows; null if it shows none.
    #[schema(required)]
    pub(crate) presentation_id: Option<Uuid>,
    /// Audio tracks that viewers can choose.
    pub(crate) audio_tracks: Vec<AdminTrack>,
    /// Subtitle tracks that viewers can choose.
    pub(crate) subtitle_tracks: Vec<AdminTrack>,
}

impl TrackList {
    fn new(presentation_id: Option<Uuid>, content: Presentation) -> Self {
        let video = content.video;
        let admin = |track: domain::presentation::Track| AdminTrack {
            build_id: track.build.0,
            is_from_master: track.build == video,
            track: track.into(),
        };
        Self {
            presentation_id,
            audio_tracks: content.audio.into_iter().map(admin).collect(),
            subtitle_tracks: content.subtitles.into_iter().map(admin).collect(),
        }
    }

    /// Returns the tracks that the film shows now.
    pub(super) async fn load(app: &App, film: FilmId) -> Result<Self, ApiError> {
        let shown = db::presentation::shown(&app.db, film).await?;
        Ok(match shown {
            Some(shown) => Self::new(Some(shown.id.0), shown.content),
            None => Self { presentation_id: None, audio_tracks: Vec::new(), subtitle_tracks: Vec::new() },
        })
    }
}

/// Lists the tracks of a film in menu order.
#[utoipa::path(get, path = "/admin/films/{id}/tracks", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The tracks of the film", body = TrackList),
    Guarded, WithId,
))]
pub(crate) async fn list_tracks(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<FilmId>,
) -> Result<Json<TrackList>, ApiError> {
    db::film::find(&app.db, id).await?.ok_or(NO_FILM)?;
    Ok(Json(TrackList::load(&app, id).await?))
}
