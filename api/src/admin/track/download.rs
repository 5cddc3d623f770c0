//! A subtitle track as a file.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use domain::{
    id::{FilmId, TrackId},
    subtitle::{write_srt, write_webvtt},
};
use garde::Validate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::subtitle::{read_cues, shown, subtitle_track};
use crate::{
    app::App,
    auth::identity::Editor,
    http::{
        error::ApiError,
        path::PathIds,
        query::ValidQuery,
        responses::{Guarded, WithId, WithQuery},
    },
};

/// Format of a downloaded subtitle file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SubtitleFormat {
    /// WebVTT, with positions and styles.
    #[default]
    Vtt,
    /// SRT, which most programs read.
    Srt,
}

/// Query parameters of a download.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DownloadQuery {
    /// Format of the file; default `vtt`
    #[param(inline)]
    format: Option<SubtitleFormat>,
}

/// Returns the cues of a subtitle track as a file.
///
/// The times are film time, after shift and rate, and corrections are included.
#[utoipa::path(get, path = "/admin/films/{id}/tracks/{track}/subtitle", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("track" = Uuid, Path, description = "The track"), DownloadQuery,
    ), responses(
    (status = 200, description = "The file", content((String = "text/vtt"), (String = "application/x-subrip"))),
    Guarded, WithId, WithQuery,
))]
pub(crate) async fn get_subtitle(
    State(app): State<Arc<App>>,
    _: Editor,
    PathIds(film, id): PathIds<FilmId, TrackId>,
    ValidQuery(query): ValidQuery<DownloadQuery>,
) -> Result<Response, ApiError> {
    let shown = shown(&app, film).await?;
    let cues = read_cues(&app, subtitle_track(&shown, id)?).await?;
    let (media_type, extension, text) = match query.format.unwrap_or_default() {
        SubtitleFormat::Vtt => ("text/vtt; charset=utf-8", "vtt", write_webvtt(&cues)),
        SubtitleFormat::Srt => ("application/x-subrip; charset=utf-8", "srt", write_srt(&cues)),
    };
    let disposition = format!("attachment; filename=\"{id}.{extension}\"");
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, text).into_response())
}
