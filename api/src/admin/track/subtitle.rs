//! Subtitle files: adding and replacing them.

use std::sync::{Arc, LazyLock};

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::presentation::StoredPresentation;
use domain::{
    id::{BuildId, FilmId, TrackId},
    key::BuildObject,
    language::Language,
    presentation::{Track, TrackSettings},
    ratio::Ratio,
    subtitle::{self, Certainty, Cue, ReadOptions, Refusal, Retime, Warnings},
};
use presentation::{NewSubtitleTrack, put_subtitle};
use serde::Serialize;
use tokio::sync::Semaphore;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    change::{NOT_READY, invalid},
    list::{NO_TRACK, TrackList},
    query::SubtitleQuery,
};
use crate::{
    app::App,
    auth::identity::{Editor, User},
    blocking::{all_cores_but_one, run_bounded},
    http::{
        body::{ClientTimeouts, read_body},
        error::ApiError,
        path::{PathId, PathIds},
        problem::{FieldProblem, Problem},
        query::ValidQuery,
        responses::{Guarded, WithBody, WithId, WithQuery},
    },
};

/// Reading a large file takes a moment, so at most this many are read at once.
static PERMITS: LazyLock<Arc<Semaphore>> = LazyLock::new(all_cores_but_one);

/// How many lines of a file whose encoding was guessed are shown for confirmation.
const PREVIEW_CUES: usize = 5;

/// A subtitle track after a file was accepted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AcceptedSubtitle {
    /// Id of the track.
    pub(crate) track_id: Uuid,
    /// Number of cues.
    pub(crate) cues: usize,
    /// Encoding of the file.
    pub(crate) encoding: String,
    /// What Nang changed, and what an editor should check, by line.
    pub(crate) warnings: Vec<String>,
    /// The tracks of the film after the change.
    pub(crate) tracks: TrackList,
}

/// Extension members of the problem `confirm-encoding`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct GuessedEncoding {
    /// The encoding that Nang guessed.
    encoding: String,
    /// The text of the first cues, read with that encoding.
    preview: Vec<String>,
}

/// The bytes of a subtitle file. Its media type does not matter, because browsers send many for the same formats.
pub(crate) struct SubtitleBody(Bytes);

impl FromRequest<Arc<App>> for SubtitleBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let ClientTimeouts { idle, file, .. } = app.client_timeouts;
        read_body(request.into_body(), subtitle::MAX_BYTES, idle, file).await.map(Self)
    }
}

/// Adds a subtitle file to a film.
///
/// Accepted are SRT, WebVTT, ASS and SSA in UTF-8 or UTF-16, and in other encodings after confirmation: if Nang must guess the encoding,
/// the response is the problem `confirm-encoding` with the guess and a preview; send the file again with `encoding`. A file with errors
/// is refused, with each error by line. Viewers who press play from now on can choose the track; no video is encoded.
#[utoipa::path(post, path = "/admin/films/{id}/tracks/subtitles", tag = "admin", security(("bearer" = [])),
    request_body(content((Vec<u8> = "application/x-subrip"), (Vec<u8> = "text/vtt"), (Vec<u8> = "application/octet-stream"))),
    params(("id" = Uuid, Path, description = "The film"), SubtitleQuery), responses(
    (status = 201, description = "The track was added", body = AcceptedSubtitle),
    (status = 409, description = "Nang guessed the encoding and an editor must confirm it (`encoding`, `preview`); the file was already added as `track`; or the film shows nothing yet", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, WithQuery,
))]
pub(crate) async fn add_subtitle(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(film): PathId<FilmId>,
    ValidQuery(query): ValidQuery<SubtitleQuery>,
    SubtitleBody(file): SubtitleBody,
) -> Result<Response, ApiError> {
    let shown = shown(&app, film).await?;
    if query.language.is_none() {
        return Err(ApiError::invalid_query("language", "is required, such as lo or en"));
    }
    let settings = query.apply(TrackSettings::default())?;
    let track = TrackId(query.track.unwrap_or_else(|| app.new_id()));
    if query.track.is_some() && db::track::is_known(&app.db, track).await? {
        return Err(already_added().into());
    }
    let upload = Upload { track, action: "track.add", settings, file };
    let accepted = accept(&app, &user, &shown, query.name.as_deref(), upload).await?;
    Ok((StatusCode::CREATED, Json(accepted)).into_response())
}

