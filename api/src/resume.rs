//! Resume points: the positions at which the caller stopped films, shared by all devices.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use db::resume_point;
use domain::id::FilmId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::User,
    film::{Film, NO_FILM},
    film_lookup::FilmLookup,
    http::{
        error::ApiError,
        json::ValidJson,
        path::PathId,
        query::ValidQuery,
        responses::{Authenticated, WithBody, WithId, WithQuery},
    },
    page::PageQuery,
};

/// A film that the caller may resume.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ResumeItem {
    /// The film.
    pub(crate) film: Film,
    /// Position at which the caller stopped, in milliseconds.
    pub(crate) position_ms: u64,
    /// When the caller was at the position.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) updated_at: OffsetDateTime,
}

/// A page of films that the caller may resume, most recently watched first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ResumePage {
    /// The films.
    pub(crate) items: Vec<ResumeItem>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// The caller's resume point in a film.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ResumePoint {
    /// The film.
    pub(crate) film_id: Uuid,
    /// Position in milliseconds.
    pub(crate) position_ms: u64,
    /// When the caller was at the position.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) updated_at: OffsetDateTime,
    /// Whether `/resume` lists the film: false before 30 s or 1 % of the film, and from its end credits on (from 95 % if they are not
    /// marked).
    pub(crate) resumable: bool,
}

/// A resume point to set.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetResumePoint {
    /// Position in milliseconds. A position after the end of the film is set to its end.
    #[garde(range(max = 604_800_000))]
    #[schema(maximum = 604_800_000)]
    position_ms: u32,
}

/// Lists the films that the caller may resume, most recently watched first.
///
/// The list omits films that the caller stopped before 30 s or 1 %, or at or after the end credits (95 % if they are not marked).
#[utoipa::path(get, path = "/resume", tag = "viewer", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of the list", body = ResumePage),
    Authenticated, WithQuery,
))]
pub(crate) async fn list_resume_points(
    State(app): State<Arc<App>>,
    user: User,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<ResumePage>, ApiError> {
    let page = query.page()?;
    let rows = resume_point::list(&app.db, user.account.id, page.after, page.rows()).await?;
    let (rows, next_cursor) = page.cut(rows, resume_point::ResumePoint::cursor);
    let ids: Vec<_> = rows.iter().map(|row| row.film_id).collect();
    let films = FilmLookup::load(&app.db, &ids, Some(user.account.id)).await?;
    let items = rows
        .into_iter()
        .filter_map(|row| {
            Some(ResumeItem {
                film: films.get(row.film_id)?,
                position_ms: row.position_ms,
                updated_at: row.at,
            })
        })
        .collect();
    Ok(Json(ResumePage { items, next_cursor }))
}

/// Returns the caller's resume point in a film.
#[utoipa::path(get, path = "/resume/{film_id}", tag = "viewer", security(("bearer" = [])),
    params(("film_id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The resume point", body = ResumePoint),
    Authenticated, WithId,
))]
pub(crate) async fn get_resume_point(
    State(app): State<Arc<App>>,
    user: User,
    PathId(film): PathId<FilmId>,
) -> Result<Json<ResumePoint>, ApiError> {
    let point = resume_point::find(&app.db, user.account.id, film).await?;
    let point = point.ok_or(ApiError::NotFound("There is no resume point in this film."))?;
    Ok(Json(ResumePoint {
        film_id: point.film_id.0,
        position_ms: point.position_ms,
        updated_at: point.at,
        resumable: point.is_resumable,
    }))
}

/// Sets the caller's resume point in a film, with the present time.
#[utoipa::path(put, path = "/resume/{film_id}", tag = "viewer", security(("bearer" = [])), request_body = SetResumePoint,
    params(("film_id" = Uuid, Path, description = "The film")), responses(
    (status = 204, description = "The resume point is set"),
    Authenticated, WithBody, WithId,
))]
pub(crate) async fn set_resume_point(
    State(app): State<Arc<App>>,
    user: User,
    PathId(film): PathId<FilmId>,
    ValidJson(place): ValidJson<SetResumePoint>,
) -> Result<StatusCode, ApiError> {
    let event_id = app.new_id();
    if resume_point::set(&app.db, user.account.id, film, place.position_ms, event_id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(NO_FILM)
    }
}

/// Deletes the caller's resume point in a film.
#[utoipa::path(delete, path = "/resume/{film_id}", tag = "viewer", security(("bearer" = [])),
    params(("film_id" = Uuid, Path, description = "The film")), responses(
    (status = 204, description = "The film has no resume point"),
    Authenticated, WithId,
))]
pub(crate) async fn clear_resume_point(
    State(app): State<Arc<App>>,
    user: User,
    PathId(film): PathId<FilmId>,
) -> Result<StatusCode, ApiError> {
    resume_point::clear(&app.db, user.account.id, Some(film)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes all resume points of the caller.
#[utoipa::path(delete, path = "/resume", tag = "viewer", security(("bearer" = [])), responses(
    (status = 204, description = "The caller has no resume points"),
    Authenticated,
))]
pub(crate) async fn clear_resume_points(
    State(app): State<Arc<App>>,
    user: User,
) -> Result<StatusCode, ApiError> {
    resume_point::clear(&app.db, user.account.id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
