//! Changes of tracks that need no encoding: names, flags, order and removal.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    id::{FilmId, TrackId},
    language::Language,
    presentation::{Named, Presentation, Track},
};
use garde::Validate;
use presentation::PresentationError;
use serde::Deserialize;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::list::{NO_TRACK, TrackList};
use crate::{
    app::App,
    auth::identity::{Editor, User},
    film::{NO_FILM, TrackRole},
    http::{
        error::ApiError,
        json::ValidJson,
        path::{PathId, PathIds},
        problem::{FieldProblem, Problem},
        responses::{Guarded, WithBody, WithId},
    },
};

pub(super) const NOT_READY: &str = "The film shows nothing yet. Its tracks can be changed once it is ready.";

/// Changes of a track. An omitted field stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTrack {
    /// Name for menus, unique among the tracks of its kind.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) label: Option<String>,
    /// BCP 47 language tag.
    #[garde(length(max = 35))]
    #[schema(max_length = 35)]
    pub(crate) language: Option<String>,
    /// Whether players use the track until the viewer chooses another. True makes the other tracks of its kind not default.
    #[garde(skip)]
    pub(crate) default: Option<bool>,
    /// Subtitles only: whether players show it even if the viewer has turned subtitles off.
    #[garde(skip)]
    pub(crate) forced: Option<bool>,
    /// What the track is for.
    #[garde(skip)]
    pub(crate) role: Option<TrackRole>,
}

/// A new menu order of all tracks.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderTracks {
    /// Ids of all audio tracks in the new order.
    #[garde(length(max = Presentation::MAX_TRACKS))]
    #[schema(max_items = 64)]
    audio_tracks: Vec<Uuid>,
    /// Ids of all subtitle tracks in the new order.
    #[garde(length(max = Presentation::MAX_TRACKS))]
    #[schema(max_items = 64)]
    subtitle_tracks: Vec<Uuid>,
}

/// Changes the name, language, flags or role of a track.
///
/// Viewers who press play from now on get the change; nothing is encoded.
#[utoipa::path(patch, path = "/admin/films/{id}/tracks/{track}", tag = "admin", security(("bearer" = [])), request_body = UpdateTrack,
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("track" = Uuid, Path, description = "The track"),
    ), responses(
    (status = 200, description = "The tracks of the film after the change", body = TrackList),
    (status = 409, description = "Another track has this name, the only default audio track would lose its flag, or the film shows nothing", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId,
))]
pub(crate) async fn update_track(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathIds(film, track): PathIds<FilmId, TrackId>,
    ValidJson(wanted): ValidJson<UpdateTrack>,
) -> Result<Json<TrackList>, ApiError> {
    let language = wanted.language.as_deref().map(parse_language).transpose()?;
    let change = |mut content: Presentation| {
        let is_audio = content.audio.iter().any(|one| one.id == track);
        let tracks = if is_audio { &mut content.audio } else { &mut content.subtitles };
        let index = tracks.iter().position(|one| one.id == track).ok_or(NO_TRACK)?;
        if is_audio && wanted.forced == Some(true) {
            return Err(invalid("forced", "is only for subtitles"));
        }
        match wanted.default {
            Some(true) => tracks.iter_mut().enumerate().for_each(|(at, one)| one.default = at == index),
            Some(false) if is_audio && tracks[index].default => {
                return Err(ApiError::Conflict(
                    "One audio track must be the default. Make another track the default instead.".to_owned(),
                ));
            }
            Some(false) => tracks[index].default = false,
            None => {}
        }
        let one = &mut tracks[index];
        if let Some(label) = &wanted.label {
            label.trim().clone_into(&mut one.label);
        }
        if let Some(language) = &language {
            one.language = Some(language.clone());
        }
        one.forced = wanted.forced.unwrap_or(one.forced);
        one.role = wanted.role.map_or(one.role, Into::into);
        Ok(content)
    };
    apply(&app, &user, film, "track.update", change).await
}

/// Orders the tracks in viewers' menus.
#[utoipa::path(put, path = "/admin/films/{id}/tracks/order", tag = "admin", security(("bearer" = [])), request_body = OrderTracks,
    params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The tracks of the film after the change", body = TrackList),
    (status = 409, description = "The lists do not contain exactly the film's tracks, or the film shows nothing", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId,
))]
pub(crate) async fn order_tracks(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(film): PathId<FilmId>,
    ValidJson(wanted): ValidJson<OrderTracks>,
) -> Result<Json<TrackList>, ApiError> {
    let change = |mut content: Presentation| {
        content.audio = ordered(&content.audio, &wanted.audio_tracks, "audio")?;
        content.subtitles = ordered(&content.subtitles, &wanted.subtitle_tracks, "subtitle")?;
        Ok(content)
    };
    apply(&app, &user, film, "track.order", change).await
}