/// Replaces the file of a subtitle track.
///
/// The track keeps its name, language, flags and place in the menu unless parameters change them. Encoding, shift and frame rates belong to a
/// file, so the earlier file's do not apply to the new one.
#[utoipa::path(put, path = "/admin/films/{id}/tracks/{track}/subtitle", tag = "admin", security(("bearer" = [])),
    request_body(content((Vec<u8> = "application/x-subrip"), (Vec<u8> = "text/vtt"), (Vec<u8> = "application/octet-stream"))),
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("track" = Uuid, Path, description = "The track"), SubtitleQuery,
    ), responses(
    (status = 200, description = "The file was replaced", body = AcceptedSubtitle),
    (status = 409, description = "Nang guessed the encoding and an editor must confirm it (`encoding`, `preview`); or the film shows nothing yet", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, WithQuery,
))]
pub(crate) async fn replace_subtitle(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathIds(film, id): PathIds<FilmId, TrackId>,
    ValidQuery(query): ValidQuery<SubtitleQuery>,
    SubtitleBody(file): SubtitleBody,
) -> Result<Json<AcceptedSubtitle>, ApiError> {
    if query.track.is_some() {
        return Err(ApiError::invalid_query("track", "is only for a new track"));
    }
    let shown = shown(&app, film).await?;
    let track = subtitle_track(&shown, id)?;
    let before = db::track::find(&app.db, id).await?.map(|track| track.settings).unwrap_or_default();
    let before = TrackSettings { encoding: None, shift_ms: 0, rate: None, ..present_settings(before, track) };
    let upload = Upload { track: id, action: "track.replace", settings: query.apply(before)?, file };
    Ok(Json(accept(&app, &user, &shown, query.name.as_deref(), upload).await?))
}

/// Returns the presentation that the film shows.
pub(super) async fn shown(app: &App, film: FilmId) -> Result<StoredPresentation, ApiError> {
    db::film::find(&app.db, film).await?.ok_or(crate::film::NO_FILM)?;
    let shown = db::presentation::shown(&app.db, film).await?;
    shown.ok_or_else(|| ApiError::Conflict(NOT_READY.to_owned()))
}

/// Returns a subtitle track of the presentation.
pub(super) fn subtitle_track(shown: &StoredPresentation, id: TrackId) -> Result<&Track, ApiError> {
    shown.content.subtitles.iter().find(|track| track.id == id).ok_or(NO_TRACK)
}

/// Settings of a track with its present name, language, flags and role, which an editor may have changed since it was added.
pub(super) fn present_settings(before: TrackSettings, track: &Track) -> TrackSettings {
    TrackSettings {
        language: track.language.clone(),
        label: Some(track.label.clone()),
        default: track.default,
        forced: track.forced,
        role: track.role,
        ..before
    }
}

/// Returns the cues of a track that the film shows.
pub(super) async fn read_cues(app: &App, track: &Track) -> Result<Vec<Cue>, ApiError> {
    let root = db::build::roots(&app.db, &[track.build]).await?.remove(&track.build).ok_or(NO_TRACK)?;
    let name = track.renditions.first().ok_or(NO_TRACK)?;
    let key = root.key(&BuildObject::SubtitleText(name));
    let bytes = app.storage.get_bytes(&key, None).await?;
    let bytes = bytes.ok_or_else(|| ApiError::internal(format!("{key} is missing from storage")))?;
    let parse =
        move || subtitle::read(&bytes, &ReadOptions { encoding: Some("utf-8"), ..ReadOptions::default() });
    let read = run_bounded(&PERMITS, parse).await.map_err(ApiError::internal)?;
    Ok(read.map_err(|error| ApiError::internal(error.to_string()))?.cues)
}

/// Makes a build of the cues, and a presentation with it. Returns the film's tracks.
pub(super) async fn put(
    app: &App,
    user: &User,
    shown: &StoredPresentation,
    new: (TrackId, &TrackSettings, &[Cue]),
    file: Option<(&str, &Bytes)>,
    action: &'static str,
) -> Result<TrackList, ApiError> {
    let (track, settings, cues) = new;
    let author = user.author();
    let new = NewSubtitleTrack {
        film: shown.film_id,
        film_ms: shown.duration_ms,
        author: &author,
        track,
        file,
        settings,
        cues,
        action,
    };
    let made = put_subtitle(&app.db, &app.storage, new).await?;
    made.ok_or_else(|| ApiError::Conflict(NOT_READY.to_owned()))?;
    info!(film.id = %shown.film_id, track.id = %track, action, user.id = %user.account.id, "Made a subtitle track");
    TrackList::load(app, shown.film_id).await
}

/// An uploaded file with what the editor wants of it.
struct Upload {
    track: TrackId,
    action: &'static str,
    settings: TrackSettings,
    file: Bytes,
}

