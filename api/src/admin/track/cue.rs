//! Corrections of single cues.

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State};
use domain::{
    id::{BuildId, FilmId, TrackId},
    subtitle::{self, Cue, CueText, EditError, delete_cue, insert_cue, replace_cue, write_webvtt},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    change::invalid,
    subtitle::{expect_build, present_settings, put, read_cues, shown, subtitle_track},
};
use crate::{
    app::App,
    auth::identity::{Editor, User},
    http::{
        error::ApiError,
        json::ValidJson,
        path::PathIds,
        query::ValidQuery,
        responses::{Guarded, Versioned, WithBody, WithId, WithQuery},
    },
};

/// A cue of a subtitle track.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SubtitleCue {
    /// When it appears, in milliseconds from the start of the film.
    pub(crate) start_ms: u64,
    /// When it disappears.
    pub(crate) end_ms: u64,
    /// Its text as in WebVTT: lines, and tags such as `<i>`.
    pub(crate) text: String,
}

/// The cues of a subtitle track in the order of their starts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CueList {
    /// Id of the build that has these cues. A correction must name it.
    pub(crate) build_id: Uuid,
    /// The cues.
    pub(crate) items: Vec<SubtitleCue>,
}

/// A correction: replaces, inserts or deletes one cue.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectCue {
    /// `build_id` of the list that the correction is based on.
    #[garde(skip)]
    build_id: Uuid,
    /// When the cue appears, in milliseconds from the start of the film.
    #[garde(range(max = subtitle::MAX_TIME_MS))]
    #[schema(maximum = 86_400_000)]
    start_ms: u64,
    /// When it disappears.
    #[garde(range(max = subtitle::MAX_TIME_MS))]
    #[schema(maximum = 86_400_000)]
    end_ms: u64,
    /// Its text as in WebVTT: lines, and tags such as `<i>`.
    #[garde(length(chars, min = 1, max = subtitle::MAX_CUE_CHARS))]
    #[schema(min_length = 1, max_length = 5000)]
    text: String,
}

/// Query parameters of the deletion of a cue.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteCueQuery {
    /// `build_id` of the list that the deletion is based on
    build_id: Uuid,
}

/// Lists the cues of a subtitle track.
#[utoipa::path(get, path = "/admin/films/{id}/tracks/{track}/cues", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("track" = Uuid, Path, description = "The track"),
    ), responses(
    (status = 200, description = "The cues", body = CueList),
    Guarded, WithId,
))]
pub(crate) async fn list_cues(
    State(app): State<Arc<App>>,
    _: Editor,
    PathIds(film, id): PathIds<FilmId, TrackId>,
) -> Result<Json<CueList>, ApiError> {
    let shown = shown(&app, film).await?;
    let track = subtitle_track(&shown, id)?;
    Ok(Json(list(track.build, &read_cues(&app, track).await?)))
}

/// Inserts a cue into a subtitle track.
///
/// Viewers who press play from now on get it.
#[utoipa::path(post, path = "/admin/films/{id}/tracks/{track}/cues", tag = "admin", security(("bearer" = [])), request_body = CorrectCue,
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("track" = Uuid, Path, description = "The track"),
    ), responses(
    (status = 200, description = "The cues after the change", body = CueList),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn add_cue(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathIds(film, id): PathIds<FilmId, TrackId>,
    ValidJson(wanted): ValidJson<CorrectCue>,
) -> Result<Json<CueList>, ApiError> {
    let build = BuildId(wanted.build_id);
    correct(&app, &user, (film, id, build), |cues, film_ms| {
        insert_cue(cues, cue(&wanted, None)?, Some(film_ms)).map(drop).map_err(|error| wrong_cue(&error))
    })
    .await
}

/// Corrects a cue of a subtitle track.
///
/// Its position on the screen stays. Viewers who press play from now on get the correction.
#[utoipa::path(put, path = "/admin/films/{id}/tracks/{track}/cues/{index}", tag = "admin", security(("bearer" = [])), request_body = CorrectCue,
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("track" = Uuid, Path, description = "The track"),
        ("index" = usize, Path, description = "Index of the cue in the list, from 0"),
    ), responses(
    (status = 200, description = "The cues after the change", body = CueList),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn update_cue(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    CuePath(film, id, index): CuePath,
    ValidJson(wanted): ValidJson<CorrectCue>,
) -> Result<Json<CueList>, ApiError> {
    let build = BuildId(wanted.build_id);
    correct(&app, &user, (film, id, build), |cues, film_ms| {
        let new = cue(&wanted, cues.get(index))?;
        replace_cue(cues, index, new, Some(film_ms)).map(drop).map_err(|error| wrong_cue(&error))
    })
    .await
}

/// Deletes a cue of a subtitle track.
#[utoipa::path(delete, path = "/admin/films/{id}/tracks/{track}/cues/{index}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("track" = Uuid, Path, description = "The track"),
        ("index" = usize, Path, description = "Index of the cue in the list, from 0"), DeleteCueQuery,
    ), responses(
    (status = 200, description = "The cues after the change", body = CueList),
    Guarded, WithId, WithQuery, Versioned,
))]
pub(crate) async fn remove_cue(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    CuePath(film, id, index): CuePath,
    ValidQuery(query): ValidQuery<DeleteCueQuery>,
) -> Result<Json<CueList>, ApiError> {
    correct(&app, &user, (film, id, BuildId(query.build_id)), |cues, _| {
        delete_cue(cues, index).map(drop).map_err(|error| wrong_cue(&error))
    })
    .await
}

