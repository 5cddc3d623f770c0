//! Giving up a dub in the making.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::id::{FilmId, TrackId};
use tracing::info;

use super::list::TrackList;
use crate::{
    app::App,
    auth::identity::Editor,
    film::NO_FILM,
    http::{
        error::ApiError,
        path::PathIds,
        responses::{Guarded, WithId},
    },
};

/// Stops making a dub.
///
/// Nang ends its upload, cancels its jobs and deletes its file. A track that the film already has keeps its former file; a new one is
/// removed.
#[utoipa::path(delete, path = "/admin/films/{id}/tracks/{track}/dub", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("track" = Uuid, Path, description = "The track"),
    ), responses(
    (status = 200, description = "The tracks of the film after the change", body = TrackList),
    Guarded, WithId,
))]
pub(crate) async fn discard_unfinished_dub(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathIds(film, track): PathIds<FilmId, TrackId>,
) -> Result<Json<TrackList>, ApiError> {
    db::film::find(&app.db, film).await?.ok_or(NO_FILM)?;
    if !db::workflow::discard_dub(&app.db, &user.author(), film, track).await? {
        return Err(ApiError::NotFound("Nothing of this track is being made."));
    }
    info!(film.id = %film, track.id = %track, user.id = %user.account.id, "Discarded a dub in the making");
    Ok(Json(TrackList::load(&app, film).await?))
}
