//! Where the caller stopped, on whatever device.

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
        responses::{SignedIn, WithBody, WithId, WithQuery},
    },
    page::PageQuery,
};

/// A film to go on with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ResumeItem {
    /// The film.
    pub(crate) film: Film,
    /// Where the caller stopped.
    pub(crate) position_ms: u64,
    /// When they were there.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) updated_at: OffsetDateTime,
}

/// One page of films to go on with, the last watched first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ResumePage {
    /// The films.
    pub(crate) items: Vec<ResumeItem>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Where the caller stopped in one film.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ResumePoint {
    /// The film.
    pub(crate) film_id: Uuid,
    /// Where.
    pub(crate) position_ms: u64,
    /// When they were there.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) updated_at: OffsetDateTime,
    /// Whether the film is offered to go on with: neither under 30 s or 1 % nor at its end credits (or 95 %).
    pub(crate) resumable: bool,
}

/// A place set by hand.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetResumePoint {
    /// Where in the film; its end if it is shorter.
    #[garde(range(max = 604_800_000))]
    #[schema(maximum = 604_800_000)]
    position_ms: u32,
}

/// Lists films to go on with, the last watched first: not those hardly begun (under 30 s or 1 %), nor those whose end
/// credits (or 95 %) were reached.
#[utoipa::path(get, path = "/resume", tag = "viewer", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of films", body = ResumePage),
    SignedIn, WithQuery,
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
    let films = FilmLookup::load(&app.db, &ids).await?;
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

/// Where the caller stopped in the film.
#[utoipa::path(get, path = "/resume/{film_id}", tag = "viewer", security(("bearer" = [])),
    params(("film_id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The place", body = ResumePoint),
    SignedIn, WithId,
))]
pub(crate) async fn get_resume_point(
    State(app): State<Arc<App>>,
    user: User,
    PathId(film): PathId<FilmId>,
) -> Result<Json<ResumePoint>, ApiError> {
    let point = resume_point::find(&app.db, user.account.id, film).await?;
    let point = point.ok_or(ApiError::NotFound("There is no place to go on from in this film."))?;
    Ok(Json(ResumePoint {
        film_id: point.film_id.0,
        position_ms: point.position_ms,
        updated_at: point.at,
        resumable: point.is_resumable,
    }))
}

/// Sets the place by hand, as of now.
#[utoipa::path(put, path = "/resume/{film_id}", tag = "viewer", security(("bearer" = [])), request_body = SetResumePoint,
    params(("film_id" = Uuid, Path, description = "The film")), responses(
    (status = 204, description = "Set"),
    SignedIn, WithBody, WithId,
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

/// Forgets where the caller stopped in the film.
#[utoipa::path(delete, path = "/resume/{film_id}", tag = "viewer", security(("bearer" = [])),
    params(("film_id" = Uuid, Path, description = "The film")), responses(
    (status = 204, description = "Forgotten"),
    SignedIn, WithId,
))]
pub(crate) async fn clear_resume_point(
    State(app): State<Arc<App>>,
    user: User,
    PathId(film): PathId<FilmId>,
) -> Result<StatusCode, ApiError> {
    resume_point::clear(&app.db, user.account.id, Some(film)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets where the caller stopped in all films.
#[utoipa::path(delete, path = "/resume", tag = "viewer", security(("bearer" = [])), responses(
    (status = 204, description = "Forgotten"),
    SignedIn,
))]
pub(crate) async fn clear_resume_points(
    State(app): State<Arc<App>>,
    user: User,
) -> Result<StatusCode, ApiError> {
    resume_point::clear(&app.db, user.account.id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