/// The path of a cue: film, track and index.
pub(crate) struct CuePath(FilmId, TrackId, usize);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for CuePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, ApiError> {
        const NO_CUE: ApiError = ApiError::NotFound("There is no such cue.");
        let PathIds(film, track) = PathIds::<FilmId, TrackId>::from_request_parts(parts, state).await?;
        let params =
            axum::extract::RawPathParams::from_request_parts(parts, state).await.map_err(|_| NO_CUE)?;
        let index = params.iter().nth(2).and_then(|(_, value)| value.parse().ok()).ok_or(NO_CUE)?;
        Ok(Self(film, track, index))
    }
}

/// Changes the cues of a track and makes a presentation with them.
async fn correct(
    app: &App,
    user: &User,
    (film, id, build): (FilmId, TrackId, BuildId),
    change: impl FnOnce(&mut Vec<Cue>, u64) -> Result<(), ApiError>,
) -> Result<Json<CueList>, ApiError> {
    let before = shown(app, film).await?;
    let track = subtitle_track(&before, id)?;
    expect_build(track, build)?;
    let mut cues = read_cues(app, track).await?;
    change(&mut cues, before.duration_ms)?;
    let added = db::track::find(&app.db, id).await?;
    // A track of the master has no file of its own, so the corrected text becomes its file.
    let file = added.is_none().then(|| (format!("{}.vtt", track.label), Bytes::from(write_webvtt(&cues))));
    let settings = added.map(|track| track.settings).unwrap_or_default();
    let settings = present_settings(settings, track);
    let file = file.as_ref().map(|(name, text)| (name.as_str(), text));
    put(app, user, &before, (id, &settings, &cues), file, "track.correct").await?;
    // Read again, because another editor's change may already be shown, and the indexes must be those of its build.
    let after = shown(app, film).await?;
    let track = subtitle_track(&after, id)?;
    Ok(Json(list(track.build, &read_cues(app, track).await?)))
}

fn list(build: BuildId, cues: &[Cue]) -> CueList {
    let item =
        |cue: &Cue| SubtitleCue { start_ms: cue.start_ms, end_ms: cue.end_ms, text: cue.text.to_webvtt() };
    CueList { build_id: build.0, items: cues.iter().map(item).collect() }
}

/// Returns the wanted cue, in the place of `before`.
fn cue(wanted: &CorrectCue, before: Option<&Cue>) -> Result<Cue, ApiError> {
    let (text, warnings) = CueText::from_webvtt(&wanted.text);
    if let Some(warning) = warnings.first.first() {
        return Err(invalid("text", &format!("has {}", warning.detail)));
    }
    let layout = before.map(|cue| cue.layout).unwrap_or_default();
    let new = Cue { start_ms: wanted.start_ms, end_ms: wanted.end_ms, layout, text };
    new.check().map_err(|error| invalid("cue", &error.to_string()))?;
    Ok(new)
}

fn wrong_cue(error: &EditError) -> ApiError {
    match error {
        EditError::NoCue { .. } => ApiError::NotFound("There is no such cue."),
        error => invalid("cue", &error.to_string()),
    }
}