/// Removes a track from the film.
///
/// An earlier presentation that has the track can be shown again. If the track was part of the master, encoding the film again brings
/// it back. A file of the track that is being uploaded or encoded is given up.
#[utoipa::path(delete, path = "/admin/films/{id}/tracks/{track}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("track" = Uuid, Path, description = "The track"),
    ), responses(
    (status = 200, description = "The tracks of the film after the change", body = TrackList),
    (status = 409, description = "It is the only audio track, or the film shows nothing", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn delete_track(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathIds(film, track): PathIds<FilmId, TrackId>,
) -> Result<Json<TrackList>, ApiError> {
    // First, so that a dub that is completed in between is not added again.
    let is_discarded = db::workflow::discard_dub(&app.db, &user.author(), film, track).await?;
    let change = |mut content: Presentation| {
        if !content.tracks().any(|one| one.id == track) {
            return if is_discarded { Ok(content) } else { Err(NO_TRACK) };
        }
        if let [only] = &content.audio[..]
            && only.id == track
        {
            return Err(ApiError::Conflict(
                "This is the film's only audio track. Add another audio track first.".to_owned(),
            ));
        }
        content.audio.retain(|one| one.id != track);
        content.subtitles.retain(|one| one.id != track);
        if content.audio.iter().all(|one| !one.default)
            && let Some(first) = content.audio.first_mut()
        {
            first.default = true;
        }
        Ok(content)
    };
    apply(&app, &user, film, "track.delete", change).await
}

/// Makes and shows the presentation that `change` returns.
async fn apply(
    app: &App,
    user: &User,
    film: FilmId,
    action: &'static str,
    change: impl Fn(Presentation) -> Result<Presentation, ApiError>,
) -> Result<Json<TrackList>, ApiError> {
    db::film::find(&app.db, film).await?.ok_or(NO_FILM)?;
    let made = presentation::edit(&app.db, &app.storage, &user.author(), film, action, &Named::new(), change)
        .await?;
    let id = made.ok_or_else(|| ApiError::Conflict(NOT_READY.to_owned()))?;
    info!(film.id = %film, presentation.id = %id, action, user.id = %user.account.id, "Changed the tracks of a film");
    Ok(Json(TrackList::load(app, film).await?))
}

/// Returns the tracks in the order of `wanted`, which must contain exactly their ids.
fn ordered(tracks: &[Track], wanted: &[Uuid], kind: &str) -> Result<Vec<Track>, ApiError> {
    let found: Vec<Track> =
        wanted.iter().filter_map(|id| tracks.iter().find(|track| track.id.0 == *id)).cloned().collect();
    let mut ids: Vec<Uuid> = found.iter().map(|track| track.id.0).collect();
    ids.sort();
    ids.dedup();
    if ids.len() != tracks.len() || found.len() != tracks.len() || wanted.len() != tracks.len() {
        return Err(ApiError::Conflict(format!(
            "The list must contain each {kind} track of the film once. Read the tracks again and repeat your change."
        )));
    }
    Ok(found)
}

pub(super) fn parse_language(text: &str) -> Result<String, ApiError> {
    let language = Language::normalize(text);
    let language =
        language.ok_or_else(|| invalid("language", "is not a BCP 47 language tag, such as lo or en"))?;
    Ok(language.tag().to_owned())
}

pub(super) fn invalid(field: &str, detail: &str) -> ApiError {
    ApiError::Invalid(vec![FieldProblem { field: field.to_owned(), detail: detail.to_owned() }])
}

impl From<PresentationError> for ApiError {
    fn from(error: PresentationError) -> Self {
        match error {
            PresentationError::Compose(error) => Self::Conflict(format!("It cannot be done: {error}.")),
            PresentationError::Storage(error) => error.into(),
            PresentationError::Db(error) => error.into(),
            PresentationError::Busy => Self::Conflict(
                "Other editors are changing the tracks of this film. Nothing was changed; try again."
                    .to_owned(),
            ),
            PresentationError::NotWaiting => {
                Self::Conflict("Only a damaged build that waits for a decision can be published.".to_owned())
            }
            PresentationError::Dub(error) => Self::Conflict(error.to_string()),
            error => Self::internal(error),
        }
    }
}
