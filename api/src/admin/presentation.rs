//! Endpoints for editors: presentations of a film, and bringing an earlier one back.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::id::{FilmId, PresentationId};
use serde::Serialize;
use time::OffsetDateTime;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Editor,
    film::{NO_FILM, Track},
    http::{
        error::ApiError,
        path::{PathId, PathIds},
        problem::Problem,
        responses::{Guarded, WithId},
    },
};

/// How many presentations the list has at most.
const LIMIT: u32 = 100;

/// A presentation: what viewers play. Each change of a film's tracks makes a new one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Presentation {
    /// Id of the presentation.
    pub(crate) id: Uuid,
    /// Number within the film, from 1.
    pub(crate) number: u32,
    /// Whether viewers who press play now get this presentation.
    pub(crate) is_shown: bool,
    /// Whether the film can show it again. False once data that it needs has been deleted.
    pub(crate) can_be_shown: bool,
    /// The action that made it, as in the audit log.
    pub(crate) made_by: String,
    /// E-mail address of the editor who made it; null if Nang made it.
    #[schema(required)]
    pub(crate) author: Option<String>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When the film last stopped showing it; null if the film shows it.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) replaced_at: Option<OffsetDateTime>,
    /// Id of the build that has its video.
    pub(crate) build_id: Uuid,
    /// Audio tracks in menu order.
    pub(crate) audio_tracks: Vec<BuiltTrack>,
    /// Subtitle tracks in menu order.
    pub(crate) subtitle_tracks: Vec<BuiltTrack>,
}

/// A track of a presentation, and the build that has its renditions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BuiltTrack {
    /// The track.
    #[serde(flatten)]
    pub(crate) track: Track,
    /// Id of the build: that of the video, of a dub or of a subtitle file.
    pub(crate) build_id: Uuid,
}

impl From<domain::presentation::Track> for BuiltTrack {
    fn from(track: domain::presentation::Track) -> Self {
        Self { build_id: track.build.0, track: track.into() }
    }
}

/// The presentations of a film, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PresentationList {
    /// The presentations; at most 100.
    pub(crate) items: Vec<Presentation>,
}

impl Presentation {
    pub(crate) fn new(row: db::presentation::StoredPresentation, shown: Option<PresentationId>) -> Self {
        let content = row.content;
        Self {
            id: row.id.0,
            number: row.number,
            is_shown: shown == Some(row.id),
            can_be_shown: row.retired_at.is_none(),
            made_by: row.made_by,
            author: row.author.user_email,
            created_at: row.created_at,
            replaced_at: row.replaced_at,
            build_id: content.video.0,
            audio_tracks: content.audio.into_iter().map(BuiltTrack::from).collect(),
            subtitle_tracks: content.subtitles.into_iter().map(BuiltTrack::from).collect(),
        }
    }
}

/// Lists the presentations of a film, newest first.
///
/// Presentations whose video or dubs were replaced can be shown again for a day; others as long as they are listed.
#[utoipa::path(get, path = "/admin/films/{id}/presentations", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The presentations of the film", body = PresentationList),
    Guarded, WithId,
))]
pub(crate) async fn list_presentations(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<FilmId>,
) -> Result<Json<PresentationList>, ApiError> {
    let film = db::film::find(&app.db, id).await?.ok_or(NO_FILM)?;
    let rows = db::presentation::list(&app.db, id, LIMIT).await?;
    let items = rows.into_iter().map(|row| Presentation::new(row, film.presentation_id)).collect();
    Ok(Json(PresentationList { items }))
}

/// Shows an earlier presentation again.
///
/// Viewers who press play from now on get it. Viewers who are watching keep the presentation that they began with. Does nothing if the
/// film shows it already.
#[utoipa::path(post, path = "/admin/films/{id}/presentations/{presentation}/show", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("presentation" = Uuid, Path, description = "The presentation"),
    ), responses(
    (status = 200, description = "The film shows the presentation", body = Presentation),
    (status = 409, description = "Data that the presentation needs has been deleted, or the film is deleted", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn show_presentation(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathIds(film, id): PathIds<FilmId, PresentationId>,
) -> Result<Json<Presentation>, ApiError> {
    let no_presentation = ApiError::NotFound("There is no such presentation.");
    let wanted = db::presentation::find(&app.db, id).await?;
    let Some(wanted) = wanted.filter(|wanted| wanted.film_id == film && wanted.shown_at.is_some()) else {
        return Err(no_presentation);
    };
    // Another editor may make a presentation at the same time; this request is then the later one.
    loop {
        let shown = db::presentation::shown(&app.db, film).await?.map(|shown| shown.id);
        if shown == Some(wanted.id)
            || db::workflow::show_presentation(&app.db, &user.author(), film, wanted.id, shown).await?
        {
            break;
        }
    }
    info!(film.id = %film, presentation.id = %wanted.id, user.id = %user.account.id, "The film shows an earlier presentation again");
    let row = db::presentation::find(&app.db, wanted.id).await?.ok_or(no_presentation)?;
    Ok(Json(Presentation::new(row, Some(wanted.id))))
}
