//! The list of a film's tracks.

use std::sync::Arc;

use axum::{Json, extract::State};
use db::{presentation::StoredPresentation, track::DubSource};
use domain::{
    id::{BuildId, FilmId},
    planner::dub,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::unfinished_dub::UnfinishedDub;
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
    /// The file of a dub; null for other tracks.
    #[schema(required)]
    pub(crate) dub: Option<DubFile>,
}

/// The file that a dub was made from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DubFile {
    /// Name of the file on the client's machine.
    pub(crate) name: String,
    /// Which of the file's audio tracks is used, as a sentence; null for dubs without this record.
    #[schema(required)]
    pub(crate) note: Option<String>,
    /// Why the dub no longer fits the film, as a sentence; null if it fits.
    #[schema(required)]
    pub(crate) warning: Option<String>,
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
    /// Dubs that are being uploaded or encoded, or could not be made, oldest first. A dub that gets another file is also in
    /// `audio_tracks`, with its former file.
    pub(crate) unfinished_dubs: Vec<UnfinishedDub>,
}

impl TrackList {
    /// Returns the tracks that the film shows now, and the dubs in the making.
    pub(super) async fn load(app: &App, film: FilmId) -> Result<Self, ApiError> {
        // The dubs first: one that is completed in between is in both lists, not in none.
        let dubs = db::workflow::dubs_in_the_making(&app.db, film).await?;
        let Some(shown) = db::presentation::shown(&app.db, film).await? else {
            return Ok(Self {
                presentation_id: None,
                audio_tracks: Vec::new(),
                subtitle_tracks: Vec::new(),
                unfinished_dubs: dubs.into_iter().map(|dub| UnfinishedDub::new(dub, false)).collect(),
            });
        };
        let StoredPresentation { id, content, duration_ms, .. } = shown;
        let builds: Vec<BuildId> = content.audio.iter().map(|track| track.build).collect();
        let sources = db::track::sources(&app.db, &builds).await?;
        let unfinished = dubs.into_iter().map(|dub| {
            let is_replacement = content.audio.iter().any(|track| track.id == dub.track);
            UnfinishedDub::new(dub, is_replacement)
        });
        let unfinished_dubs = unfinished.collect();
        let admin = |track: domain::presentation::Track| AdminTrack {
            build_id: track.build.0,
            is_from_master: track.build == content.video,
            dub: sources.get(&track.build).map(|source| DubFile::new(source, duration_ms)),
            track: track.into(),
        };
        Ok(Self {
            presentation_id: Some(id.0),
            audio_tracks: content.audio.into_iter().map(admin).collect(),
            subtitle_tracks: content.subtitles.into_iter().map(admin).collect(),
            unfinished_dubs,
        })
    }
}

impl DubFile {
    fn new(source: &DubSource, film_ms: u64) -> Self {
        let planned_ms = dub::timeline_of(&source.plan).map(|timeline| timeline.duration_ms());
        Self {
            name: source.file_name.clone(),
            note: source.note.clone(),
            warning: planned_ms.and_then(|planned_ms| dub::misfit(planned_ms, film_ms)),
        }
    }
}

/// Lists the tracks of a film in menu order, and its dubs in the making.
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