async fn accept(
    app: &App,
    user: &User,
    shown: &StoredPresentation,
    name: Option<&str>,
    upload: Upload,
) -> Result<AcceptedSubtitle, ApiError> {
    let Upload { track, action, mut settings, file } = upload;
    let (bytes, wanted, film_ms) = (file.clone(), settings.clone(), shown.duration_ms);
    let read = run_bounded(&PERMITS, move || read(&bytes, &wanted, film_ms)).await;
    let Read { cues, encoding, certainty, warnings } = read.map_err(ApiError::internal)??;
    if certainty == Certainty::Guessed {
        return Err(confirm_encoding(encoding, &cues).into());
    }
    settings.encoding = Some(encoding.to_owned());
    let tracks =
        put(app, user, shown, (track, &settings, &cues), Some((name.unwrap_or("subtitles"), &file)), action)
            .await?;
    let more = (warnings.more > 0).then(|| format!("and {} more warnings", warnings.more));
    Ok(AcceptedSubtitle {
        track_id: track.0,
        cues: cues.len(),
        encoding: encoding.to_owned(),
        warnings: warnings.first.iter().map(ToString::to_string).chain(more).collect(),
        tracks,
    })
}

/// A file as cues in film time.
struct Read {
    cues: Vec<Cue>,
    encoding: &'static str,
    certainty: Certainty,
    warnings: Warnings,
}

/// Reads a file, applies shift and rate, and cuts what is after the film's end.
fn read(file: &[u8], settings: &TrackSettings, film_ms: u64) -> Result<Read, ApiError> {
    let language = settings.language.as_deref().and_then(Language::normalize);
    let options = ReadOptions {
        encoding: settings.encoding.as_deref(),
        language: language.as_ref(),
        film_ms: (settings.shift_ms == 0 && settings.rate.is_none()).then_some(film_ms),
    };
    let subtitle = subtitle::read(file, &options).map_err(|refusal| refused(&refusal))?;
    let (mut cues, mut warnings) = (subtitle.cues, subtitle.warnings);
    if options.film_ms.is_none() {
        let one = Ratio { num: 1, den: 1 };
        let retime = Retime { rate: settings.rate.unwrap_or(one), shift_ms: settings.shift_ms };
        let (moved, of_move) =
            retime.apply(&cues, Some(film_ms)).map_err(|error| invalid("file", &error.to_string()))?;
        cues = moved;
        warnings.extend(of_move);
    }
    if cues.is_empty() {
        return Err(invalid("file", "has no cue within the film"));
    }
    Ok(Read { cues, encoding: subtitle.encoding, certainty: subtitle.certainty, warnings })
}

/// Returns the problem for a file that is refused, with each error by line.
fn refused(refusal: &Refusal) -> ApiError {
    let errors = match refusal {
        Refusal::Lines(errors) => {
            let line = |error: &subtitle::LineError| FieldProblem {
                field: format!("line {}", error.line),
                detail: error.detail.clone(),
            };
            let more = errors.count - errors.first.len();
            let more = (more > 0).then(|| FieldProblem {
                field: "file".to_owned(),
                detail: format!("has {more} more errors"),
            });
            errors.first.iter().map(line).chain(more).collect()
        }
        refusal => {
            let text = refusal.to_string();
            // The field is the subject of the sentence.
            let detail = text.strip_prefix("the file ").unwrap_or(&text).to_owned();
            vec![FieldProblem { field: "file".to_owned(), detail }]
        }
    };
    ApiError::Invalid(errors)
}

fn confirm_encoding(encoding: &str, cues: &[Cue]) -> Problem {
    let preview = cues.iter().take(PREVIEW_CUES).map(|cue| cue.text.to_plain()).collect();
    let detail = format!(
        "The file does not say its encoding, and Nang guessed {encoding}. If the preview is right, send the file again with \
         encoding={encoding}; otherwise with another encoding, or saved as UTF-8."
    );
    Problem::new(StatusCode::CONFLICT, "confirm-encoding", "Encoding must be confirmed", detail)
        .with_members(GuessedEncoding { encoding: encoding.to_owned(), preview })
}

fn already_added() -> Problem {
    let detail = "A file was already added as this track, so this one was not.".to_owned();
    Problem::new(StatusCode::CONFLICT, "already-added", "Already added", detail)
}

/// The build that has the track's cues, which a correction names.
pub(super) fn expect_build(track: &Track, build: BuildId) -> Result<(), ApiError> {
    if track.build == build { Ok(()) } else { Err(ApiError::StaleVersion) }
}
